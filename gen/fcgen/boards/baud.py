"""The rate of the serial line that a clock can make, and how far it is from the one wanted."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from fcgen.boards.host_link import check_rates
from fcgen.errors import bad_input
from fcgen.hardware.host.uart import CYCLES_MIN, PHASE_BITS, phase_step

STANDARD = (3_000_000, 1_000_000, 921_600, 460_800, 230_400, 115_200)
ERROR_MAX = 0.01
"""A receiver follows a sender that is 2 % off; half of that is left to the other side."""


@dataclass(frozen=True)
class BaudRate:
    """A rate of the serial line.

    Attributes
    ----------
    baud : int
        What both sides are told.
    actual : Fraction
        What the board's clock makes of it.
    """

    baud: int
    actual: Fraction

    @property
    def error(self) -> float:
        """How far it is off, as a part of one."""
        return float(self.actual / self.baud - 1)


def baud_rate(clock: Fraction, baud: int) -> BaudRate:
    """Return what a clock makes of a rate.

    Raises
    ------
    InputError
        When the line cannot run at it, or would be too far off.
    """
    told = round(clock)
    check_rates(told, baud)
    found = BaudRate(baud, phase_step(told, baud) * clock / (1 << PHASE_BITS))
    if abs(found.error) > ERROR_MAX:
        rule = f"the clock makes {float(found.actual):,.0f} of it, more than 1 % off"
        raise bad_input("--baud", baud, rule, "choose another rate")
    return found


def default_baud(clock: Fraction, limit: int) -> int:
    """Return the highest usual rate within the board's limit that the clock can make."""
    fitting = (baud for baud in STANDARD if baud <= limit and baud * CYCLES_MIN <= clock)
    return next(fitting, STANDARD[-1])
