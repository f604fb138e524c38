"""A few processing elements, and the links that carry control and results past them."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.fixed import IntegerFormat
from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.drain_controller import TAG_WIDTH, VALID
from fcgen.hardware.processing_element import ProcessingElement
from fcgen.hardware.registers import register


class ElementGroup(wiring.Component):
    """Processing elements that share a weight bank and one stop of the chain.

    Activations, weight address, ``last`` and the drain beat arrive from the group before and leave
    for the next one a cycle later, so that no net reaches all elements. Results leave on a bus
    that travels along: the group puts in its own when the beat that passes is its own, and counts
    the beat down for the group behind it. All groups are therefore alike, wherever they stand.

    Latency: 1 cycle from every input to its ``next_`` output. Initiation interval: 1 cycle.
    No handshake. Reset: clears the valid bit of the tag only.

    Parameters
    ----------
    elements : int, positive
        Processing elements E.
    lanes : int, positive
        Results that leave in a beat; element i leaves in beat ``i // lanes``, lane ``i % lanes``.
    simd, activation, weight, accumulator_width
        See `ProcessingElement`.
    address_width : int
        Bits of the weight address.
    beat_width : int
        Bits of the beat number, enough for the beats of all groups of a column.
    beats : int, positive
        Beats that a full group takes, subtracted from the beat that is passed on.

    Ports
    -----
    address, next_address : In, Out(address_width)
        Word of the weight banks; it runs two cycles, the banks' latency, ahead of its activations.
    activations, next_activations : In, Out(simd * activation.bits)
        Lane 0 in the least significant bits.
    weights : In(elements * simd * weight.bits)
        Word of the bank, element 0 and lane 0 in the least significant bits.
    last, next_last : In, Out(1)
        See `ProcessingElement`.
    beat, next_beat : In, Out(beat_width)
        Beat on the bus, counted from the first beat of this group.
    tag, next_tag : In, Out(TAG_WIDTH)
        What the beat is: see `DrainController`.
    bus, next_bus : In, Out(lanes * accumulator_width)
        Results, lane 0 in the least significant bits.
    """

    def __init__(
        self,
        *,
        elements: int,
        lanes: int,
        beats: int,
        simd: int,
        activation: IntegerFormat,
        weight: IntegerFormat,
        accumulator_width: int,
        address_width: int,
        beat_width: int,
    ) -> None:
        if not 1 <= elements <= lanes * beats:
            raise ValueError("a group holds 1 to lanes * beats elements")
        self.elements = elements
        self.lanes = lanes
        self.beats = beats
        self.simd = simd
        self.activation = activation
        self.weight = weight
        self.accumulator_width = accumulator_width
        self.element_weight_width = simd * weight.bits
        self.chain = {
            "address": address_width,
            "activations": simd * activation.bits,
            "last": 1,
            "beat": beat_width,
            "tag": TAG_WIDTH,
            "bus": lanes * accumulator_width,
        }
        super().__init__(
            {name: In(width) for name, width in self.chain.items()}
            | {"weights": In(elements * self.element_weight_width)}
            | {f"next_{name}": Out(width) for name, width in self.chain.items()}
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two groups the same module."""
        return {
            "elements": self.elements,
            "lanes": self.lanes,
            "beats": self.beats,
            "simd": self.simd,
            "activation": self.activation.name,
            "weight": self.weight.name,
            "accumulator_width": self.accumulator_width,
            "address_width": self.chain["address"],
            "beat_width": self.chain["beat"],
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        self._pass_on(m)
        for index in range(self.elements):
            self._insert(m, index, self._element(m, index))
        return m

    def _pass_on(self, m: Module) -> None:
        """Send everything to the next group; the valid bit alone needs the reset."""
        for name in ("address", "activations", "last"):
            m.d.comb += getattr(self, f"next_{name}").eq(
                register(m, getattr(self, name), f"{name}_register")
            )
        m.d.comb += self.next_beat.eq(register(m, self.beat - self.beats, "beat_register"))
        valid = register(m, self.tag[VALID], "valid_register", reset=True)
        kind = register(m, self.tag[VALID + 1 :], "kind_register")
        m.d.comb += [self.next_tag[VALID].eq(valid), self.next_tag[VALID + 1 :].eq(kind)]
        self._bus = Signal(
            self.lanes * self.accumulator_width, reset_less=True, name="bus_register"
        )
        m.d.sync += self._bus.eq(self.bus)
        m.d.comb += self.next_bus.eq(self._bus)

    def _element(self, m: Module, index: int) -> ProcessingElement:
        element = ProcessingElement(
            simd=self.simd,
            activation=self.activation,
            weight=self.weight,
            accumulator_width=self.accumulator_width,
        )
        m.submodules[f"element_{index}"] = element
        m.d.comb += [
            element.activations.eq(self.activations),
            element.weights.eq(self.weights.word_select(index, self.element_weight_width)),
            element.last.eq(self.last),
        ]
        return element

    def _insert(self, m: Module, index: int, element: ProcessingElement) -> None:
        """Put the element's result on the bus when the passing beat is its own."""
        beat, lane = divmod(index, self.lanes)
        with m.If(self.beat == beat):
            m.d.sync += self._bus.word_select(lane, self.accumulator_width).eq(element.result)
