"""Between reals and codes: the float32 operations of a source at its inputs and outputs."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fcgen import document
from fcgen.errors import bad_input

OPERATIONS = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
}
STEPS_MAX = 16
NEAREST = "ROUND"
"""To the nearest, halves to even."""
HALF_AWAY = "HALF_AWAY"
"""To the nearest, halves away from zero."""
FLAGS = ("reciprocal",)
"""Of an input grid, and false where a file does not have them."""

Floats = npt.NDArray[np.float32]


def _half_away(values: Floats) -> npt.NDArray[np.float64]:
    # In float64 the sum is exact up to where there are no halves.
    wide = values.astype(np.float64)
    return np.copysign(np.floor(np.abs(wide) + 0.5), wide)


ROUNDERS: dict[str, Callable[[Floats], npt.NDArray[Any]]] = {
    NEAREST: np.rint,
    HALF_AWAY: _half_away,
}


@dataclass(frozen=True, eq=False)
class RealMap:
    """Operations of one float32 operand each, done one after the other on float32 codes.

    ``steps`` holds pairs of a name of `OPERATIONS` and its right operand, float32 of shape (),
    for all elements, or (M,). Every step rounds to float32, as the source does.

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
            values.flags.writeable = False
            frozen.append((name, values))
        object.__setattr__(self, "steps", tuple(frozen))

    @classmethod
    def scaled(cls, scale: Any, zero_point: Any = 0) -> Self:
        """Return ``(code - zero_point) * scale``."""
        shift = (("subtract", np.float32(zero_point)),) if np.any(zero_point) else ()
        return cls((*shift, ("multiply", np.asarray(scale, np.float32))))

    def __call__(self, values: npt.NDArray[Any]) -> Floats:
        """Do the steps on values of shape (V, M), in float32."""
        values = values.astype(np.float32)
        for name, operand in self.steps:
            values = OPERATIONS[name](values, operand)
        return values

    @property
    def keeps_order(self) -> bool:
        """Whether a larger code of any element is never worth less than a smaller one of another.

        Then the class with the largest code is one with the largest value.
        """
        return all(
            operand.min() == operand.max()
            and (name in ("add", "subtract") or float(operand.flat[0]) > 0)
            for name, operand in self.steps
        )

    @property
    def scale(self) -> Fraction:
        """What a step of a code is worth, exactly, where all elements have the same scale."""
        scale = Fraction(1)
        for name, operand in self.steps:
            if name in ("multiply", "divide"):
                factor = Fraction(float(operand.flat[0]))
                scale = scale * factor if name == "multiply" else scale / factor
        return scale

    def as_fields(self) -> list[list[Any]]:
        """Give the steps as JSON values: each float32 as the number that it is."""
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
            numbers = operand if isinstance(operand, list) else [operand]
            numeric = all(type(number) in (int, float) for number in numbers)
            if not isinstance(name, str) or not numeric:
                raise bad_input(source, name, "must have numbers", document.REMEDY)
            if isinstance(operand, list) and len(operand) != elements:
                rule = f"must have one or {elements} numbers"
                raise bad_input(source, f"{len(operand)} numbers", rule, document.REMEDY)
            with np.errstate(over="ignore"):
                steps.append((name, np.array(operand, np.float64).astype(np.float32)))
        return cls(tuple(steps))


@dataclass(frozen=True, eq=False)
class InputGrid:
    """How real inputs become codes: ``clip(round(before(x) / scale) + zero_point, lo, hi)``.

    All in float32; by default ties to even, as ONNX's QuantizeLinear.

    Attributes
    ----------
    scale : float
        Real value of one step.
    zero_point, lo, hi : int
    before : RealMap
        What the source does to an input before it rounds.
    rounding : str
        `NEAREST`, or `HALF_AWAY` as LiteRT's reference kernels.
    reciprocal : bool
        It is multiplied by the float32 of 1/scale in place of the division, as XNNPACK does.

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
        """Give reals as codes.

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
            When a value is not finite.
        """
        if not np.isfinite(x).all():
            raise bad_input("inputs", "NaN or infinity", "must be finite", "remove them")
        scale, values = np.float32(self.scale), self.before(x)
        with np.errstate(over="ignore"):
            quotient = values * (np.float32(1) / scale) if self.reciprocal else values / scale
        # The sum with the zero point is one of integers: exact in float64.
        codes = ROUNDERS[self.rounding](quotient).astype(np.float64) + self.zero_point
        outside = int(((codes < self.lo) | (codes > self.hi)).sum())
        return np.clip(codes, self.lo, self.hi).astype(np.int64), outside

    def reals(self, codes: npt.NDArray[np.integer]) -> Floats:
        """Return what codes are worth before the rounding: the values that the source goes on with.

        Float32 products of a step and an integer, as DequantizeLinear gives them.
        """
        values: Floats = (codes - self.zero_point).astype(np.float32) * np.float32(self.scale)
        return values

    def as_fields(self) -> dict[str, Any]:
        """Give the grid as a JSON object; what is as in QuantizeLinear is left out."""
        bounds = {"zero_point": self.zero_point, "lo": self.lo, "hi": self.hi}
        return {
            "scale": self.scale,
            **bounds,
            "before": self.before.as_fields(),
            **({"rounding": self.rounding} if self.rounding != NEAREST else {}),
            **{name: True for name in FLAGS if getattr(self, name)},
        }

    @classmethod
    def from_fields(cls, fields: document.Fields, source: str) -> Self:
        """Read what `as_fields` gave."""
        scale, steps = fields.number("scale"), fields.any("before")
        bounds = {name: fields.integer(name) for name in ("zero_point", "lo", "hi")}
        rounding = NEAREST
        if fields.has("rounding"):
            rounding = fields.choice("rounding", tuple(ROUNDERS))
        (reciprocal,) = (fields.has(name) and fields.flag(name) for name in FLAGS)
        before = RealMap.from_fields(steps, source, 1)
        grid = cls(scale or 0.0, **bounds, before=before, rounding=rounding, reciprocal=reciprocal)
        fields.finish()
        return grid
