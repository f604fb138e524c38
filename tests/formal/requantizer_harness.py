"""The requantizer against its contract, derived once more from quotient and remainder."""

from __future__ import annotations

from amaranth import Const, Module, Mux, Signal, signed
from amaranth.asserts import AnySeq, Initial
from amaranth.hdl import Assert, Assume, Elaboratable, Value

from fcgen.hardware.registers import delay
from fcgen.hardware.requantization.requantizer import Requantizer
from fcgen.hardware.requantization.requantizer_plan import RequantizerPlan
from fcgen.network.dense_layer import DenseLayer

WIDE = 13
"""Bits of every intermediate value of the specification: no value of the harness needs as many."""


class RequantizerHarness(Elaboratable):
    """Feeds a requantizer anything that the contract allows, in every cycle.

    Parameters
    ----------
    layer
        Its plan makes the requantizer; its formats bound the inputs.
    requantizer
        The class under proof.
    """

    def __init__(self, layer: DenseLayer, requantizer: type[Requantizer] = Requantizer) -> None:
        self.layer = layer
        self.dut = requantizer(RequantizerPlan.of(layer))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        inputs: dict[str, Value] = {
            "accumulator": self._any(m, "accumulator", signed(dut.plan.accumulator_width))
        }
        for field in dut.plan.fields:
            if field.constant is None:
                shape = getattr(dut, field.name).shape()
                inputs[field.name] = self._any(m, field.name, shape)
        for name, value in inputs.items():
            m.d.comb += getattr(dut, name).eq(value)
        for field in dut.plan.fields:
            if field.constant is not None:
                inputs[field.name] = Const(field.constant)
        self._assume_contract(m, inputs)
        expected = delay(m, self._expected(m, inputs), dut.latency, "expected")
        age = Signal(range(dut.latency + 1), reset_less=True)
        with m.If(Initial()):
            m.d.comb += Assume(age == 0)
        with m.If(age != dut.latency):
            m.d.sync += age.eq(age + 1)
        with m.Else():
            m.d.comb += Assert(dut.result == expected, f"result is {self.name}")
        return m

    @property
    def name(self) -> str:
        scheme = self.layer.requantization
        return f"{scheme.rounding} {scheme.saturation}" if scheme else "raw"

    def _any(self, m: Module, name: str, shape: object) -> Signal:
        signal = Signal(shape, name=f"any_{name}")
        m.d.comb += signal.eq(AnySeq(signal.shape()))
        return signal

    def _assume_contract(self, m: Module, inputs: dict[str, Value]) -> None:
        reach = int(self.layer.reach.max())
        total = inputs["accumulator"] + inputs["bias"]
        m.d.comb += Assume((total >= -reach) & (total <= reach))
        scheme = self.layer.requantization
        if scheme is None:
            return
        output = scheme.output
        limit = Const(1, WIDE) << inputs["shift"]
        m.d.comb += [
            Assume(inputs["shift"] <= int(scheme.shift.max())),
            Assume((inputs["offset"] >= -limit) & (inputs["offset"] <= limit)),
            Assume(inputs["zero_point"] >= output.minimum),
            Assume(inputs["zero_point"] <= output.maximum),
        ]
        if scheme.saturation == "saturate":
            m.d.comb += [
                Assume(inputs["lo"] <= inputs["hi"]),
                Assume(inputs["lo"] >= output.minimum),
                Assume(inputs["hi"] <= output.maximum),
            ]

    def _expected(self, m: Module, inputs: dict[str, Value]) -> Value:
        """Return the contract's result: the quotient nearest to the value, by its remainder."""
        total = inputs["accumulator"] + inputs["bias"]
        scheme = self.layer.requantization
        if scheme is None:
            return total[: self.dut.plan.output_bits]
        value = Signal(signed(WIDE), name="value")
        quotient = Signal(signed(WIDE), name="quotient")
        remainder = Signal(WIDE, name="remainder")
        unit = Const(1, WIDE) << inputs["shift"]
        m.d.comb += [
            value.eq(total * inputs["multiplier"] + inputs["offset"]),
            quotient.eq(value >> inputs["shift"]),
            remainder.eq(value - (quotient << inputs["shift"])),
        ]
        above, tie = 2 * remainder > unit, 2 * remainder == unit
        up = {
            "floor": Const(0),
            "half_up": above | tie,
            "half_even": above | (tie & quotient[0]),
            "half_away": above | (tie & (value > 0)),
        }[scheme.rounding]
        result = Signal(signed(WIDE), name="unclipped")
        m.d.comb += result.eq(quotient + up + inputs["zero_point"])
        if scheme.saturation == "wrap":
            return result[: scheme.output.bits]
        lo, hi = inputs["lo"], inputs["hi"]
        return Mux(result < lo, lo, Mux(result > hi, hi, result))[: scheme.output.bits]
