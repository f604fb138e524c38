"""The FuseSoC core file of a design (CAPI2): what FuseSoC and Edalize need to use it."""

from collections.abc import Iterable

from fcgen.design.manifest import Manifest
from fcgen.design.testbench import TEST_BENCH

SUFFIX = ".core"
VERSION = "0"

_TEXT = """\
CAPI=2:
# Made by fcgen. `fusesoc --cores-root . run --target=sim {name}` simulates the test bench.
name: "{name}"
description: "{description}"
filesets:
  rtl:
    file_type: systemVerilogSource
    files:
{sources}
  images:
    # $readmemh looks for them where the tool runs.
    file_type: user
    files:
{images}
  testbench:
    files:
      - {bench}: {{file_type: systemVerilogSource}}
{vectors}
targets:
  default: &default
    filesets: [rtl, images]
    toplevel: {top}
  sim:
    filesets: [rtl, images, testbench]
    toplevel: tb
    flow: sim
    flow_options:
      tool: icarus
      iverilog_options: [-g2012]
  lint:
    <<: *default
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [-Wall]
"""


def text(manifest: Manifest, description: str, vectors: Iterable[str]) -> str:
    """Return the core file.

    Parameters
    ----------
    manifest : Manifest
    description : str
        A few words, without quotes.
    vectors : iterable of str
        What the test bench reads.
    """
    return _TEXT.format(
        name=core_name(manifest),
        description=description,
        sources="\n".join(f"      - {name}" for name in manifest.all_sources),
        images=_copied(manifest.images),
        bench=TEST_BENCH,
        vectors=_copied(vectors),
        top=manifest.outer_top,
    )


def core_name(manifest: Manifest) -> str:
    """Return vendor, library, name and version of the core."""
    return f"fcgen:generated:{manifest.outer_top}:{VERSION}"


def _copied(names: Iterable[str]) -> str:
    return "\n".join(f"      - {name}: {{file_type: user, copyto: {name}}}" for name in names)
