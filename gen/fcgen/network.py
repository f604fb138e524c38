"""The quantised network: immutable, validated, and exact as JSON."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from fcgen import document
from fcgen.errors import bad_input, located
from fcgen.fixed import (
    BIAS_BITS,
    MULTIPLIER_BITS,
    OPERAND_BITS_MAX,
    ROUNDINGS,
    SATURATIONS,
    SHIFT_MAX,
    SIZE_MAX,
    IntegerFormat,
    signed_width,
)

_BIAS = IntegerFormat(BIAS_BITS, signed=True)
_MULTIPLIER = IntegerFormat(MULTIPLIER_BITS, signed=True)
CONSTANTS = ("multiplier", "offset", "shift", "zero_point", "lo", "hi")
"""Names of the requantization constants, all of shape (M,)."""


@dataclass(frozen=True, eq=False)
class Requantization:
    """``y = clip(round((acc*multiplier + offset) / 2**shift) + zero_point, lo, hi)``.

    All constants are read-only int64 arrays of shape (M,). With ``saturation="wrap"`` the clip is
    a modulo by ``2**output.bits``, and ``lo`` and ``hi`` must be the range of the output.
    """

    multiplier: np.ndarray
    offset: np.ndarray
    shift: np.ndarray
    zero_point: np.ndarray
    lo: np.ndarray
    hi: np.ndarray
    output: IntegerFormat
    rounding: str = "half_even"
    saturation: str = "saturate"

    def __post_init__(self) -> None:
        for name in CONSTANTS:
            _freeze(self, name, np.int64, rank=1)
        sizes = {getattr(self, name).size for name in CONSTANTS}
        if len(sizes) != 1:
            rule = "all requantization constants must have one value an output"
            raise bad_input("multiplier", f"sizes {sorted(sizes)}", rule, "give M values of each")
        _check_choice("rounding", self.rounding, ROUNDINGS)
        _check_choice("saturation", self.saturation, SATURATIONS)
        _check_operand("output", self.output)
        self._check_ranges()

    def _check_ranges(self) -> None:
        low, high = self.output.minimum, self.output.maximum
        _check_range("multiplier", self.multiplier, _MULTIPLIER.minimum, _MULTIPLIER.maximum)
        _check_range("shift", self.shift, 0, SHIFT_MAX)
        for name in ("zero_point", "lo", "hi"):
            _check_range(name, getattr(self, name), low, high)
        # Compared with both signs: the absolute value of the smallest int64 is negative.
        limit = np.int64(1) << self.shift
        outside = (self.offset < -limit) | (self.offset > limit)
        if outside.any():
            m = int(np.argmax(outside))
            rule = f"must be within plus or minus 2**shift, which is {limit[m]} for output {m}"
            raise bad_input("offset", self.offset[m], rule, "raise the shift or lower the offset")
        if (self.lo > self.hi).any():
            m = int(np.argmax(self.lo > self.hi))
            rule = f"must not be above hi, which is {self.hi[m]} for output {m}"
            raise bad_input("lo", self.lo[m], rule, "give bounds in order")
        if self.saturation == "wrap" and ((self.lo != low).any() or (self.hi != high).any()):
            rule = "cannot be combined with lo, hi or relu"
            raise bad_input("saturation", "wrap", rule, "drop the bounds or use saturate")

    @classmethod
    def make(
        cls,
        outputs: int,
        output: IntegerFormat,
        *,
        multiplier: Any = 1,
        offset: Any = 0,
        shift: Any = 0,
        zero_point: Any = 0,
        lo: Any = None,
        hi: Any = None,
        rounding: str = "half_even",
        saturation: str = "saturate",
    ) -> Self:
        """Make the constants of ``outputs`` outputs; each may be a scalar or M values.

        ``lo`` and ``hi`` default to the range of ``output``.
        """
        given = {
            "multiplier": multiplier,
            "offset": offset,
            "shift": shift,
            "zero_point": zero_point,
            "lo": output.minimum if lo is None else lo,
            "hi": output.maximum if hi is None else hi,
        }
        arrays = {}
        for name, value in given.items():
            array = np.asarray(value)
            if array.shape not in ((), (outputs,)):
                rule = f"must be one value or have the shape ({outputs},)"
                raise bad_input(name, f"shape {array.shape}", rule, "give one value an output")
            arrays[name] = np.broadcast_to(array, (outputs,))
        return cls(**arrays, output=output, rounding=rounding, saturation=saturation)

    @property
    def outputs(self) -> int:
        """Number of outputs M."""
        return int(self.multiplier.size)


@dataclass(frozen=True, eq=False)
class DenseLayer:
    """One fully connected layer of integers.

    ``weight`` is (M, N) in the narrowest dtype of ``weight_format``; ``bias`` is int64 (M,), as
    given: the input zero point is not yet folded into it. Arrays are copied and read-only.
    ``requantization`` is None for a layer that ends in raw accumulators.

    Raises
    ------
    InputError
        For everything that the arithmetic contract does not allow.
    """

    name: str
    input_shape: tuple[int, ...]
    weight: np.ndarray
    bias: np.ndarray
    weight_format: IntegerFormat
    activation_format: IntegerFormat
    input_zero_point: int = 0
    requantization: Requantization | None = None
    runtime_weights: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "input_shape", tuple(int(size) for size in self.input_shape))
        check_sizes(self.input_shape, len(self.weight) if self.weight.ndim else 0)
        _check_operand("weight", self.weight_format)
        _check_operand("activation", self.activation_format)
        if self.weight.shape != (len(self.weight), self.inputs):
            rule = f"must have the shape (M, {self.inputs})"
            raise bad_input("weight", f"shape {self.weight.shape}", rule, "give one row an output")
        _check_integers("weight", self.weight)
        _check_range("weight", self.weight, self.weight_format.minimum, self.weight_format.maximum)
        _freeze(self, "weight", self.weight_format.dtype, rank=2)
        _freeze(self, "bias", np.int64, rank=1)
        self._check_vectors()
        if self.runtime_weights:
            self._check_folded_bias()

    def _check_vectors(self) -> None:
        if self.bias.size != self.outputs:
            rule = f"must have the shape ({self.outputs},)"
            raise bad_input("bias", f"shape {self.bias.shape}", rule, "give one value an output")
        _check_range("bias", self.bias, _BIAS.minimum, _BIAS.maximum)
        if not self.activation_format.contains(self.input_zero_point):
            low, high = self.activation_format.minimum, self.activation_format.maximum
            rule = f"must be an activation, from {low} to {high}"
            raise bad_input("input zero point", self.input_zero_point, rule, "choose another")
        if self.requantization is not None and self.requantization.outputs != self.outputs:
            rule = f"the weights have {self.outputs}"
            found = f"{self.requantization.outputs} outputs"
            raise bad_input("requantization", found, rule, "give one constant an output")

    def _check_folded_bias(self) -> None:
        if not _BIAS.contains(self.folded_bias):
            worst = int(self.folded_bias[np.argmax(np.abs(self.folded_bias))])
            rule = f"with the input zero point folded in must fit {BIAS_BITS} bits"
            raise bad_input("bias", worst, rule, "use a smaller input zero point")

    @property
    def inputs(self) -> int:
        """Number of inputs N."""
        return int(np.prod(self.input_shape, dtype=np.int64))

    @property
    def outputs(self) -> int:
        """Number of outputs M."""
        return len(self.weight)

    @cached_property
    def folded_bias(self) -> np.ndarray:
        """``bias - input_zero_point * sum_n W[m,n]``: int64 (M,), what the hardware adds."""
        sums = self.weight.sum(axis=1, dtype=np.int64)
        folded: np.ndarray = self.bias - self.input_zero_point * sums
        folded.flags.writeable = False
        return folded

    @property
    def bias_width(self) -> int:
        """Signed width of the folded bias; 32 bits where it can be written at run time."""
        if self.runtime_weights:
            return BIAS_BITS
        return signed_width(int(np.abs(self.folded_bias).max()))

    @cached_property
    def reach(self) -> np.ndarray:
        """Bound of ``|acc[m]|``: int64 (M,).

        ``sum_n |W[m,n]| * max|x| + |folded bias|``, or with run-time weights the worst case of
        the formats, ``N * max|w| * max|x| + 2**31`` (a folded bias has 32 bits there).
        """
        largest = self.activation_format.magnitude
        if self.runtime_weights:
            worst = self.inputs * self.weight_format.magnitude * largest + (1 << (BIAS_BITS - 1))
            return np.broadcast_to(np.int64(worst), (self.outputs,))
        # |w| = 2*max(w, 0) - w, summed apart: the narrow dtype has no room for |minimum|.
        positive = np.maximum(self.weight, 0).sum(axis=1, dtype=np.int64)
        magnitude = 2 * positive - self.weight.sum(axis=1, dtype=np.int64)
        reach = np.asarray(magnitude * largest + np.abs(self.folded_bias))
        reach.flags.writeable = False
        return reach

    @property
    def accumulator_width(self) -> int:
        """Signed width that holds every accumulator of the layer."""
        return signed_width(int(self.reach.max()))

    @property
    def output_format(self) -> IntegerFormat:
        """Format of the outputs; of a raw layer the accumulator's."""
        if self.requantization is None:
            return IntegerFormat(self.accumulator_width, signed=True)
        return self.requantization.output

    @property
    def parameters(self) -> int:
        """Number of weights and biases, as Keras counts them."""
        return self.macs + self.outputs

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations a vector."""
        return self.inputs * self.outputs

    @property
    def structure_hash(self) -> str:
        """SHA-256 of all that is not trainable: shapes, formats, zero point, choices. No name."""
        return hashlib.sha256(document.dump(self._structure()).encode()).hexdigest()

    @property
    def weights_hash(self) -> str:
        """SHA-256 of all trainable values: weights, biases and requantization constants."""
        digest = hashlib.sha256(self.weight.astype(self.weight.dtype.newbyteorder("<")).tobytes())
        digest.update(self.bias.astype("<i8").tobytes())
        if self.requantization is not None:
            for name in CONSTANTS:
                digest.update(getattr(self.requantization, name).astype("<i8").tobytes())
        return digest.hexdigest()

    def _structure(self) -> dict[str, Any]:
        requantization = self.requantization
        return {
            "input_shape": list(self.input_shape),
            "outputs": self.outputs,
            "weight_format": document.from_format(self.weight_format),
            "activation_format": document.from_format(self.activation_format),
            "input_zero_point": self.input_zero_point,
            "runtime_weights": self.runtime_weights,
            "requantization": requantization
            and {
                "output": document.from_format(requantization.output),
                "rounding": requantization.rounding,
                "saturation": requantization.saturation,
            },
        }

    def to_json(self) -> str:
        """Give the layer as JSON text, ended by a newline; the same layer gives the same text."""
        structure = self._structure()
        if self.requantization is not None:
            for name in CONSTANTS:
                structure["requantization"][name] = getattr(self.requantization, name).tolist()
        tensors = {"weight": document.from_array(self.weight), "bias": self.bias.tolist()}
        return document.dump({"kind": "dense", "name": self.name, **structure, **tensors})

    @classmethod
    def from_json(cls, text: str | bytes, source: str = "reference.json") -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            One line that names ``source`` and the field, for anything that is not such a text.
        """
        fields = document.Fields(document.load(text, source), source)
        fields.choice("kind", ("dense",))
        shape = fields.integers("input_shape", minimum=1, maximum=SIZE_MAX, sizes=(1, 3))
        outputs = fields.integer("outputs", minimum=1, maximum=SIZE_MAX)
        check_sizes(tuple(shape), outputs, source)
        weight_format = fields.format("weight_format")
        requantization = fields.optional("requantization")
        layer_fields: dict[str, Any] = {
            "name": fields.text("name"),
            "input_shape": tuple(shape),
            "weight": fields.array("weight", weight_format.dtype, (outputs, int(np.prod(shape)))),
            "bias": np.array(fields.int64s("bias", outputs), np.int64),
            "weight_format": weight_format,
            "activation_format": fields.format("activation_format"),
            "input_zero_point": fields.integer("input_zero_point"),
            "runtime_weights": fields.flag("runtime_weights"),
        }
        fields.finish()
        with located(source):
            if requantization is not None:
                layer_fields["requantization"] = _read_requantization(requantization, outputs)
            return cls(**layer_fields)


