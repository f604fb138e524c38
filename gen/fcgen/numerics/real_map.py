"""Conversions between reals and codes: a source's float32 operations at its inputs and outputs."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.files import document
from fcgen.numerics.float_operations import OPERATIONS, half_quotient
from fcgen.numerics.roundings import BIPOLAR, NEAREST, ROUNDERS

STEPS_MAX = 16
SHIFTS = ("add", "subtract")
FLAGS = ("zero_first", "wide", "half", "reciprocal")
"""Fields of an `InputGrid` that are false where a file lacks them."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class RealMap:
    """A sequence of float32 operations, each with one operand, that turns codes into reals.

    ``steps`` holds pairs of a name of `fcgen.numerics.float_operations.OPERATIONS` and its right
    operand, float32 of shape (), for all elements, or (M,); of ``multiply_add``, whose operand is a
    pair, of shape (2,) or (2, M). Every step rounds to float32, as the source does.

    Raises
    ------
    InputError
        For an unknown operation, or an operand that is not finite, or divides by zero.
    """

    steps: tuple[tuple[str, Floats], ...] = ()

    def __post_init__(self) -> None:
        frozen = []
        for name, operand in self.steps:
            if name not in OPERATIONS:
                rule = f"must be one of {', '.join(OPERATIONS)}"
                raise bad_input("real map", name, rule, "choose one of these")
            values = np.array(operand, np.float32)
            if not np.isfinite(values).all() or (name == "divide" and not values.all()):
                rule = "must be finite, and not divide by zero"
                raise bad_input("real map", name, rule, "correct the scales")
            if name == "multiply_add" and len(np.atleast_1d(values)) != 2:
                raise bad_input("real map", name, "must have a pair of operands", "correct it")
            values.flags.writeable = False
            frozen.append((name, values))
        object.__setattr__(self, "steps", tuple(frozen))
        sizes = {values.size for _, values in self._parts() if values.size > 1}
        if len(sizes) > 1:
            found = " and ".join(map(str, sorted(sizes)))
            raise bad_input("real map", found, "all have one number, or as many", "correct it")

    @classmethod
    def scaled(cls, scale: Any, zero_point: Any = 0) -> Self:
        """Return ``(code - zero_point) * scale``."""
        shift = (("subtract", np.float32(zero_point)),) if np.any(zero_point) else ()
        return cls((*shift, ("multiply", np.asarray(scale, np.float32))))

    def __call__(self, values: npt.NDArray[Any]) -> Floats:
        """Apply the steps to values of shape (V, M), in float32."""
        values = values.astype(np.float32)
        for name, operand in self.steps:
            values = OPERATIONS[name](values, operand)
        return values

    @property
    def elements(self) -> int | None:
        """Length of operands that differ between elements; None where every operand is a scalar."""
        sizes = [values.size for _, values in self._parts() if values.size > 1]
        return sizes[0] if sizes else None

    @property
    def keeps_order(self) -> bool:
        """Whether a larger code of any element is never worth less than a smaller one of another.

        Then the largest code belongs to a class with the largest value. A bound maps different
        codes to equal values, of which a source takes the first: with a bound, no order is kept.
        """
        return not self.bounded and all(
            values.min() == values.max() and (name in SHIFTS or float(values.flat[0]) > 0)
            for name, values in self._parts()
        )

    @property
    def bounded(self) -> bool:
        """Whether a step is a bound, which maps different values to the same one."""
        return any(name in ("maximum", "minimum") for name, _ in self.steps)

    def _parts(self) -> Iterator[tuple[str, Floats]]:
        """Yield the steps, with a ``multiply_add`` as a product and a sum."""
        for name, operand in self.steps:
            if name == "multiply_add":
                yield from zip(("multiply", "add"), operand, strict=True)
            else:
                yield name, operand

    @property
    def scale(self) -> Fraction:
        """Exact real value of one step of a code, where all elements share one scale."""
        scale = Fraction(1)
        for name, operand in self._parts():
            if name in ("multiply", "divide"):
                factor = Fraction(float(operand.flat[0]))
                scale = scale * factor if name == "multiply" else scale / factor
        return scale

    def as_fields(self) -> list[list[Any]]:
        """Return the steps as JSON values: each float32 as the number that it is."""
        return [[name, operand.astype(np.float64).tolist()] for name, operand in self.steps]

    @classmethod
    def from_fields(cls, value: Any, source: str, elements: int) -> Self:
        """Read what `as_fields` gave, for codes of ``elements`` elements.

        Raises
        ------
        InputError
            One line that names ``source``, for anything else.
        """
        if not isinstance(value, list) or len(value) > STEPS_MAX:
            rule = f"must be a list of at most {STEPS_MAX} steps"
            raise bad_input(source, type(value).__name__, rule, document.REMEDY)
        steps = []
        for step in value:
            if not isinstance(step, list) or len(step) != 2:
                raise bad_input(source, step, "must be an operation and a number", document.REMEDY)
            name, operand = step
            pair = name == "multiply_add" and isinstance(operand, list)
            if pair and len({type(part) is list for part in operand}) * len(operand) != 2:
                raise bad_input(source, name, "must have a pair of operands", document.REMEDY)
            for part in operand if pair else [operand]:
                numbers = part if isinstance(part, list) else [part]
                numeric = all(type(number) in (int, float) for number in numbers)
                if not isinstance(name, str) or not numeric:
                    raise bad_input(source, name, "must have numbers", document.REMEDY)
                if isinstance(part, list) and len(part) not in (1, elements):
                    rule = f"must have one or {elements} numbers"
                    raise bad_input(source, f"{len(part)} numbers", rule, document.REMEDY)
            with np.errstate(over="ignore"):
                steps.append((name, np.array(operand, np.float64).astype(np.float32)))
        return cls(tuple(steps))


