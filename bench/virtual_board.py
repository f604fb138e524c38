"""Digits through the virtual board: the RTL with its serial line, and the client of real boards.

Run as ``python bench/virtual_board.py [--inferences 10000]``: the 64-32-10 network of
``digits_accuracy.py``, 8 bits, and a layer whose weights, bias and requantization constants are
replaced at run time by those of another training. Every output is compared with the reference.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from digits_accuracy import trained
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from fcgen import accelerator
from fcgen.accelerator import Accelerator
from fcgen.dense_layer import DenseLayer
from fcgen.digits import PIXELS
from fcgen.fixed import IntegerFormat
from fcgen.folding import Folding
from fcgen.host.board import Board
from fcgen.host.board_results import BoardRun
from fcgen.host.virtual_board import TIMEOUT, VirtualBoard
from fcgen.load.raw_weights import RawWeights
from fcgen.network import Network
from fcgen.quantize import make_layer
from fcgen.quantize_model import QuantizeOptions, quantize
from fcgen.reference import run
from fcgen.schedule import Schedule

PE = (8, 2)


def show(name: str, network: Network, codes: np.ndarray, result: BoardRun) -> int:
    """Print a run and return its mismatches."""
    wrong = int((result.outputs != run(network, codes)).sum())
    print(f"{name}: {len(codes):,} inferences, {wrong} mismatches in {result.outputs.size:,}")
    print(f"    weights {result.weights_hash[:16]}, {result.retries} requests sent again")
    share = 100 * result.cycles_at_work / result.cycles
    print(
        f"    {result.cycles:,} cycles of the chip ({share:.0f} % with an INFER served): "
        f"{result.inferences_per_second:,.0f} inferences/s at {result.clock_hz / 1e6:g} MHz; "
        f"simulated {len(codes) / result.seconds:,.0f} a second"
    )
    return wrong


def network_run(x: np.ndarray, y: np.ndarray, images: np.ndarray, folder: Path) -> int:
    """Run the network."""
    model = trained((32,), x, y, 0)
    network = quantize(model, x, QuantizeOptions((8,), (8,))).network
    foldings = [
        Folding(layer.inputs, layer.outputs, pe, 1, 1, layer.weight_format.bits)
        for layer, pe in zip(network.layers, PE, strict=True)
    ]
    design = accelerator.write(network, Schedule(tuple(foldings)), folder).design
    codes, _ = network.quantize(images)
    with VirtualBoard(design) as virtual, Board(virtual.path, design, timeout=TIMEOUT) as board:
        return show("64-32-10", network, codes, board.run(images))


def single(x: np.ndarray, y: np.ndarray, regularisation: float) -> DenseLayer:
    """Return the layer of one training, with run-time weights."""
    fitted = LogisticRegression(C=regularisation, max_iter=2_000).fit(x, y)
    return make_layer(
        (64,),
        10,
        weight_format=IntegerFormat(8, True),
        activation_format=PIXELS,
        output_format=IntegerFormat(8, True),
        weights=RawWeights(fitted.coef_, fitted.intercept_, source="digits"),
        activation_scale=1 / 16,
        runtime_weights=True,
    )[0]


def layer_run(x: np.ndarray, y: np.ndarray, images: np.ndarray, folder: Path) -> int:
    """Run the layer with the weights of two trainings."""
    first, second = single(x, y, 1.0), single(x[::2], y[::2], 0.01)
    written: Accelerator = accelerator.write(first, Folding(64, 10, 2, 1, 1, 8), folder)
    codes = (16 * images).astype(np.int64)
    half = len(codes) // 2
    design, network = written.design, Network.single(second)
    with VirtualBoard(design) as virtual, Board(virtual.path, design, timeout=TIMEOUT) as board:
        wrong = show("64-10", design.network, codes[:half], board.run(codes[:half]))
        board.load_weights(second)
        return wrong + show("64-10, new weights", network, codes[half:], board.run(codes[half:]))


def main() -> int:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inferences", type=int, default=10_000)
    options = parser.parse_args()
    x, y = load_digits(return_X_y=True)
    x = x / 16
    images = x[np.random.default_rng(0).integers(0, len(x), options.inferences)]
    with tempfile.TemporaryDirectory() as folder:
        wrong = network_run(x, y, images, Path(folder) / "network")
        wrong += layer_run(x, y, images, Path(folder) / "layer")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
