"""How many rows of a map the ring of a window memory holds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fcgen.network.window import Window

Int64Array = npt.NDArray[np.int64]
ARRIVAL, MARGIN = 6, 8
"""Cycles from a pixel to a window that sees it, and from the end of a window to the row that takes
the place of one that it was the last to see."""


def first_rows(window: Window) -> Int64Array:
    """Return the first row of the map that each row of windows sees, int64 (rows,)."""
    tops = np.arange(window.rows) * window.stride[0] - window.padding[0]
    return np.maximum(tops, 0)


def last_rows(window: Window) -> Int64Array:
    """Return the last row of the map that each row of windows sees, int64 (rows,)."""
    tops = np.arange(window.rows) * window.stride[0] - window.padding[0]
    return np.minimum(tops + window.extent[0] - 1, window.height - 1)


def last_columns(window: Window) -> Int64Array:
    """Return the last column of the map that each column of windows sees, int64 (columns,)."""
    lefts = np.arange(window.columns) * window.stride[1] - window.padding[2]
    return np.minimum(lefts + window.extent[1] - 1, window.width - 1)


def ring_rows(window: Window, pixel_beats: int, cycles: int) -> int:
    """Return the rows with which a frame takes its cycles and nothing more.

    Each window begins when its pixels are there and the one before has ended, while the pixels come
    evenly, just as fast as they are needed, frame behind frame. The ring holds what has come and is
    still to be seen: from the first row of the windows at work to the row that is being written.

    Parameters
    ----------
    window : Window
    pixel_beats : int
        Beats of a pixel.
    cycles : int
        Cycles of a window.
    """
    pixels = window.height * window.width
    frame = max(window.positions * cycles, pixels * pixel_beats)
    # Times in cycles times pixels, so that all of them are whole numbers.
    needed = last_rows(window)[:, None] * window.width + last_columns(window) + 1
    # Small maps are many at once.
    frames = np.arange(3 + 2 * (ARRIVAL + MARGIN) // frame)[:, None]
    there = (frames * pixels + needed.reshape(-1)).reshape(-1) * frame + ARRIVAL * pixels
    busy = np.arange(len(there)) * cycles * pixels
    begins = np.maximum.accumulate(there - busy) + busy
    # The rows that are done with after each row of windows.
    released = np.append(first_rows(window)[1:], window.height)
    releases = (frames * window.height + released).reshape(-1)
    times = begins[window.columns - 1 :: window.columns] + (cycles + MARGIN) * pixels
    written = np.arange(window.height) + len(frames) * window.height - window.height
    freed = np.searchsorted(times, written * window.width * frame, side="right")
    done = np.where(freed > 0, releases[np.maximum(freed - 1, 0)], 0)
    most = int((written + 1 - done).max())
    return max(most, least_rows(window))


def least_rows(window: Window) -> int:
    """Return the rows without which a row of windows would wait for ever."""
    return int((last_rows(window) - first_rows(window)).max()) + 1
