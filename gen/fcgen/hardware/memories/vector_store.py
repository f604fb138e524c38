"""Block RAM of the vector memory."""

from __future__ import annotations

from fcgen.hardware.memories.text_memory import TextMemory


class VectorStore(TextMemory):
    """Vectors in block RAM, see `TextMemory`.

    A word that is read in the cycle in which it is written is undefined.
    """

    text = "vectorStore"
