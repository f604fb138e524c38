"""Components as logic: each distinct one is elaborated once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from amaranth.hdl import Fragment, Instance, Signal
from amaranth.hdl._ir import PortDirection, build_netlist
from amaranth.lib.wiring import Out

from fcgen.devices.costs import Costs
from fcgen.estimation.blocks import block_logic
from fcgen.estimation.module import Logic, logic_of
from fcgen.estimation.values import Ports
from fcgen.hardware.border import Parameters

_DIRECTION = {"i": PortDirection.Input, "o": PortDirection.Output}


@dataclass
class LogicCounter:
    """The platform of an estimate: elaborates components and counts what they take.

    Parameters
    ----------
    costs : Costs
    """

    costs: Costs
    _netlists: dict[Any, Any] = field(default_factory=dict)
    _children: dict[Any, Counter[Any]] = field(default_factory=dict)
    _blocks: dict[Any, list[Logic]] = field(default_factory=dict)
    _counted: dict[Any, Logic] = field(default_factory=dict)
    _made: dict[Any, Any] = field(default_factory=dict)
    _path: list[Any] = field(default_factory=list)

    def border(self, component: Any, build: Callable[[], Any]) -> Any:
        """See `fcgen.hardware.border.Emitter`."""
        key = _key(component)
        if self._path and self._path[-1] == key:
            return build()
        self._elaborate(component)
        self._children[self._path[-1]][key] += 1
        return Instance(type(component).__name__, *_ports(component))

    def handwritten(self, component: Any, module: str, parameters: Parameters) -> Instance:
        """See `fcgen.hardware.border.Emitter`."""
        size = getattr(component, "depth", 0), getattr(component, "width", 0)
        self._blocks[self._path[-1]].append(block_logic(module, *size, self.costs))
        return Instance(module, *_ports(component))

    def count(
        self,
        component: Any,
        zero: Ports = frozenset(),
        unread: Ports = frozenset(),
    ) -> Logic:
        """Count the logic of a component and of all below it.

        Parameters
        ----------
        component : wiring.Component
        zero, unread : set of (str, int)
            See `Values`.
        """
        self._elaborate(component)
        return self._total((_key(component), zero, unread))

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return the component of this key, made when it is first asked for."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _total(self, place: Any) -> Logic:
        if place not in self._counted:
            key, zero, unread = place
            own = logic_of(self._netlists[key], self.costs, zero, unread)
            lut, ff, longest = own.lut, own.ff, own.longest_chain
            for block in self._blocks[key]:
                lut += block.lut
                ff += block.ff
            for child, times in self._children[key].items():
                below = self._total((child, frozenset(), frozenset()))
                lut += times * below.lut
                ff += times * below.ff
                longest = max(longest, below.longest_chain)
            self._counted[place] = Logic(lut, ff, longest, own.unread)
        return self._counted[place]

    def _elaborate(self, component: Any) -> None:
        key = _key(component)
        if key in self._netlists:
            return
        self._children[key] = Counter()
        self._blocks[key] = []
        self._path.append(key)
        fragment = Fragment.get(component, self)
        self._path.pop()
        ports = {name: (signal, _DIRECTION[way]) for way, name, signal in _ports(component)}
        self._netlists[key] = build_netlist(fragment, ports)


def _key(component: Any) -> Any:
    return type(component), tuple(sorted(component.parameters.items()))


def _ports(component: Any) -> list[tuple[str, str, Signal]]:
    return [
        ("o" if member.flow == Out else "i", "__".join(map(str, path)), signal)
        for path, member, signal in component.signature.flatten(component)
    ]
