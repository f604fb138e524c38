"""Certificates of sums of two maps, and of products that are rounded twice."""

from types import SimpleNamespace

import numpy as np
import pytest

from fcgen.certification.certify import certify
from fcgen.certification.sums import sum_layer
from fcgen.load.integer_model import IntegerLayer, IntegerModel
from fcgen.load.integer_sum import IntegerSum
from fcgen.load.tflite.sums import _reference, _xnnpack
from fcgen.network.reference import forward, requantize
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.source_step import TwiceRounded

INT8 = IntegerFormat(8, signed=True)
CODES = np.arange(-128, 128, dtype=np.int64)


def sum_of(seed, kernel):
    random = np.random.default_rng(seed)
    scales = random.uniform(0.01, 0.1, 3).astype(np.float32)
    zeros = [int(zero) for zero in random.integers(-128, 128, 3)]
    tensors = [
        SimpleNamespace(scales=np.array([scale]), zero_points=np.array([zero]))
        for scale, zero in zip(scales, zeros, strict=True)
    ]
    codes = kernel(list(np.meshgrid(CODES, CODES, indexing="ij")), tensors) + zeros[2]
    ratios = [float(scale) / float(scales[2]) for scale in scales[:2]]
    clipped = np.clip(codes, -128, 127)
    return IntegerSum("add", 1, 2, 1, INT8, clipped, tuple(ratios), (zeros[0], zeros[1]))


@pytest.mark.parametrize("kernel", [_reference, _xnnpack])
@pytest.mark.parametrize("seed", range(4))
def test_a_sum_is_certified_over_all_pairs_of_codes(seed, kernel):
    source = sum_of(seed, kernel)
    layer, proof = sum_layer(source)
    pairs = np.stack(np.meshgrid(CODES, CODES, indexing="ij"), axis=-1).reshape(-1, 4)
    wrong = (forward(layer, pairs) != source.run(pairs)).sum()
    assert wrong == proof.differing[0]
    assert proof.exact.all() == (wrong == 0)


def test_products_that_are_rounded_twice_are_exact_on_both_sides_of_zero():
    random = np.random.default_rng(3)
    weight = random.integers(-127, 128, (12, 9))
    scale = random.uniform(2e-3, 9e-3, 12)
    layer = IntegerLayer(
        name="l",
        weight=weight,
        bias=random.integers(-3000, 3000, 12),
        weight_format=INT8,
        activation_format=INT8,
        input_zero_point=3,
        input_lo=-128,
        input_hi=127,
        step=TwiceRounded(scale, INT8, -4, -128, 127),
    )
    model = IntegerModel("m", "f", "x", (9,), (layer,), "litert-reference", None, None)
    network, certificate = certify(model)
    assert network.layers[0].requantization.rounding == "half_outward"
    least, most = layer.reach
    sums = np.linspace(least, most, 20_001).astype(np.int64)
    differs = layer.step(sums) != requantize(network.layers[0].requantization, sums)
    assert certificate.exact
    assert not differs.any()
