"""Accuracy of quantised networks on scikit-learn's digits, over five splits.

Run as ``python bench/digits_accuracy.py``: prints a table. Networks are trained by
`MLPClassifier`, quantised with the training images as calibration data, and run by the NumPy
reference; every figure is the mean over the splits, 450 held-out images each.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from fcgen.load.model import Activation, FloatLayer, Model
from fcgen.network.reference import run
from fcgen.quantization.model import quantize
from fcgen.quantization.options import QuantizeOptions

SPLITS = 5
HIDDEN = ((32,), (64, 32))
BITS = (8, 6, 4)


def trained(hidden: tuple[int, ...], x: np.ndarray, y: np.ndarray, seed: int) -> Model:
    """Train a network and return its layers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier = MLPClassifier(hidden, max_iter=400, random_state=seed).fit(x, y)
    pairs = list(zip(classifier.coefs_, classifier.intercepts_, strict=True))
    layers = tuple(
        FloatLayer(
            f"fc{number}",
            weight.T,
            bias,
            Activation(lo=0.0) if number < len(pairs) else Activation(),
        )
        for number, (weight, bias) in enumerate(pairs, 1)
    )
    return Model("digits", "scikit-learn", "x", (64,), layers)


def main() -> None:
    """Print the table."""
    x, y = load_digits(return_X_y=True)
    head = " | ".join(f"{bits} bits" for bits in BITS)
    print(f"| network | float | {head} |\n|---|--:|{'--:|' * len(BITS)}")
    for hidden in HIDDEN:
        scores = np.zeros((SPLITS, 1 + len(BITS)))
        for split in range(SPLITS):
            parts = train_test_split(x / 16, y, test_size=0.25, random_state=split, stratify=y)
            train, test, labels, wanted = parts
            model = trained(hidden, train, labels, split)
            scores[split, 0] = (model.forward(test).argmax(1) == wanted).mean()
            for place, bits in enumerate(BITS, 1):
                network = quantize(model, train, QuantizeOptions((bits,), (bits,))).network
                codes, _ = network.quantize(test)
                scores[split, place] = (run(network, codes).argmax(1) == wanted).mean()
        sizes = "-".join(map(str, (64, *hidden, 10)))
        cells = " | ".join(f"{100 * score:.2f} %" for score in scores.mean(0))
        print(f"| {sizes} | {cells} |")


if __name__ == "__main__":
    main()
