"""TFLite files drawn by chance: every code of their certified networks is LiteRT's.

`bench/litert_differences.py` does the same with hundreds of files.
"""

import pytest

from fcgen.load.tflite import dense as tflite_dense
from fcgen.numerics.source_step import DoubleProduct
from litert_check import check
from litert_random import draw
from tflite_examples import KERNELS

SEED, FILES, VECTORS = 14, 16, 40


@pytest.mark.parametrize("target", KERNELS)
def test_codes_are_litert_s_but_for_what_the_certificate_lists(target, tmp_path):
    checks = [check(draw(SEED, n), target, tmp_path, n, VECTORS) for n in range(FILES)]
    assert [one.wrong for one in checks] == [[]] * FILES
    assert sum(bool(one.codes) for one in checks) > FILES / 2


def test_the_checker_finds_a_code_that_is_not_listed(tmp_path, monkeypatch):
    def steeper(scale, *rest):
        return DoubleProduct(scale * (1 + 2.0**-10), *rest)

    monkeypatch.setattr(tflite_dense, "DoubleProduct", steeper)
    files = (draw(SEED, number) for number in range(FILES))
    assert any(check(one, "litert-reference", tmp_path, 0, VECTORS).wrong for one in files)
