"""What a user asks of the folding, and what was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from fcgen.errors import bad_input
from fcgen.folding.search import Size
from fcgen.schedule.schedule import Schedule


@dataclass(frozen=True)
class Goal:
    """What a user asks of the folding; at most one of them.

    Attributes
    ----------
    fps : float, optional
        Vectors a second, at least.
    latency_us : float, optional
        Microseconds from the first input to the last output, at most.
    dsp : int, optional
        Multiplier blocks, at most; of a device without them, multiplications a cycle.
    fit : bool
        The fastest that fits the device.
    sizes : tuple of (int, int), optional
        Elements and lanes of each layer.
    clock_mhz : float, optional
        Default the estimate for the device, 100 of the generic one.
    output_lanes : int, optional
        Outputs a beat of the network; default as few as keep up.
    """

    fps: float | None = None
    latency_us: float | None = None
    dsp: int | None = None
    fit: bool = False
    sizes: tuple[Size, ...] | None = None
    clock_mhz: float | None = None
    output_lanes: int | None = None

    def __post_init__(self) -> None:
        given = {
            "--fps": self.fps,
            "--latency-us": self.latency_us,
            "--dsp": self.dsp,
            "--fit": self.fit or None,
            "--pe": self.sizes,
        }
        named = [option for option, value in given.items() if value is not None]
        if len(named) > 1:
            rule = "only one goal can be given"
            raise bad_input(named[1], f"with {named[0]}", rule, "leave one of the two out")
        for option, value in (
            ("--fps", self.fps),
            ("--latency-us", self.latency_us),
            ("--dsp", self.dsp),
            ("--clock", self.clock_mhz),
        ):
            if value is not None and not 0 < value < float("inf"):
                raise bad_input(option, value, "must be positive", "choose another number")


@dataclass(frozen=True)
class Choice:
    """A schedule and why it was chosen.

    Attributes
    ----------
    schedule : Schedule
    clock_mhz : float
        What the goal was computed with.
    lines : tuple of str
        For people: the choice, and what limits it.
    """

    schedule: Schedule
    clock_mhz: float
    lines: tuple[str, ...]
