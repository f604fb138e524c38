"""Look-up tables and registers of a layer's memories, and the bits of them that never change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from fcgen.estimation.blocks import block_logic
from fcgen.estimation.counter import LogicCounter
from fcgen.estimation.module import Logic, times
from fcgen.estimation.values import Fixed
from fcgen.hardware.layer.layer_memories import LayerMemories
from fcgen.hardware.memories.cascaded_memory import CascadedMemory
from fcgen.hardware.memories.contents import Bank, WeightBank
from fcgen.hardware.memories.weight_memory import MEMORY_LATENCY, WeightMemory
from fcgen.hardware.parameters.parameter_space import ChainPlace


def memory_logic(counter: LogicCounter, memories: LayerMemories) -> list[Logic]:
    """Count what stands around the memories' block RAMs, or what they are in look-up tables."""
    return [
        times(_memory(counter, memories, bank, fixed), number)
        for (bank, fixed), number in _banks(memories).items()
    ]


def constant_bits(memories: LayerMemories, banks: Sequence[Bank]) -> Fixed:
    """Return the bits of a word of constants that are the same in all words."""
    fixed: set[tuple[str, int, int]] = set()
    low = 0
    for bank in banks:
        known = [dict(_same(memories, name)) for name, _ in memories.parts(bank)]
        for bit in range(bank.width):
            found = {values.get(bit) for values in known}
            if len(found) == 1 and (value := found.pop()) is not None:
                fixed.add(("word", low + bit, value))
        low += bank.width
    return frozenset(fixed)


def _same(memories: LayerMemories, name: str) -> list[tuple[int, int]]:
    """Return the bits of a memory that are the same in all words, with their values."""
    if memories.writable:
        return []
    image = memories.images[name]
    return [(int(bit), image[0] >> int(bit) & 1) for bit in np.flatnonzero(~image.changing)]


def _banks(memories: LayerMemories) -> Counter[tuple[Bank, Fixed]]:
    """Return one of all memories that are alike, with the bits of its parts that are constant."""
    alike: dict[Any, Bank] = {}
    found: Counter[tuple[Bank, Fixed]] = Counter()
    for bank in memories.banks:
        fixed = frozenset(
            (f"part_{number}.word", bit, value)
            for number, (name, _) in enumerate(memories.parts(bank))
            for bit, value in _same(memories, name)
        )
        key = type(bank), bank.depth, bank.width, fixed
        found[alike.setdefault(key, bank), fixed] += 1
    return found


def _memory(counter: LogicCounter, memories: LayerMemories, bank: Bank, fixed: Fixed) -> Logic:
    """Count what stands around the block RAMs of a memory, or what it is in look-up tables."""
    mapping = memories.mapping
    cut = memories.cut(bank)
    depths = cut.depths if cut else (bank.depth,)
    text = "weightMemory" if isinstance(bank, WeightBank) or cut else "parameterMemory"
    width = len(depths) * bank.width - len(fixed)
    if text == "parameterMemory" and not memories.writable:
        width = sum(memories.images[name].distinct for name, _ in memories.parts(bank))
    own = block_logic(text, bank.depth, width, counter.costs)
    if mapping.weight_latency == MEMORY_LATENCY:
        return own
    key = depths, bank.width
    make = partial(_cascade, *key, mapping.weight_latency, memories.writable)
    around = counter.count(counter.once(key, make), fixed)
    return Logic(own.lut + around.lut, own.ff + around.ff)


def _cascade(depths: tuple[int, ...], width: int, latency: int, writable: bool) -> CascadedMemory:
    """Return a memory without contents."""
    parts = [WeightMemory(depth, width, "", writable=writable) for depth in depths]
    return CascadedMemory(parts, latency=latency)


def tap_logic(counter: LogicCounter, memories: LayerMemories, place: ChainPlace) -> list[Logic]:
    """Count the taps of a layer's memories."""
    found = []
    for (bank, _), number in _banks(memories).items():
        address = max((bank.depth - 1).bit_length(), 1)
        tap = memories.tap(place.space, address, bank.width)
        found.append(times(counter.count(tap), number))
    return found
