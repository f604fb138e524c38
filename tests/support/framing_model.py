"""The framing rules of the input stream, written from the interface."""

from __future__ import annotations


class Framing:
    """Sorts accepted beats into whole vectors.

    Attributes
    ----------
    complete : list of list of int
        Payloads of the vectors taken over so far.
    partial : list of int
        Beats of the vector under way.
    swallowing, error : bool
    """

    def __init__(self, beats: int) -> None:
        self.beats = beats
        self.partial: list[int] = []
        self.complete: list[list[int]] = []
        self.swallowing = False
        self.error = False

    def accept(self, payload: int, first: int, last: int) -> None:
        """Take a beat."""
        if self.swallowing and not first:
            self.swallowing = not last
            return
        if first:
            self.error |= bool(self.partial)
            self.partial = []
        position = len(self.partial)
        legal = bool(first) == (position == 0) and bool(last) == (position == self.beats - 1)
        self.swallowing = not legal and not last
        if not legal:
            self.error = True
            self.partial = []
        elif last:
            self.complete.append([*self.partial, payload])
            self.partial = []
        else:
            self.partial.append(payload)
