"""A digit and its scores, drawn in block characters."""

from itertools import zip_longest

import numpy as np

SHADES = " ░▒▓█"
BAR = 16


def draw(image: np.ndarray, scores: np.ndarray) -> list[str]:
    """Draw an image and, beside it, a bar for each score.

    Parameters
    ----------
    image : ndarray of integers, shape (H, W)
        0 is empty, the largest value full.
    scores : ndarray of integers, shape (M,)

    Returns
    -------
    list of str
        Lines of characters; the highest score, the first of several, is marked.
    """
    pictures = _image(image)
    blank = " " * len(pictures[0])
    return [
        f"  {picture}  {bar}".rstrip()
        for picture, bar in zip_longest(pictures, _bars(scores), fillvalue=blank)
    ]


def _image(image: np.ndarray) -> list[str]:
    """Return the rows of an image, each pixel two characters wide, in a frame."""
    full = max(int(image.max()), 1)
    # Rounded up: a pixel that is not empty is seen.
    steps = -(-image.astype(np.int64) * (len(SHADES) - 1) // full)
    rows = ["│" + "".join(SHADES[step] * 2 for step in row) + "│" for row in steps]
    edge = "─" * (2 * image.shape[1])
    return [f"┌{edge}┐", *rows, f"└{edge}┘"]


def _bars(scores: np.ndarray) -> list[str]:
    """Return a line for each score: bars to the left are negative, to the right positive."""
    largest = max(int(np.abs(scores).max()), 1)
    best = int(scores.argmax())
    lines = []
    for index, score in enumerate(scores.tolist()):
        bar = "█" * round(abs(score) * BAR / largest)
        sides = (bar.rjust(BAR), "") if score < 0 else (" " * BAR, bar)
        mark = " <" if index == best else ""
        lines.append(f"{index} {score:5}  {sides[0]}│{sides[1]}{mark}")
    return lines
