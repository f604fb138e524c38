"""What is explored, as a network for each pair of widths, with its accuracy."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

from fcgen.certification.certificate import Certificate
from fcgen.certification.certify import certify
from fcgen.errors import bad_input
from fcgen.explore.point import Widths
from fcgen.explore.store import NETWORKS, REMEDY, Record, Store
from fcgen.files import document
from fcgen.folding.search import Size
from fcgen.load.integer_model import IntegerModel
from fcgen.load.model import Model
from fcgen.network.network import End, Network
from fcgen.numerics.fixed import IntegerFormat
from fcgen.quantization.accuracy import Accuracy, accuracy, accuracy_of_integers
from fcgen.quantization.layer_options import make_layer
from fcgen.quantization.model import quantize
from fcgen.quantization.model_data import LabelledData, ModelData
from fcgen.quantization.options import QuantizeOptions
from fcgen.quantization.quantization import Quantization


class Subject(Protocol):
    """A model or a layer."""

    @property
    def layers(self) -> list[Size]:
        """Inputs and outputs of each layer."""

    def network(self, widths: Widths) -> tuple[Network, float | None]:
        """Return the network of these widths, and which part of the labels it meets."""

    def notes(self, widths: Widths) -> tuple[str, ...]:
        """Return what there is to say of the inputs of that network."""

    def certificate(self) -> Certificate | None:
        """Return what is proven of a model of integers."""


@dataclass(frozen=True, eq=False)
class ModelSubject:
    """A model.

    Attributes
    ----------
    model : Model, IntegerModel or Network
        Of the last two the integers stay as they are.
    data : ModelData or LabelledData, optional
        Of a model of floats; for the accuracy of others.
    options : QuantizeOptions
        Everything but the widths.
    end : End
        What leaves the network.
    """

    model: Model | IntegerModel | Network
    data: ModelData | LabelledData | None
    options: QuantizeOptions
    end: End

    @property
    def layers(self) -> list[Size]:
        """Inputs and outputs of each layer."""
        return [(layer.inputs, layer.outputs) for layer in self.model.layers]

    def network(self, widths: Widths) -> tuple[Network, float | None]:
        """Quantise with these widths and measure; certify a model of integers."""
        if not isinstance(self.model, Model):
            known = self._known(self.model)
            if self.data is None:
                return known, None
            assert isinstance(self.data, LabelledData)
            return known, accuracy_of_integers(known, self.data).quantised
        made, measured = self._made(widths)
        return made.network, None if measured is None else measured.quantised

    def notes(self, widths: Widths) -> tuple[str, ...]:
        """Say which inputs have few codes, or what either scaler comes to."""
        if not isinstance(self.model, Model):
            return ()
        made, measured = self._made(widths)
        if measured is None:
            return tuple(f"{widths} bits: {note}" for note in made.input_notes)
        return (f"{widths} bits: {measured.line()}",) if measured.scalers else ()

    @cache  # noqa: B019 (a subject lives as long as its sweep)
    def _made(self, widths: Widths) -> tuple[Quantization, Accuracy | None]:
        assert isinstance(self.model, Model)
        assert isinstance(self.data, ModelData)
        weights, activations = (widths.weight,), (widths.activation,)
        options = replace(self.options, weight_bits=weights, activation_bits=activations)
        made = quantize(self.model, self.data.calibration, options, self.end)
        return made, accuracy(self.model, made, self.data, options)

    def certificate(self) -> Certificate | None:
        """Return what is proven of a model of integers; None of others."""
        return certify(self.model, self.end)[1] if isinstance(self.model, IntegerModel) else None

    def _known(self, model: IntegerModel | Network) -> Network:
        if isinstance(model, IntegerModel):
            return certify(model, self.end)[0]
        return replace(model, end=self.end) if self.end != End() else model


@dataclass(frozen=True)
class LayerSubject:
    """One layer.

    Attributes
    ----------
    shape : tuple of int
        (N,) or (C, H, W).
    outputs : int
    weights, bias : Path, optional
        Default seeded random.
    relu : bool
    seed : int
    """

    shape: tuple[int, ...]
    outputs: int
    weights: Path | None = None
    bias: Path | None = None
    relu: bool = False
    seed: int = 0

    def certificate(self) -> None:
        """Return that there is none: a layer has no source."""

    @property
    def layers(self) -> list[Size]:
        """Inputs and outputs of the layer."""
        return [(math.prod(self.shape), self.outputs)]

    def network(self, widths: Widths) -> tuple[Network, float | None]:
        """Make the layer of these widths; nobody knows what its outputs are for."""
        activations = IntegerFormat(widths.activation, signed=True)
        layer, _ = make_layer(
            self.shape,
            self.outputs,
            weight_format=IntegerFormat(widths.weight, signed=True),
            activation_format=activations,
            output_format=activations,
            weights=self.weights,
            bias=self.bias,
            relu=self.relu,
            seed=self.seed,
        )
        return Network.single(layer), None

    def notes(self, widths: Widths) -> tuple[str, ...]:
        """Return nothing: a layer alone takes codes."""
        return ()


def prepare(store: Store, subject: Subject, widths: Widths) -> None:
    """Put the network of these widths into the store, unless it is there."""

    def make() -> Record:
        network, share = subject.network(widths)
        notes = {"notes": list(found)} if (found := subject.notes(widths)) else {}
        return {"accuracy": share, "network": json.loads(network.to_json()), **notes}

    store.once(NETWORKS, str(widths), make)


def notes_of(store: Store, widths: Widths) -> tuple[str, ...]:
    """Return what there is to say of a network of the store."""
    record = store.read(NETWORKS, str(widths)) or {}
    notes = record.get("notes", [])
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        path = store.path(NETWORKS, str(widths))
        raise bad_input(f"{path}: notes", notes, "must be lines of text", REMEDY)
    return tuple(notes)


def load(directory: Path, widths: Widths) -> tuple[Network, float | None]:
    """Return a network of the store, and its accuracy."""
    path = Store(directory).path(NETWORKS, str(widths))
    try:
        state = path.stat()
    except OSError as error:
        raise bad_input(path, error.strerror, "belongs here", REMEDY) from None
    # A worker of a cluster lives longer than a sweep, and the directory may be another one's now.
    return _load(path, state.st_ino, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _load(path: Path, _inode: int, _time: int) -> tuple[Network, float | None]:
    record = document.load(path.read_bytes(), str(path), REMEDY)
    share = record.get("accuracy")
    if share is not None and not (isinstance(share, float) and 0 <= share <= 1):
        raise bad_input(f"{path}: accuracy", share, "must be a part of one or null", REMEDY)
    return Network.from_json(json.dumps(record.get("network")), str(path)), share