@dataclass(frozen=True, eq=False)
class InputGrid:
    """The quantisation of real inputs, in float32.

    ``clip(rint(before(x) / scale) + zero_point, lo, hi)``, ties to even, as ONNX's QuantizeLinear;
    or ``clip(round(before(x) / scale + zero_point), lo, hi)``, as QONNX's Quant.

    Attributes
    ----------
    scale : float
        Real value of one step.
    zero_point, lo, hi : int
    before : RealMap
        What the source does to an input before it rounds. Operands that differ between inputs are
        in the C order of the flattened vector.
    rounding : str
        One of `fcgen.numerics.roundings.ROUNDERS`. With ``BIPOLAR``, the codes are the signs of
        ``before(x)``, -1 and 1: nothing is divided or added.
    zero_first : bool
        The zero point is added before the rounding, not after it.
    wide : bool
        A zero point that is added first is added in float64, and the sum is rounded there.
    half : bool
        ``before(x)`` and the scale are rounded to float16 and divided there.
    reciprocal : bool
        The value is multiplied by the float32 of 1/scale instead of divided, as by XNNPACK.

    Raises
    ------
    InputError
        When the scale is not positive and finite, the bounds are not in order, or the rounding is
        not known.
    """

    scale: float
    zero_point: int
    lo: int
    hi: int
    before: RealMap = RealMap()
    rounding: str = NEAREST
    zero_first: bool = False
    wide: bool = False
    half: bool = False
    reciprocal: bool = False

    def __post_init__(self) -> None:
        if not (np.isfinite(self.scale) and np.float32(self.scale) > 0):
            raise bad_input("input scale", self.scale, "must be positive and finite", "correct it")
        if self.lo > self.hi:
            raise bad_input("input grid", self.lo, f"must not be above {self.hi}", "swap them")
        if self.rounding not in ROUNDERS:
            rule = f"must be one of {', '.join(ROUNDERS)}"
            raise bad_input("input rounding", self.rounding, rule, "choose one of these")

    def codes(self, x: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], int]:
        """Return the codes of reals.

        Parameters
        ----------
        x : ndarray of floats, shape (V, …)

        Returns
        -------
        ndarray of int64
            Of the same shape.
        int
            How many values were outside of ``lo`` to ``hi`` and were clipped.

        Raises
        ------
        InputError
            When a value is not finite, or the vectors have another length than ``before`` takes.
        """
        if not np.isfinite(x).all():
            raise bad_input("inputs", "NaN or infinity", "must be finite", "remove them")
        codes = self._rounded(self.scaled(x))
        outside = int(((codes < self.lo) | (codes > self.hi)).sum())
        return np.clip(codes, self.lo, self.hi).astype(np.int64), outside

    def scaled(self, x: npt.NDArray[Any]) -> Floats:
        """Return ``before(x)``, float32 of the same shape.

        Raises
        ------
        InputError
            When the vectors have another length than ``before`` takes, or pass float32 in it.
        """
        elements = self.before.elements
        vectors = x if elements is None else x.reshape(len(x), -1)
        if elements is not None and vectors.shape[1] != elements:
            rule = f"must have the shape (V, {elements})"
            raise bad_input("inputs", f"shape {x.shape}", rule, "one vector a row, V of them")
        with np.errstate(over="ignore", invalid="ignore"):
            values = self.before(vectors).reshape(x.shape)
        if np.isnan(values).any():
            rule = "is past what its scaler can do in float32"
            raise bad_input("inputs", "a value", rule, "give inputs as the model takes them")
        return values

    def _rounded(self, values: Floats) -> npt.NDArray[np.float64]:
        """Return the rounded codes of values, not yet clipped."""
        rounder = ROUNDERS[self.rounding]
        if self.rounding == BIPOLAR:
            return rounder(values).astype(np.float64)
        scale = np.float32(self.scale)
        with np.errstate(over="ignore"):
            quotient: npt.NDArray[Any] = (
                values * (np.float32(1) / scale) if self.reciprocal else values / scale
            )
        if self.half:
            quotient = half_quotient(values, self.scale)
        if self.zero_first:
            zero = np.array(self.zero_point, np.float64 if self.wide else np.float32)
            return rounder(quotient + zero).astype(np.float64)
        # Both terms are integers, so that the sum is exact in float64.
        return rounder(quotient).astype(np.float64) + self.zero_point

    def reals(self, codes: npt.NDArray[np.integer]) -> Floats:
        """Return the reals of codes, with which the source continues.

        They are float32 products of a step and an integer, as DequantizeLinear computes them.
        """
        values: Floats = (codes - self.zero_point).astype(np.float32) * np.float32(self.scale)
        return values

    def as_fields(self) -> dict[str, Any]:
        """Return the grid as a JSON object, without fields that are as in QuantizeLinear."""
        bounds = {"zero_point": self.zero_point, "lo": self.lo, "hi": self.hi}
        return {
            "scale": self.scale,
            **bounds,
            "before": self.before.as_fields(),
            **({"rounding": self.rounding} if self.rounding != NEAREST else {}),
            **{name: True for name in FLAGS if getattr(self, name)},
        }

    @classmethod
    def from_fields(cls, fields: document.Fields, source: str, elements: int) -> Self:
        """Read what `as_fields` gave, for vectors of ``elements`` inputs."""
        scale, steps = fields.number("scale"), fields.any("before")
        bounds: dict[str, Any] = {name: fields.integer(name) for name in ("zero_point", "lo", "hi")}
        rounding = NEAREST
        if fields.has("rounding"):
            rounding = fields.choice("rounding", tuple(ROUNDERS))
        flags: dict[str, Any] = {name: fields.has(name) and fields.flag(name) for name in FLAGS}
        before = RealMap.from_fields(steps, source, elements)
        grid = cls(scale or 0.0, **bounds, **flags, before=before, rounding=rounding)
        fields.finish()
        return grid
