"""Settings of a PLL: what a family can make of an oscillator, and the best of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

MHZ = 1_000_000


@dataclass(frozen=True)
class Range:
    """Frequencies that a vendor's data sheet allows, in Hz, both ends included."""

    low: int
    high: int

    def __contains__(self, hz: Fraction | int) -> bool:
        return self.low <= hz <= self.high


@dataclass(frozen=True)
class PllRanges:
    """The limits of a PLL in its data sheet.

    Attributes
    ----------
    source : str
        The data sheet.
    input, detector, oscillator, output : Range
        Of the pin, the phase detector, the voltage-controlled oscillator and the output.
    """

    source: str
    input: Range
    detector: Range
    oscillator: Range
    output: Range


@dataclass(frozen=True)
class PllSetting:
    """What a PLL is set to.

    Attributes
    ----------
    hz : Fraction
        The clock that it makes, exactly.
    detector_hz, oscillator_hz : Fraction
        Of its phase detector and its oscillator; the pin's where the PLL is not used.
    parameters : mapping
        Dividers, by the vendor's names; empty where the PLL is not used.
    """

    hz: Fraction
    detector_hz: Fraction
    oscillator_hz: Fraction
    parameters: Mapping[str, int]

    @property
    def text(self) -> str:
        """The setting for people."""
        named = ", ".join(f"{name} {value}" for name, value in self.parameters.items())
        return named or "not used"


def unused(input_hz: int) -> PllSetting:
    """Return the setting of a clock that comes from its pin as it is."""
    return PllSetting(Fraction(input_hz), Fraction(input_hz), Fraction(input_hz), {})


def best(settings: Iterable[PllSetting], hz: Fraction | float) -> PllSetting | None:
    """Return the fastest setting that is not above a frequency; None where there is none.

    Of equal ones: that with the fastest phase detector, which has the least jitter, then that with
    the fastest oscillator.
    """
    slow = (setting for setting in settings if setting.hz <= hz)
    return max(slow, key=lambda one: (one.hz, one.detector_hz, one.oscillator_hz), default=None)
