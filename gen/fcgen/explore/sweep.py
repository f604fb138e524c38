"""The definition of a sweep: its axes, what it is of, and the points that follow."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fcgen import devices
from fcgen.devices.device import PACKS
from fcgen.errors import bad_input
from fcgen.explore.point import Point, Widths, folding_text
from fcgen.folding.search import Size, at_pace, cheapest, slowest
from fcgen.numerics.fixed import OPERAND_BITS_MAX

SUBJECT = "MODEL|SHAPE"
"""The argument of the command, and its key in a definition."""
POINTS_MAX = 100_000
PACES = 8
"""Foldings of a sweep that names none: one multiplier a layer, and half the cycles each time."""


@dataclass(frozen=True)
class Axes:
    """What is combined with what.

    Attributes
    ----------
    widths : tuple of Widths
    foldings : tuple of tuple of (int, int)
        Elements and lanes of each layer.
    packs, devices : tuple of str
    seeds : tuple of int
        Placements of what is synthesised.

    Raises
    ------
    InputError
        When there are more points than anybody can want.
    """

    widths: tuple[Widths, ...]
    foldings: tuple[tuple[Size, ...], ...]
    packs: tuple[str, ...]
    devices: tuple[str, ...]
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        number = len(self.widths) * len(self.foldings) * len(self.packs) * len(self.devices)
        if number > POINTS_MAX:
            rule = f"a sweep has at most {POINTS_MAX:,}"
            raise bad_input("--folding", f"{number:,} points", rule, "give fewer values")

    def points(self) -> list[Point]:
        """Return all points, without seeds, in a fixed order."""
        axes = (self.devices, self.widths, self.foldings, self.packs)
        return [Point(*values) for values in itertools.product(*axes)]

    def as_dict(self) -> dict[str, Any]:
        """Return the axes by the options that give them."""
        return {
            "--device": list(self.devices),
            "--bits": list(map(str, self.widths)),
            "--folding": list(map(folding_text, self.foldings)),
            "--pack": list(self.packs),
            "--seeds": len(self.seeds),
        }


def parse_widths(texts: Sequence[str]) -> tuple[Widths, ...]:
    """Read the values of ``--bits``."""
    found = [(text, Widths.parse(text)) for text in texts]
    for text, widths in found:
        if widths is None:
            rule = "must be bits as 8, or weights x activations as 4x8"
            raise bad_input("--bits", text, rule, "correct it")
        for bits, least, what in ((widths.weight, 2, "weights"), (widths.activation, 1, "inputs")):
            if not least <= bits <= OPERAND_BITS_MAX:
                rule = f"{what} have from {least} to {OPERAND_BITS_MAX} bits"
                raise bad_input("--bits", text, rule, "choose widths in this range")
    return tuple(dict.fromkeys(widths for _, widths in found if widths))


def parse_foldings(
    texts: Sequence[str] | None, layers: Sequence[Size]
) -> tuple[tuple[Size, ...], ...]:
    """Read the values of ``--folding``: cycles a vector at most, or elements and lanes.

    Parameters
    ----------
    texts : sequence of str, optional
        ``640``, or ``16x2+3x1``; None for `PACES` paces.
    layers : sequence of (int, int)
        Inputs and outputs of each.
    """
    if texts is None:
        slow = slowest(layers)
        paces = {max(slow >> step, 1) for step in range(PACES)}
        found = [at_pace(layers, cycles) for cycles in sorted(paces, reverse=True)]
        return tuple(dict.fromkeys(tuple(sizes) for sizes in found if sizes))
    return tuple(dict.fromkeys(_folding(text, layers) for text in texts))


def _folding(text: str, layers: Sequence[Size]) -> tuple[Size, ...]:
    if re.fullmatch(r"[1-9][0-9]{0,11}", text):
        found = [cheapest(inputs, outputs, int(text)) for inputs, outputs in layers]
        return tuple(size for size in found if size)
    if not re.fullmatch(
        r"[1-9][0-9]{0,8}x[1-9][0-9]{0,8}(\+[1-9][0-9]{0,8}x[1-9][0-9]{0,8})*", text
    ):
        rule = "must be cycles a vector as 640, or elements x lanes of each layer as 16x2+3x1"
        raise bad_input("--folding", text, rule, "correct it")
    sizes = [(int(pe), int(simd)) for pe, simd in (part.split("x") for part in text.split("+"))]
    if len(sizes) != len(layers):
        rule = f"there must be one for each of the {len(layers)} layers"
        raise bad_input("--folding", text, rule, "join them with +")
    for (inputs, outputs), (pe, simd) in zip(layers, sizes, strict=True):
        if pe > outputs or simd > inputs:
            rule = f"a layer of {inputs} inputs and {outputs} outputs has no more of them"
            raise bad_input("--folding", f"{pe}x{simd}", rule, "choose fewer")
    return tuple(sizes)


def parse_devices(names: Sequence[str]) -> tuple[str, ...]:
    """Check the values of ``--device``: devices of which there are estimates."""
    for name in names:
        family, device = devices.find(name)
        if not device.luts or family.costs is None:
            known = ", ".join(d.name for f in devices.families() if f.costs for d in f.devices)
            rule = "there are no estimates for it"
            raise bad_input("--device", name, rule, f"name some of {known}")
    return tuple(dict.fromkeys(names))


def parse_packs(texts: Sequence[str]) -> tuple[str, ...]:
    """Check the values of ``--pack``."""
    for text in texts:
        if text not in PACKS:
            rule = f"must be some of {', '.join(PACKS)}"
            raise bad_input("--pack", text, rule, "choose among these")
    return tuple(dict.fromkeys(texts))


def differing(stored: dict[str, Any], given: dict[str, Any]) -> str | None:
    """Return the first option in which two definitions differ; None where they are equal."""
    names = [*given, *(name for name in stored if name not in given)]
    return next((name for name in names if stored.get(name) != given.get(name)), None)
