"""A board: a device, a clock, a serial line, LEDs and a button, and the pins they are at."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fcgen.devices.device import Device, Family

LEDS = ("ready", "busy", "error")
SECTOR_BYTES = 1 << 16
FLASH_BYTES_MAX = 1 << 24
"""What 24 address bits reach."""
HZ_MIN, HZ_MAX = 100_000, 100_000_000


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
class FlashMemory:
    """The part of a board's serial flash memory that a design's weights can have.

    Attributes
    ----------
    offset : int
        Of their first byte, behind the bitstream, in whole sectors of 64 KiB.
    octets : int
        Of the whole memory.
    hz : int
        Of its serial clock, at most.

    Raises
    ------
    ValueError
        When one of them cannot be.
    """

    offset: int
    octets: int
    hz: int

    def __post_init__(self) -> None:
        if not 0 < self.octets <= FLASH_BYTES_MAX:
            raise ValueError(f"a flash memory has 1 to {FLASH_BYTES_MAX:,} bytes")
        if self.offset % SECTOR_BYTES or not 0 < self.offset < self.octets:
            raise ValueError(
                f"the weights' offset must be a multiple of {SECTOR_BYTES:,} inside the memory"
            )
        if not HZ_MIN <= self.hz <= HZ_MAX:
            raise ValueError(f"the serial clock must be {HZ_MIN:,} to {HZ_MAX:,} Hz")


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
    flash_pins : tuple of Pin
        Ports ``pin_flash_…``, which only designs have that read the memory.
    leds_low, button_low : bool
        They are on, or pressed, when their pin is low.
    flash : FlashMemory, optional
        From which weights can come at start.
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
    flash_pins: tuple[Pin, ...] = ()
    flash: FlashMemory | None = None

    @property
    def reading_flash(self) -> Board:
        """The board as a design sees it that reads the flash memory."""
        return replace(self, pins=(*self.pins, *self.flash_pins))