def _read_requantization(fields: document.Fields, outputs: int) -> Requantization:
    constants = {name: np.array(fields.int64s(name, outputs), np.int64) for name in CONSTANTS}
    output = fields.format("output")
    rounding, saturation = fields.text("rounding"), fields.text("saturation")
    fields.finish()
    return Requantization(**constants, output=output, rounding=rounding, saturation=saturation)


def check_sizes(input_shape: tuple[int, ...], outputs: int, subject: str = "layer") -> None:
    """Check the shape of a layer, (N,) or (C, H, W) inputs and M outputs, before any allocation.

    Raises
    ------
    InputError
        When a size is not positive or N or M is above 65,535.
    """
    shown = "x".join(map(str, input_shape))
    if len(input_shape) not in (1, 3):
        raise bad_input(subject, f"input shape {shown}", "must be N or CxHxW", "give 1 or 3 sizes")
    inputs = 1
    for size in input_shape:
        inputs *= size
        if size < 1 or inputs > SIZE_MAX:
            rule = f"must be positive, with at most {SIZE_MAX} inputs in all"
            raise bad_input(subject, f"input shape {shown}", rule, "choose another shape")
    if not 1 <= outputs <= SIZE_MAX:
        rule = f"must be from 1 to {SIZE_MAX}"
        raise bad_input(subject, f"{outputs} outputs", rule, "choose another number")


