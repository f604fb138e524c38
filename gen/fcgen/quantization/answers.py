"""A network's outputs in the form that a user asks for: codes, reals, probabilities, or classes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.network.network import Network
from fcgen.network.tail import sigmoid, softmax

UPTO = ("logits", "probabilities", "class")


def answer(
    network: Network,
    outputs: npt.NDArray[np.int64],
    *,
    dequantize: bool = False,
    upto: str | None = None,
) -> npt.NDArray[Any]:
    """Return outputs in the form asked for.

    Parameters
    ----------
    network : Network
    outputs : ndarray of int64, shape (V, outputs)
        As the hardware gives them.
    dequantize : bool
        Return the source's own outputs, with its tail, see `Network.output`; with ``logits`` the
        reals before the tail, float32.
    upto : {'logits', 'probabilities', 'class'}, optional
        ``logits``: the outputs of the last layer. ``probabilities``: their softmax, or their
        sigmoid where the source ends in one or there is a single output, float64. ``class``: the
        index of the largest, or whether a single output is positive, int64 (V,). Probabilities
        from the hardware are returned as they are, and have the same class.

    Returns
    -------
    ndarray
        int64 codes where nothing is asked for: (V, M), class indices (V,), or the k best (V, k).

    Raises
    ------
    InputError
        When the network does not give what is asked for.
    """
    kind = network.end.kind
    if upto is not None and upto not in UPTO:
        raise bad_input("--upto", upto, f"must be one of {', '.join(UPTO)}", "choose one")
    indices = outputs[:, 0] if kind == "argmax" else outputs
    if kind == "softmax":
        return _of_probabilities(network, outputs, dequantize=dequantize, upto=upto)
    if kind != "values":
        known = "class" if kind == "argmax" else None
        own = kind == "argmax" and network.tail.kind == "argmax"
        if (dequantize and not own) or upto not in (None, known):
            option = "--dequantize" if dequantize else "--upto"
            rule = "the hardware gives indices, not the outputs that they are made of"
            raise bad_input(option, kind, rule, "compile the model with --end values")
        return indices
    if not dequantize and upto in (None, "logits"):
        return outputs
    several = outputs.shape[1] > 1
    if upto == "class" and several and (network.scores is None or network.scores.keeps_order):
        return classes(outputs)
    if network.scores is None:
        option = "--dequantize" if dequantize else "--upto"
        rule = "the network does not know what its outputs are worth"
        raise bad_input(option, network.name, rule, "leave the option out")
    if upto is None:
        return network.output(outputs)
    reals = network.scores(outputs)
    if upto == "class":
        return classes(reals)
    return probabilities(reals, network.tail.kind) if upto == "probabilities" else reals


def _of_probabilities(
    network: Network, outputs: npt.NDArray[np.int64], *, dequantize: bool, upto: str | None
) -> npt.NDArray[Any]:
    if upto == "logits":
        rule = "the hardware gives probabilities, not the outputs that they are made of"
        raise bad_input("--upto", "softmax", rule, "compile the model with --end values")
    if upto == "class":
        return classes(outputs)
    if upto is None and not dequantize:
        return outputs
    return outputs * 0.5**network.end.bits if upto else network.output(outputs)


def classes(scores: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the class of each vector (V,): the largest score, or the sign of a single one.

    Parameters
    ----------
    scores : ndarray, shape (V, M)
        Reals where M is 1; otherwise any values in the order of the reals.
    """
    if scores.shape[1] == 1:
        return (scores[:, 0] > 0).astype(np.int64)
    return np.asarray(scores.argmax(axis=1), np.int64)


def probabilities(reals: npt.NDArray[np.floating], tail: str = "") -> npt.NDArray[np.float64]:
    """Return the softmax of each vector, or the sigmoid of a single output or tail, (V, M)."""
    single = reals.shape[1] == 1 or tail == "sigmoid"
    return (sigmoid if single else softmax)(reals.astype(np.float64))
