"""What is known of each point: measured where it was synthesised, estimated elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from fcgen.explore import records
from fcgen.explore.front import Merits, front
from fcgen.explore.point import Point, folding_text
from fcgen.explore.store import ESTIMATES, ROUTED, Record, Store
from fcgen.explore.subject import load


@dataclass(frozen=True)
class Row:
    """A point and its figures.

    Attributes
    ----------
    point : Point
        Without a seed.
    accuracy : float, optional
        None where there are no labels.
    routed : bool
        The figures are those of synthesis, place and route, not of the estimate.
    seeds : tuple of int
        Of the placements.
    values : dict
        Figures by the names that ``--json`` has everywhere; ``fmax_mhz`` has one a seed.
    pareto : bool
        No other point of the device dominates it.
    """

    point: Point
    accuracy: float | None
    routed: bool
    seeds: tuple[int, ...]
    values: Record
    pareto: bool = False

    @property
    def fits(self) -> bool:
        """It can be built, and has a clock."""
        return bool(self.values["fits"] and self.values["fmax_capped_mhz"])

    @property
    def merits(self) -> Merits:
        """What it is judged by."""
        values = self.values
        return Merits(
            self.point.device,
            self.accuracy or 0.0,
            values["inferences_per_second"],
            values["lut"],
            values["dsp"],
            values["ram"],
            values["latency_us"],
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON value: equal keys for every row."""
        point = self.point.as_dict()
        del point["seed"]
        return {
            "name": self.point.name,
            **point,
            "multipliers": self.point.multipliers,
            "accuracy": self.accuracy,
            "pareto": self.pareto,
            "source": "routed" if self.routed else "estimate",
            "seeds": list(self.seeds),
            **self.values,
        }

    @property
    def folding(self) -> str:
        """Elements and lanes of each layer."""
        return folding_text(self.point.sizes)


def collect(store: Store, points: Sequence[Point], seeds: Sequence[int]) -> list[Row]:
    """Return a row for each point whose estimate is there, with the front marked."""
    rows = [row for point in points if (row := _row(store, point, seeds)) is not None]
    places = [place for place, row in enumerate(rows) if row.fits]
    marks = front([rows[place].merits for place in places])
    for place, mark in zip(places, marks, strict=True):
        rows[place] = replace(rows[place], pareto=mark)
    return rows


def worthwhile(rows: Sequence[Row], margin: float) -> list[Row]:
    """Return the rows that may be of the front when estimates are wrong by the margin.

    Of rows with the same widths, folding and figures, which are one design under two options, the
    first stands for all.
    """
    fitting = [row for row in rows if row.fits]
    marks = front([row.merits for row in fitting], margin)
    kept: dict[Any, Row] = {}
    for row, mark in zip(fitting, marks, strict=True):
        if mark:
            kept.setdefault((row.point.widths, row.point.sizes, row.merits), row)
    return list(kept.values())


def _row(store: Store, point: Point, seeds: Sequence[int]) -> Row | None:
    estimate = _record(store, ESTIMATES, point)
    if estimate is None:
        return None
    _, accuracy = load(store.directory, point.widths)
    found = {
        seed: record
        for seed in seeds
        if (record := _record(store, ROUTED, replace(point, seed=seed))) is not None
    }
    values = _values(estimate)
    if found:
        values = _together([_values(record) for record in found.values()])
    return Row(point, accuracy, bool(found), tuple(found), values)


def _record(store: Store, kind: str, point: Point) -> Record | None:
    record = store.read(kind, point.name)
    return None if record is None else records.check(record, store.path(kind, point.name))


def _values(record: Record) -> Record:
    return {
        **dict.fromkeys(("lut", "ff", "dsp", "ram", "scratchpad", "fmax_mhz", "fmax_capped_mhz")),
        **{key: value for key, value in record.items() if key not in ("point", "versions")},
    }


def _together(records: list[Record]) -> Record:
    """Return the figures of several placements: the median clock, and the logic it was with."""
    fitting = [record for record in records if record["fits"]]
    if not fitting or len(fitting) < len(records):
        return next(record for record in records if not record["fits"])
    clocks = [mhz for record in fitting for mhz in record["fmax_mhz"]]
    most = max(fitting, key=lambda record: record["lut"])
    if not clocks:
        return most
    old, new = most["fmax_capped_mhz"], median(clocks)
    rates = ("inferences_per_second", "gmac_per_second")
    return {
        **most,
        "fmax_mhz": clocks,
        "fmax_capped_mhz": new,
        "latency_us": most["latency_us"] * old / new,
        **{name: most[name] * new / old for name in rates},
    }
