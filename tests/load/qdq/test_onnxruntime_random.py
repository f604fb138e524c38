"""Graphs drawn by chance: the certified network beside onnxruntime's default session.

The full count is ``bench/onnxruntime_differences.py``.
"""

import numpy as np
import pytest

from onnxruntime_checks import Counts, check
from onnxruntime_random import draw

GRAPHS = 40
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_every_code_is_onnxruntime_s_or_listed(part):
    found = Counts()
    for number in range(part, GRAPHS, PARTS):
        drawn = draw(14, number)
        if not drawn.slow:
            counts = check(drawn, np.random.default_rng([14, number, 1]), vectors=100)
            assert not counts.faults, f"draw(14, {number}): {counts}: {drawn.words}"
            found += counts
    assert found.graphs > 3
    assert found.outputs
