"""Netlists beside the behaviour that they come from, cycle by cycle in Icarus."""

import subprocess
from pathlib import Path

from fcgen import tools, yosys
from fcgen.devices import models
from fcgen.devices.device import Family

TEXTS = Path(__file__).parent
SKIPPED = 8
"""Cycles before the first comparison: pipelines fill from power-up values that may differ."""


def synthesise(sources, commands, directory):
    """Return the netlist of the module ``top``, as a module ``gate``."""
    names = []
    for source in sources:
        (directory / source.name).write_text(source.read_text())
        names.append(source.name)
    yosys.run(
        f"read_verilog -sv {' '.join(names)}\n{commands}\n"
        "flatten; rename top gate\nwrite_verilog -noattr netlist.v\n",
        directory,
    )
    return (directory / "netlist.v").read_text()


def first_difference(family: Family, sources, netlist, inputs, outputs, cycles, directory):
    """Return what the simulation says: empty where netlist and behaviour agree.

    Parameters
    ----------
    inputs : mapping
        Name to width and the Verilog expression of its value, in terms of ``cycle``.
    outputs : mapping
        Name to width.
    """
    (directory / "gate.v").write_text(netlist)
    (directory / "bench.v").write_text(_bench(inputs, outputs, cycles))
    _icarus(family, [*map(str, sources), "gate.v", "bench.v"], directory)
    vvp = tools.program("vvp", "icarus")
    done = subprocess.run(
        [str(vvp), "bench.vvp"], cwd=directory, capture_output=True, text=True, check=False
    )
    lines = (done.stdout + done.stderr).splitlines()
    if f"compared {cycles}" not in lines:
        return "\n".join(lines) or "no output"
    return ""


def _icarus(family, sources, directory):
    defines = [f"-D{name}" for name in models.DEFINES]
    files = map(str, models.models(family))
    command = [*tools.icarus().command, "-g2012", "-s", "bench", "-o", "bench.vvp"]
    done = subprocess.run(
        [*command, *defines, *files, *sources],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout + done.stderr


def _bench(inputs, outputs, cycles):
    declared = "".join(f"  reg [{width - 1}:0] {name};\n" for name, (width, _) in inputs.items())
    driven = "".join(f"      {name} = {value};\n" for name, (_, value) in inputs.items())
    shared = ", ".join(f".{name}({name})" for name in ("clk", *inputs))
    sides = "".join(
        f"  wire [{width - 1}:0] {side}_{name};\n"
        for side in ("top", "gate")
        for name, width in outputs.items()
    )
    instances = "".join(
        f"  {side} the_{side} ({shared}, "
        + ", ".join(f".{name}({side}_{name})" for name in outputs)
        + ");\n"
        for side in ("top", "gate")
    )
    checks = "".join(
        f"      if (cycle >= {SKIPPED} && top_{name} !== gate_{name}) begin\n"
        f'        $display("cycle %0d: {name} is %h and must be %h", '
        f"cycle, gate_{name}, top_{name});\n"
        "        $finish;\n"
        "      end\n"
        for name in outputs
    )
    return (
        "module bench;\n  reg clk = 0;\n  integer cycle, finished = 0;\n"
        f"{declared}{sides}{instances}"
        "  function [17:0] extreme(input [2:0] choice, input [17:0] value);\n"
        "    case (choice)\n"
        "      0: extreme = 18'h00000;\n      1: extreme = 18'h3ffff;\n"
        "      2: extreme = 18'h20000;\n      3: extreme = 18'h1ffff;\n"
        "      default: extreme = value;\n    endcase\n  endfunction\n"
        "  initial begin\n"
        f"    for (cycle = 0; cycle < {cycles} && !finished; cycle = cycle + 1) begin\n"
        f"{driven}      #1 clk = 1;\n      #1 clk = 0;\n      #1;\n{checks}"
        "    end\n"
        f'    $display("compared %0d", cycle);\n'
        "  end\nendmodule\n"
    )
