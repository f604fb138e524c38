"""The quantised network: layers in a chain or a graph, immutable, validated, exact as JSON."""

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input, located
from fcgen.files import document
from fcgen.network.dense_layer import KIND as DENSE
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.end import VALUES, End
from fcgen.network.sources import INPUT, Sources, chain_sources, check_sources
from fcgen.network.tail import NO_TAIL, Tail
from fcgen.numerics.fixed import SIZE_MAX, IntegerFormat
from fcgen.numerics.real_map import InputGrid, RealMap
from fcgen.numerics.roundings import BIPOLAR
from fcgen.numerics.softmax_table import SoftmaxTable

__all__ = ["End", "Network"]

KIND = "network"
CODES = "codes"
RANK_MAX = 32


@dataclass(frozen=True, eq=False)
class Network:
    """Layers in a chain or a graph, and what their integers are worth.

    Attributes
    ----------
    name : str
    layers : tuple of DenseLayer
        Each takes what its sources give, by default what the one before gives: its inputs are the
        outputs of these, in the same format. Only the last one may end in raw accumulators.
    end : End
    input : InputGrid, optional
        Quantisation of real inputs; None where inputs can only be given as codes.
    scores : RealMap, optional
        Reals of the last layer's outputs; None where they are not known.
    tail : Tail
        Function that the source applies to these reals.
    takes_codes : bool
        The source itself takes codes, int8 or uint8, although there is a grid.
    shape : tuple of int
        Of one input of the source, where it has another rank than 1 and 3; else empty.
    sources : tuple of tuple of int
        Of each layer the numbers of the layers whose outputs it takes, -1 for the input of the
        network. Several are joined pixel by pixel, the channels of the first one first. Empty for
        a chain.

    Raises
    ------
    InputError
        When layers do not fit together, or the grid does not fit the first one.
    """

    name: str
    layers: tuple[DenseLayer, ...]
    end: End = VALUES
    input: InputGrid | None = None
    scores: RealMap | None = None
    tail: Tail = NO_TAIL
    takes_codes: bool = False
    shape: tuple[int, ...] = ()
    sources: Sources = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        if not self.layers:
            rule = "a network has at least one"
            raise bad_input("layers", 0, rule, "give its layers")
        self._check_graph()
        for before, after in zip(self.layers, self.layers[1:], strict=False):
            if before.runtime_weights != after.runtime_weights:
                rule = "either all layers have run-time weights or none has"
                raise bad_input(after.name, "runtime_weights", rule, "give all the same")
        if not self.end.count <= self.layers[-1].frame_outputs:
            rule = f"the last layer has {self.layers[-1].frame_outputs} outputs"
            raise bad_input("end", self.end.count, rule, "choose a smaller number")
        if self.input is not None:
            if self.activation_format.bipolar and self.input.rounding != BIPOLAR:
                rule = f"the first layer takes signs, which the rounding {BIPOLAR} alone gives"
                raise bad_input("input grid", self.input.rounding, rule, "use that")
            bounds = np.array([self.input.lo, self.input.hi])
            if not self.activation_format.contains(bounds):
                rule = f"the first layer takes {self.activation_format.name}"
                raise bad_input("input grid", f"{bounds[0]} to {bounds[1]}", rule, "correct it")
            if self.input.zero_point != self.layers[0].input_zero_point:
                rule = f"the first layer's is {self.layers[0].input_zero_point}"
                raise bad_input("input zero point", self.input.zero_point, rule, "use one")
            if self.input.before.elements not in (None, self.inputs):
                rule = f"the first layer takes {self.inputs} inputs"
                raise bad_input("input scaler", self.input.before.elements, rule, "correct it")
        if self.shape and math.prod(self.shape) != self.inputs:
            rule = f"the first layer takes {self.inputs}"
            raise bad_input("shape", self.shape, rule, "correct it")
        if self.scores is not None and self.end.kind != "values" and not self.scores.keeps_order:
            rule = "needs outputs that share one positive scale"
            if self.scores.bounded:
                rule = "the source bounds the last outputs, and takes the first of equal ones"
            raise bad_input("end", self.end.kind, rule, "requantize the last layer")
        if self.tail.kind == "two_classes" and self.layers[-1].outputs != 1:
            rule = f"is of one output, and the last layer has {self.layers[-1].outputs}"
            raise bad_input("tail", self.tail.kind, rule, "use sigmoid or softmax")
        if self.end.kind == "softmax":
            self._check_softmax()

    def _check_graph(self) -> None:
        """Check that each layer takes what its sources give."""
        given = tuple(tuple(int(source) for source in one) for one in self.sources)
        if given == chain_sources(len(self.layers)):
            given = ()
        object.__setattr__(self, "sources", given)
        if given:
            check_sources(given, [layer.name for layer in self.layers])
        for layer, sources in zip(self.layers, self.edges, strict=True):
            _check_links([self.layers[one] for one in sources if one >= 0], sources, layer)
            if INPUT in sources and layer.activation_format != self.activation_format:
                rule = f"the input of the network is {self.activation_format.name}"
                raise bad_input(layer.name, layer.activation_format.name, rule, "use one format")

    @property
    def edges(self) -> Sources:
        """The sources of every layer, of a chain as well."""
        return self.sources or chain_sources(len(self.layers))

    def _check_softmax(self) -> None:
        """Check that there is a softmax of the last layer's outputs."""
        if self.layers[-1].outputs == 1:
            rule = "that of a single output is always 1"
            remedy = "use --end values, and simulate --upto probabilities for its sigmoid"
            raise bad_input("end", self.end.kind, rule, remedy)
        if self.scores is None:
            rule = "the network does not know what its outputs are worth"
            raise bad_input("end", self.end.kind, rule, "use --end values or argmax")

    @classmethod
    def single(cls, layer: DenseLayer) -> Self:
        """Return the network that is one plain layer."""
        return cls(layer.name, (layer,))

    @property
    def layer(self) -> DenseLayer | None:
        """The layer of a network that is one plain layer, else None."""
        known = self.input is not None or self.scores is not None or self.tail.kind or self.shape
        plain = self.end.kind == "values" and not known
        return self.layers[0] if len(self.layers) == 1 and plain else None

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(N,) or (C, H, W) of the inputs; (height, width, channels) where a convolution begins."""
        return self.layers[0].frame_shape

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return self.layers[0].frame_inputs

    @property
    def activation_format(self) -> IntegerFormat:
        """Format of the inputs."""
        return self.layers[0].activation_format

    @property
    def outputs(self) -> int:
        """Elements that leave for each vector."""
        return self.end.outputs(self.layers[-1])

    @property
    def output_format(self) -> IntegerFormat:
        """Format of what leaves."""
        return self.end.output_format(self.layers[-1])

    @cached_property
    def softmax(self) -> SoftmaxTable | None:
        """The table of a network that ends in a softmax, else None."""
        if self.end.kind != "softmax":
            return None
        assert self.scores is not None
        last = self.layers[-1]
        return SoftmaxTable.of(
            last.frame_outputs, last.output_format, self.scores.scale, self.end.bits
        )

    @property
    def runtime_weights(self) -> bool:
        """Whether trainable values can be written on the chip."""
        return any(layer.runtime_weights for layer in self.layers)

    def writable(self) -> Self:
        """Return the network with weights that can be written at run time in every layer.

        Raises
        ------
        InputError
            When a layer cannot have them.
        """
        layers = []
        for layer in self.layers:
            with located(layer.name):
                layers.append(replace(layer, runtime_weights=True))
        return replace(self, layers=tuple(layers))

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations a vector, of a map a frame."""
        return sum(layer.macs for layer in self.layers)

    @cached_property
    def structure_hash(self) -> str:
        """SHA-256 of all that is not trainable; of a plain layer that layer's.

        The table of a softmax is part of it: it depends on the scale of the outputs, and cannot be
        written at run time.
        """
        if self.layer is not None:
            return self.layer.structure_hash
        end = self.end.as_fields()
        if self.softmax is not None:
            end |= {"powers": self.softmax.digest, "coarseness": self.softmax.coarseness}
        structure: dict[str, Any] = {
            "layers": [layer.structure() for layer in self.layers],
            "end": end,
        }
        if self.sources:
            structure["sources"] = [list(one) for one in self.sources]
        return hashlib.sha256(document.dump(structure).encode()).hexdigest()

    @cached_property
    def weights_hash(self) -> str:
        """SHA-256 of all trainable values; of a plain layer that layer's."""
        if self.layer is not None:
            return self.layer.weights_hash
        hashes = "".join(layer.weights_hash for layer in self.layers)
        return hashlib.sha256(hashes.encode()).hexdigest()

    def quantize(self, x: np.ndarray) -> tuple[np.ndarray, int]:
        """Return the codes of real inputs, and how many were clipped; see `InputGrid.codes`.

        Raises
        ------
        InputError
            Also where the network has no grid of its inputs.
        """
        if self.input is None:
            rule = "the network does not know what its inputs are worth"
            raise bad_input("inputs", f"dtype {x.dtype}", rule, "give integer codes")
        return self.input.codes(x)

    def output(self, outputs: npt.NDArray[np.integer[Any]]) -> npt.NDArray[Any]:
        """Return the source's own outputs for what leaves the network.

        The reals of the last layer are exactly the source's. The host computes the tail in float64
        and rounds it to float32, see `fcgen.network.tail`. Probabilities that leave the hardware
        (``softmax``) are returned as they are: multiples of 1/2^bits.

        Parameters
        ----------
        outputs : ndarray of integers, shape (V, outputs), of class indices (V,)

        Returns
        -------
        ndarray
            float32 (V, M); int64 (V,) where the source itself gives the class.

        Raises
        ------
        InputError
            When the reals of the outputs are not known, or when indices leave and the source
            gives something else.
        """
        outputs = np.asarray(outputs)
        if self.end.kind == "softmax":
            return (outputs * 0.5**self.end.bits).astype(np.float32)
        if self.end.kind == "argmax" and self.tail.kind == "argmax":
            return outputs.reshape(-1).astype(np.int64)
        if self.end.gives_indices:
            rule = "the hardware gives indices, not the outputs that they are made of"
            raise bad_input("output", self.end.kind, rule, "compile the model with --end values")
        if self.scores is None:
            rule = "the network does not know what its outputs are worth"
            raise bad_input("output", self.name, rule, "use the codes")
        return self.tail(self.scores(outputs))

    def to_json(self) -> str:
        """Return the network as JSON text; that of the layer for a network of one plain layer."""
        if self.layer is not None:
            return self.layer.to_json()
        return document.dump(
            {
                "kind": KIND,
                "name": self.name,
                "end": self.end.as_fields(),
                "input": self.input and self.input.as_fields(),
                "output": self.scores and self.scores.as_fields(),
                **self._of_the_source(),
                "layers": [layer.as_fields() for layer in self.layers],
            }
        )

    def _of_the_source(self) -> dict[str, Any]:
        """Return the optional fields that differ from their defaults."""
        given: dict[str, Any] = {}
        if self.tail.kind:
            given["tail"] = self.tail.as_fields()
        if self.takes_codes and self.input is not None:
            given["takes"] = CODES
        if self.shape:
            given["shape"] = list(self.shape)
        if self.sources:
            given["sources"] = [list(one) for one in self.sources]
        return given

    @classmethod
    def from_json(cls, text: str | bytes, source: str = "reference.json") -> Self:
        """Read what `to_json` wrote.

        Older files lack the fields ``tail``, ``takes`` and ``shape``: they have no tail, take reals
        where there is an input grid, and have inputs of rank 1 or 3.

        Raises
        ------
        InputError
            One line that names ``source`` and the field, for anything that is not such a text.
        """
        values = document.load(text, source)
        if values.get("kind") == DENSE:
            return cls.single(DenseLayer.from_fields(document.Fields(values, source), source))
        fields = document.Fields(values, source)
        fields.choice("kind", (KIND,))
        layers = tuple(DenseLayer.from_fields(layer, source) for layer in fields.objects("layers"))
        end = fields.object("end")
        grid, steps = fields.optional("input"), fields.any("output")
        name, tail = fields.text("name"), fields.absent_or_object("tail")
        takes = fields.choice("takes", (CODES,)) if fields.has("takes") else ""
        shape = _sizes(fields) if fields.has("shape") else ()
        sources = fields.integer_lists("sources") if fields.has("sources") else ()
        fields.finish()
        with located(source):
            kind = End.from_fields(end)
            real = None
            if steps is not None:
                outputs = layers[-1].frame_outputs if layers else 0
                real = RealMap.from_fields(steps, source, outputs)
            inputs = layers[0].frame_inputs
            entry = None if grid is None else InputGrid.from_fields(grid, source, inputs)
            behind = NO_TAIL if tail is None else Tail.from_fields(tail, source)
            return cls(name, layers, kind, entry, real, behind, takes == CODES, shape, sources)


