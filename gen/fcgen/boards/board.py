"""A board: a device, a clock, a serial line, LEDs and a button, and the pins they are at."""

from __future__ import annotations

from dataclasses import dataclass

from fcgen.devices.device import Device, Family

LEDS = ("ready", "busy", "error")


@dataclass(frozen=True)
class Pin:
    """A pin of the board's top module.

    Attributes
    ----------
    port : str
        Its port.
    site : str
        As the package names it.
    output : bool
    standard : str
        Of its voltage, such as LVCMOS33.
    pull : str
        "up", "down", or "none".
    """

    port: str
    site: str
    output: bool
    standard: str = "LVCMOS33"
    pull: str = "none"


@dataclass(frozen=True)
class Board:
    """What a file says of a board.

    Attributes
    ----------
    name, title : str
        As ``--board`` takes it, and in full.
    family, device
    part, package, speed : str
        What stands on the chip; its package and speed grade as nextpnr names them, the speed empty
        where the part says it.
    loader : str
        The board's name in openFPGALoader.
    clock_hz : int
        Of the oscillator.
    baud : int
        Highest rate that the board's USB bridge is expected to keep.
    pins : tuple of Pin
        Ports ``pin_clock``, ``pin_rx``, ``pin_tx``, ``pin_led_…``, ``pin_button``, ``pin_high_…``.
    leds_low, button_low : bool
        They are on, or pressed, when their pin is low.
    """

    name: str
    title: str
    family: Family
    device: Device
    part: str
    package: str
    speed: str
    loader: str
    clock_hz: int
    baud: int
    pins: tuple[Pin, ...]
    leds_low: bool
    button_low: bool
