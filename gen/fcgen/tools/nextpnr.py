"""The place-and-route tools of the PyPI wheels ``yowasp-nextpnr-…``, one a family of devices.

What packs their results comes with them: icepack and ecppack in the wheels, gowin_pack in Apycula.
"""

from __future__ import annotations

import importlib.util
import sys

from fcgen.tools.wheels import Wheel

SECONDS = 10


def nextpnr(module: str, system: bool = False) -> Wheel:
    """Return the tool of a wheel's module, or the program of the same name on the search path."""
    return Wheel(module, "fcgen[synth]", SECONDS, system)


class _GowinPack(Wheel):
    """Apycula's packer, which is Python and compiles nothing."""

    @property
    def name(self) -> str:
        """Name of the tool."""
        return "gowin_pack"

    @property
    def prepared(self) -> bool:
        """It needs no preparation."""
        return True

    def command(self) -> tuple[str, ...]:
        """See `Wheel.command`."""
        if importlib.util.find_spec(self.module) is None:
            raise self._missing()
        return (sys.executable, "-m", "apycula.gowin_pack")


GOWIN_PACK = _GowinPack("apycula", "fcgen[synth]", 0)


def packer(module: str, program: str) -> Wheel:
    """Return the program of a wheel that makes bitstreams."""
    return Wheel(module, "fcgen[synth]", SECONDS, program=program)
