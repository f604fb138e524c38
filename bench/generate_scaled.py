"""Models with a scaler in front, from their trainers: run by `scaler_accuracy.py`.

``python generate_scaled.py sklearn|keras SCALER FOLDER NAME SEED`` reads ``NAME.train.npy`` and
``NAME.classes.npy``, which are float32 and int64, and writes ``NAME.onnx`` or ``NAME.keras``.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np

HIDDEN, EPOCHS = 32, 600


def sklearn(scaler: str, path: Path, x: np.ndarray, y: np.ndarray, seed: int) -> None:
    """Write a perceptron behind a scaler, through skl2onnx."""
    from skl2onnx import to_onnx
    from sklearn import preprocessing
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline

    network = MLPClassifier((HIDDEN,), max_iter=EPOCHS, random_state=seed)
    stages = [] if scaler == "none" else [getattr(preprocessing, scaler)()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = make_pipeline(*stages, network).fit(x, y)
    written = to_onnx(fitted, x[:1], options={"zipmap": False})
    path.with_suffix(".onnx").write_bytes(written.SerializeToString())


def keras(scaler: str, path: Path, x: np.ndarray, y: np.ndarray, seed: int) -> None:
    """Write a network behind a normalization."""
    import keras

    keras.utils.set_random_seed(seed)
    first = []
    if scaler == "Normalization":
        first = [keras.layers.Normalization()]
        first[0].adapt(x)
    classes = int(y.max()) + 1
    layers = [
        keras.Input((x.shape[1],)),
        *first,
        keras.layers.Dense(HIDDEN, activation="relu"),
        keras.layers.Dense(classes, activation="softmax"),
    ]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=32, epochs=60, verbose=0)
    model.save(path.with_suffix(".keras"))


if __name__ == "__main__":
    trainer, scaler, folder, name, seed = sys.argv[1:]
    place = Path(folder) / name
    data = [np.load(place.with_suffix(f".{part}.npy")) for part in ("train", "classes")]
    {"sklearn": sklearn, "keras": keras}[trainer](scaler, place, *data, int(seed))
