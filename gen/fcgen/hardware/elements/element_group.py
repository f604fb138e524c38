"""A group of processing elements, and the links that carry control and results past it."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.elements.processing_element import ProcessingElement
from fcgen.hardware.layer.drain_controller import TAG_WIDTH, VALID, place_bits
from fcgen.hardware.registers import register, select
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.mapping import BEHAVIOURAL, ProductUnit


class ElementGroup(wiring.Component):
    """Processing elements that share a weight bank and one stop of the chain.

    Activations, weight address, ``last`` and the drain beat arrive from the group before and leave
    for the next one a cycle later, so that no net reaches all elements. Results leave on a bus
    that travels along: the group puts in its own when ``own`` says that the beat that passes is
    one of its own, and counts the beat's row down for the group behind it, whose ``own`` it finds a
    cycle ahead. All groups are therefore alike, wherever they stand.

    Latency: 1 cycle from every input to its ``next_`` output. Initiation interval: 1 cycle.
    No handshake. Reset: clears the valid bit of the tag only.

    Parameters
    ----------
    elements : int, positive
        Neurons E that the group computes at once. Elements whose multipliers serve several
        neurons take as many; what is left over in the last one is computed and not used.
    lanes : int, positive
        Results that leave in a beat; element i leaves in beat ``i // lanes``, lane ``i % lanes``.
    simd, activation, weight, accumulator_width
        See `ProcessingElement`.
    address_width : int
        Bits of the weight address.
    beat_width : int
        Bits of the beat number, enough for the beats of all groups of a column.
    beats : int, positive
        Beats that a full group takes.
    unit : ProductUnit
        What the elements multiply with.
    soft : ProductUnit, optional
        What the last ``soft_elements`` of them multiply with.
    soft_elements : int
    accumulator : str
        See `ProcessingElement`.
    registered_choice : bool
        The group's result is chosen into a register; ``bus`` and ``tag`` then come a cycle later
        than ``beat`` and ``own``.
    own_activations : bool
        Each element has an activation of its own, element 0 in the least significant bits; the
        layer brings every group its own, and there is no ``next_activations``.
    maximum : bool
        See `ProcessingElement`.

    Ports
    -----
    address, next_address : In, Out(address_width)
        Word of the weight banks; it runs two cycles, the banks' latency, ahead of its activations.
    activations, next_activations : In, Out(simd * activation.computed.bits)
        Lane 0 in the least significant bits; see `ProcessingElement`.
    weights : In(elements * simd * weight.bits)
        Word of the bank, element 0 and lane 0 in the least significant bits.
    last, next_last : In, Out(1)
        See `ProcessingElement`.
    beat, next_beat : In, Out(beat_width)
        Beat on the bus, see `DrainController`; the row is counted from this group.
    own, next_own : In, Out(1)
        The beat is one of this group's: its row is 0.
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
        unit: ProductUnit = BEHAVIOURAL,
        soft: ProductUnit | None = None,
        soft_elements: int = 0,
        accumulator: str = "",
        registered_choice: bool = False,
        own_activations: bool = False,
        maximum: bool = False,
    ) -> None:
        if not 1 <= elements <= lanes * beats:
            raise ValueError("a group holds 1 to lanes * beats elements")
        if soft_elements and soft is None:
            raise ValueError("soft elements need a unit")
        if own_activations and (simd != 1 or unit.weights != 1):
            raise ValueError("elements with activations of their own have one lane and one neuron")
        self.own_activations = own_activations
        self.maximum = maximum
        self.unit = unit
        self.soft = soft
        self.soft_elements = soft_elements
        self.accumulator = accumulator
        self.registered_choice = registered_choice
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
            "activations": simd * activation.computed.bits,
            "last": 1,
            "beat": beat_width,
            "own": 1,
            "tag": TAG_WIDTH,
            "bus": lanes * accumulator_width,
        }
        own = {}
        if own_activations:
            own = {"activations": In(elements * self.chain.pop("activations"))}
        super().__init__(
            {name: In(width) for name, width in self.chain.items()}
            | own
            | {"weights": In(elements * self.element_weight_width)}
            | {f"next_{name}": Out(width) for name, width in self.chain.items()}
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two groups the same module."""
        own: Parameters = {
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
        if self.unit != BEHAVIOURAL:
            own["products"] = self.unit.name
        if self.soft_elements:
            own["soft_elements"] = self.soft_elements
        if self.accumulator:
            own["accumulator"] = self.accumulator
        if self.registered_choice:
            own["registered_choice"] = 1
        if self.own_activations:
            own["own_activations"] = 1
        if self.maximum:
            own["maximum"] = 1
        return own

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        hard = self.elements - self.soft_elements
        results = self._elements(m, range(hard), self.unit)
        if self.soft is not None:
            results += self._elements(m, range(hard, self.elements), self.soft)
        self._pass_on(m)
        self._insert(m, results)
        return m

    def _pass_on(self, m: Module) -> None:
        """Register all links to the next group; only the valid bit needs a reset."""
        for name in ("address", "activations", "last"):
            if name not in self.chain:
                continue
            m.d.comb += getattr(self, f"next_{name}").eq(
                register(m, getattr(self, name), f"{name}_register")
            )
        place = place_bits(self.beats)
        row = self.beat[place:]
        beat = Cat(self.beat[:place], (row - 1)[: len(row)])
        m.d.comb += [
            self.next_beat.eq(register(m, beat, "beat_register")),
            self.next_own.eq(register(m, row == 1, "own_register")),
        ]
        valid = register(m, self.tag[VALID], "valid_register", reset=True)
        kind = register(m, self.tag[VALID + 1 :], "kind_register")
        m.d.comb += [self.next_tag[VALID].eq(valid), self.next_tag[VALID + 1 :].eq(kind)]

    def _elements(self, m: Module, neurons: range, unit: ProductUnit) -> list[Value]:
        """Add the elements of some neurons; return their results."""
        results: list[Value] = []
        for first in neurons[:: unit.weights]:
            element = ProcessingElement(
                simd=self.simd,
                activation=self.activation,
                weight=self.weight,
                accumulator_width=self.accumulator_width,
                unit=unit,
                accumulator=self.accumulator,
                maximum=self.maximum,
            )
            number = f"{first}" if unit.weights == 1 else f"{first}_{first + unit.weights - 1}"
            m.submodules[f"element_{number}"] = element
            used = min(unit.weights, neurons.stop - first)
            unused = Const(0, (unit.weights - used) * self.element_weight_width)
            low = first * self.element_weight_width
            weights = self.weights[low : low + used * self.element_weight_width]
            activations: Value = self.activations
            if self.own_activations:
                activations = activations.word_select(first, self.activation.computed.bits)
            m.d.comb += [
                element.activations.eq(activations),
                element.weights.eq(Cat(weights, unused)),
                element.last.eq(self.last),
            ]
            width = self.accumulator_width
            results += [element.result[i * width : (i + 1) * width] for i in range(used)]
        return results

    def _insert(self, m: Module, results: list[Value]) -> None:
        """Put the results on the bus when the beat belongs to the group."""
        width = self.accumulator_width
        words = [
            results[first : first + self.lanes] for first in range(0, self.elements, self.lanes)
        ]
        columns = [[word[lane] for word in words if lane < len(word)] for lane in range(self.lanes)]
        chosen = [select(column, self.beat) for column in columns if column]
        own: Value = self.own
        if self.registered_choice:
            own = register(m, own, "own_chosen")
            chosen = [register(m, value, f"chosen_{lane}") for lane, value in enumerate(chosen)]
        lanes = [self.bus.word_select(lane, width) for lane in range(self.lanes)]
        lanes[: len(chosen)] = [
            Mux(own, value, passing) for value, passing in zip(chosen, lanes, strict=False)
        ]
        m.d.comb += self.next_bus.eq(register(m, Cat(lanes), "bus_register"))
