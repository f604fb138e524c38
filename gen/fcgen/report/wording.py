"""Numbers and texts as people read them."""

from __future__ import annotations

from math import floor, log10

SHORT, LONG_WORD = 12, 16


def printable(text: str) -> str:
    """Return text without letters that end, move or hide others."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def extent(text: str) -> str:
    """Return how a cell may be broken: ``short`` nowhere, ``long`` anywhere, else between words."""
    if len(text) <= SHORT:
        return "short"
    return "long" if max(map(len, text.split()), default=0) > LONG_WORD else "words"


def percent(share: float) -> str:
    """Return a part of one in per cent."""
    return f"{100 * share:.2f} %"


def rate(value: float) -> str:
    """Return a number a second, rounded down to what is certain: 870,792 or 2.35 million."""
    if value >= 1e6:
        return f"{floor(value / 1e4) / 100:.2f} million"
    return f"{floor(value):,}"


def seconds(value: float) -> str:
    """Return a time with three digits, in the unit that suits it."""
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * scale >= 1:
            return f"{_three(value * scale)} {unit}"
    return f"{_three(value * 1e9)} ns"


def _three(value: float) -> str:
    return f"{value:.{max(0, 2 - floor(log10(value))) if value else 0}f}"
