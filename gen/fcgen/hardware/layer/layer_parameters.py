"""Connections of the parameter port and chain, in a layer and between layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from amaranth import Module
from amaranth.hdl import Value
from amaranth.lib.wiring import In

from fcgen.hardware.layer.layer_controller import LayerController
from fcgen.hardware.memories.vector_memory import VectorMemory
from fcgen.hardware.parameters.parameter_chain import ParameterChain
from fcgen.hardware.parameters.parameter_port import ParameterPort
from fcgen.hardware.parameters.parameter_space import ChainPlace, delay_links, link_taps
from fcgen.hardware.parameters.parameter_tap import ParameterTap


def connect_alone(
    m: Module,
    layer: Any,
    port: ParameterPort,
    taps: Sequence[ParameterTap],
    vectors: VectorMemory,
    controller: LayerController,
) -> None:
    """Connect the port of a layer that stands alone to the host's ports and the taps."""
    m.submodules.parameter_port = port
    m.d.comb += [
        vectors.hold.eq(port.hold_input),
        port.input_empty.eq(vectors.empty),
        port.fold_end.eq(controller.fold_end),
    ]
    connect_port(m, layer, port, link_taps(m, taps, links_of(port, port.space.chain)))


def connect_port(m: Module, outside: Any, port: ParameterPort, answers: dict[str, Value]) -> None:
    """Connect a port to the host's ports, and to the answers at the end of the chain."""
    m.d.comb += [
        port.answer_back.eq(answers["answer"]),
        port.answered_back.eq(answers["answered"]),
    ]
    for name, member in port.space.host_ports.items():
        own, host = getattr(port, name), getattr(outside, name)
        m.d.comb += own.eq(host) if member.flow == In else host.eq(own)


def connect_place(
    m: Module,
    layer: Any,
    place: ChainPlace,
    taps: Sequence[ParameterTap],
    vectors: VectorMemory,
    controller: LayerController,
) -> None:
    """Connect the taps of a layer of a network to the chain."""
    tail = link_taps(m, taps, links_of(layer, place.space.chain, "chain_"))
    m.d.comb += [getattr(layer, f"next_{name}").eq(value) for name, value in tail.items()]
    if place.first:
        m.d.comb += [vectors.hold.eq(layer.hold_input), layer.input_empty.eq(vectors.empty)]
    if place.last:
        m.d.comb += layer.fold_end.eq(controller.fold_end)
    if place.first != place.last:
        m.d.comb += layer.vector_end.eq(controller.vector_end)


def connect_layers(
    m: Module,
    outside: Any,
    chain: ParameterChain,
    layers: Sequence[Any],
    port: ParameterPort,
    empty: Value,
) -> None:
    """Chain the layers of a network behind its port; ``empty`` means no vector between them."""
    first, last = layers[0], layers[-1]
    m.d.comb += [
        first.hold_input.eq(port.hold_input),
        port.input_empty.eq(first.input_empty & empty),
        port.fold_end.eq(last.fold_end),
    ]
    names = chain.space.chain
    links = links_of(port, names)
    borders = [(0, 0), *chain.borders]
    for number, (layer, border) in enumerate(zip(layers, borders, strict=True)):
        links = delay_links(m, links, *border, f"before_{number}")
        m.d.comb += [getattr(layer, f"chain_{name}").eq(value) for name, value in links.items()]
        links = links_of(layer, names, "next_")
    connect_port(m, outside, port, links)


def links_of(component: Any, names: Iterable[str], prefix: str = "") -> dict[str, Value]:
    """Return the ports of a component that are links of the chain, by name."""
    return {name: getattr(component, f"{prefix}{name}") for name in names}
