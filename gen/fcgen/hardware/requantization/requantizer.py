"""From an accumulator to an output code: bias, multiply, round, clip."""

from __future__ import annotations

from dataclasses import replace

from amaranth import Cat, Const, Module, Mux, Signal, signed
from amaranth.hdl import Shape, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.elements.multiplier_block import MultiplierBlock
from fcgen.hardware.elements.soft_multiplier import SoftMultiplier
from fcgen.hardware.registers import delay, register
from fcgen.hardware.requantization.partial_products import PartialProduct
from fcgen.hardware.requantization.requantizer_plan import FINE_BITS, RequantizerPlan
from fcgen.numerics.fixed import HALF_OUTWARD


class Requantizer(wiring.Component):
    """Turns a neuron's sum into its output code, exactly.

    ::

        v      = (accumulator + bias) * multiplier + offset
        result = clip(round(v / 2**shift) + zero_point, lo, hi)

    Each of the seven constants is a port where it differs between neurons, and built in where it
    does not. With saturation ``wrap`` the result is the low bits instead of a clipped value.

    Latency: ``plan.latency``, the sum of ``plan.cycles``. Initiation interval: 1 cycle. No
    handshake, no reset: the tag that travels beside it tells what is valid.

    Rounding looks at three things that the shift leaves behind: the quotient's lowest bit, the
    ``half`` bit just below it, and ``sticky``, whether anything stands below that.

    Parameters
    ----------
    plan : RequantizerPlan
        Constants, widths and modes.

    Ports
    -----
    accumulator : In(signed(plan.accumulator_width))
    bias, multiplier, offset, shift, zero_point, lo, hi : In(field's shape)
        Only those that the plan stores; all belong to the accumulator of the same cycle.
    result : Out(plan.output_bits)
    """

    def __init__(self, plan: RequantizerPlan) -> None:
        self.plan = plan
        fields = {field.name: In(Shape(field.width, field.signed)) for field in plan.stored}
        super().__init__(
            {"accumulator": In(signed(plan.accumulator_width))}
            | fields
            | {"result": Out(plan.output_bits)}
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two requantizers the same module."""
        return self.plan.parameters

    @property
    def latency(self) -> int:
        """Cycles from the accumulator to its result."""
        return self.plan.latency

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        biased = Signal(signed(self.plan.accumulator_width), reset_less=True)
        m.d.sync += biased.eq(self.accumulator + self._field(m, "bias", "bias"))
        if self.plan.raw:
            m.d.comb += self.result.eq(biased)
            return m
        value = self._multiply(m, biased)
        shifted = self._shift(m, value)
        if "sticky" in self.plan.cycles:
            names = ("quotient", "half", "sticky")
            shifted = tuple(register(m, x, n) for x, n in zip(shifted, names, strict=True))
        if "saturate" in self.plan.cycles:
            shifted = self._saturate(m, *shifted)
        rounded = self._round(m, *shifted)
        if "zero_point" in self.plan.cycles:
            zero_point = self._field(m, "zero_point", "zero_point")
            rounded = self._stage(m, "shifted", rounded + zero_point, self.plan.rounded_width)
        self._clip(m, rounded)
        return m

    def _field(self, m: Module, name: str, stage: str) -> Value:
        """Return a constant, delayed from the accumulator's cycle to a stage."""
        constant = self.plan.constant(name)
        if constant is not None:
            return Const(constant)
        return delay(m, getattr(self, name), self.plan.start(stage), name)

    def _stage(self, m: Module, name: str, value: Value, width: int) -> Signal:
        """Register a value in the bits that the plan proves to be sufficient."""
        staged = Signal(signed(width), name=name, reset_less=True)
        m.d.sync += staged.eq(value)
        return staged

    def _multiply(self, m: Module, biased: Signal) -> Signal:
        """Multiply by partial products, each of which fits a multiplier block; add the offset."""
        width = self.plan.value_width
        value: Value = biased
        if self.plan.product is not None:
            multiplier = Signal(self.plan.multiplier_shape, name="multiplier_now")
            m.d.comb += multiplier.eq(self._field(m, "multiplier", "multiply"))
            terms = [
                self._partial_product(m, number, part, biased, multiplier)
                for number, part in enumerate(self.plan.product.parts)
            ]
            level = 0
            while len(terms) > 1:
                level += 1
                terms = [
                    self._stage(m, f"sum_{level}_{i}", sum(terms[i + 1 : i + 2], terms[i]), width)
                    for i in range(0, len(terms), 2)
                ]
            value = terms[0]
        if "offset" in self.plan.cycles:
            offset = self._field(m, "offset", "offset")
            moved = value + offset
            if self.plan.rounding == HALF_OUTWARD:
                moved = Mux(value < 0, value - offset, moved)
            value = self._stage(m, "offsetted", moved, width)
        extended = Signal(signed(width), name="value")
        m.d.comb += extended.eq(value)
        return extended

    def _partial_product(
        self, m: Module, number: int, part: PartialProduct, biased: Value, multiplier: Value
    ) -> Value:
        """Return a partial product, shifted to its place, ``cycles["multiply"]`` cycles later."""
        a, b = _limb(biased, part.a_low, part.a), _limb(multiplier, part.b_low, part.b)
        latency = self.plan.cycles["multiply"]
        if part.kind == "behavioural":
            product = delay(m, a * b, latency, f"product_{number}")
        elif part.kind == "soft":
            first, second = (b, a) if part.swapped else (a, b)
            unit = SoftMultiplier(first.shape(), second.shape(), latency=latency)
            m.d.comb += [unit.a.eq(first), unit.b.eq(second)]
            product = unit.product
        else:
            assert self.plan.unit.block is not None
            unit = MultiplierBlock(replace(self.plan.unit.block, count=1), part.a, part.b)
            m.d.comb += [unit.a.eq(a), unit.b.eq(b)]
            product = delay(m, unit.product, latency - unit.latency, f"product_{number}")
        if part.kind != "behavioural":
            m.submodules[f"multiplier_{number}"] = unit
            signs = part.a.signed or part.b.signed
            product = product.as_signed() if signs else product.as_unsigned()
        return product << (part.a_low + part.b_low)

    def _shift(self, m: Module, value: Value) -> tuple[Value, Value, Value]:
        """Return the floor of value / 2**shift, the half bit and the sticky bit."""
        shift = self.plan.constant("shift")
        if shift is not None:
            half = value[shift - 1] if shift else Const(0, 1)
            sticky = value[: shift - 1].any() if shift > 1 else Const(0, 1)
            return value >> shift, half, sticky
        # One more low bit, so that a shift of 0 has a half bit too.
        value, lost = Cat(Const(0, 1), value).as_signed(), Const(0, 1)
        fine_bits = min(FINE_BITS, self.plan.width("shift"))
        if "coarse" in self.plan.cycles:
            select = self._field(m, "shift", "coarse")[fine_bits:]
            value, lost = self._barrel(m, "coarse", value, select, 1 << fine_bits)
        select = self._field(m, "shift", "fine")[:fine_bits]
        value, sticky = self._barrel(m, "fine", value, select, 1)
        return value >> 1, value[0], sticky | register(m, lost, "coarse_lost_earlier")

    def _barrel(
        self, m: Module, name: str, value: Value, select: Value, unit: int
    ) -> tuple[Signal, Signal]:
        """Shift right by ``select * unit``; return the result and whether a one was lost."""
        shifted = Signal(signed(len(value)), name=f"{name}_shifted", reset_less=True)
        lost = Signal(name=f"{name}_lost", reset_less=True)
        with m.Switch(select):
            for step in range(0, min(self.plan.shift_limit, unit << len(select)), unit):
                with m.Case(step // unit):
                    m.d.sync += [shifted.eq(value >> step), lost.eq(value[:step].any())]
        return shifted, lost

    def _saturate(
        self, m: Module, quotient: Value, half: Value, sticky: Value
    ) -> tuple[Value, Value, Value]:
        """Clamp a wide quotient by its high bits, so that the later stages are narrow.

        With B output bits the range is -2**(B + 1) to 2**(B + 1) - 1. A clamped value stays
        outside of every output format with any carry and any zero point, and is clipped later.
        """
        bits = self.plan.output_bits + 1
        sign = quotient[-1]
        outside = (quotient[bits:-1] ^ sign.replicate(len(quotient) - bits - 1)).any()
        limit = Cat((~sign).replicate(bits), sign)
        narrow = Mux(outside, limit, quotient[: bits + 1])
        return (
            self._stage(m, "saturated", narrow, bits + 1),
            register(m, half, "saturated_half"),
            register(m, sticky, "saturated_sticky"),
        )

    def _round(self, m: Module, quotient: Value, half: Value, sticky: Value) -> Value:
        """Add the carry that the rounding mode asks for."""
        if "round" not in self.plan.cycles:
            return quotient
        away = half & (sticky | (quotient >= 0))
        carry = {
            "floor": Const(0, 1),
            "half_up": half,
            "half_even": half & (sticky | quotient[0]),
            "half_away": away,
            HALF_OUTWARD: away,
        }[self.plan.rounding]
        return self._stage(m, "rounded", quotient + carry, self.plan.rounded_width)

    def _clip(self, m: Module, value: Value) -> None:
        clipped = Signal(self.plan.output_bits, reset_less=True)
        m.d.comb += self.result.eq(clipped)
        m.d.sync += clipped.eq(value)
        if self.plan.saturation == "saturate":
            lo, hi = (self._field(m, name, "clip") for name in ("lo", "hi"))
            with m.If(value < lo):
                m.d.sync += clipped.eq(lo)
            with m.Elif(value > hi):
                m.d.sync += clipped.eq(hi)


def _limb(value: Value, low: int, shape: Shape) -> Value:
    part = value[low : low + shape.width]
    return part.as_signed() if shape.signed else part.as_unsigned()
