"""Netlists beside the behaviour that they come from, cycle by cycle in Icarus."""

import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

from fcgen.devices import models
from fcgen.hardware.memories.weight_memory import TEXTS
from fcgen.tools import programs as tools
from fcgen.tools import yosys

HERE = Path(__file__).parent
SKIPPED = 8
"""Cycles before the first comparison: pipelines fill from power-up values that may differ."""
IMAGES = {1: 16384, 2: 8192, 4: 4096, 9: 2048, 16: 512, 18: 1024, 36: 512}
"""Words of the image of each width."""


@dataclass(frozen=True)
class Case:
    """A description, how it is synthesised, and what goes in and out of it.

    Attributes
    ----------
    texts : mapping
        File name to Verilog; the top module is ``top``.
    synthesis : str
        Yosys commands.
    models : tuple of str
        As `Family.models`.
    inputs : mapping
        Name to width and the Verilog expression of its value, in terms of ``cycle``.
    outputs : mapping
        Name to width.
    """

    texts: dict[str, str]
    synthesis: str
    models: tuple[str, ...]
    inputs: dict[str, tuple[int, str]]
    outputs: dict[str, int]


def verilog(name):
    """Return a text of the tests, or of the hardware where it ends with ``.sv``."""
    return ((TEXTS if name.endswith(".sv") else HERE) / name).read_text()


def synthesise(case, directory):
    """Return the netlist of a case: a module ``gate``."""
    generator = random.Random(0)
    for width, words in IMAGES.items():
        lines = (f"{generator.getrandbits(width):x}\n" for _ in range(words))
        (directory / f"{width}.mem").write_text("".join(lines))
    for name, text in case.texts.items():
        (directory / name).write_text(text)
    yosys.run(
        f"read_verilog -sv {' '.join(case.texts)}\n{case.synthesis}\n"
        "flatten; rename top gate; splitnets\nwrite_verilog -noattr gate.v\n",
        directory,
    )
    return (directory / "gate.v").read_text()


def first_difference(case, netlist, cycles, directory):
    """Return what the simulation says: empty where netlist and behaviour agree."""
    (directory / "gate.v").write_text(netlist)
    (directory / "bench.v").write_text(_bench(case, cycles))
    defines = [f"-D{name}" for name in models.DEFINES]
    files = [*map(str, models.files(case.models)), *case.texts, "gate.v", "bench.v"]
    command = [*tools.icarus().command, "-g2012", "-s", "bench", "-o", "bench.vvp"]
    compiled = _run([*command, *defines, *files], directory)
    assert not compiled.returncode, compiled.stdout + compiled.stderr
    done = _run([str(tools.program("vvp", "icarus")), "-n", "bench.vvp"], directory)
    return "" if done.stdout == f"compared {cycles}\n" else done.stdout + done.stderr


def verilator_reads(case, directory):
    """Return whether Verilator takes netlist and models."""
    tool = tools.verilator()
    defines = [f"-D{name}" for name in models.DEFINES]
    files = [*map(str, models.files(case.models)), "gate.v"]
    options = ["--lint-only", "--top-module", "gate", *models.VERILATOR_OPTIONS]
    done = _run([*tool.command, *options, *defines, *files], directory, tool.environment)
    return not done.returncode


def _run(command, directory, environment=None):
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def _bench(case, cycles):
    shared = ", ".join(f".{name}({name})" for name in ("clk", *case.inputs))
    lines = ["module bench;", "reg clk = 0;", "integer cycle;"]
    lines += [f"reg [{width - 1}:0] {name};" for name, (width, _) in case.inputs.items()]
    for side in ("top", "gate"):
        lines += [f"wire [{width - 1}:0] {side}_{name};" for name, width in case.outputs.items()]
        outputs = ", ".join(f".{name}({side}_{name})" for name in case.outputs)
        lines.append(f"{side} the_{side} ({shared}, {outputs});")
    lines += [
        "function [17:0] extreme(input [2:0] choice, input [17:0] value);",
        "  extreme = choice == 0 ? 18'h00000 : choice == 1 ? 18'h3ffff",
        "    : choice == 2 ? 18'h20000 : choice == 3 ? 18'h1ffff : value;",
        "endfunction",
        "function [7:0] extreme_byte(input [2:0] choice, input [7:0] value);",
        "  extreme_byte = choice == 0 ? 8'h00 : choice == 1 ? 8'hff",
        "    : choice == 2 ? 8'h80 : choice == 3 ? 8'h7f : value;",
        "endfunction",
        "initial begin",
        f"  for (cycle = 0; cycle < {cycles}; cycle = cycle + 1) begin",
        *(f"    {name} = {value};" for name, (_, value) in case.inputs.items()),
        "    #1 clk = 1;",
        "    #1 clk = 0;",
        "    #1;",
        *(
            f"    if (cycle >= {SKIPPED} && top_{name} !== gate_{name}) begin"
            f' $display("{name} is %h, not %h, in cycle %0d", gate_{name}, top_{name}, cycle);'
            " $finish; end"
            for name in case.outputs
        ),
        "  end",
        '  $display("compared %0d", cycle);',
        "end",
        "endmodule\n",
    ]
    return "\n".join(lines)