def _freeze(owner: object, name: str, dtype: Any, *, rank: int) -> None:
    """Replace an array attribute by a read-only copy of the given dtype."""
    array = np.asarray(getattr(owner, name))
    if array.ndim != rank:
        rule = f"must have {rank} dimension{'s' if rank > 1 else ''}"
        raise bad_input(name, f"shape {array.shape}", rule, "reshape the values")
    _check_integers(name, array)
    if array.dtype == np.uint64:
        _check_range(name, array, 0, np.iinfo(np.int64).max)
    array = np.array(array, dtype=dtype, order="C")
    array.flags.writeable = False
    object.__setattr__(owner, name, array)


def _check_integers(name: str, array: np.ndarray) -> None:
    if array.dtype.kind not in "iu":
        raise bad_input(name, f"dtype {array.dtype}", "must hold integers", "give integer codes")


def _check_range(name: str, array: np.ndarray, low: int, high: int) -> None:
    if array.size and (int(array.min()) < low or int(array.max()) > high):
        first = array[(array < low) | (array > high)].flat[0]
        raise bad_input(name, first, f"must be from {low} to {high}", "choose values in this range")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise bad_input(name, value, f"must be one of {', '.join(choices)}", "choose one of these")


def _check_operand(name: str, value: IntegerFormat) -> None:
    if value.bits > OPERAND_BITS_MAX:
        rule = f"must be from 1 to {OPERAND_BITS_MAX} bits"
        raise bad_input(f"{name} format", value.name, rule, "choose a width in this range")
