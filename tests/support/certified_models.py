"""Quantised models made by chance, and their certified networks beside onnxruntime."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

import fcgen
from fcgen.certification.certify import certify
from fcgen.network.network import Network
from fcgen.network.reference import trace
from onnx_examples import mlp, save
from qdq_examples import mlp as quantised_mlp
from qdq_examples import onnxruntime_on

VECTORS = 500


@dataclass(frozen=True)
class Check:
    """A network beside the runtime of its model.

    Attributes
    ----------
    network : Network
    codes : ndarray of int64, shape (V, N)
        The inputs.
    wrong : int
        Vectors whose outputs differ, and should not.
    listed : int
        Vectors whose outputs differ, in which a sum occurs of which the certificate says so.
    """

    network: Network
    codes: np.ndarray
    wrong: int
    listed: int


def static(seed: int, folder: Path) -> Path:
    """Quantise a float graph as onnxruntime does, in one of its ways."""
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Reader(CalibrationDataReader):
        def __init__(self, x):
            self.rows = iter([{"x": row[None]} for row in x])

        def get_next(self):
            return next(self.rows, None)

    random = np.random.default_rng(seed)
    sizes = [int(size) for size in random.integers(1, 60, int(random.integers(2, 5)))]
    source, path = folder / f"float-{seed}.onnx", folder / f"static-{seed}.onnx"
    save(mlp(*sizes, seed=seed), source)
    # onnxruntime has no QGemm of signed activations.
    operators = seed % 2 == 1
    signed = not operators and seed // 2 % 2
    logging.disable(logging.WARNING)  # it asks for a preprocessing that dense layers do not need
    quantize_static(
        str(source),
        str(path),
        Reader(random.normal(0, 1, (64, sizes[0])).astype(np.float32)),
        quant_format=QuantFormat.QOperator if operators else QuantFormat.QDQ,
        activation_type=QuantType.QInt8 if signed else QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=bool(seed // 4 % 2),
        reduce_range=bool(seed // 8 % 2),
        extra_options={"WeightSymmetric": bool(seed % 3)},
    )
    logging.disable(logging.NOTSET)
    return path


def qcdq(seed: int, folder: Path) -> Path:
    """Write a graph with clips of codes behind its quantisers."""
    random = np.random.default_rng(seed)
    sizes = [int(size) for size in random.integers(1, 60, int(random.integers(2, 5)))]
    style = ("gemm", "matmul", "matmul+add")[seed % 3]
    graph = quantised_mlp(
        sizes, seed, style, unsigned=bool(seed % 2), per_channel=bool(seed // 2 % 2), narrow=True
    )
    return save(graph, folder / f"qcdq-{seed}.onnx")


def certified(path: Path, seed: int) -> Check:
    """Compare a quantised model's network with onnxruntime."""
    model = fcgen.load(path)
    network, certificate = certify(model)
    random = np.random.default_rng(seed)
    grid = network.input
    codes = random.integers(grid.lo, grid.hi, (VECTORS, network.inputs), endpoint=True)
    largest = max(int(np.abs(layer.weight).max()) for layer in network.layers)
    theirs = onnxruntime_on(onnx.load(str(path)), grid.reals(codes), full_range=largest >= 64)
    outputs = trace(network, codes)
    differ = (network.output(outputs[-1]) != theirs).any(axis=1)
    listed = {
        (found.layer, found.output, at)
        for found in certificate.differences
        for at in range(found.first, found.last + 1)
    }
    known = 0
    for vector in np.flatnonzero(differ):
        # onnxruntime does not say where it began to differ: a listed sum must have occurred.
        passed = [codes, *outputs][: len(model.layers)]
        for layer, values in zip(model.layers, passed, strict=True):
            sums = layer.accumulate(values[vector : vector + 1])[0]
            if any((layer.name, m, int(total)) in listed for m, total in enumerate(sums)):
                known += 1
                break
    return Check(network, codes, int(differ.sum()) - known, known)
