"""Component tree to readable Verilog: one file for each distinct module.

The tree is cut where a component's ``elaborate`` is a `module_border`. Each distinct module is
elaborated once, all go through one run of Yosys, and the text is written from what Yosys leaves.
The same tree gives the same bytes.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fcgen.design.emission import rtlil
from fcgen.design.emission.expressions import SYSTEM_VERILOG, VERILOG_2005, Dialect
from fcgen.design.emission.header import header
from fcgen.design.emission.tree import ConvertedModule, Tree
from fcgen.design.emission.writer import ModuleWriter
from fcgen.hardware.border import Parameters
from fcgen.hardware.memories.weight_memory import TEXTS
from fcgen.text.verilog_names import KEYWORDS
from fcgen.tools import yosys

# Memory contents are in the images, and nothing relies on what registers power up with.
PASSES = (
    "delete t:$meminit*; setattr -unset init w:*; proc; opt_expr; opt_clean; opt_muxtree; "
    "opt_reduce; wreduce; opt_expr; opt_clean -purge"
)
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
ONE_FILE = """\
// All modules of the design in one file of plain Verilog-2005, the top one last.
// verilator lint_off DECLFILENAME
"""


@dataclass(frozen=True)
class EmittedModule:
    """A module of an emission.

    Attributes
    ----------
    name : str
        Name in the Verilog, prefix included; its file is ``name`` + ``.sv``.
    component : str
        Class of the component, or the name of the hand-written text.
    parameters : dict
        What makes the module different from others of its class; empty for hand-written ones.
    """

    name: str
    component: str
    parameters: Parameters


@dataclass(frozen=True)
class EmittedDesign:
    """The Verilog of a component tree.

    Attributes
    ----------
    top : str
        Name of the top module.
    files : dict of str to str
        File name to text, in compile order: a module after those that it uses, the top last.
    modules : tuple of EmittedModule
        In the same order.
    ports : tuple of (name, "input" or "output", width)
        Of the top module, in its order.
    verilog2005 : str, optional
        Everything in plain Verilog-2005, when asked for.
    """

    top: str
    files: dict[str, str]
    modules: tuple[EmittedModule, ...]
    ports: tuple[tuple[str, str, int], ...]
    verilog2005: str | None = None


def emit(
    component: Any, *, name: str, prefix: str = "", verilog2005: bool = False
) -> EmittedDesign:
    """Emit a component and everything below it.

    Parameters
    ----------
    component : wiring.Component
        Top of the tree, its ``elaborate`` a `module_border`.
    name, prefix : str
        Name of the top module; what stands in front of every module name, the top's included.
    verilog2005 : bool
        Also write everything as one plain Verilog-2005 text.

    Raises
    ------
    ValueError
        When ``prefix + name`` is no Verilog identifier or a keyword.
    ToolError
        When Yosys is missing or fails.
    """
    if not IDENTIFIER.fullmatch(prefix + name) or prefix + name in KEYWORDS:
        raise ValueError(f"{prefix + name!r} is no name for a Verilog module")
    tree = Tree(prefix)
    top = tree.convert(component, prefix + name)
    converted = list(tree.modules.values())
    netlists = _optimized(converted)

    def texts(dialect: Dialect) -> dict[str, str]:
        memories = {prefix + text: _handwritten(text, prefix) for text in sorted(tree.texts)}
        return memories | {m.name: _text(m, netlists[m.name], dialect, tree) for m in converted}

    return EmittedDesign(
        top.name,
        {f"{module}.sv": text for module, text in texts(SYSTEM_VERILOG).items()},
        tuple(_modules(converted, tree)),
        tuple(top.ports),
        _plain(texts(VERILOG_2005).values()) if verilog2005 else None,
    )


def _optimized(modules: list[ConvertedModule]) -> dict[str, rtlil.Module]:
    """Return the netlists of all modules after Yosys' passes."""
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        directory = Path(folder)
        (directory / "in.il").write_text("".join(module.rtlil for module in modules))
        yosys.run(f"read_rtlil in.il; {PASSES}; write_rtlil out.il", directory)
        netlists = rtlil.read((directory / "out.il").read_text())
    return {netlist.name[1:]: netlist for netlist in netlists}


def _text(module: ConvertedModule, netlist: rtlil.Module, dialect: Dialect, tree: Tree) -> str:
    ports = [port for port, *_ in module.ports]
    wires = re.findall(r"^  wire .*\\(\S+)$", module.rtlil, re.M)  # in the order of the source
    writer = ModuleWriter(netlist, dialect, [*ports, *wires], tree.outputs)
    return header(module.component) + writer.text()


def _handwritten(text: str, prefix: str) -> str:
    source = (TEXTS / f"{text}.sv").read_text()
    return source.replace(f"module {text} ", f"module {prefix}{text} ")


def _plain(texts: Iterable[str]) -> str:
    """Join texts; $fatal is SystemVerilog's and stands only in hand-written ones."""
    text = ONE_FILE + "\n".join(texts)
    return re.sub(r"\$fatal\(1, (.*)\);", r"begin $display(\1); $finish; end", text)


def _modules(converted: Iterable[ConvertedModule], tree: Tree) -> Iterable[EmittedModule]:
    for text in sorted(tree.texts):
        yield EmittedModule(f"{tree.prefix}{text}", text, {})
    for module in converted:
        component = module.component
        yield EmittedModule(module.name, type(component).__name__, component.parameters)
