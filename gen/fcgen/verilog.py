"""Component tree to readable Verilog: one file for each distinct module.

The tree is cut where a component's ``elaborate`` is a `module_border`. Each distinct module is
elaborated once, all go through one run of Yosys, and the text is written from what Yosys leaves.
"""

from __future__ import annotations

import inspect
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import ClockSignal, Fragment, Instance, MemoryInstance, ResetSignal, Signal
from amaranth.hdl import Value as AmaranthValue
from amaranth.lib import wiring

from fcgen import yosys
from fcgen.hardware.border import Parameters
from fcgen.hardware.weight_memory import TEXTS

PASSES = (
    "delete t:$meminit*; setattr -unset init w:*; proc; opt_expr; opt_clean; opt_muxtree; "
    "opt_reduce; opt_dff; wreduce; opt_expr; opt_clean -purge"
)
DOMAIN_PORTS: dict[str, Callable[[], AmaranthValue]] = {"clk": ClockSignal, "rst": ResetSignal}


@dataclass(frozen=True)
class EmittedModule:
    """A module of an emission.

    Attributes
    ----------
    name : str
        Name in the Verilog, prefix included; the file is ``name`` + ``.sv``.
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
        File name to text, in compile order: a module after those it uses, the top last.
    modules : tuple of EmittedModule
        In the same order.
    ports : tuple of (name, "input" or "output", width)
        Of the top module.
    verilog2005 : str, optional
        Everything in plain Verilog-2005, when asked for.
    """

    top: str
    files: dict[str, str]
    modules: tuple[EmittedModule, ...]
    ports: tuple[tuple[str, str, int], ...]
    verilog2005: str | None = None


@dataclass
class _Converted:
    """A module in RTLIL."""

    name: str
    component: Any
    rtlil: str
    domain_ports: list[str]


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
    ToolError
        When Yosys is missing or fails.
    """
    tree = _Tree(prefix)
    tree.convert(component, prefix + name)
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        directory = Path(folder)
        (directory / "tree.il").write_text("".join(m.rtlil for m in tree.modules.values()))
        script = [f"read_rtlil tree.il; {PASSES}"]
        script += [
            f"select {m.name}; write_verilog -sv -noattr -norename -selected {m.name}.sv"
            for m in tree.modules.values()
        ]
        yosys.run("\n".join(script), directory)
        files = dict(_handwritten_files(tree.texts, prefix))
        for module in tree.modules.values():
            body = (directory / f"{module.name}.sv").read_text().split("\n\n", 1)[1]
            files[f"{module.name}.sv"] = header(module.component) + body
    modules = [EmittedModule(prefix + text, text, {}) for text in sorted(tree.texts)]
    modules += [
        EmittedModule(m.name, type(m.component).__name__, m.component.parameters)
        for m in tree.modules.values()
    ]
    top = tree.modules[_key(component)]
    ports = [(port, "input", 1) for port in top.domain_ports]
    ports += [
        (port, "input" if way == "i" else "output", len(value))
        for way, port, value in _ports(component)
    ]
    return EmittedDesign(top.name, files, tuple(modules), tuple(ports))


def header(component: Any) -> str:
    """Return the comment above a module: the component's docstring and its parameters."""
    lines = inspect.cleandoc(type(component).__doc__ or "").replace("``", "").splitlines()
    parameters = [f"  {key} = {value}" for key, value in component.parameters.items()]
    if parameters:
        lines += ["", "Here", "----", *parameters]
    return "".join(f"// {line}".rstrip() + "\n" for line in lines)


def _handwritten_files(texts: Iterable[str], prefix: str) -> Iterable[tuple[str, str]]:
    for text in sorted(texts):
        source = (TEXTS / f"{text}.sv").read_text()
        yield f"{prefix}{text}.sv", source.replace(f"module {text} ", f"module {prefix}{text} ")


def _key(component: Any) -> tuple[type, tuple[tuple[str, Any], ...]]:
    return type(component), tuple(sorted(component.parameters.items()))


def _ports(component: Any) -> list[tuple[str, str, Signal]]:
    """Ports of a component as (i or o, name, signal)."""
    return [
        ("i" if member.flow == wiring.In else "o", "__".join(map(str, path)), signal)
        for path, member, signal in component.signature.flatten(component)
    ]


@dataclass
class _Tree:
    """The platform of an emission: collects the modules below a component."""

    prefix: str
    modules: dict[Any, _Converted] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    _names: set[str] = field(default_factory=set)
    _under_conversion: Any = None

    def border(self, component: Any, build: Callable[[], Any]) -> Any:
        """See `Emitter`."""
        if component is self._under_conversion:
            return build()
        base = type(component).__name__
        module = self.convert(component, self.prefix + base[0].lower() + base[1:])
        domains = [("i", port, DOMAIN_PORTS[port]()) for port in module.domain_ports]
        return Instance(module.name, *domains, *_ports(component))

    def handwritten(self, component: Any, module: str, parameters: Parameters) -> Instance:
        """See `Emitter`."""
        self.texts.add(module)
        own = [("p", key, value) for key, value in parameters.items()]
        clock = ("i", "clk", ClockSignal())
        return Instance(self.prefix + module, *own, clock, *_ports(component))

    def convert(self, component: Any, name: str) -> _Converted:
        """Convert a component, or return the module that it shares."""
        key = _key(component)
        if key not in self.modules:
            name = self._unique(name)
            outer, self._under_conversion = self._under_conversion, component
            fragment = Fragment.get(component, self)
            self._under_conversion = outer
            _name_child_wires(fragment, ())
            ports = {port: (signal, None) for _, port, signal in _ports(component)}
            text, _ = rtlil.convert_fragment(fragment, ports, name, emit_src=False)
            self.modules[key] = _Converted(name, component, *_used_domain_ports(text))
        return self.modules[key]

    def _unique(self, name: str) -> str:
        """Number the second and further modules of a name; file systems may ignore case."""
        taken = self._names | {(self.prefix + text.stem).lower() for text in TEXTS.glob("*.sv")}
        number, unique = 1, name
        while unique.lower() in taken:
            number += 1
            unique = f"{name}_{number}"
        self._names.add(unique.lower())
        return unique


def _used_domain_ports(text: str) -> tuple[str, list[str]]:
    """Take clock and reset from the ports of an RTLIL module that does not use them."""
    used = []
    for port in DOMAIN_PORTS:
        if re.search(rf"^(?!  wire ).*\\{port}\b", text, re.M):
            used.append(port)
        else:
            text = re.sub(rf"^  wire width 1 input \d+ +\\{port}$", "", text, flags=re.M)
    return text, used


def _name_child_wires(fragment: Fragment, path: tuple[str, ...]) -> None:
    """Name the wires at the ports of instances ``<instance>_<port>``."""
    for child, name, _ in fragment.subfragments:
        if isinstance(child, Instance):
            for port, (value, _) in child.ports.items():
                if type(value) is Signal:
                    value.name = "_".join((*path, name, port))
        elif not isinstance(child, MemoryInstance):
            _name_child_wires(child, (*path, name) if name else path)
