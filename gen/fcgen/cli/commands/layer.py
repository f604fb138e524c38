"""``fcgen layer``: Verilog for one fully connected layer."""

import shlex
from typing import Any

import click

from fcgen import devices
from fcgen.cli.commands.layer_options import Shape, layer_options, make, mapping_of, mapping_options
from fcgen.cli.commands.options import FILE, Choice, Integer, common
from fcgen.cli.commands.writing import check_kept, check_output, writing
from fcgen.design.interface.interface import INTERFACES, STREAM
from fcgen.text.terminal import Terminal
from fcgen.text.wording import count


@click.command(short_help="Write Verilog for one layer.", context_settings={"show_default": True})
@click.argument("shape", type=Shape())
@click.argument("outputs", metavar="M", type=Integer())
@click.option("-o", "--output", "directory", type=FILE, required=True, help="Output directory.")
@layer_options
@click.option("--name", default="layer", help="Top module.")
@click.option("--prefix", default="", help="Of every module.")
@click.option("--verilog2005", is_flag=True, help="Add everything as one plain Verilog file.")
@click.option("--interface", type=Choice(INTERFACES), default=STREAM, help="For other systems.")
@click.option("--device", default="generic", help="What the layer is mapped to.")
@mapping_options
@common
def command(as_json: bool, quiet: bool, **options: Any) -> None:
    """Write Verilog for a fully connected layer of SHAPE inputs (N or CxHxW) and M outputs."""
    terminal = Terminal(json=as_json, quiet=quiet)
    devices.find(options["device"])
    check_output(options["directory"])
    check_kept(options["directory"], options)
    layer, folding, notes = make(options)
    mapping = mapping_of(options)
    devices.mapping(options["device"], layer, folding, mapping)
    terminal.notes(notes)
    with writing(terminal) as progress:
        from fcgen.accelerator import write

        accelerator = write(
            layer,
            folding,
            options["directory"],
            name=options["name"],
            prefix=options["prefix"],
            device=options["device"],
            options=mapping,
            seed=options["seed"],
            verilog2005=options["verilog2005"],
            interface=options["interface"],
            progress=progress,
        )
    summary, design = accelerator.summary(), accelerator.design
    terminal.result(summary.lines())
    where, manifest = options["directory"], design.manifest
    files = {"directory": str(where), "top": manifest.outer_top, "notes": list(notes)}
    hashes = {"structure_hash": manifest.structure_hash, "weights_hash": manifest.weights_hash}
    terminal.record({**summary.as_dict(), **files, **hashes, "files": sorted(manifest.files)})
    terminal.result(
        [
            "",
            f"{where}: top module {manifest.outer_top}, "
            f"{count(len(manifest.all_sources), 'Verilog file')}, "
            f"{count(len(manifest.images), 'memory image')}; start with README.md",
        ]
    )
    terminal.note(f"next: fcgen simulate {shlex.quote(str(where))}")
