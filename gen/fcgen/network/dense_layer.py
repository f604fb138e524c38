"""A quantised dense layer: immutable, validated, and exact as JSON."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from fcgen.errors import bad_input, located
from fcgen.files import document
from fcgen.network.window import Window
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.fixed import BIAS_BITS, SIZE_MAX, IntegerFormat, signed_width
from fcgen.numerics.requantization import CONSTANTS, Requantization
from fcgen.numerics.threshold_list import ThresholdList
from fcgen.numerics.validation import (
    check_format,
    check_integers,
    check_operand,
    check_range,
    check_sizes,
    freeze,
)

__all__ = ["CONSTANTS", "DenseLayer", "Requantization", "ThresholdList", "check_sizes"]

KIND = "dense"
_BIAS = IntegerFormat(BIAS_BITS, signed=True)


@dataclass(frozen=True, eq=False)
class DenseLayer:
    """One fully connected layer of integers, or one that is applied to every window of a map.

    With a ``window`` the layer is a convolution: N is taps x channels, in the order height, width,
    channel; M is the number of output channels. A ``depthwise`` one has a kernel of its own for
    each channel: N is the number of taps, and output m sees channel m alone. Padding has the code
    of the input zero point. A ``maximum`` layer is a depthwise one that gives the largest code of
    a channel in place of a sum, with the bias added; its weights are 1.

    ``weight`` is (M, N) in the narrowest dtype of ``weight_format``. ``bias`` is int64 (M,), the
    input zero point not folded in. Arrays are copied and read-only. ``requantization`` turns
    accumulators into output codes, by constants or by thresholds; it is None for a layer that ends
    in raw accumulators. With ``runtime_weights``, the folded bias must fit 32 bits. A ``table`` is
    indexed by the requantized code and gives the output.

    Raises
    ------
    InputError
        For whatever the arithmetic contract does not allow, see `fcgen.numerics.fixed`.
    """

    name: str
    input_shape: tuple[int, ...]
    weight: np.ndarray
    bias: np.ndarray
    weight_format: IntegerFormat
    activation_format: IntegerFormat
    input_zero_point: int = 0
    requantization: Requantization | ThresholdList | None = None
    runtime_weights: bool = False
    table: ActivationTable | None = None
    window: Window | None = None
    depthwise: bool = False
    maximum: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "input_shape", tuple(int(size) for size in self.input_shape))
        check_sizes(self.input_shape, len(self.weight) if self.weight.ndim else 0)
        check_operand("weight", self.weight_format)
        check_operand("activation", self.activation_format)
        if self.weight.shape != (len(self.weight), self.inputs):
            rule = f"must have the shape (M, {self.inputs})"
            raise bad_input("weight", f"shape {self.weight.shape}", rule, "give one row an output")
        check_integers("weight", self.weight)
        check_format("weight", self.weight, self.weight_format)
        freeze(self, "weight", self.weight_format.dtype, rank=2)
        freeze(self, "bias", np.int64, rank=1)
        self._check_vectors()
        if self.runtime_weights:
            self._check_folded_bias()
        if self.table is not None:
            self._check_table(self.table)
        if self.window is not None or self.depthwise or self.maximum:
            self._check_window()

    def _check_vectors(self) -> None:
        if self.bias.size != self.outputs:
            rule = f"must have the shape ({self.outputs},)"
            raise bad_input("bias", f"shape {self.bias.shape}", rule, "give one value an output")
        check_range("bias", self.bias, _BIAS.minimum, _BIAS.maximum)
        if self.activation_format.bipolar and self.input_zero_point:
            rule = "bipolar activations have none"
            raise bad_input("input zero point", self.input_zero_point, rule, "use 0")
        if not self.activation_format.computed.contains(self.input_zero_point):
            low, high = self.activation_format.minimum, self.activation_format.maximum
            rule = f"must be an activation, from {low} to {high}"
            raise bad_input("input zero point", self.input_zero_point, rule, "choose another")
        if self.requantization is not None and self.requantization.outputs != self.outputs:
            rule = f"the weights have {self.outputs}"
            found = f"{self.requantization.outputs} outputs"
            raise bad_input("requantization", found, rule, "give one constant an output")

    def _check_folded_bias(self) -> None:
        """Check that the folded bias fits 32 bits, as one that is written at run time must.

        The message names the larger part: the bias, or what the zero point adds to it.
        """
        if _BIAS.contains(self.folded_bias):
            return
        worst = int(np.argmax(np.abs(self.folded_bias)))
        bias, folded = int(self.bias[worst]), int(self.folded_bias[worst])
        limit = f"biases that are written at run time have {BIAS_BITS} bits"
        if abs(bias) > abs(folded - bias):
            zero_point = f"with the input zero point {self.input_zero_point}"
            rule = f"{zero_point} folded in, that of output {worst} is {folded}, and {limit}"
            raise bad_input("bias", bias, rule, "use smaller biases, or larger scales for them")
        rule = f"folded into the bias of output {worst} it makes {folded}, and {limit}"
        remedy = "use a smaller zero point, narrower weights or fewer inputs"
        raise bad_input("input zero point", self.input_zero_point, rule, remedy)

    def _check_table(self, table: ActivationTable) -> None:
        if self.requantization is None or self.requantization.output != table.index:
            found = "raw" if self.requantization is None else self.requantization.output.name
            rule = f"the index of its table is {table.index.name}"
            raise bad_input(self.name, found, rule, "requantize to that")

    def _check_window(self) -> None:
        """Check that the weights are those of the window's kernel."""
        window = self.window
        if window is None:
            rule = "is of a layer with a window"
            raise bad_input(self.name, "depthwise", rule, "give the window")
        if self.activation_format.bipolar and window.padded:
            rule = "signs have no code of 0, which padding needs"
            raise bad_input(self.name, f"padding {window.padding}", rule, "use 2 bits")
        if self.runtime_weights:
            rule = "weights of a layer with windows cannot be written at run time"
            raise bad_input(self.name, "runtime_weights", rule, "leave them out")
        wanted = window.taps * (1 if self.depthwise else window.channels)
        if self.input_shape != (wanted,):
            rule = f"a window has {wanted} weights for each output"
            raise bad_input(self.name, self.inputs, rule, "correct the weights")
        if self.maximum and not (self.depthwise and (self.weight == 1).all()):
            rule = "is of a depthwise layer with weights of 1"
            raise bad_input(self.name, "maximum", rule, "correct the layer")
        if self.maximum and self.activation_format.bipolar:
            rule = "is of codes, not of signs"
            raise bad_input(self.name, "maximum", rule, "use 2 bits")
        if self.depthwise and self.outputs != window.channels:
            rule = f"the map has {window.channels} channels, and a depthwise layer as many outputs"
            raise bad_input(self.name, self.outputs, rule, "correct the weights")

    @property
    def kind(self) -> str:
        """What people call it; averages and sums are depthwise convolutions of constants."""
        window = self.window
        if window is None:
            return "dense"
        if not self.depthwise:
            return "convolution"
        if self.maximum:
            return "max pooling"
        if (self.weight == 1).all():
            return "average pooling"
        pairs = window.kernel == window.stride == (1, 2)
        if pairs and (self.weight == self.weight[0]).all():
            return "sum of two maps"
        return "depthwise convolution"

    @property
    def positions(self) -> int:
        """How often the layer is applied to a frame: once, or to every window of a map."""
        return 1 if self.window is None else self.window.positions

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """Shape of what goes in: ``input_shape``, or (height, width, channels) of the map."""
        window = self.window
        if window is None:
            return self.input_shape
        return window.height, window.width, window.channels

    @property
    def frame_output_shape(self) -> tuple[int, ...]:
        """Shape of what leaves: (M,), or (height, width, M) of a map."""
        window = self.window
        return (self.outputs,) if window is None else (window.rows, window.columns, self.outputs)

    @property
    def frame_inputs(self) -> int:
        """Values that go in: N, or those of the whole map."""
        return self.inputs if self.window is None else self.window.elements

    @property
    def frame_outputs(self) -> int:
        """Values that leave: M for every position, position by position."""
        return self.positions * self.outputs

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
        if self.maximum:
            sums = np.zeros_like(sums)
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
    def sum_reach(self) -> np.ndarray:
        """Bound of ``|sum_n W[m,n]*x[n]|``, without any bias: int64 (M,).

        ``sum_n |W[m,n]| * max|x|``, or with run-time weights the worst case of the formats,
        ``N * max|w| * max|x|``.
        """
        largest = self.activation_format.magnitude
        if self.maximum:
            return np.broadcast_to(np.int64(largest), (self.outputs,))
        if self.runtime_weights:
            worst = self.inputs * self.weight_format.magnitude * largest
            return np.broadcast_to(np.int64(worst), (self.outputs,))
        # |w| = 2*max(w, 0) - w, summed apart: the narrow dtype has no room for |minimum|.
        positive = np.maximum(self.weight, 0).sum(axis=1, dtype=np.int64)
        magnitude = 2 * positive - self.weight.sum(axis=1, dtype=np.int64)
        reach: np.ndarray = magnitude * largest
        reach.flags.writeable = False
        return reach

    @cached_property
    def reach(self) -> np.ndarray:
        """Bound of ``|acc[m]|``: int64 (M,).

        `sum_reach` and ``|folded bias|``, which has 32 bits where it is written at run time.
        """
        bias = 1 << (BIAS_BITS - 1) if self.runtime_weights else np.abs(self.folded_bias)
        reach = np.asarray(self.sum_reach + bias)
        reach.flags.writeable = False
        return reach

    @property
    def accumulator_width(self) -> int:
        """Signed width of the accumulators; without the bias where thresholds contain it."""
        threshold = isinstance(self.requantization, ThresholdList)
        return signed_width(int((self.sum_reach if threshold else self.reach).max()))

    @property
    def output_format(self) -> IntegerFormat:
        """Format of the outputs; the accumulator's for a raw layer."""
        if self.table is not None:
            return self.table.output
        if self.requantization is None:
            return IntegerFormat(self.accumulator_width, signed=True)
        return self.requantization.output

    @property
    def parameters(self) -> int:
        """Number of weights and biases, as Keras counts them."""
        return self.weight.size + self.outputs

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations a frame."""
        return self.weight.size * self.positions

    @property
    def structure_hash(self) -> str:
        """SHA-256 of all that is not trainable, without the name: see `structure`."""
        return hashlib.sha256(document.dump(self.structure()).encode()).hexdigest()

    @property
    def weights_hash(self) -> str:
        """SHA-256 of all that training decides: weights, biases, requantization, table entries."""
        digest = hashlib.sha256(self.weight.astype(self.weight.dtype.newbyteorder("<")).tobytes())
        digest.update(self.bias.astype("<i8").tobytes())
        if self.requantization is not None:
            for array in self.requantization.tensors().values():
                digest.update(array.astype("<i8").tobytes())
        if self.table is not None:
            digest.update(self.table.entries.astype("<i8").tobytes())
        return digest.hexdigest()

    def structure(self) -> dict[str, Any]:
        """Return all that is not trainable as a JSON object."""
        requantization = self.requantization
        table = {} if self.table is None else {"table": self.table.structure()}
        if self.table is not None and self.runtime_weights:
            # A table cannot be written at run time: new parameters must suit it.
            entries = hashlib.sha256(self.table.entries.astype("<i8").tobytes())
            table["table"] |= {"entries_hash": entries.hexdigest()}
        window: dict[str, Any] = {}
        if self.window is not None:
            window["window"] = self.window.as_fields()
        if self.depthwise:
            window["depthwise"] = True
        if self.maximum:
            window["maximum"] = True
        return {
            "input_shape": list(self.input_shape),
            "outputs": self.outputs,
            "weight_format": self.weight_format.as_fields(),
            "activation_format": self.activation_format.as_fields(),
            "input_zero_point": self.input_zero_point,
            "runtime_weights": self.runtime_weights,
            "requantization": requantization and requantization.structure(),
            **table,
            **window,
        }

    def to_json(self) -> str:
        """Return the layer as JSON text with a final newline, the same for equal layers."""
        return document.dump(self.as_fields())

    def as_fields(self) -> dict[str, Any]:
        """Return the layer as a JSON object."""
        structure = self.structure()
        if self.requantization is not None:
            structure["requantization"] = self.requantization.as_fields()
        if self.table is not None:
            structure["table"] = self.table.as_fields()
        tensors = {"weight": document.from_array(self.weight), "bias": self.bias.tolist()}
        return {"kind": KIND, "name": self.name, **structure, **tensors}

    @classmethod
    def from_json(cls, text: str | bytes, source: str = "reference.json") -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            One line that names ``source`` and the field, for anything that is not such a text.
        """
        return cls.from_fields(document.Fields(document.load(text, source), source), source)

    @classmethod
    def from_fields(cls, fields: document.Fields, source: str) -> Self:
        """Read what `as_fields` gave; see `from_json`."""
        fields.choice("kind", (KIND,))
        shape = fields.integers("input_shape", minimum=1, maximum=SIZE_MAX, sizes=(1, 3))
        outputs = fields.integer("outputs", minimum=1, maximum=SIZE_MAX)
        check_sizes(tuple(shape), outputs, source)
        weight_format = IntegerFormat.from_fields(fields.object("weight_format"))
        requantization = fields.optional("requantization")
        table = fields.absent_or_object("table")
        window = fields.absent_or_object("window")
        layer_fields: dict[str, Any] = {
            "name": fields.text("name"),
            "input_shape": tuple(shape),
            "weight": fields.array("weight", weight_format.dtype, (outputs, int(np.prod(shape)))),
            "bias": np.array(fields.int64s("bias", outputs), np.int64),
            "weight_format": weight_format,
            "activation_format": IntegerFormat.from_fields(fields.object("activation_format")),
            "input_zero_point": fields.integer("input_zero_point"),
            "runtime_weights": fields.flag("runtime_weights"),
            "depthwise": fields.has("depthwise") and fields.flag("depthwise"),
            "maximum": fields.has("maximum") and fields.flag("maximum"),
        }
        fields.finish()
        with located(source):
            if requantization is not None:
                layer_fields["requantization"] = _read_requantization(requantization, outputs)
            if table is not None:
                layer_fields["table"] = ActivationTable.from_fields(table)
            if window is not None:
                layer_fields["window"] = Window.from_fields(window)
            return cls(**layer_fields)


def _read_requantization(fields: document.Fields, outputs: int) -> Requantization | ThresholdList:
    if fields.has("threshold_count"):
        return ThresholdList.from_fields(fields, outputs)
    return Requantization.from_fields(fields, outputs)
