"""Fitted perceptrons of scikit-learn, and pipelines of scalers in front of one.

Objects are told by their classes' names: scikit-learn itself is not imported.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fcgen.load.model import Activation, Floats, Model
from fcgen.load.nodes import RELU, Affine, Dense, Ending, Node, Operation, fold, refuse

PERCEPTRONS = ("MLPClassifier", "MLPRegressor")
ACTIVATIONS: dict[str, Operation] = {
    "identity": None,
    "relu": RELU,
    "logistic": Activation("sigmoid"),
    "tanh": Activation("tanh"),
    "softmax": Ending("softmax"),
}


def read_sklearn(estimator: Any) -> Model:
    """Return the layers of a fitted estimator, with the scalers before it folded into the first.

    Parameters
    ----------
    estimator
        ``MLPClassifier``, ``MLPRegressor``, or a ``Pipeline`` of scalers and one of them. The
        outputs are what comes before softmax or the logistic function of a classifier.

    Raises
    ------
    InputError
        One line with the class, for one that is not supported or not fitted.
    """
    stages = list(_stages("", estimator)) or [("model", estimator)]
    *scalers, (last, perceptron) = stages
    for name, stage in scalers:
        if _kind(stage) not in SCALERS:
            rule = f"before the last one only {', '.join(SCALERS)} are supported"
            raise refuse(_kind(stage), name, rule, "export the pipeline to ONNX, or leave it out")
    if _kind(perceptron) not in PERCEPTRONS:
        rule = f"the last one must be {' or '.join(PERCEPTRONS)}"
        raise refuse(_kind(perceptron), last, rule, "fit one of these")
    nodes = [_scaling(name, stage) for name, stage in scalers]
    nodes += _layers(last, perceptron)
    form = "scikit-learn"
    return fold(nodes, _kind(estimator), form, "x", (int(perceptron.n_features_in_),))


def _kind(stage: Any) -> str:
    """Return the class name, with its module unless it is scikit-learn's own."""
    cls = type(stage)
    own = cls.__module__.partition(".")[0] == "sklearn"
    return cls.__name__ if own else f"{cls.__module__}.{cls.__name__}"


def _stages(name: str, stage: Any) -> Iterator[tuple[str, Any]]:
    """Yield the estimators of nested pipelines, in order."""
    if _kind(stage) == "Pipeline":
        for inner, below in stage.steps:
            yield from _stages(f"{name}/{inner}" if name else str(inner), below)
    elif stage is not None and stage != "passthrough":
        yield name or _kind(stage), stage


def _scaling(name: str, stage: Any) -> Node:
    kind = _kind(stage)
    _check_fitted(name, stage, "scale_")
    if getattr(stage, "clip", False):
        raise refuse(kind, name, "clips its outputs, which no layer does", "fit with clip=False")
    return Node(kind, name, SCALERS[kind](stage, np.ones(stage.n_features_in_)))


def _layers(name: str, stage: Any) -> Iterator[Node]:
    _check_fitted(name, stage, "coefs_")
    last = len(stage.coefs_)
    for number, (weight, bias) in enumerate(zip(stage.coefs_, stage.intercepts_, strict=True), 1):
        yield Node(_kind(stage), f"layer_{number}", Dense(_floats(weight).T, _floats(bias)))
        word = stage.out_activation_ if number == last else stage.activation
        if word not in ACTIVATIONS:
            rule = f"its activation {word} is not supported"
            raise refuse(_kind(stage), name, rule, f"use one of {', '.join(ACTIVATIONS)}")
        what = ACTIVATIONS[word]
        if number == last and word == "logistic" and len(bias) == 1:
            what = Ending("two_classes")  # as predict_proba gives them
        yield Node(str(word), f"layer_{number}", what)


def _check_fitted(name: str, stage: Any, attribute: str) -> None:
    if not hasattr(stage, attribute):
        raise refuse(_kind(stage), name, "is not fitted", "call fit before")


@np.errstate(all="ignore")
def _centred(centre: Any, scale: Any, ones: Floats) -> Affine:
    """Return the map of ``(x - centre) / scale``, where each may be left out."""
    divisor = ones if scale is None else _floats(scale)
    gain, shift = ones / divisor, 0 * ones if centre is None else _floats(centre)
    return Affine(gain, -shift * gain, (("subtract", shift), ("divide", divisor)))


def _floats(values: Any) -> Floats:
    return np.asarray(values, np.float64)


SCALERS: dict[str, Callable[[Any, Floats], Affine]] = {
    "StandardScaler": lambda stage, ones: _centred(
        stage.mean_ if stage.with_mean else None, stage.scale_ if stage.with_std else None, ones
    ),
    "RobustScaler": lambda stage, ones: _centred(
        stage.center_ if stage.with_centering else None,
        stage.scale_ if stage.with_scaling else None,
        ones,
    ),
    "MaxAbsScaler": lambda stage, ones: _centred(None, stage.scale_, ones),
    "MinMaxScaler": lambda stage, ones: Affine(_floats(stage.scale_), _floats(stage.min_)),
}
