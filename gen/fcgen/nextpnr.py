"""The place-and-route tools of the PyPI wheels ``yowasp-nextpnr-…``, one a family of devices."""

from __future__ import annotations

from fcgen.wheels import Wheel

SECONDS = 10


def nextpnr(module: str, system: bool = False) -> Wheel:
    """Return the tool of a wheel's module, or the program of the same name on the search path."""
    return Wheel(module, "fcgen[synth]", SECONDS, system)
