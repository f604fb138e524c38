"""Plan of a layer's requantizers: constants, widths, modes and pipeline stages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from amaranth.hdl import Shape

from fcgen.hardware.border import Parameters
from fcgen.hardware.requantization.parameter_fields import ParameterField, StoredFields, narrowest
from fcgen.hardware.requantization.partial_products import ProductPlan
from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.numerics.fixed import (
    HALF_OUTWARD,
    MULTIPLIER_BITS,
    SHIFT_MAX,
    signed_width,
)
from fcgen.schedule.mapping import BEHAVIOURAL, GENERIC, ProductUnit

STICKY_BITS = 4
"""Most bits that a constant shift drops without a pipeline stage for the sticky bit."""
CLIP_BITS = 12
"""Most bits by which a quotient may exceed the output without a stage that saturates it."""
FINE_BITS = 3
"""Low bits of the shift, which the second of the two shifter stages does."""
NEUTRAL = {"multiplier": 1, "offset": 0, "shift": 0, "zero_point": 0}


@dataclass(frozen=True)
class RequantizerPlan(StoredFields):
    """Constants, widths and modes of a layer's requantizers.

    Attributes
    ----------
    accumulator_width : int
        Bits of the sum, before and after the bias.
    fields : tuple of ParameterField
        In the order of the parameter word, lowest bits first.
    value_width : int
        Bits of (accumulator + bias) · multiplier + offset.
    quotient_width : int
        Bits of the rounded quotient plus zero point.
    output_bits : int
    rounding, saturation : str
        Modes of the contract; both empty for a raw layer.
    unit : ProductUnit
        Kind of multiplier.
    """

    accumulator_width: int
    fields: tuple[ParameterField, ...]
    value_width: int
    quotient_width: int
    output_bits: int
    rounding: str
    saturation: str
    unit: ProductUnit = BEHAVIOURAL

    @classmethod
    def of(cls, dense: DenseLayer, unit: ProductUnit = GENERIC.requantizer) -> RequantizerPlan:
        """Return the plan of a layer; with run-time weights no field is constant."""
        plan = cls._of_formats(dense) if dense.runtime_weights else cls._of_values(dense)
        return replace(plan, unit=unit)

    @classmethod
    def _of_values(cls, dense: DenseLayer) -> RequantizerPlan:
        width = dense.accumulator_width
        fields = [narrowest("bias", dense.folded_bias)]
        scheme = _scheme(dense)
        if scheme is None:
            return cls(width, tuple(fields), width, width, width, "", "")
        names = ["multiplier", "offset", "shift", "zero_point"]
        if scheme.saturation == "saturate":
            names += ["lo", "hi"]
        fields += [narrowest(name, getattr(scheme, name)) for name in names]
        columns = zip(dense.reach, scheme.multiplier, scheme.offset, scheme.shift, strict=True)
        values = [
            (int(reach) * abs(int(multiplier)) + abs(int(offset)), int(shift))
            for reach, multiplier, offset, shift in columns
        ]
        quotient = max((value >> shift) + 1 for value, shift in values)
        # The half bit of the largest shift must exist, even as a copy of the sign.
        deepest = max(shift for _, shift in values)
        return cls(
            width,
            tuple(fields),
            max(signed_width(max(value for value, _ in values)), width, deepest),
            signed_width(quotient + int(np.abs(scheme.zero_point).max())),
            scheme.output.bits,
            scheme.rounding,
            scheme.saturation,
        )

    @classmethod
    def _of_formats(cls, dense: DenseLayer) -> RequantizerPlan:
        width = dense.accumulator_width
        bias = ParameterField("bias", dense.bias_width, True, None)
        scheme = _scheme(dense)
        if scheme is None:
            return cls(width, (bias,), width, width, width, "", "")
        output = scheme.output
        fields = [
            bias,
            ParameterField("multiplier", MULTIPLIER_BITS, True, None),
            ParameterField("offset", SHIFT_MAX + 2, True, None),
            ParameterField("shift", SHIFT_MAX.bit_length(), False, None),
            ParameterField("zero_point", output.bits, output.signed, None),
        ]
        if scheme.saturation == "saturate":
            fields += [
                ParameterField(name, output.bits, output.signed, None) for name in ("lo", "hi")
            ]
        reach = (1 << (width - 1 + MULTIPLIER_BITS - 1)) + (1 << SHIFT_MAX)
        return cls(
            width,
            tuple(fields),
            signed_width(reach),
            signed_width(reach + 1 + output.magnitude),
            output.bits,
            scheme.rounding,
            scheme.saturation,
        )

    @property
    def raw(self) -> bool:
        """Whether the outputs are the accumulators with their bias."""
        return not self.rounding

    @cached_property
    def cycles(self) -> dict[str, int]:
        """Cycles of the pipeline stages by name, in order; stages of 0 cycles are left out."""
        shift, steps = self.constant("shift"), self.product
        excess = self.quotient_width - self.output_bits
        depends = self.rounding in ("half_even", "half_away", HALF_OUTWARD)
        present = {
            "bias": 1,
            "multiply": steps.latency if steps else 0,
            "sum": steps.sum_latency if steps else 0,
            "offset": int(self.constant("offset") != 0),
            "coarse": int(shift is None and self.width("shift") > FINE_BITS),
            "fine": int(shift is None),
            "sticky": int(shift is not None and shift > STICKY_BITS and depends),
            "saturate": int(self.saturation == "saturate" and excess > CLIP_BITS),
            "round": int(shift != 0),
            "zero_point": int(self.constant("zero_point") != 0),
            "clip": int(not self.raw),
        }
        return {name: count for name, count in present.items() if count}

    @property
    def rounded_width(self) -> int:
        """Bits of a quotient at the stages that round it and add the zero point."""
        return self.output_bits + 3 if "saturate" in self.cycles else self.quotient_width

    @property
    def latency(self) -> int:
        """Cycles from an accumulator to its result."""
        return sum(self.cycles.values())

    def start(self, stage: str) -> int:
        """Return the cycles from the accumulator to the beginning of a stage."""
        names = list(self.cycles)
        return sum(self.cycles[name] for name in names[: names.index(stage)])

    @cached_property
    def product(self) -> ProductPlan | None:
        """Plan of the product; None where all multipliers are 1."""
        if self.raw or self.constant("multiplier") == 1:
            return None
        whole = Shape(self.accumulator_width, signed=True)
        return ProductPlan.of(whole, self.multiplier_shape, self.unit)

    @property
    def multiplier_shape(self) -> Shape:
        """Shape of the multiplier, stored or built in."""
        field = next(field for field in self.fields if field.name == "multiplier")
        if field.constant is not None:
            return Shape(signed_width(abs(field.constant)), signed=True)
        return Shape(field.width, field.signed)

    @property
    def shift_limit(self) -> int:
        """Upper limit of the shift, exclusive."""
        return min(SHIFT_MAX, (1 << self.width("shift")) - 1) + 1

    @property
    def parameters(self) -> Parameters:
        """Everything that makes two requantizers the same module."""
        own: Parameters = {
            "accumulator_width": self.accumulator_width,
            "value_width": self.value_width,
            "quotient_width": self.quotient_width,
            "output_bits": self.output_bits,
            "rounding": self.rounding or "none (raw)",
            "saturation": self.saturation or "none (raw)",
        }
        for field in self.fields:
            own[field.name] = field.text
        if self.product and self.unit.kind != "behavioural":
            own["product"] = ", ".join(part.kind for part in self.product.parts)
        return own

    def constant(self, name: str) -> int | None:
        """Return the value that all neurons share, None where the field is stored."""
        for field in self.fields:
            if field.name == name:
                return field.constant
        return NEUTRAL[name]

    def width(self, name: str) -> int:
        """Return the bits of a stored field."""
        return next(field.width for field in self.fields if field.name == name)


def _scheme(dense: DenseLayer) -> Requantization | None:
    scheme = dense.requantization
    if not isinstance(scheme, Requantization | None):
        raise ValueError("the layer ends in thresholds")
    return scheme
