"""A sweep's results as files: CSV, JSON, a table for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from fcgen.explore.rows import Row
from fcgen.explore.store import Record
from fcgen.text.table import box
from fcgen.text.wording import count

COLUMNS = (
    *("name", "device", "weight_bits", "activation_bits", "folding", "pack", "multipliers"),
    *("accuracy", "pareto", "source", "seeds", "fits", "lut", "ff", "dsp", "ram", "scratchpad"),
    *("fmax_mhz", "fmax_capped_mhz", "initiation_interval", "latency", "latency_us"),
    *("inferences_per_second", "gmac_per_second", "reason"),
)
HEAD = (
    *("Device", "Bits", "Folding", "Pack", "Figures", "Accuracy", "Inferences/s", "LUT", "DSP"),
    *("RAM", "Latency us", "MHz"),
)
FOLDING_MAX = 28
"""Characters of a folding in the table."""


def csv_text(rows: Sequence[Row]) -> str:
    """Return all rows as CSV; lists have spaces between their values."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = row.as_dict()
        writer.writerow([_cell(values.get(column)) for column in COLUMNS])
    return stream.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def as_dict(rows: Sequence[Row], definition: Record) -> dict[str, Any]:
    """Return the JSON value of all rows: equal for equal sweeps, however they were interrupted."""
    return {
        "sweep": definition,
        "points": len(rows),
        "fitting": sum(row.fits for row in rows),
        "routed": sum(row.routed for row in rows),
        "front": [row.point.name for row in ordered(rows)],
        "rows": [row.as_dict() for row in rows],
    }


def json_text(rows: Sequence[Row], definition: Record) -> str:
    """Return all rows as JSON."""
    return json.dumps(as_dict(rows, definition), indent=1, allow_nan=False) + "\n"


def ordered(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the fronts, for each device the fastest first."""
    return sorted(
        (row for row in rows if row.pareto),
        key=lambda row: (row.point.device, -row.merits.rate, -row.merits.accuracy, row.point.name),
    )


def lines(rows: Sequence[Row]) -> list[str]:
    """Return the fronts as a table, and what became of the other points."""
    best = ordered(rows)
    fitting, routed = sum(row.fits for row in rows), sum(row.routed for row in rows)
    points = count(len(rows), "point")
    said = (
        f"{points}: {fitting:,} fit, {routed:,} synthesised; {len(best):,} shown, to which no "
        "other one of the device is equal or better in everything"
    )
    if not best:
        reasons = [row.values["reason"] for row in rows if row.values["reason"]]
        return [said, *(f"for example: {reason}" for reason in reasons[:1])]
    return [*box(HEAD, [_cells(row) for row in best], left=5), f" {said}"]


def _cells(row: Row) -> tuple[str, ...]:
    values = row.values
    folding = row.folding
    if len(folding) > FOLDING_MAX:
        folding = f"{folding[: FOLDING_MAX - 1]}…"
    return (
        row.point.device,
        str(row.point.widths),
        folding,
        row.point.pack,
        "routed" if row.routed else "estimate",
        "-" if row.accuracy is None else f"{row.accuracy:.2%}",
        f"{values['inferences_per_second']:,.0f}",
        f"{values['lut']:,}",
        f"{values['dsp']:,}",
        f"{values['ram']:,}",
        f"{values['latency_us']:,.2f}",
        f"{values['fmax_capped_mhz']:.1f}",
    )
