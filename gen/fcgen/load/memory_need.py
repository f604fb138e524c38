"""The memory that a layer or a model needs, checked before any of it is allocated."""

from __future__ import annotations

import os
from pathlib import Path

from fcgen.errors import bad_input

GIB = 1 << 30
LAYER_BYTES = 16
"""Peak bytes for each weight of a layer, from codes to memory images (10 to 15 measured)."""
MODEL_BYTES = 28
"""Peak bytes for each weight of a model, quantised or certified (26 measured)."""
MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def check_memory(subject: object, weights: int, bytes_each: int) -> None:
    """Refuse what needs more memory than is free.

    Parameters
    ----------
    subject : object
        Subject of the message.
    weights : int
    bytes_each : int
        `LAYER_BYTES` or `MODEL_BYTES`.

    Raises
    ------
    InputError
        One line with the need and what is free.
    """
    need, free = weights * bytes_each, available()
    if free is not None and need > free:
        rule = f"need about {need / GIB:,.1f} GiB of memory, and {free / GIB:,.1f} GiB are free"
        remedy = "give a smaller one, or a machine with more memory"
        raise bad_input(subject, f"{weights:,} weights", rule, remedy)


def available() -> int | None:
    """Return the bytes that a process can still take; None where the system does not say."""
    limits = [limit for limit in (_of_system(), _of_group()) if limit is not None]
    return min(limits, default=None)


def _of_system() -> int | None:
    try:
        for line in MEMINFO.read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def _of_group() -> int | None:
    """Return the limit of a control group, of either version; None without one."""
    for name in ("memory.max", "memory.limit_in_bytes"):
        try:
            return int((CGROUP / name).read_text())
        except (OSError, ValueError):  # no group, or "max"
            continue
    return None
