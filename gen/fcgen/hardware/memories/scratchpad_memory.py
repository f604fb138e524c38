"""Weights in large memories that have one port and no initial contents."""

from __future__ import annotations

from fcgen.hardware.memories.text_memory import TextMemory


class ScratchpadMemory(TextMemory):
    """Weights in a memory that is written before it is used, see `TextMemory`.

    What is read in the cycle of a write is undefined, whatever the addresses; no layer does that.

    Attributes
    ----------
    image : str
        Empty: there is no way to put a file in.
    writable : bool
        Always.
    """

    text = "scratchpadWeightMemory"
    image = ""
    writable = True
