"""Float models as trainers write them; run in the environment that `generated_models.py` makes.

Run as ``python bench/generate_models.py KIND FIRST COUNT FOLDER``. A model of seed ``s`` is
``KIND-s`` with the ending of its format; beside it are ``.x.npy``, float32 inputs, and ``.y.npy``,
what the trainer's own runtime gives for them:
of a classifier of scikit-learn the last class' probability.
"""

from __future__ import annotations

import sys
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np

VECTORS = 300
SIZES = (1, 48)
"""Smallest and largest width of a layer."""


def widths(random: np.random.Generator) -> list[int]:
    """Return the sizes of a network's inputs and layers."""
    sizes = random.integers(*SIZES, int(random.integers(2, 5)), endpoint=True)
    return [int(size) for size in sizes]


def inputs(random: np.random.Generator, size: int) -> np.ndarray:
    """Return vectors, of one sign or of both."""
    x = random.normal(0, 1, (VECTORS, size)).astype(np.float32)
    return np.abs(x) if random.integers(2) else x


def from_sklearn(seed: int, path: Path) -> None:
    """Write a classifier or a regressor, with or without a scaler, as skl2onnx converts it."""
    from skl2onnx import to_onnx
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    warnings.simplefilter("ignore", ConvergenceWarning)
    random = np.random.default_rng(seed)
    first, *hidden = widths(random)
    x = inputs(random, first)
    kind = MLPClassifier if seed % 2 else MLPRegressor
    y = random.integers(0, 2 + seed % 5, VECTORS) if seed % 2 else random.normal(0, 1, VECTORS)
    network = kind(hidden_layer_sizes=tuple(hidden), max_iter=30, random_state=seed)
    scalers = [[], [StandardScaler()], [MinMaxScaler()]][seed % 3]
    model = make_pipeline(*scalers, network).fit(x, y)
    options = {"zipmap": False} if seed % 4 == 1 else {}
    made = to_onnx(model, x[:1], options={id(model): options} if options else None)
    path.with_suffix(".onnx").write_bytes(made.SerializeToString())
    y = model.predict_proba(x)[:, -1] if seed % 2 else model.predict(x)
    _save(path, x, y)


def from_torch(seed: int, path: Path, *, dynamo: bool) -> None:
    """Write a Sequential, as one of the two exporters of torch converts it."""
    import torch
    from torch import nn

    warnings.simplefilter("ignore")
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    sizes = widths(random)
    layers: list[nn.Module] = []
    shape: tuple[int, ...] = (sizes[0],)
    if seed % 5 == 4:
        shape = (int(random.integers(1, 3)), 4, int(random.integers(1, 5)))
        sizes[0] = int(np.prod(shape))
        layers.append(nn.Flatten())
    for before, after in pairwise(sizes):
        layers.append(nn.Linear(before, after, bias=bool(random.integers(4))))
        if random.integers(2):
            norm = nn.BatchNorm1d(after)
            nn.init.normal_(norm.weight)
            norm.running_mean = torch.randn(after)
            norm.running_var = torch.rand(after) + 0.5
            layers.append(norm)
        layers.append([nn.ReLU(), nn.ReLU6(), nn.Hardtanh(-0.5, 1.5), nn.Dropout()][seed % 4])
    model = nn.Sequential(*layers).eval()
    x = torch.from_numpy(inputs(random, sizes[0]).reshape(-1, *shape))
    file = str(path.with_suffix(".onnx"))
    if dynamo:
        batch = {0: torch.export.Dim("batch")}
        made = torch.onnx.export(
            model, (x[:2],), dynamo=True, dynamic_shapes=(batch,), verbose=False
        )
        made.save(file)
    else:
        names = {"input_names": ["x"], "dynamic_axes": {"x": {0: "batch"}}}
        torch.onnx.export(model, (x[:1],), file, dynamo=False, **names)
    with torch.no_grad():
        _save(path, x.numpy(), model(x).numpy())


def from_keras(seed: int, path: Path) -> None:
    """Write a Sequential as ``.keras`` or ``.h5``."""
    import keras

    random = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    sizes = widths(random)
    shape: tuple[int, ...] = (sizes[0],)
    layers = []
    if seed % 5 == 4:
        shape = (4, int(random.integers(1, 5)), int(random.integers(1, 3)))
        sizes[0] = int(np.prod(shape))
        layers.append(keras.layers.Flatten())
    for size in sizes[1:]:
        word = [None, "relu", "relu6", "relu"][seed % 4]
        layers.append(keras.layers.Dense(size, word, use_bias=bool(random.integers(4))))
        if random.integers(2):
            layers.append(
                keras.layers.BatchNormalization(
                    gamma_initializer="random_normal",
                    beta_initializer="random_normal",
                    moving_mean_initializer="random_normal",
                )
            )
    layers.append(keras.layers.Dense(int(random.integers(1, 11))))
    model = keras.Sequential([keras.Input(shape), *layers])
    x = inputs(random, sizes[0]).reshape(-1, *shape)
    model.save(path.with_suffix(".h5" if seed % 2 else ".keras"))
    _save(path, x, np.asarray(model(x)))


def _save(path: Path, x: np.ndarray, y: np.ndarray) -> None:
    np.save(path.with_suffix(".x.npy"), x)
    np.save(path.with_suffix(".y.npy"), y)


KINDS = {
    "sklearn": from_sklearn,
    "torch": lambda seed, path: from_torch(seed, path, dynamo=False),
    "torch-dynamo": lambda seed, path: from_torch(seed, path, dynamo=True),
    "keras": from_keras,
}


def main() -> None:
    """Write the models."""
    kind, first, count, folder = sys.argv[1:]
    for seed in range(int(first), int(first) + int(count)):
        KINDS[kind](seed, Path(folder) / f"{kind}-{seed}")


if __name__ == "__main__":
    main()
