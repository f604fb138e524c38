"""The number that tells whether the words of a training are those of a design."""

import pytest

from designs import small_layer
from fcgen import accelerator
from fcgen.design.design import Design
from fcgen.design.parameter_layout import layout_hash
from fcgen.schedule.folding import Folding


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layouts")

    def written(name, *, seed=0, pe=3, simd=4, prefix=""):
        layer = small_layer(seed=seed, runtime=True)
        accelerator.write(layer, Folding(12, 7, pe, simd, 1, 8), folder / name, prefix=prefix)
        return layout_hash(Design.open(folder / name).manifest)

    return written


def test_another_training_has_the_same_layout(write):
    assert write("old", seed=0) == write("new", seed=9)


def test_names_of_modules_and_files_do_not_count(write):
    assert write("plain") == write("prefixed", prefix="other_")


@pytest.mark.parametrize(("pe", "simd"), [(4, 3), (3, 3), (1, 1)])
def test_another_folding_has_another_layout(pe, simd, write):
    assert write(f"first_{pe}_{simd}") != write(f"folded_{pe}_{simd}", pe=pe, simd=simd)


def test_a_design_that_was_written_has_the_layout_that_is_read_again(tmp_path):
    made = accelerator.write(small_layer(runtime=True), Folding(12, 7, 3, 4, 1, 8), tmp_path / "d")
    assert layout_hash(made.design.manifest) == layout_hash(Design.open(tmp_path / "d").manifest)
