"""What other tools say about an emission: linters, and Yosys' equivalence prover."""

import subprocess

from fcgen.design.emission.tree import Tree
from fcgen.tools import programs as tools
from fcgen.tools import yosys

PLAIN = "plain.v"


def write(design, directory):
    for name, text in design.files.items():
        (directory / name).write_text(text)
    if design.verilog2005 is not None:
        (directory / PLAIN).write_text(design.verilog2005)


def icarus_says(directory, files, generation):
    tool = tools.icarus()
    command = [*tool.command, f"-g{generation}", "-Wall", "-o", "compiled", *files]
    return _output(command, directory, tool.environment)


def verilator_says(directory, files, top):
    tool = tools.verilator()
    command = [*tool.command, "--lint-only", "-Wall", "--top-module", top, *files]
    text = _output(command, directory, tool.environment)
    return "\n".join(line for line in text.splitlines() if not line.startswith("- "))


def _output(command, directory, environment):
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def prove_equal(component, design, directory, *, plain=False):
    """Prove, for all inputs and states, that the text computes what the component says.

    Raises ToolError where it does not.
    """
    write(design, directory)
    tree = Tree("")
    tree.convert(component, design.top)
    (directory / "gold.il").write_text("".join(m.rtlil for m in tree.modules.values()))
    texts = f"read_verilog {PLAIN}" if plain else f"read_verilog -sv {' '.join(design.files)}"
    # Memories are hand-written: their text stands on both sides.
    memories = "".join(f"read_verilog -sv {text}.sv\n" for text in sorted(tree.texts))
    prepare = f"hierarchy -top {design.top}; proc; flatten; memory_map; opt_clean"
    yosys.run(
        f"""
        read_rtlil gold.il
        {memories}
        delete t:$meminit*
        setattr -unset init w:*
        {prepare}; rename {design.top} gold
        design -stash gold_design
        {texts}
        {prepare}; rename {design.top} gate
        design -stash gate_design
        design -copy-from gold_design -as gold gold
        design -copy-from gate_design -as gate gate
        equiv_make gold gate equal
        hierarchy -top equal
        equiv_simple -undef -short
        equiv_induct -undef
        equiv_status -assert
        """,
        directory,
    )
