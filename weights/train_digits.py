"""Trains the demo's layer and writes ``gen/fcgen/data/digits.npz``.

Run from the root of the repository; see the README beside this file.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

TARGET = Path(__file__).parents[1] / "gen" / "fcgen" / "data" / "digits.npz"
PIXEL_MAX = 16


def train() -> dict[str, np.ndarray]:
    """Train a multinomial logistic regression on two thirds of the digits.

    Returns
    -------
    dict
        ``weight`` (10, 64) and ``bias`` (10,), float32, for pixels scaled to 0..1; the held-out
        third as ``images`` uint8 (599, 8, 8) of 0..16 and ``labels`` uint8 (599,).
    """
    digits = load_digits()
    training, images, training_labels, labels = train_test_split(
        digits.data, digits.target, test_size=1 / 3, random_state=0, stratify=digits.target
    )
    model = LogisticRegression(C=0.5, max_iter=1_000, tol=1e-8)
    model.fit(training / PIXEL_MAX, training_labels)
    return {
        "weight": model.coef_.astype(np.float32),
        "bias": model.intercept_.astype(np.float32),
        "images": images.reshape(-1, 8, 8).astype(np.uint8),
        "labels": labels.astype(np.uint8),
    }


if __name__ == "__main__":
    arrays = train()
    scores = arrays["images"].reshape(-1, 64) / PIXEL_MAX @ arrays["weight"].T + arrays["bias"]
    accuracy = (scores.argmax(axis=1) == arrays["labels"]).mean()
    TARGET.parent.mkdir(exist_ok=True)
    np.savez_compressed(TARGET, **arrays)
    size = TARGET.stat().st_size
    print(f"{TARGET}: {len(scores)} held-out images, accuracy {accuracy:.4f}, {size:,} bytes")
