"""Estimates against designs that were routed; `bench/estimate.py` prints and extends the table."""

import json

import numpy as np
import pytest

from command_line import run

MEASURED = [
    # device, inputs, outputs, pe, simd, options; LUT, FF, DSP, RAM, MHz (capped, median)
    ("ecp5-25k", 640, 128, 28, 1, "--pack 1", 2293, 3301, 28, 48, 212.0),
    ("ecp5-85k", 1024, 100, 25, 1, "--pack 1", 1614, 2648, 25, 52, 212.0),
    ("ecp5-25k", 500, 60, 12, 1, "--soft-macs 4", 1452, 2105, 8, 17, 212.0),
    ("ecp5-25k", 45, 10, 1, 1, "--pack 1", 270, 510, 2, 2, 212.0),
    ("ecp5-25k", 64, 32, 4, 2, "", 534, 888, 9, 3, 212.0),
    ("ecp5-25k", 300, 40, 10, 1, "--output-lanes 2", 947, 1453, 10, 9, 212.0),
    ("ecp5-25k", 256, 24, 6, 3, "--weight-bits 4", 972, 1743, 10, 4, 212.0),
    ("ecp5-25k", 100, 50, 10, 1, "--weight-bits 2", 923, 786, 1, 4, 212.0),
    ("ecp5-25k", 128, 56, 28, 1, "--pack 2", 2822, 4418, 15, 9, 212.0),
    ("ecp5-25k", 200, 30, 6, 1, "--runtime-weights", 2798, 3583, 8, 4, 164.0),
    ("ecp5-45k", 96, 48, 16, 1, "--weight-bits 12 --activation-bits 12", 1424, 2412, 17, 10, 212.0),
    ("ecp5-85k", 784, 128, 32, 1, "--pack 1", 2680, 3708, 32, 58, 212.0),
    # memories of up to 64 bits for each block RAM stand in registers
    ("ice40-up5k", 64, 10, 2, 1, "", 599, 515, 3, 3, 65.3),
    ("ice40-up5k", 8, 4, 1, 1, "", 539, 449, 2, 2, 67.4),
    ("ice40-up5k", 100, 20, 4, 1, "", 757, 618, 4, 6, 60.4),
    ("ice40-up5k", 100, 37, 8, 1, "", 1175, 936, 6, 10, 55.7),
    ("ice40-up5k", 30, 12, 6, 1, "", 880, 752, 5, 5, 65.0),
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
        assert found[key] == pytest.approx(value, rel=bound), key
