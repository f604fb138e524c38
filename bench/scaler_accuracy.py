"""Accuracy of networks whose inputs differ in size, with the scaler on the host and folded.

Run as ``python bench/scaler_accuracy.py [--splits 3] [--kinds KIND …] [--scalers SCALER …]
[--seeds]``: prints a table. Scikit-learn's perceptrons come as objects and through skl2onnx,
Keras's networks as files; skl2onnx and Keras are installed in environments of their own, as for
`generated_models.py`. Three quarters of each data set train the network and are the calibration
data; every vector counts for the accuracy, which is the mean over the splits, beside the most that
one of them loses. With ``--seeds`` the networks of the splits begin with different weights. With 8
bits, and the inputs scaled by the host, no mean may lose more than a point, whether the network has
a scaler or not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from generated_models import trainer_python
from sklearn import datasets, preprocessing
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

import fcgen
from fcgen.load.model import Model
from fcgen.quantization.accuracy import accuracy
from fcgen.quantization.model import quantize
from fcgen.quantization.model_data import ModelData
from fcgen.text.table import box

DATA = ("breast_cancer", "wine", "iris", "digits")
SCALERS = ("StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler", "none")
KINDS = {"object": SCALERS, "skl2onnx": SCALERS, "keras": ("Normalization", "none")}
LOSS_MAX = 0.01
HEAD = ("Data", "From", "Scaler", "Float", "Host", "Fold", "Points", "Worst")


def trained(kind: str, scaler: str, place: Path, x: np.ndarray, y: np.ndarray, seed: int) -> Model:
    """Train a network behind a scaler, and read it."""
    if kind == "object":
        stages = [] if scaler == "none" else [getattr(preprocessing, scaler)()]
        network = MLPClassifier((32,), max_iter=600, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            found: Any = fcgen.load(make_pipeline(*stages, network).fit(x, y))
        return found
    np.save(place.with_suffix(".train.npy"), x)
    np.save(place.with_suffix(".classes.npy"), y)
    trainer = "keras" if kind == "keras" else "sklearn"
    script = str(Path(__file__).with_name("generate_scaled.py"))
    names = [trainer, scaler, str(place.parent), place.name, str(seed)]
    words = [trainer_python(trainer), script, *names]
    environment = os.environ | {"KERAS_BACKEND": "jax", "OMP_NUM_THREADS": "1"}
    subprocess.run(words, check=True, env=environment)
    return fcgen.load(place.with_suffix(".keras" if kind == "keras" else ".onnx"))


def shares(model: Model, train: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[float, ...]:
    """Return the accuracy of the floats, and of 8 bits with either scaler."""
    made = quantize(model, train)
    found = accuracy(model, made, ModelData(train, x, y))
    assert found is not None
    assert found.float_model is not None
    fold = (found.scalers or {}).get("fold", found.quantised)
    return found.float_model, found.quantised, np.nan if fold is None else fold


def main() -> int:
    """Print the table; 1 where a mean is more than a point below the floats."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--scalers", nargs="+", default=["Normalization", *SCALERS])
    parser.add_argument("--seeds", action="store_true")
    options = parser.parse_args()
    rows, worst = [], 0.0
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        for data in DATA:
            x, y = getattr(datasets, f"load_{data}")(return_X_y=True)
            x = x.astype(np.float32)
            for kind in options.kinds:
                for scaler in [name for name in KINDS[kind] if name in options.scalers]:
                    found = []
                    for split in range(options.splits):
                        train, _, classes, _ = train_test_split(
                            x, y, test_size=0.25, random_state=split, stratify=y
                        )
                        place = Path(folder) / f"{data}-{kind}-{scaler}-{split}"
                        seed = split if options.seeds else 0
                        model = trained(kind, scaler, place, train, classes, seed)
                        found.append(shares(model, train, x, y))
                    floats, host, fold = np.mean(found, axis=0)
                    texts = [f"{share:.2%}" for share in (floats, host, fold)]
                    losses = [one - other for one, other, _ in found]
                    points = [f"{-100 * loss:+.2f}" for loss in (floats - host, max(losses))]
                    rows.append((data, kind, scaler, *texts, *points))
                    worst = max(worst, floats - host)
    print("\n".join(box(HEAD, rows, left=3)))
    print(f"most that a mean loses: {100 * worst:.2f} points")
    return 1 if worst > LOSS_MAX else 0


if __name__ == "__main__":
    sys.exit(main())
