"""What a raw layer stands for: the dot product of a vector with the weights, and the bias."""

from __future__ import annotations

from itertools import product

from amaranth import Array, Module, Signal, signed
from amaranth.hdl import Assume, Value

from fcgen.hardware.layer.layer import Layer
from formal.inside import Bench


class DotProduct:
    """Specification of one result, computed at once from whatever the memories hold.

    Attributes
    ----------
    terms : list of Signal
        W[m, n] * x[n] for every n.
    expected : Signal
        Their sum and the bias, as the output carries it.
    """

    def __init__(
        self, m: Module, platform: Bench, dut: Layer, beats: list[Signal], result: Signal
    ) -> None:
        self.platform, self.plan, self.folding = platform, dut.plan, dut.folding
        f, bits = dut.folding, dut.dense.activation_format.bits
        self.terms = []
        for n in range(f.inputs):
            beat, lane = divmod(n, f.simd)
            x = Signal(signed(bits), name=f"x_{n}")
            w = Signal(signed(f.weight_bits), name=f"w_{n}")
            term = Signal(signed(bits + f.weight_bits), name=f"term_{n}")
            weights = [self._weight(output, n) for output in range(f.outputs)]
            m.d.comb += [
                x.eq(beats[beat].word_select(lane, bits)),
                w.eq(Array(weights)[result]),
                term.eq(x * w),
            ]
            self.terms.append(term)
        padding = range(f.inputs, f.synapse_folds * f.simd)
        for output, n in product(range(f.outputs), padding):
            # Images hold zeros there, which is how the unused lanes of a beat are ignored.
            m.d.comb += Assume(self._weight(output, n) == 0)
        bias = Signal(signed(dut.plan.word_width), name="bias")
        self.expected = Signal(dut.plan.accumulator_width, name="expected")
        m.d.comb += [
            bias.eq(Array(self._bias(output) for output in range(f.outputs))[result]),
            self.expected.eq(sum(self.terms) + bias),
        ]

    def _weight(self, output: int, n: int) -> Value:
        """Return W[m, n] where the folding puts it: all elements share one bank."""
        f = self.folding
        words = self.platform.words("weights_0.hex", f.weight_words, f.pe * f.simd * f.weight_bits)
        fold, element = divmod(output, f.pe)
        beat, lane = divmod(n, f.simd)
        word = words[fold * f.synapse_folds + beat]
        return word.word_select(element * f.simd + lane, f.weight_bits)

    def _bias(self, output: int) -> Value:
        f, width = self.folding, self.plan.word_width
        words = self.platform.words("parameters_0.hex", f.parameter_words, f.result_lanes * width)
        fold, element = divmod(output, f.pe)
        beat, lane = divmod(element, f.result_lanes)
        return words[fold * f.drain_beats + beat].word_select(lane, width)
