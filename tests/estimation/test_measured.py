"""Estimates against designs that were routed; `bench/estimate.py` prints and extends the table."""

import json

import numpy as np
import pytest

from command_line import run

MEASURED = [
    # device, inputs, outputs, pe, simd, options; LUT, FF, DSP, RAM, MHz (capped, median)
    ("ecp5-25k", 64, 32, 4, 2, "", 574, 851, 9, 3, 212.0),
    ("ecp5-25k", 300, 40, 10, 1, "--output-lanes 2", 939, 1421, 11, 9, 212.0),
    ("ecp5-25k", 256, 24, 6, 3, "--weight-bits 4", 991, 1407, 10, 4, 212.0),
    ("ecp5-25k", 100, 50, 10, 1, "--weight-bits 2", 1046, 766, 1, 4, 157.9),
    ("ecp5-25k", 128, 56, 28, 1, "--pack 2", 2853, 3814, 15, 9, 186.8),
    ("ecp5-25k", 200, 30, 6, 1, "--runtime-weights", 3179, 3394, 8, 4, 107.5),
    ("ecp5-25k", 500, 60, 12, 1, "--soft-macs 4", 1770, 1904, 9, 17, 154.5),
    ("ecp5-45k", 96, 48, 16, 1, "--weight-bits 12 --activation-bits 12", 1516, 2308, 17, 10, 207.2),
    # Packed by nextpnr, not placed: no clock.
    ("ecp5-85k", 784, 128, 32, 1, "--pack 1", 2689, 4135, 33, 58, None),
    ("ecp5-25k", 640, 128, 28, 1, "--pack 1", 2347, 3554, 28, 48, None),
]
BOUNDS = {"lut": 0.10, "ff": 0.10, "dsp": 0, "ram": 0, "fmax_capped_mhz": 0.15}


def weights(path, inputs, outputs):
    random = np.random.default_rng(inputs * outputs)
    np.savez(
        path,
        weight=random.normal(0, inputs**-0.5, (outputs, inputs)),
        bias=random.normal(0, 0.1, outputs),
    )
    return path


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: "-".join(map(str, row[:6])))
def test_an_estimate_is_close_to_what_was_measured(row, capsys, tmp_path):
    device, inputs, outputs, pe, simd, options, *measured = row
    outcome = run(
        capsys,
        *("estimate", inputs, outputs, "--device", device, "--pe", pe, "--simd", simd),
        *options.split(),
        *("--relu", "--weights", weights(tmp_path / "weights.npz", inputs, outputs), "--json"),
    )
    found = json.loads(outcome.out)
    for (key, bound), value in zip(BOUNDS.items(), measured, strict=True):
        assert value is None or found[key] == pytest.approx(value, rel=bound), key
