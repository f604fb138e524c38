"""Accuracy over labelled data: of a network of integers, beside that of its model of floats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fcgen.errors import InputError, bad_input
from fcgen.files import document
from fcgen.load.model import Model
from fcgen.network.network import Network
from fcgen.network.reference import trace
from fcgen.quantization.answers import classes
from fcgen.quantization.given_inputs import codes_of
from fcgen.quantization.model import quantize
from fcgen.quantization.model_data import LabelledData, ModelData
from fcgen.quantization.options import SCALERS, QuantizeOptions
from fcgen.quantization.quantization import Quantization

ACCURACY = "accuracy.json"
CLASSES_MAX = 100
"""Most classes of a confusion matrix."""
VECTORS_MAX = 1 << 40
Classes = npt.NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Accuracy:
    """Shares of vectors that are classified as their labels say, from 0 to 1.

    Attributes
    ----------
    vectors : int
    float_model : float, optional
        Share of the model of floats; None where the source holds integers.
    quantised : float
        Share of the network of integers.
    confusion : ndarray of int64, shape (K, K), optional
        Number of vectors by label (row) and by the class that the network gives (column); None for
        more than `CLASSES_MAX` classes.
    scalers : dict of str to (float or None), optional
        For a model that scales its inputs one by one: the share of the network with each of
        `fcgen.quantization.options.SCALERS`, None where the model cannot be quantised that way.
    """

    vectors: int
    float_model: float | None
    quantised: float
    confusion: npt.NDArray[np.int64] | None = None
    scalers: dict[str, float | None] | None = None

    @classmethod
    def of(
        cls, labels: Classes, of_floats: Classes | None, of_integers: Classes, count: int
    ) -> Self:
        """Compare classes with labels, all (V,), of ``count`` classes."""
        confusion = None
        if count <= CLASSES_MAX:
            confusion = np.zeros((count, count), np.int64)
            np.add.at(confusion, (labels, of_integers), 1)
        in_floats = None if of_floats is None else float((of_floats == labels).mean())
        return cls(len(labels), in_floats, float((of_integers == labels).mean()), confusion)

    def line(self) -> str:
        """Return the accuracy as one printed line."""
        over = f"accuracy over {self.vectors:,} vectors:"
        if self.float_model is None:
            return f"{over} {self.quantised:.2%}"
        gained = 100 * (self.quantised - self.float_model)
        return (
            f"{over} float {self.float_model:.2%}, integers {self.quantised:.2%} "
            f"({gained:+.2f} points){self._either()}"
        )

    def _either(self) -> str:
        """Return the shares of both scalers, where there are two."""
        shares = (self.scalers or {}).items()
        texts = (f"{name} {'none' if share is None else f'{share:.2%}'}" for name, share in shares)
        return f"; --scaler {', '.join(texts)}" if shares else ""

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "vectors": self.vectors,
            "float_model": self.float_model,
            "quantised": self.quantised,
            **({} if self.scalers is None else {"scalers": self.scalers}),
        }

    def to_json(self) -> str:
        """Return the JSON text of `ACCURACY`, a file of a design."""
        rows = None if self.confusion is None else self.confusion.tolist()
        return document.dump({**self.as_dict(), "confusion": rows})

    @classmethod
    def from_json(cls, text: str | bytes, source: str) -> Self:
        """Read what `to_json` gave.

        Raises
        ------
        InputError
            One line that names ``source`` and the field.
        """
        fields = document.Fields(document.load(text, source), source)
        vectors = fields.integer("vectors", 1, VECTORS_MAX)
        in_floats, in_integers = fields.number("float_model"), fields.number("quantised")
        if in_integers is None:
            raise bad_input(source, "null", "an accuracy is a number", document.REMEDY)
        found, scalers = fields.absent_or_object("scalers"), None
        if found is not None:
            scalers = {name: found.number(name) for name in SCALERS}
            found.finish()
        rows = fields.any("confusion")
        fields.finish()
        if rows is None:
            return cls(vectors, in_floats, in_integers, None, scalers)
        if not isinstance(rows, list) or not 1 <= len(rows) <= CLASSES_MAX:
            rule = f"must be 1 to {CLASSES_MAX} lists"
            raise bad_input(f"{source}: confusion", type(rows).__name__, rule, document.REMEDY)
        checked = document.Fields({str(n): row for n, row in enumerate(rows)}, source, "confusion.")
        table = [
            checked.integers(str(n), minimum=0, maximum=vectors, sizes=(len(rows),))
            for n in range(len(rows))
        ]
        return cls(vectors, in_floats, in_integers, np.array(table, np.int64), scalers)


def accuracy(
    model: Model,
    quantization: Quantization,
    data: ModelData,
    options: QuantizeOptions | None = None,
) -> Accuracy | None:
    """Compare the classes of a model of floats and of its network with the labels.

    Returns None where the data have no labels. For a model that scales its inputs one by one, both
    scalers are measured; ``options`` are those with which the network was made.
    """
    if data.labels is None:
        return None
    codes, _ = quantization.network.quantize(data.test)
    scores = _scores(quantization.network, codes)
    found = Accuracy.of(
        data.labels, classes(model.forward(data.test)), classes(scores), _count(scores)
    )
    if model.scaler is None and not quantization.balanced:
        return found
    options = options or QuantizeOptions()
    shares = {
        name: found.quantised
        if name == options.scaler
        else _share(model, data, replace(options, scaler=name))
        for name in SCALERS
    }
    return replace(found, scalers=shares)


def _share(model: Model, data: ModelData, options: QuantizeOptions) -> float | None:
    """Return the accuracy of a network with these options; None where they make none."""
    try:
        network = quantize(model, data.calibration, options).network
    except InputError:
        return None
    codes, _ = network.quantize(data.test)
    return float((classes(_scores(network, codes)) == data.labels).mean())


def accuracy_of_integers(network: Network, data: LabelledData) -> Accuracy:
    """Compare the classes of a network with the labels.

    Raises
    ------
    InputError
        When the vectors do not fit the network, or it is not known which outputs mean which class.
    """
    if network.scores is None and network.layers[-1].outputs == 1:
        rule = "nobody knows what the network's single output is worth, whose sign is the class"
        raise bad_input("--labels", network.name, rule, "leave --labels and --test out")
    found = codes_of(network, data.test, data.subject, codes=data.codes)
    scores = _scores(network, found.codes)
    return Accuracy.of(data.labels, None, classes(scores), _count(scores))


def _scores(network: Network, codes: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.number[Any]]:
    """Return the reals of the last layer's outputs, or the codes where the reals are not known."""
    outputs = trace(network, codes)[-1]
    return network.scores(outputs) if network.scores is not None else outputs


def _count(scores: npt.NDArray[np.number[Any]]) -> int:
    # The sign of a single output tells two classes.
    return max(int(scores.shape[1]), 2)
