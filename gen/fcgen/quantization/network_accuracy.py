"""Accuracy of a network over labelled data, beside that of its model of floats."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import InputError, bad_input
from fcgen.load.model import Model
from fcgen.network.network import Network
from fcgen.network.reference import trace
from fcgen.quantization.accuracy import Accuracy
from fcgen.quantization.answers import classes
from fcgen.quantization.given_inputs import codes_of
from fcgen.quantization.model import quantize
from fcgen.quantization.model_data import LabelledData, ModelData
from fcgen.quantization.options import SCALERS, QuantizeOptions
from fcgen.quantization.quantization import Quantization


def accuracy(
    model: Model,
    quantization: Quantization,
    data: ModelData,
    options: QuantizeOptions | None = None,
) -> Accuracy | None:
    """Compare the classes of a model of floats and of its network with the labels.

    None where the data have no labels. Of a model that scales its inputs one by one, and of a
    network for which the quantiser does so, it is said for either scaler; ``options`` are those
    with which the network was made.
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
    """Return the accuracy of a network with these options; None where there is none."""
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
        When the vectors are none of the network's, or nobody knows where its classes part.
    """
    if network.scores is None and network.layers[-1].outputs == 1:
        rule = "nobody knows what the network's single output is worth, whose sign is the class"
        raise bad_input("--labels", network.name, rule, "leave --labels and --test out")
    found = codes_of(network, data.test, data.subject, codes=data.codes)
    scores = _scores(network, found.codes)
    return Accuracy.of(data.labels, None, classes(scores), _count(scores))


def _scores(network: Network, codes: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.number[Any]]:
    """Return what the outputs of the last layer are worth, or themselves where nobody knows."""
    outputs = trace(network, codes)[-1]
    return network.scores(outputs) if network.scores is not None else outputs


def _count(scores: npt.NDArray[np.number[Any]]) -> int:
    # A single output has a sign, which are two classes.
    return max(int(scores.shape[1]), 2)
