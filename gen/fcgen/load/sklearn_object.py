"""Fitted perceptrons of scikit-learn, and pipelines of scalers in front of one.

Objects are told by their classes' names: scikit-learn itself is not imported.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fcgen.load.steps import RELU, Affine, Dense, Ending, Operation, Step, fold, refuse
from fcgen.model import Activation, Floats, Model

PERCEPTRONS = ("MLPClassifier", "MLPRegressor")
ACTIVATIONS: dict[str, Operation] = {
    "identity": None,
    "relu": RELU,
    "logistic": Activation("sigmoid"),
    "tanh": Activation("tanh"),
    "softmax": Ending("softmax"),
}


def read_sklearn(estimator: Any) -> Model:
    """Return the layers of a fitted estimator, the scalers before it in the first one.

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
    stages = list(_stages("", estimator))
    if type(stages[-1][1]).__name__ not in PERCEPTRONS:
        rule = f"the last one must be {' or '.join(PERCEPTRONS)}"
        raise refuse(_kind(stages[-1][1]), stages[-1][0], rule, "fit one of these")
    steps = [step for name, stage in stages for step in _steps(name, stage)]
    inputs = int(stages[0][1].n_features_in_)
    return fold(steps, _kind(estimator), "scikit-learn", "x", (inputs,))


def _kind(stage: Any) -> str:
    return type(stage).__name__


def _stages(name: str, stage: Any) -> Iterator[tuple[str, Any]]:
    """Give the estimators of pipelines in pipelines, in order."""
    if _kind(stage) == "Pipeline":
        for inner, below in stage.steps:
            yield from _stages(f"{name}/{inner}" if name else str(inner), below)
    elif stage is not None and stage != "passthrough":
        yield name or _kind(stage), stage


def _steps(name: str, stage: Any) -> Iterator[Step]:
    kind = _kind(stage)
    supported = (*SCALERS, *PERCEPTRONS)
    if kind not in supported:
        rule = f"supported are {', '.join(supported)}"
        raise refuse(kind, name, rule, "export the pipeline to ONNX, or leave it out")
    if not hasattr(stage, "n_features_in_"):
        raise refuse(kind, name, "is not fitted", "call fit before")
    if kind in SCALERS:
        if getattr(stage, "clip", False):
            raise refuse(
                kind, name, "clips its outputs, which no layer does", "fit with clip=False"
            )
        yield Step(kind, name, _affine(stage, SCALERS[kind]))
        return
    if not hasattr(stage, "coefs_"):
        raise refuse(kind, name, "is not fitted", "call fit before")
    last = len(stage.coefs_)
    for number, (weight, bias) in enumerate(zip(stage.coefs_, stage.intercepts_, strict=True), 1):
        yield Step(kind, f"layer_{number}", Dense(_floats(weight).T, _floats(bias)))
        word = stage.out_activation_ if number == last else stage.activation
        if word not in ACTIVATIONS:
            raise refuse(kind, name, f"its activation {word} is not supported", "fit another one")
        yield Step(str(word), f"layer_{number}", ACTIVATIONS[word])


def _affine(stage: Any, map_of: Callable[[Any, Floats], tuple[Floats, Floats]]) -> Affine:
    return Affine(*map_of(stage, np.ones(stage.n_features_in_)))


@np.errstate(all="ignore")
def _centred(centre: Any, scale: Any, ones: Floats) -> tuple[Floats, Floats]:
    """Return the map of ``(x - centre) / scale``, where each may be left out."""
    gain = ones if scale is None else ones / _floats(scale)
    return gain, 0 * ones if centre is None else -_floats(centre) * gain


def _floats(values: Any) -> Floats:
    return np.asarray(values, np.float64)


SCALERS: dict[str, Callable[[Any, Floats], tuple[Floats, Floats]]] = {
    "StandardScaler": lambda stage, ones: _centred(stage.mean_, stage.scale_, ones),
    "RobustScaler": lambda stage, ones: _centred(stage.center_, stage.scale_, ones),
    "MaxAbsScaler": lambda stage, ones: _centred(None, stage.scale_, ones),
    "MinMaxScaler": lambda stage, ones: (_floats(stage.scale_), _floats(stage.min_)),
}
