"""Estimators of scikit-learn: the layers compute what they predict."""

import warnings

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

import fcgen
from fcgen.errors import InputError

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(2, [1, 10, 0.1, 3], (80, 4))
CLASSES = RANDOM.integers(0, 3, 80)
ACTIVATIONS = ("identity", "relu", "logistic", "tanh")


def fitted(estimator, x=X, y=CLASSES):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(x, y)


def classifier(**options):
    return MLPClassifier((5, 6), random_state=0, max_iter=3, **options)


def softmax(x):
    powers = np.exp(x - x.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_classifier_gives_what_comes_before_softmax(activation):
    estimator = fitted(classifier(activation=activation))
    model = fcgen.load(estimator)
    assert model.tail.kind == "softmax"
    assert np.allclose(softmax(model.forward(X)), estimator.predict_proba(X), rtol=0, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_regressor_gives_its_predictions(activation):
    y = X[:, :2] @ np.ones((2, 2))
    estimator = fitted(
        MLPRegressor(hidden_layer_sizes=7, activation=activation, random_state=0, max_iter=3), X, y
    )
    model = fcgen.load(estimator)
    assert model.tail.kind == ""
    assert np.allclose(model.forward(X), estimator.predict(X), rtol=1e-12)


def test_two_classes_are_one_output_before_the_logistic_function():
    estimator = fitted(classifier(), X, CLASSES == 1)
    model = fcgen.load(estimator)
    assert (model.tail.kind, model.layers[-1].outputs) == ("two_classes", 1)
    found = 1 / (1 + np.exp(-model.forward(X)[:, 0]))
    assert np.allclose(found, estimator.predict_proba(X)[:, 1], rtol=0, atol=1e-12)


def test_many_labels_are_outputs_before_the_logistic_function():
    estimator = fitted(classifier(), X, np.stack([CLASSES == 0, CLASSES == 1], 1))
    model = fcgen.load(estimator)
    assert model.tail.kind == "sigmoid"
    assert np.array_equal(model.forward(X) > 0, estimator.predict(X))


def test_one_input_and_one_output():
    estimator = fitted(
        MLPRegressor(hidden_layer_sizes=1, random_state=0, max_iter=3), X[:, :1], X[:, 1]
    )
    assert np.allclose(fcgen.load(estimator).forward(X[:, :1])[:, 0], estimator.predict(X[:, :1]))


SCALERS = {
    "standard": StandardScaler(),
    "standard without mean": StandardScaler(with_mean=False),
    "standard without deviation": StandardScaler(with_std=False),
    "minimum and maximum": MinMaxScaler((-1, 3)),
    "largest value": MaxAbsScaler(),
    "robust": RobustScaler(),
    "robust without centre": RobustScaler(with_centering=False),
    "robust without scale": RobustScaler(with_scaling=False),
}


@pytest.mark.parametrize("name", SCALERS)
def test_a_scaler_is_folded_into_the_first_layer(name):
    pipeline = fitted(make_pipeline(SCALERS[name], classifier()))
    model = fcgen.load(pipeline)
    assert len(model.layers) == 3
    assert np.allclose(softmax(model.forward(X)), pipeline.predict_proba(X), rtol=0, atol=1e-12)


def test_pipelines_in_pipelines_are_taken_in_order():
    inner = Pipeline([("a", MinMaxScaler()), ("none", "passthrough"), ("b", RobustScaler())])
    pipeline = fitted(Pipeline([("scale", inner), ("net", classifier())]))
    model = fcgen.load(pipeline)
    assert [node.name for node in model.nodes][:3] == ["scale/a", "scale/b", "layer_1"]
    assert model.nodes[0].became == "before layer 1: the host's, or folded into its weights"
    assert np.allclose(softmax(model.forward(X)), pipeline.predict_proba(X), rtol=0, atol=1e-12)


def test_the_model_s_names():
    model = fcgen.load(fitted(classifier()))
    assert (model.name, model.format, model.input_shape) == ("MLPClassifier", "scikit-learn", (4,))
    assert [layer.name for layer in model.layers] == ["layer_1", "layer_2", "layer_3"]


class Own(MLPClassifier):
    """A class that could predict in its own way."""


_LAST = "the last one must be MLPClassifier or MLPRegressor; fit one of these"
REFUSED = {
    "not fitted": (
        classifier(),
        "layer MLPClassifier: MLPClassifier: is not fitted; call fit before",
    ),
    "a scaler that is not fitted": (
        Pipeline([("s", StandardScaler()), ("n", fitted(classifier()))]),
        "layer s: StandardScaler: is not fitted; call fit before",
    ),
    "another step": (
        fitted(Pipeline([("pca", PCA(2)), ("n", classifier())])),
        "layer pca: PCA: before the last one only StandardScaler, RobustScaler, MaxAbsScaler, "
        "MinMaxScaler are supported; export the pipeline to ONNX, or leave it out",
    ),
    "a perceptron that is not last": (
        Pipeline([("a", fitted(classifier())), ("b", fitted(classifier()))]),
        "layer a: MLPClassifier: before the last one only StandardScaler, RobustScaler, "
        "MaxAbsScaler, MinMaxScaler are supported; export the pipeline to ONNX, or leave it out",
    ),
    "an exponential at the end": (
        fitted(MLPRegressor("poisson", 3, random_state=0, max_iter=3), X, X[:, 1] ** 2),
        "layer MLPRegressor: MLPRegressor: its activation exp is not supported; use one of "
        "identity, relu, logistic, tanh, softmax",
    ),
    "clipping": (
        fitted(Pipeline([("s", MinMaxScaler(clip=True)), ("n", classifier())])),
        "layer s: MinMaxScaler: clips its outputs, which no layer does; fit with clip=False",
    ),
    "another estimator": (
        fitted(LogisticRegression()),
        f"layer LogisticRegression: LogisticRegression: {_LAST}",
    ),
    "a scaler alone": (
        make_pipeline(StandardScaler()).fit(X),
        f"layer standardscaler: StandardScaler: {_LAST}",
    ),
    "a class of one's own": (
        fitted(Own(3)),
        f"layer {Own.__module__}.Own: {Own.__module__}.Own: {_LAST}",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_supported_is_refused_by_its_class(name):
    estimator, line = REFUSED[name]
    with pytest.raises(InputError) as caught:
        fcgen.load(estimator)
    assert str(caught.value) == line


def test_an_object_of_no_known_library_is_refused():
    with pytest.raises(InputError) as caught:
        fcgen.load({"weight": X})
    assert str(caught.value) == (
        "model: dict: must be a path, or an object of sklearn or torch; export the model to ONNX"
    )


@pytest.mark.parametrize("labels", ["three classes", "two classes", "several labels"])
def test_the_tail_gives_what_predict_proba_gives(labels):
    wanted = {
        "three classes": CLASSES,
        "two classes": CLASSES == 1,
        "several labels": np.stack([CLASSES == 0, CLASSES == 1], 1),
    }[labels]
    estimator = fitted(classifier(), X, wanted)
    model = fcgen.load(estimator)
    found, shares = model.tail(model.forward(X).astype(np.float32)), estimator.predict_proba(X)
    assert (found.dtype, found.shape) == (np.float32, shares.shape)
    # The estimator computes in float64, from which the float32 scores differ by half a last bit.
    assert np.abs(found - shares).max() < 2.0**-20
