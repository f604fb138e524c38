import numpy as np

from fcgen.design.stimuli import stimuli
from fcgen.numerics.fixed import IntegerFormat


def test_extremes_and_alternations_come_first():
    vectors = stimuli(IntegerFormat(4, True), 3, 6, seed=0)
    assert vectors[:4].tolist() == [[-8] * 3, [7] * 3, [-8, 7, -8], [7, -8, 7]]


def test_random_vectors_use_the_whole_range():
    vectors = stimuli(IntegerFormat(2, False), 50, 6, seed=0)
    assert set(vectors[4:].ravel().tolist()) == {0, 1, 2, 3}


def test_fewer_vectors_than_extremes_are_possible():
    assert stimuli(IntegerFormat(1, True), 2, 1, seed=0).tolist() == [[-1, -1]]


def test_the_seed_decides():
    eight = IntegerFormat(8, True)
    first, second = stimuli(eight, 5, 9, seed=1), stimuli(eight, 5, 9, seed=1)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, stimuli(eight, 5, 9, seed=2))
