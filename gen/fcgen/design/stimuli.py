"""Vectors for simulations without inputs: the extremes first, then seeded random ones."""

import numpy as np

from fcgen.numerics.fixed import IntegerFormat

EXTREMES = 4


def stimuli(element: IntegerFormat, length: int, vectors: int, seed: int) -> np.ndarray:
    """Return vectors of an integer format.

    The first ones are all-minimum, all-maximum, and the two alternations of them; the others are
    uniformly random over the whole range.

    Parameters
    ----------
    element : IntegerFormat
    length : int
        Elements of a vector.
    vectors : int
    seed : int

    Returns
    -------
    ndarray of int64, shape (vectors, length)
    """
    low, high = element.minimum, element.maximum
    odd = np.arange(length) % 2 == 1
    generator = np.random.default_rng(seed)
    result = element.draw(generator, (vectors, length))
    corners = (low, high, np.where(odd, high, low), np.where(odd, low, high))
    for index, corner in enumerate(corners[:vectors]):
        result[index] = corner
    return result
