"""Small designs for the tests of everything that reads a design."""

from pathlib import Path

import numpy as np

from fcgen import accelerator
from fcgen.accelerator import Accelerator
from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding

INT8 = IntegerFormat(8, True)


def small_layer(
    inputs: int = 12,
    outputs: int = 7,
    *,
    seed: int = 0,
    raw: bool = False,
    runtime: bool = False,
    activation: IntegerFormat = INT8,
) -> DenseLayer:
    """A layer with random int8 weights whose outputs use their range."""
    random = np.random.default_rng(seed)
    scheme = Requantization.make(
        outputs, INT8, multiplier=random.integers(50, 100, outputs), shift=15
    )
    return DenseLayer(
        name="layer",
        input_shape=(inputs,),
        weight=random.integers(-128, 128, (outputs, inputs)),
        bias=random.integers(-1000, 1000, outputs),
        weight_format=INT8,
        activation_format=activation,
        requantization=None if raw else scheme,
        runtime_weights=runtime,
    )


def write_small(
    out: Path, layer: DenseLayer | None = None, pe: int = 3, simd: int = 4, lanes: int = 2
) -> Accelerator:
    """Emit a small layer."""
    layer = layer or small_layer()
    return accelerator.write(layer, Folding(layer.inputs, layer.outputs, pe, simd, lanes, 8), out)


def change_first_digit(path: Path) -> None:
    """Change the most significant digit of a memory image, which is the sign of a weight."""
    text = path.read_text()
    path.write_text(f"{int(text[0], 16) ^ 8:x}{text[1:]}")
