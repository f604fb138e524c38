"""Digits through the virtual board: the RTL with its serial line, and the client of real boards.

Run as ``python bench/virtual_board.py [--inferences 20000]``: the 64-32-10 network of
``digits_accuracy.py``, 8 bits. After half of the inferences all its weights, biases and
requantization constants are replaced by those of another training. Every output is compared with
the reference.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from digits_accuracy import trained
from sklearn.datasets import load_digits

from fcgen import accelerator
from fcgen.host.board import Board
from fcgen.host.board_results import BoardRun
from fcgen.host.virtual_board import TIMEOUT, VirtualBoard
from fcgen.network.network import Network
from fcgen.network.reference import run
from fcgen.quantization.model import quantize
from fcgen.quantization.options import QuantizeOptions
from fcgen.schedule.folding import Folding
from fcgen.schedule.schedule import Schedule

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


def network_of(x: np.ndarray, y: np.ndarray, seed: int) -> Network:
    """Return the network of one training, with run-time weights."""
    model = trained((32,), x, y, seed)
    return quantize(model, x, QuantizeOptions((8,), (8,))).network.writable()


def half_with_others(x: np.ndarray, y: np.ndarray, images: np.ndarray, folder: Path) -> int:
    """Run the network of one training, and, on the same chip, that of another one."""
    first, second = network_of(x, y, 0), network_of(x[::2], y[::2], 1)
    foldings = [
        Folding(layer.inputs, layer.outputs, pe, 1, 1, layer.weight_format.bits)
        for layer, pe in zip(first.layers, PE, strict=True)
    ]
    design = accelerator.write(first, Schedule(tuple(foldings)), folder).design
    half = len(images) // 2
    codes, _ = first.quantize(images)
    with VirtualBoard(design) as virtual, Board(virtual.path, design, timeout=TIMEOUT) as board:
        wrong = show("64-32-10", first, codes[:half], board.run(codes[:half], codes=True))
        board.load_weights(second)
        run_again = board.run(codes[half:], codes=True)
        return wrong + show("64-32-10, another training", second, codes[half:], run_again)


def main() -> int:
    """Run the network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inferences", type=int, default=20_000)
    options = parser.parse_args()
    x, y = load_digits(return_X_y=True)
    x = x / 16
    images = x[np.random.default_rng(0).integers(0, len(x), options.inferences)]
    with tempfile.TemporaryDirectory() as folder:
        wrong = half_with_others(x, y, images, Path(folder) / "network")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
