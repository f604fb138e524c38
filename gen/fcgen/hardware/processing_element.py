"""Multiply-accumulate unit of one neuron."""

from __future__ import annotations

from amaranth import Module, Signal, signed
from amaranth.hdl import Shape, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.fixed import IntegerFormat
from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.registers import register


def element_delay(simd: int) -> int:
    """Return the cycles from operands to their sum at the accumulator of an S-lane element."""
    return 2 + (simd - 1).bit_length()


class ProcessingElement(wiring.Component):
    """Multiply-accumulate unit: S multipliers, a registered adder tree, an accumulator.

    Sums ``weights[s] * activations[s]`` over the S lanes and over the cycles of a synapse fold::

        total = accumulator + sum(products)
        last:      result <- total, accumulator <- 0
        otherwise: accumulator <- total

    Clearing on ``last`` lets the next sum begin in the very next cycle, so that no cycle is lost
    between two neurons and only ``last`` has to travel with the data.

    Latency: operands are registered (1), multiplied (1), summed (⌈log2 S⌉) and accumulated (1).
    ``last`` comes ``last_delay`` cycles after the operands that it ends; ``result`` shows the sum
    one cycle after ``last`` and holds it until the next. Initiation interval: 1 cycle.
    No handshake: idle cycles carry activations of zero.
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

    Ports
    -----
    activations : In(simd * activation.bits)
        Lane 0 in the least significant bits.
    weights : In(simd * weight.bits)
        Lane 0 in the least significant bits.
    last : In(1)
        The sum that now reaches the accumulator is the neuron's last.
    result : Out(signed(accumulator_width))
        Finished sum.

    Notes
    -----
    The restart by clearing costs one LUT on ECP5 where a multiplexer on ``first`` costs one a bit.
    """

    def __init__(
        self, *, simd: int, activation: IntegerFormat, weight: IntegerFormat, accumulator_width: int
    ) -> None:
        if simd < 1 or accumulator_width < 1:
            raise ValueError("simd and accumulator_width must be positive")
        self.simd = simd
        self.activation = activation
        self.weight = weight
        self.accumulator_width = accumulator_width
        super().__init__(
            {
                "activations": In(simd * activation.bits),
                "weights": In(simd * weight.bits),
                "last": In(1),
                "result": Out(signed(accumulator_width)),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two elements the same module."""
        return {
            "simd": self.simd,
            "activation": self.activation.name,
            "weight": self.weight.name,
            "accumulator_width": self.accumulator_width,
        }

    @property
    def last_delay(self) -> int:
        """Cycles from operands at the ports to their sum at the accumulator."""
        return element_delay(self.simd)

    @property
    def latency(self) -> int:
        """Cycles from the last operands at the ports to ``result``."""
        return self.last_delay + 1

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        sums = [self._product(m, lane) for lane in range(self.simd)]
        level = 0
        while len(sums) > 1:
            level += 1
            sums = self._tree_level(m, sums, level)
        self._accumulate(m, sums[0])
        return m

    def _product(self, m: Module, lane: int) -> Value:
        suffix = f"_{lane}" if self.simd > 1 else ""
        activation = Signal(
            Shape(self.activation.bits, self.activation.signed), name=f"activation{suffix}_in"
        )
        weight = Signal(Shape(self.weight.bits, self.weight.signed), name=f"weight{suffix}_in")
        m.d.comb += [
            activation.eq(self.activations.word_select(lane, self.activation.bits)),
            weight.eq(self.weights.word_select(lane, self.weight.bits)),
        ]
        operands = (
            register(m, activation, f"activation{suffix}"),
            register(m, weight, f"weight{suffix}"),
        )
        return register(m, operands[0] * operands[1], f"product{suffix}")

    def _tree_level(self, m: Module, terms: list[Value], level: int) -> list[Value]:
        """Add neighbours; every level has registers, which keeps the adders apart in synthesis."""
        return [
            register(
                m, sum(terms[index + 1 : index + 2], terms[index]), f"sum_{level}_{index // 2}"
            )
            for index in range(0, len(terms), 2)
        ]

    def _accumulate(self, m: Module, term: Value) -> None:
        accumulator = Signal(signed(self.accumulator_width), reset_less=True)
        finished = Signal(signed(self.accumulator_width), reset_less=True)
        total = Signal(signed(self.accumulator_width))
        m.d.comb += [total.eq(accumulator + term), self.result.eq(finished)]
        m.d.sync += accumulator.eq(total)
        with m.If(self.last):
            m.d.sync += [finished.eq(total), accumulator.eq(0)]
