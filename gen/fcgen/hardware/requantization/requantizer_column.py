"""The end of a column of element groups: requantizers or threshold units, and their constants."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.layer.drain_controller import TAG_WIDTH, VALID, VECTOR_END
from fcgen.hardware.memories.weight_memory import MEMORY_LATENCY
from fcgen.hardware.registers import delay
from fcgen.hardware.requantization.requantizer import Requantizer
from fcgen.hardware.requantization.requantizer_plan import RequantizerPlan
from fcgen.hardware.requantization.threshold_unit import ThresholdPlan, ThresholdUnit
from fcgen.network.dense_layer import DenseLayer, ThresholdList
from fcgen.schedule.mapping import GENERIC, ProductUnit

ResultPlan = RequantizerPlan | ThresholdPlan


def result_plan(dense: DenseLayer, unit: ProductUnit = GENERIC.requantizer) -> ResultPlan:
    """Return the plan of a layer; ``unit`` is the multiplier of its requantizers."""
    if isinstance(dense.requantization, ThresholdList):
        return ThresholdPlan.of(dense)
    return RequantizerPlan.of(dense, unit)


def column_latency(plan: ResultPlan, memory_latency: int) -> int:
    """Return the cycles of a column; results wait for their constants where these are stored."""
    return (memory_latency if plan.stored else 0) + plan.latency


class RequantizerColumn(wiring.Component):
    """Requantizes the results that leave a column of element groups, one a lane and cycle.

    The beats of a vector always come in the same order, so that the address of the parameter
    memory is a counter of valid beats. The bus waits for the memory's word.

    Latency: ``latency`` cycles from ``bus`` and ``tag`` to ``results`` and ``next_tag``.
    Initiation interval: 1 cycle. No handshake. Reset: drops what is on its way.

    Parameters
    ----------
    plan : ResultPlan
        Of a layer's requantizers, or of its threshold units: see `Requantizer`, `ThresholdUnit`.
    lanes : int, positive
        Results a beat.
    words : int, positive
        Words of the parameter memory: beats of a vector.
    memory_latency : int
        Cycles from an address to its word.

    Ports
    -----
    bus : In(lanes * plan.accumulator_width)
        Lane 0 in the least significant bits.
    tag, next_tag : In, Out(3)
        See `DrainController`.
    address : Out(range(words)), only when the plan stores something
        Word of the parameter memory.
    word : In(lanes * plan.word_width), only when the plan stores something
        The word, ``memory_latency`` cycles after its address; lane 0 and its first field lowest.
    results : Out(lanes * plan.output_bits)
    """

    def __init__(
        self,
        plan: ResultPlan,
        *,
        lanes: int,
        words: int,
        memory_latency: int = MEMORY_LATENCY,
    ) -> None:
        if lanes < 1 or words < 1:
            raise ValueError("lanes and words must be positive")
        self.plan = plan
        self.lanes = lanes
        self.words = words
        self.memory_latency = memory_latency
        memory = {"address": Out(range(max(words, 2))), "word": In(lanes * plan.word_width)}
        super().__init__(
            {
                "bus": In(lanes * plan.accumulator_width),
                "tag": In(TAG_WIDTH),
                "results": Out(lanes * plan.output_bits),
                "next_tag": Out(TAG_WIDTH),
            }
            | (memory if plan.stored else {})
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two columns the same module."""
        own: Parameters = {
            "lanes": self.lanes,
            "words": self.words,
            "memory_latency": self.memory_latency,
        }
        return own | self.plan.parameters

    @property
    def latency(self) -> int:
        """Cycles from the bus to the results."""
        return column_latency(self.plan, self.memory_latency)

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        if self.plan.stored:
            self._count_words(m)
        bus = delay(m, self.bus, self.latency - self.plan.latency, "bus_waiting")
        for lane in range(self.lanes):
            unit = self._unit(m, lane)
            m.d.comb += unit.accumulator.eq(bus.word_select(lane, self.plan.accumulator_width))
            self._connect_parameters(m, unit, lane)
            m.d.comb += self.results.word_select(lane, self.plan.output_bits).eq(unit.result)
        valid = delay(m, self.tag[VALID], self.latency, "valid", reset=True)
        kind = delay(m, self.tag[VALID + 1 :], self.latency, "kind")
        m.d.comb += [self.next_tag[VALID].eq(valid), self.next_tag[VALID + 1 :].eq(kind)]
        return m

    def _unit(self, m: Module, lane: int) -> Requantizer | ThresholdUnit:
        """Add the requantizer or the threshold unit of a lane."""
        if isinstance(self.plan, ThresholdPlan):
            m.submodules[f"thresholds_{lane}"] = unit = ThresholdUnit(self.plan)
            return unit
        m.submodules[f"requantizer_{lane}"] = scaling = Requantizer(self.plan)
        return scaling

    def _count_words(self, m: Module) -> None:
        with m.If(self.tag[VALID]):
            m.d.sync += self.address.eq(Mux(self.tag[VECTOR_END], 0, self.address + 1))

    def _connect_parameters(self, m: Module, unit: Requantizer | ThresholdUnit, lane: int) -> None:
        low = lane * self.plan.word_width
        for field in self.plan.stored:
            value = Signal(field.width, name=f"{field.name}_{lane}")
            m.d.comb += [
                value.eq(self.word[low : low + field.width]),
                getattr(unit, field.name).eq(value),
            ]
            low += field.width
