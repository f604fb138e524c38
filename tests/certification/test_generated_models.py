"""Models made by chance equal onnxruntime; `bench/generated_models.py` has the full counts."""

import pytest

from certified_models import certified, qcdq, static


@pytest.mark.parametrize("seed", range(16))
def test_what_onnxruntime_quantises_gives_its_integers(seed, tmp_path):
    assert certified(static(seed, tmp_path), seed).wrong == 0


@pytest.mark.parametrize("seed", [*range(8), 28])
def test_graphs_with_clips_of_codes_give_onnxruntime_s_integers(seed, tmp_path):
    assert certified(qcdq(seed, tmp_path), seed).wrong == 0
