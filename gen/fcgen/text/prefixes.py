"""Prefixes that keep the names of modules and files apart."""

from collections.abc import Iterable


def free_prefix(wanted: str, names: Iterable[str]) -> str:
    """Return a prefix that none of the names starts with; file systems may ignore case."""
    taken = [name.lower() for name in names]
    prefix = wanted
    while any(name.startswith(prefix.lower()) for name in taken):
        prefix = f"{wanted}{prefix}"
    return prefix
