"""What a call from Python asks for, as the parts of a sweep that the command makes of its words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.explore.definition import option_of
from fcgen.explore.subject import LayerSubject, ModelSubject, Subject
from fcgen.load.detect import load_model
from fcgen.load.integer_model import IntegerModel
from fcgen.load.model import Model
from fcgen.load.network_file import read_network
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import End, Network
from fcgen.quantization.model_data import Source, gather, labelled
from fcgen.quantization.options import QuantizeOptions

Values = str | int | Sequence[str | int]
Sizes = tuple[int, ...]
Found = Model | IntegerModel | Network | Sizes


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of a model of floats, but for its widths; see `fcgen.explore.call.explore`."""

    calibration: str | Source | None = None
    bounds: tuple[float, float] | None = None
    labels: str | Source | None = None
    test: str | Source | None = None
    table_bits: int | None = None
    scales: str = QuantizeOptions.scales
    per_tensor: bool = False
    codes: bool = False
    scaler: str = QuantizeOptions.scaler

    def __post_init__(self) -> None:
        for name in ("calibration", "labels", "test"):
            if isinstance(value := getattr(self, name), str):
                object.__setattr__(self, name, Path(value))

    def subject(self, found: Found, end: End, seed: int) -> Subject:
        """Return what is explored; what has no meaning for it is refused."""
        options = QuantizeOptions(
            scales=self.scales,
            per_channel=not self.per_tensor,
            table_bits=self.table_bits,
            scaler=self.scaler,
        )
        if isinstance(found, Model):
            self._refuse(["codes"] if self.codes else [], "a model of floats")
            data: dict[str, Any] = {
                name: getattr(self, name) for name in ("calibration", "bounds", "labels", "test")
            }
            return ModelSubject(found, gather(found, **data, seed=seed), options, end)
        given = [field.name for field in fields(self) if self._given(field)]
        if isinstance(found, tuple):
            given += ["end"] if end != End() else []
            self._refuse(given, "a layer of random weights")
            return LayerSubject(found[:-1], found[-1], seed=seed)
        self._refuse(
            [name for name in given if name not in ("labels", "test", "codes")], "integers"
        )
        measured: dict[str, Any] = {"test": self.test, "labels": self.labels, "codes": self.codes}
        return ModelSubject(found, labelled(found, **measured), options, end)

    def _refuse(self, given: Sequence[str], kind: str) -> None:
        if given:
            rule = f"has no meaning for {kind}"
            raise bad_input(option_of(given[0]), "given", rule, "leave it out")

    def _given(self, field: Field[Any]) -> bool:
        value = getattr(self, field.name)
        return isinstance(value, np.ndarray) or bool(value != field.default)

    def values(self, end: End) -> dict[str, Any]:
        """Return what decides the results, by the parameters of the command."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        leaving = {"end": end.kind, "top_k": end.count, "probability_bits": end.bits}
        return {**own, **leaving, "relu": False}


def texts(values: Values) -> tuple[str, ...]:
    """Return one value or several as the options have them."""
    many = (values,) if isinstance(values, (str, int)) else values
    return tuple(str(one) for one in many)


def read(model: Any) -> Found:
    """Return a model, a network, or the sizes of a layer.

    Raises
    ------
    InputError
        When it is none of these.
    """
    if isinstance(model, DenseLayer):
        return Network.single(model)
    if isinstance(model, (Model, IntegerModel, Network)):
        return model
    if isinstance(model, tuple):
        if len(model) not in (2, 4) or not all(type(size) is int for size in model):
            rule = "must be a model or the sizes of a layer"
            raise bad_input("model", model, rule, "give (N, M) or (C, H, W, M)")
        return model
    if isinstance(model, (str, os.PathLike)) and Path(model).suffix.lower() == ".json":
        return read_network(Path(model))
    return load_model(model)


def named(model: Any, found: Found) -> Any:
    """Return what the definition of the command says of the same model."""
    if isinstance(found, tuple):
        return f"{'x'.join(map(str, found[:-1]))} {found[-1]}"
    return Path(model) if isinstance(model, (str, os.PathLike)) else found
