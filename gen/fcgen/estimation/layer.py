"""Look-up tables and registers of a layer, component by component."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from fcgen.devices.costs import Costs
from fcgen.estimation.blocks import block_logic
from fcgen.estimation.counter import LogicCounter
from fcgen.estimation.memory_logic import constant_bits, memory_logic, tap_logic
from fcgen.estimation.module import Logic, times
from fcgen.estimation.values import Ports
from fcgen.hardware.accelerator import end_of
from fcgen.hardware.ends.soft_max import SoftMax
from fcgen.hardware.layer.drain_controller import TAG_WIDTH
from fcgen.hardware.layer.layer_memories import LayerMemories
from fcgen.hardware.layer.layer_parts import LayerParts
from fcgen.hardware.layer.layer_timing import ADDRESS_DELAY, LayerTiming
from fcgen.hardware.memories.table_memory import TablePlan
from fcgen.hardware.parameters.parameter_chain import ParameterChain
from fcgen.hardware.parameters.parameter_space import ANSWERS, REQUESTS, ChainPlace
from fcgen.hardware.vectors_in_flight import VectorsInFlight, vectors_between
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import Network
from fcgen.schedule.folding import Folding
from fcgen.schedule.mapping import Mapping

PASSED_ON = ("next_address", "next_activations", "next_last", "next_beat", "next_own")
OWN = "next_activations"
"""Outputs of a group that nothing reads when it is the last one of its column."""


def layer_logic(
    dense: DenseLayer,
    folding: Folding,
    mapping: Mapping,
    costs: Costs,
    place: ChainPlace | None = None,
) -> Logic:
    """Count the look-up tables and registers of a layer without building it whole.

    What a design has but once is not in it: ``costs.fixed_luts``, and the parameter port.
    """
    found = _count(dense, folding, mapping, costs, place)
    return Logic(sum(logic.lut for logic in found), sum(logic.ff for logic in found))


def end_logic(network: Network, lanes: int, mapping: Mapping, costs: Costs) -> Logic:
    """Count what stands behind the last layer, which gives ``lanes`` outputs a beat."""
    unit = end_of(network, lanes, mapping)
    if unit is None:
        return Logic(0, 0)
    found = [LogicCounter(costs).count(unit)]
    if isinstance(unit, SoftMax):
        found += _entries(unit.plan.powers, costs)
    return Logic(sum(logic.lut for logic in found), sum(logic.ff for logic in found))


def port_logic(chain: ParameterChain, layers: Sequence[LayerTiming], costs: Costs) -> Logic:
    """Count what a design with run-time weights has but once: the port, what is between layers."""
    counter = LogicCounter(costs)
    found = [counter.count(chain.port(layers[-1].drained_after))]
    if len(layers) > 1:
        found.append(counter.count(VectorsInFlight(vectors_between(layers))))
    links = chain.space.chain
    waits = [
        sum(links[name] for name in REQUESTS) * requests
        + sum(links[name] for name in ANSWERS) * answers
        for requests, answers in chain.borders
    ]
    lut, ff = sum(logic.lut for logic in found), sum(logic.ff for logic in found)
    return Logic(lut, ff + sum(waits))


def _count(
    dense: DenseLayer,
    folding: Folding,
    mapping: Mapping,
    costs: Costs,
    place: ChainPlace | None,
) -> list[Logic]:
    """Return what each part of a layer takes."""
    parts = LayerParts(dense, folding, mapping, place)
    memories = LayerMemories(dense, folding, parts.plan, mapping)
    counter = LogicCounter(costs)
    queue, vectors, column = parts.queue(), parts.vector_memory(), parts.column()
    found = [_links(parts, vectors.latency)]
    found += [
        counter.count(part)
        for part in (queue, vectors, parts.controller(), parts.drain_controller())
    ]
    last = frozenset(("next_tag", bit) for _, bit in _of("tag", found[1].unread))
    every = _bits(column, "next_tag")
    for number, banks in enumerate(memories.constants):
        unread = last if number == folding.columns - 1 else every
        found.append(counter.count(column, constant_bits(memories, banks), unread))
    for (members, at_start, at_end), number in _groups(parts).items():
        group = counter.once(members, partial(parts.group, members))
        fixed = frozenset((*bit, 0) for bit in _bits(group, *at_start))
        logic = counter.count(group, fixed, _bits(group, *at_end) | last)
        found.append(times(logic, number))
    found += memory_logic(counter, memories)
    if place is not None:
        found += tap_logic(counter, memories, place)
    marker = parts.frame_marker()
    if marker is not None:
        found.append(counter.count(marker))
    return found + _table(counter, parts)


def _links(parts: LayerParts, vector_latency: int) -> Logic:
    """Count what the layer itself adds: delays that bring its parts into step."""
    folding, timing = parts.folding, parts.timing
    stored = folding.input_lanes * parts.dense.activation_format.bits
    width = folding.input_lanes * parts.dense.activation_format.computed.bits
    address = max((folding.weight_words - 1).bit_length(), 1)
    gate = timing.gate_delay - 1
    ff = gate + timing.drain_delay + ADDRESS_DELAY * address + width
    ff += timing.choice_delay * TAG_WIDTH
    ff += (gate - vector_latency) * stored
    between = address + (0 if folding.depthwise else width) + 1 + parts.beat_width + 1 + TAG_WIDTH
    results = 0
    for column in range(folding.columns):
        ff += timing.column_wait(column) * results + (between if column else 0)
        results += folding.column_lanes * parts.plan.output_bits
    if folding.depthwise:
        ff += _own_activations(folding, parts.dense.activation_format.computed.bits)
    return Logic(1, ff)


def _own_activations(folding: Folding, bits: int) -> int:
    """Count the registers that bring the elements of a depthwise layer their activations."""
    left, found = folding.pe, 0
    for group in folding.groups:
        left -= len(group.elements)
        found += left * bits
    return found


def _groups(parts: LayerParts) -> Counter[Any]:
    """Return which groups there are: some elements each, at the ends less around them."""
    folding, mapping = parts.folding, parts.mapping
    first_soft = folding.pe - mapping.soft_elements
    alike: dict[tuple[int, int], tuple[int, ...]] = {}
    found: Counter[Any] = Counter()
    # A depthwise layer brings its groups their activations itself.
    passed = tuple(port for port in PASSED_ON if port != OWN or not folding.depthwise)
    last = len(folding.groups) - 1
    for number, group in enumerate(folding.groups):
        soft = sum(member >= first_soft for member in group.elements)
        members = alike.setdefault((len(group.elements), soft), group.elements)
        zero = ("bus",) if group.row == 0 else ()
        ends = number == last or folding.groups[number + 1].column != group.column
        found[members, zero, passed if ends else ()] += 1
    return found


def _table(counter: LogicCounter, parts: LayerParts) -> list[Logic]:
    """Count the table behind the queue, and what its memories are in look-up tables."""
    if parts.dense.table is None:
        return []
    plan, lanes = TablePlan.of(parts.dense.table, parts.mapping), parts.folding.output_lanes
    table = counter.once((*plan.images, lanes, parts.folding.outputs), parts.table)
    memories = _entries(plan, counter.costs)
    return [counter.count(table), *(times(memory, lanes) for memory in memories)]


def _entries(plan: TablePlan, costs: Costs) -> list[Logic]:
    """Count what the memories of a lane's table are in look-up tables."""
    return [
        block_logic(plan.text, len(image), image.distinct, costs) for image in plan.images.values()
    ]


def _bits(component: Any, *names: str) -> Ports:
    """Return all bits of some ports."""
    return frozenset((name, bit) for name in names for bit in range(len(getattr(component, name))))


def _of(port: str, bits: Ports) -> Ports:
    return frozenset((name, bit) for name, bit in bits if name == port)
