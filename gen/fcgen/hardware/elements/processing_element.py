"""Multiply-accumulate unit of one neuron, or of the few that share their multipliers."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal, signed
from amaranth.hdl import Shape, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.elements.accumulator import Accumulator
from fcgen.hardware.elements.products import Products, computed
from fcgen.hardware.registers import delay, register
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.mapping import BEHAVIOURAL, ProductUnit


def result_delay(accumulator: str) -> int:
    """Return the cycles from ``last`` to ``result``; one more with a hand-written accumulator."""
    return 2 if accumulator else 1


def element_delay(simd: int, unit: ProductUnit = BEHAVIOURAL) -> int:
    """Return the cycles from operands to their sum at the accumulator of an S-lane element."""
    return unit.latency + (simd - 1).bit_length()


class ProcessingElement(wiring.Component):
    """Multiply-accumulate unit: S multipliers, a registered adder tree, an accumulator.

    Sums ``weights[s] * activations[s]`` over the S lanes and over the cycles of a synapse fold::

        total = accumulator + sum(products)
        last:      result <- total, accumulator <- 0
        otherwise: accumulator <- total

    Clearing on ``last`` lets the next sum begin in the very next cycle, so that no cycle is lost
    between two neurons and only ``last`` has to travel with the data. Where a device's adder can
    load or clear by itself (``accumulator``), the sum is restarted by the next one's first product,
    and goes to ``result`` a cycle later. Where a multiplier of the device makes the products of
    several weights at once (``unit.weights``), the element has an adder tree and an accumulator for
    each of these neurons.

    Latency: the products take ``unit.latency`` cycles (2 where they are behavioural: operands are
    registered, then multiplied), their sum ⌈log2 S⌉, the accumulator ``result_delay``, 1 or 2.
    ``last`` comes ``last_delay`` cycles after the operands that it ends; ``result`` shows the sum
    ``result_delay`` cycles after ``last`` and holds it until the next. Initiation interval: 1
    cycle. No handshake: idle cycles carry activations of zero.
    No reset: asserting ``last`` clears the accumulator, which the controller does after a reset.

    Parameters
    ----------
    simd : int, positive
        Lanes S.
    activation, weight : IntegerFormat
        Formats of the operands, 1 to 16 bits each.
    accumulator_width : int, positive
        Bits of the signed accumulator. The caller takes it from the layer's reach, so that no sum
        overflows.
    unit : ProductUnit
        What the products are made of; it sets the number of neurons.
    accumulator : str
        See `Accumulator`; empty where ``last`` clears it.
    maximum : bool
        The largest activation of those whose weight is 1, in place of the sum of products; idle
        cycles carry the smallest code.

    Ports
    -----
    activations : In(simd * activation.computed.bits)
        Lane 0 in the least significant bits; bipolar ones in two bits, so that idle lanes are 0.
    weights : In(neurons * simd * weight.bits)
        Neuron behind neuron, lane 0 of neuron 0 in the least significant bits.
    last : In(1)
        The sum that now reaches the accumulator is the neuron's last.
    result : Out(signed(accumulator_width)), of several neurons Out(neurons * accumulator_width)
        Finished sums, neuron 0 in the least significant bits.

    Notes
    -----
    The restart by clearing costs one LUT where a multiplexer on ``first`` costs one a bit.
    """

    def __init__(
        self,
        *,
        simd: int,
        activation: IntegerFormat,
        weight: IntegerFormat,
        accumulator_width: int,
        unit: ProductUnit = BEHAVIOURAL,
        accumulator: str = "",
        maximum: bool = False,
    ) -> None:
        if simd < 1 or accumulator_width < 1:
            raise ValueError("simd and accumulator_width must be positive")
        if maximum and (simd > 1 or unit.weights > 1):
            raise ValueError("a maximum is that of one lane and one neuron")
        self.maximum = maximum
        self.simd = simd
        self.activation = activation
        self.weight = weight
        self.accumulator_width = accumulator_width
        self.unit = unit
        self.accumulator = accumulator
        self.neurons = unit.weights
        sums = signed(accumulator_width) if self.neurons == 1 else self.neurons * accumulator_width
        super().__init__(
            {
                "activations": In(simd * activation.computed.bits),
                "weights": In(self.neurons * simd * weight.bits),
                "last": In(1),
                "result": Out(sums),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two elements the same module."""
        own: Parameters = {
            "simd": self.simd,
            "activation": self.activation.name,
            "weight": self.weight.name,
            "accumulator_width": self.accumulator_width,
        }
        if self.unit != BEHAVIOURAL:
            own["products"] = self.unit.name
        if self.accumulator:
            own["accumulator"] = self.accumulator
        if self.maximum:
            own["maximum"] = 1
        return own

    @property
    def last_delay(self) -> int:
        """Cycles from operands at the ports to their sum at the accumulator."""
        return element_delay(self.simd, self.unit)

    @property
    def latency(self) -> int:
        """Cycles from the last operands at the ports to ``result``."""
        return self.last_delay + result_delay(self.accumulator)

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        if self.maximum:
            m.d.comb += self.result.eq(self._largest(m))
            return m
        accumulate = self._accumulate_apart if self.accumulator else self._accumulate
        products = Products(m, self.unit, self.activation, self.weight)
        lanes = [self._lane(products, lane) for lane in range(self.simd)]
        results = [
            accumulate(m, self._tree(m, [lane[neuron] for lane in lanes], neuron), neuron)
            for neuron in range(self.neurons)
        ]
        m.d.comb += self.result.eq(results[0] if self.neurons == 1 else Cat(results))
        return m

    def _largest(self, m: Module) -> Signal:
        """Keep the largest activation whose weight is 1, in the cycles of a sum."""
        shape = Shape(self.accumulator_width, signed=True)
        least = self.activation.minimum
        activation = self.activations
        value = activation.as_signed() if self.activation.signed else activation.as_unsigned()
        extra = result_delay(self.accumulator) - 1
        term = delay(m, Mux(self.weights[0], value, least), self.last_delay + extra, "term")
        last = delay(m, self.last, extra, "last_term")
        largest = Signal(shape, reset_less=True)
        finished = Signal(shape, reset_less=True)
        total = Signal(shape)
        m.d.comb += total.eq(Mux(term > largest, term, largest))
        m.d.sync += largest.eq(total)
        with m.If(last):
            m.d.sync += [finished.eq(total), largest.eq(least)]
        return finished

    def _lane(self, products: Products, lane: int) -> list[Value]:
        """Return the products of a lane, one a neuron."""
        width = self.weight.bits
        weights = [
            self.weights.word_select(neuron * self.simd + lane, width)
            for neuron in range(self.neurons)
        ]
        if self.weight.bipolar:
            weights = [computed(weight) for weight in weights]
        activation = self.activations.word_select(lane, self.activation.computed.bits)
        return products.add(activation, weights, f"_{lane}" if self.simd > 1 else "")

    def _tree(self, m: Module, terms: list[Value], neuron: int) -> Value:
        """Add pairwise; a register after every level keeps synthesis from merging the adders."""
        level, suffix = 0, self._suffix(neuron)
        while len(terms) > 1:
            level += 1
            terms = [
                register(m, sum(terms[i + 1 : i + 2], terms[i]), f"sum{suffix}_{level}_{i // 2}")
                for i in range(0, len(terms), 2)
            ]
        return terms[0]

    def _accumulate(self, m: Module, term: Value, neuron: int) -> Signal:
        shape, suffix = Shape(self.accumulator_width, signed=True), self._suffix(neuron)
        accumulator = Signal(shape, name=f"accumulator{suffix}", reset_less=True)
        finished = Signal(shape, name=f"finished{suffix}", reset_less=True)
        total = Signal(shape, name=f"total{suffix}")
        m.d.comb += total.eq(accumulator + term)
        m.d.sync += accumulator.eq(total)
        with m.If(self.last):
            m.d.sync += [finished.eq(total), accumulator.eq(0)]
        return finished

    def _accumulate_apart(self, m: Module, term: Value, neuron: int) -> Signal:
        shape, suffix = Shape(self.accumulator_width, signed=True), self._suffix(neuron)
        m.submodules[f"accumulator{suffix}"] = unit = Accumulator(self.accumulator, shape.width)
        first = register(m, self.last, f"first{suffix}")
        finished = Signal(shape, name=f"finished{suffix}", reset_less=True)
        m.d.comb += [unit.first.eq(first), unit.term.eq(term)]
        with m.If(first):
            m.d.sync += finished.eq(unit.sum)
        return finished

    def _suffix(self, neuron: int) -> str:
        return f"_of_{neuron}" if self.neurons > 1 else ""