def _sizes(fields: document.Fields) -> tuple[int, ...]:
    """Read the shape of an input."""
    sizes = tuple(range(1, RANK_MAX + 1))
    return tuple(fields.integers("shape", minimum=1, maximum=SIZE_MAX, sizes=sizes))


def _check_links(befores: list[DenseLayer], sources: tuple[int, ...], after: DenseLayer) -> None:
    """Check that a layer takes what the layers before give."""
    for before in befores:
        if before.requantization is None:
            rule = "only the last layer can end in raw accumulators"
            raise bad_input(before.name, "raw", rule, "give its requantization")
        if before.output_format != after.activation_format:
            rule = f"the layer before gives {before.output_format.name}"
            raise bad_input(after.name, after.activation_format.name, rule, "use one format")
    given = sum(before.frame_outputs for before in befores)
    if INPUT not in sources and given != after.frame_inputs:
        what = "the layer before gives" if len(befores) == 1 else "the layers before give"
        rule = f"{what} {given}"
        raise bad_input(after.name, f"{after.frame_inputs} inputs", rule, "correct the sizes")
    if len(sources) > 1 and (INPUT in sources or len({one.positions for one in befores}) > 1):
        rule = "layers that are joined give maps of one size"
        raise bad_input(after.name, f"sources {list(sources)}", rule, "join others")
