"""Component tree, cut at its module borders, in RTLIL."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import ClockSignal, Fragment, Instance, MemoryInstance, ResetSignal, Signal, Value
from amaranth.hdl._ir import PortDirection
from amaranth.lib import wiring

from fcgen.hardware.border import Parameters
from fcgen.hardware.memories.weight_memory import TEXTS
from fcgen.text.verilog_names import KEYWORDS

_DIRECTION = {"i": PortDirection.Input, "o": PortDirection.Output}
_DOMAIN: dict[str, Callable[[], Value]] = {"clk": ClockSignal, "rst": ResetSignal}


@dataclass(frozen=True)
class ConvertedModule:
    """A module before Yosys.

    Attributes
    ----------
    name : str
    component : wiring.Component
        One of those that share the module.
    rtlil : str
    ports : list of (name, "input" or "output", width)
        Clock and reset, where they are used, then the component's own.
    """

    name: str
    component: Any
    rtlil: str
    ports: list[tuple[str, str, int]]


@dataclass
class Tree:
    """The platform of an emission: collects the distinct modules, each one after its children.

    Parameters
    ----------
    prefix : str
        Stands in front of every module's name.

    Attributes
    ----------
    modules : dict
        The modules by class and parameters.
    texts : set of str
        Names of the hand-written modules in use.
    outputs : dict of str to set of str
        Output ports of all modules, the hand-written ones too.
    """

    prefix: str
    modules: dict[Any, ConvertedModule] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    outputs: dict[str, set[str]] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)
    _under_conversion: Any = None

    def border(self, component: Any, build: Callable[[], Any]) -> Any:
        """See `fcgen.hardware.border.Emitter`."""
        if component is self._under_conversion:
            return build()
        base = type(component).__name__
        module = self.convert(component, self.prefix + base[0].lower() + base[1:])
        domain = [("i", name, _DOMAIN[name]()) for name, *_ in module.ports if name in _DOMAIN]
        return Instance(module.name, *domain, *_connections(component))

    def handwritten(self, component: Any, module: str, parameters: Parameters) -> Instance:
        """See `fcgen.hardware.border.Emitter`."""
        self.texts.add(module)
        own = [("p", key, value) for key, value in parameters.items()]
        clock = ("i", "clk", ClockSignal())
        self.outputs.setdefault(self.prefix + module, set()).update(_outputs(component))
        return Instance(self.prefix + module, *own, clock, *_connections(component))

    def external(self, component: Any, module: str, reset: Any) -> Instance:
        """See `fcgen.hardware.border.Emitter`."""
        self.outputs[module] = _outputs(component)
        domain = (("i", "clk", ClockSignal()), ("i", "rst", reset))
        return Instance(module, *domain, *_connections(component))

    def convert(self, component: Any, name: str) -> ConvertedModule:
        """Convert a component, or return the module that it shares with one before."""
        key = type(component), tuple(sorted(component.parameters.items()))
        if key not in self.modules:
            name = self._unique(name)
            outer, self._under_conversion = self._under_conversion, component
            fragment = Fragment.get(component, self)
            self._under_conversion = outer
            _name_wires(fragment, ())
            _name_states(fragment)
            connections = _connections(component)
            ports = {port: (signal, _DIRECTION[way]) for way, port, signal in connections}
            text, _ = rtlil.convert_fragment(fragment, ports, name, emit_src=False)
            text, used = _without_unused_domain(text)
            own = [
                (port, "input" if way == "i" else "output", len(signal))
                for way, port, signal in connections
            ]
            self.outputs[name] = _outputs(component)
            self.modules[key] = ConvertedModule(
                name, component, text, [*((port, "input", 1) for port in used), *own]
            )
        return self.modules[key]

    def _unique(self, name: str) -> str:
        """Return the name, numbered where another has it; file systems may ignore case."""
        taken = self._names | {(self.prefix + text.stem).lower() for text in TEXTS.glob("*.sv")}
        number, unique = 1, name
        while unique.lower() in taken or unique in KEYWORDS:
            number += 1
            unique = f"{name}_{number}"
        self._names.add(unique.lower())
        return unique


def _connections(component: Any) -> list[tuple[str, str, Signal]]:
    """Ports of a component as ("i" or "o", name, signal)."""
    return [
        ("i" if member.flow == wiring.In else "o", "__".join(map(str, path)), signal)
        for path, member, signal in component.signature.flatten(component)
    ]


def _outputs(component: Any) -> set[str]:
    return {name for way, name, _ in _connections(component) if way == "o"}


def _without_unused_domain(text: str) -> tuple[str, list[str]]:
    """Take clock and reset from the ports of an RTLIL module that does not use them."""
    used = []
    for port in _DOMAIN:
        if not re.search(rf"^  wire width 1 input \d+ +\\{port}$", text, re.M):
            continue  # the component has a domain of its own
        if re.search(rf"^(?!  wire ).*\\{port}\b", text, re.M):
            used.append(port)
        else:
            text = re.sub(rf"^  wire width 1 input \d+ +\\{port}$", "", text, flags=re.M)
    return text, used


def _name_wires(fragment: Fragment, path: tuple[str, ...]) -> None:
    """Name wires ``<instance>_<port>``, at memories ``<memory>_read_data`` and so on."""
    for child, name, _ in fragment.subfragments:
        below = (*path, name) if name else path
        if isinstance(child, Instance):
            for port, (value, _) in child.ports.items():
                _rename(value, *below, port)
        elif isinstance(child, MemoryInstance):
            for way, ports in (("read", child._read_ports), ("write", child._write_ports)):
                for port in ports:
                    _rename(port._addr, *below, way, "address")
                    _rename(port._data, *below, way, "data")
                    _rename(port._en, *below, way, "enable")
        else:
            _name_wires(child, below)


def _name_states(fragment: Fragment) -> None:
    """Keep the names of a state machine's states as attributes of its register."""
    for machine in fragment.generated.values():
        for name, number in machine.encoding.items():
            bits = f"{number:0{len(machine.state)}b}"
            machine.state.attrs[f"enum_value_{bits}"] = name


def _rename(value: Any, *words: str) -> None:
    if type(value) is Signal:
        value.name = "_".join(words)
