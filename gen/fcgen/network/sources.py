"""Where each layer of a network takes its inputs from: the edges of the graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input

INPUT = -1
"""The network's own input."""
Sources = tuple[tuple[int, ...], ...]


def chain_sources(layers: int) -> Sources:
    """Return the sources of layers of which each takes what the one before gives."""
    return tuple((number - 1,) for number in range(layers))


def check_sources(sources: Sources, names: Sequence[str]) -> None:
    """Check that the layers stand in an order in which each one's sources come before it.

    Raises
    ------
    InputError
        When a source is no layer before, or nobody takes what a layer gives.
    """
    if len(sources) != len(names):
        rule = f"the network has {len(names)} layers"
        raise bad_input("sources", f"{len(sources)} layers", rule, "give those of each layer")
    for number, (name, given) in enumerate(zip(names, sources, strict=True)):
        if not given or not all(INPUT <= source < number for source in given):
            rule = "the sources of a layer are layers before it, or -1 for the input"
            raise bad_input(f"{name}: sources", list(given), rule, "order the layers")
    used = {source for given in sources for source in given}
    for number, name in enumerate(names[:-1]):
        if number not in used:
            rule = "no layer takes what it gives"
            raise bad_input(name, f"layer {number + 1}", rule, "remove it, or use it")


def consumers(sources: Sources, number: int) -> tuple[int, ...]:
    """Return the layers that take what a layer, or the input, gives; each as often as it does."""
    return tuple(
        place for place, given in enumerate(sources) for source in given if source == number
    )


def joined(parts: Sequence[npt.NDArray[np.int64]], pixels: int) -> npt.NDArray[np.int64]:
    """Return frames side by side, pixel by pixel: (V, elements) each, all of so many pixels."""
    if len(parts) == 1:
        return parts[0]
    maps = [part.reshape(len(part), pixels, -1) for part in parts]
    return np.concatenate(maps, axis=2).reshape(len(parts[0]), -1)
