"""Records of a sweep, which a user may have changed, checked before anything is made of them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from fcgen.errors import bad_input
from fcgen.explore.store import REMEDY, Record

COUNTS = ("lut", "ff", "dsp", "ram", "scratchpad", "initiation_interval", "latency")
REALS = ("fmax_capped_mhz", "latency_us", "inferences_per_second", "gmac_per_second")
"""Numbers of a design that fits; the second ones may be absent all together, without a clock."""


def check(record: Record, path: Path) -> Record:
    """Return a record of an estimate or of a placement as it is.

    Raises
    ------
    InputError
        One line that names the file, where a field is not what fcgen writes.
    """

    def refuse(name: str, rule: str) -> None:
        raise bad_input(f"{path}: {name}", record.get(name, "missing"), rule, REMEDY)

    if not isinstance(record.get("fits"), bool):
        refuse("fits", "must be true or false")
    if "reason" not in record or not isinstance(record["reason"], str | None):
        refuse("reason", "must be a text or null")
    if not record["fits"]:
        return record
    for name in COUNTS:
        if type(record.get(name)) is not int or record[name] < 0:
            refuse(name, "must be an integer from 0 on")
    for name in REALS:
        if not (_positive(record.get(name)) or _without_clock(record)):
            refuse(name, "must be a positive number")
    clocks = record.get("fmax_mhz")
    if not isinstance(clocks, list) or not all(map(_positive, clocks)):
        refuse("fmax_mhz", "must be a list of positive numbers")
    return record


def _positive(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < math.inf


def _without_clock(record: Record) -> bool:
    return all(record.get(name) is None for name in REALS)
