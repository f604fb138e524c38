"""The demo's data: handwritten digits that were held out of training, and the trained weights.

``weights/train_digits.py`` made the file; ``weights/README.md`` says where the digits come from.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from fcgen.load.arrays.raw_weights import RawWeights
from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics.fixed import IntegerFormat
from fcgen.quantization.layer_options import make_layer

DATA = Path(__file__).with_name("data") / "digits.npz"
PIXEL_MAX = 16
SHAPE = (1, 8, 8)
# A pixel is its own code: 5 bits hold 0 to 16 exactly, and a step is worth 1/16 as in training.
PIXELS = IntegerFormat(5, signed=False)
INT8 = IntegerFormat(8, signed=True)
SCORE_STEP = 1 / 8


@dataclass(frozen=True, eq=False)
class Digits:
    """Trained weights and held-out images.

    Attributes
    ----------
    weight : ndarray of float32, shape (10, 64)
    bias : ndarray of float32, shape (10,)
        For pixels scaled to 0..1.
    images : ndarray of uint8, shape (V, 8, 8)
        Pixels from 0 to 16.
    labels : ndarray of uint8, shape (V,)
    """

    weight: np.ndarray
    bias: np.ndarray
    images: np.ndarray
    labels: np.ndarray

    @classmethod
    def load(cls) -> Self:
        """Read the file that comes with the package."""
        with np.load(DATA, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in ("weight", "bias", "images", "labels")})

    @property
    def vectors(self) -> np.ndarray:
        """The images as inputs of the layer: int64, shape (V, 64)."""
        vectors: np.ndarray = self.images.reshape(len(self.images), -1).astype(np.int64)
        return vectors

    def float_scores(self) -> np.ndarray:
        """Return the scores of the layer as trained: float64, shape (V, 10)."""
        scores: np.ndarray = self.vectors / PIXEL_MAX @ self.weight.T.astype(np.float64) + self.bias
        return scores

    def accuracy(self, scores: np.ndarray) -> float:
        """Return the part of the images whose highest score is that of their label."""
        return float((scores.argmax(axis=1) == self.labels).mean())

    def quantised(self) -> tuple[DenseLayer, tuple[str, ...]]:
        """Return the layer in integers, and lines on what was chosen and lost."""
        return make_layer(
            SHAPE,
            len(self.bias),
            weight_format=INT8,
            activation_format=PIXELS,
            output_format=INT8,
            weights=RawWeights(self.weight, self.bias, source=DATA.name),
            activation_scale=1 / PIXEL_MAX,
            output_scale=SCORE_STEP,
            name="digits",
        )
