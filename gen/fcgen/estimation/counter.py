"""Components as logic: each distinct one is elaborated once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from amaranth.hdl import Fragment, Instance, Signal
from amaranth.hdl._ir import PortDirection, build_netlist
from amaranth.lib.wiring import Out

from fcgen.devices.costs import Costs
from fcgen.estimation.blocks import ACCUMULATORS, block_logic
from fcgen.estimation.module import Logic, logic_of
from fcgen.estimation.values import NOTHING, Fixed, Ports
from fcgen.hardware.border import Parameters
from fcgen.hardware.elements.accumulator import Accumulator

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
    _types: dict[str, Any] = field(default_factory=dict)
    _blocks: dict[Any, list[Logic]] = field(default_factory=dict)
    _counted: dict[Any, Logic] = field(default_factory=dict)
    _made: dict[Any, Any] = field(default_factory=dict)
    _path: list[Any] = field(default_factory=list)

    def border(self, component: Any, build: Callable[[], Any]) -> Any:
        """See `fcgen.hardware.border.Emitter`."""
        key = _key(component)
        if self._path and self._path[-1] == key:
            return build()
        if isinstance(component, Accumulator):
            return self.handwritten(component, "accumulator", component.parameters)
        self._elaborate(component)
        kind = f"{type(component).__name__} {len(self._types)}"
        self._types[kind] = key
        return Instance(kind, *_ports(component))

    def handwritten(self, component: Any, module: str, parameters: Parameters) -> Instance:
        """See `fcgen.hardware.border.Emitter`; a layer's memories are not counted here."""
        if module in ("vectorStore", *ACCUMULATORS):
            depth = getattr(component, "depth", 1)
            logic = block_logic(module, depth, component.width, self.costs)
            self._blocks[self._path[-1]].append(logic)
        return Instance(module, *_ports(component))

    def count(
        self,
        component: Any,
        fixed: Fixed = NOTHING,
        unread: Ports = NOTHING,
    ) -> Logic:
        """Count the logic of a component and of all below it.

        Parameters
        ----------
        component : wiring.Component
        fixed, unread : set
            See `Values`.
        """
        self._elaborate(component)
        return self._total(_key(component), fixed, unread)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return the component of this key, made when it is first asked for."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _total(self, key: Any, fixed: Fixed, unread: Ports) -> Logic:
        place = key, fixed, unread
        if place not in self._counted:
            own = logic_of(self._netlists[key], self.costs, fixed, unread)
            below = [
                self._total(self._types[kind], inner_fixed, inner_unread)
                for kind, inner_fixed, inner_unread in own.inside
                if kind in self._types
            ]
            parts = [own, *self._blocks[key], *below]
            self._counted[place] = Logic(
                sum(part.lut for part in parts),
                sum(part.ff for part in parts),
                own.unread,
            )
        return self._counted[place]

    def _elaborate(self, component: Any) -> None:
        key = _key(component)
        if key in self._netlists:
            return
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
