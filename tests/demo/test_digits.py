import importlib.util
from pathlib import Path

import numpy as np
import pytest

from fcgen.demo.digits import DATA, PIXELS, Digits
from fcgen.network.reference import forward

TRAINING = Path(__file__).parents[2] / "weights" / "train_digits.py"


@pytest.fixture(scope="module")
def digits() -> Digits:
    return Digits.load()


@pytest.fixture(scope="module")
def trained() -> dict[str, np.ndarray]:
    spec = importlib.util.spec_from_file_location("train_digits", TRAINING)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.train()


def test_the_file_is_small():
    assert DATA.stat().st_size < 50_000


def test_the_shapes_belong_together(digits):
    assert digits.weight.shape == (10, 64)
    assert digits.bias.shape == (10,)
    assert digits.images.shape == (599, 8, 8)
    assert digits.labels.shape == (599,)
    assert digits.vectors.shape == (599, 64)


def test_every_pixel_is_its_own_code(digits):
    assert PIXELS.contains(digits.images)
    assert digits.images.max() == 16


def test_every_digit_is_held_out_about_as_often(digits):
    assert np.bincount(digits.labels, minlength=10).min() >= 55


def test_training_again_holds_out_the_same_images(digits, trained):
    assert np.array_equal(digits.images, trained["images"])
    assert np.array_equal(digits.labels, trained["labels"])


def test_training_again_gives_the_same_weights(digits, trained):
    assert np.allclose(digits.weight, trained["weight"], atol=1e-3)
    assert np.allclose(digits.bias, trained["bias"], atol=1e-3)


def test_the_trained_weights_recognise_the_digits(digits):
    assert digits.accuracy(digits.float_scores()) == pytest.approx(576 / 599)


def test_the_integers_recognise_as_many(digits):
    layer, _ = digits.quantised()
    scores = forward(layer, digits.vectors)
    assert digits.accuracy(scores) >= digits.accuracy(digits.float_scores()) - 0.005


def test_the_integers_are_the_float_scores_in_eighths(digits):
    layer, _ = digits.quantised()
    error = forward(layer, digits.vectors) / 8 - digits.float_scores()
    assert np.abs(error).max() < 0.25


def test_a_tie_counts_for_the_first_of_the_highest_scores(digits):
    assert digits.accuracy(np.zeros((599, 10))) == np.mean(digits.labels == 0)
