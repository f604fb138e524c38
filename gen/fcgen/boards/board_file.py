"""Reads the file of a board."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fcgen import devices
from fcgen.boards.board import LEDS, Board, FlashMemory, Pin
from fcgen.errors import InputError, bad_input, located

LEVELS = ("high", "low")
SITE = re.compile(r"[A-Z]{0,2}[1-9][0-9]{0,2}")
WORD = re.compile(r"[A-Za-z0-9_./+-]{1,40}")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,39}")
"""What a build can be known by, and openFPGALoader's names: never an option of a tool."""
TITLE = re.compile(r"[^\x00-\x1f]{1,80}")
STANDARD = "LVCMOS33"
FILE_BYTES_MAX = 1 << 16
HZ_MAX = 1_000_000_000
_REMEDY = "correct the file"


def read(path: Path) -> Board:
    """Read the file of a board.

    Raises
    ------
    InputError
        When there is none, or something in it is wrong.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise bad_input("--board", path, error.strerror or "unreadable", "name a file") from None
    with located(path):
        if not NAME.fullmatch(path.stem):
            rule = f"the board is named after its file, which must be like {NAME.pattern}"
            raise bad_input("file", path.name, rule, "rename it")
        if len(data) > FILE_BYTES_MAX:
            raise bad_input("file", "too large", f"has at most {FILE_BYTES_MAX:,} bytes", _REMEDY)
        try:
            values = tomllib.loads(data.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"file: {error}: must be TOML; {_REMEDY}") from None
        return _board(path.stem, _Table(values))


class _Table:
    """A table of the file, whose entries are taken one by one; what is left is unknown."""

    def __init__(self, values: Mapping[str, Any], place: str = "") -> None:
        self.left, self.place = dict(values), place
        self.standard: str | None = None

    def text(self, key: str, allowed: re.Pattern[str] = WORD, default: str | None = None) -> str:
        value = self.left.pop(key, default)
        if not isinstance(value, str) or (value != default and not allowed.fullmatch(value)):
            raise self.wrong(key, value, f"must be a text like {allowed.pattern}")
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.left.pop(key, None)
        if value not in choices:
            raise self.wrong(key, value, f"must be one of {', '.join(choices)}")
        return str(value)

    def integer(self, key: str, maximum: int = HZ_MAX) -> int:
        value = self.left.pop(key, None)
        if type(value) is not int or not 0 < value <= maximum:
            raise self.wrong(key, value, f"must be an integer from 1 to {maximum:,}")
        return value

    def table(self, key: str) -> _Table:
        value = self.left.pop(key, None)
        if not isinstance(value, dict):
            raise self.wrong(key, value, "must be a table")
        return _Table(value, f"{self.place}{key}.")

    def optional(self, key: str) -> _Table | None:
        return self.table(key) if key in self.left else None

    def pin(self, key: str, port: str, *, output: bool = False, pull: str = "none") -> Pin:
        if self.standard is None:
            self.standard = self.text("standard", default=STANDARD)
        return Pin(port, self.text(key, SITE), output, self.standard, pull)

    def sites(self, key: str) -> list[str]:
        values = self.left.pop(key, [])
        if not isinstance(values, list) or not all(
            isinstance(value, str) and SITE.fullmatch(value) for value in values
        ):
            raise self.wrong(key, values, "must be a list of pins")
        return values

    def finish(self) -> None:
        for key, value in self.left.items():
            raise self.wrong(key, value, "is not known")

    def wrong(self, key: str, value: object, rule: str) -> InputError:
        found = "missing" if value is None else value
        return bad_input(f"{self.place}{key}", found, rule, _REMEDY)


def _board(name: str, table: _Table) -> Board:
    clock, uart = table.table("clock"), table.table("uart")
    leds, button = table.optional("leds"), table.optional("button")
    pins = [
        clock.pin("pin", "pin_clock"),
        uart.pin("rx", "pin_rx", pull="up"),
        uart.pin("tx", "pin_tx", output=True),
    ]
    leds_low = button_low = False
    if leds is not None:
        leds_low = leds.choice("active", LEVELS) == "low"
        present = [led for led in LEDS if led in leds.left]
        pins += [leds.pin(led, f"pin_led_{led}", output=True) for led in present]
    if button is not None:
        button_low = button.choice("active", LEVELS) == "low"
        pins.append(button.pin("pin", "pin_button", pull="up" if button_low else "down"))
    pins += [
        Pin(f"pin_high_{number}", site, True, STANDARD)
        for number, site in enumerate(table.sites("high"))
    ]
    flash, flash_pins = _flash(table)
    family, device = devices.find(table.text("device"))
    found = Board(
        name=name,
        title=table.text("title", TITLE),
        family=family,
        device=device,
        part=table.text("part"),
        package=table.text("package"),
        speed=table.text("speed", default=""),
        loader=table.text("loader", NAME),
        clock_hz=clock.integer("hz"),
        baud=table.integer("baud"),
        pins=tuple(pins),
        leds_low=leds_low,
        button_low=button_low,
        flash_pins=flash_pins,
        flash=flash,
    )
    for each in (clock, uart, leds, button, table):
        if each is not None:
            each.finish()
    _check(found, table)
    return found


def _flash(table: _Table) -> tuple[FlashMemory | None, tuple[Pin, ...]]:
    """Return the flash memory of a board that has one, and its pins."""
    flash = table.optional("flash")
    if flash is None:
        return None, ()
    pins = [flash.pin(name, f"pin_flash_{name}", output=True) for name in ("sck", "cs_n", "mosi")]
    pins.append(flash.pin("miso", "pin_flash_miso"))
    offset, octets, hz = (flash.integer(name) for name in ("offset", "bytes", "hz"))
    try:
        found = FlashMemory(offset, octets, hz)
    except ValueError as error:
        shown = f"offset {offset:,}, bytes {octets:,}, hz {hz:,}"
        raise table.wrong("flash", shown, str(error)) from None
    flash.finish()
    return found, tuple(pins)


def _check(board: Board, table: _Table) -> None:
    """Check what holds between entries."""
    sites = [pin.site for pin in board.reading_flash.pins]
    twice = next((site for site in sites if sites.count(site) > 1), None)
    if twice is not None:
        raise table.wrong("pins", twice, "two ports have this pin")
    speeds = board.family.speeds or ("",)
    if board.speed not in speeds:
        rule = f"must be one of {', '.join(speeds)}" if speeds[0] else "the part says it"
        raise table.wrong("speed", board.speed, rule)
    if board.flash is not None and not board.device.scratchpads:
        rule = f"{board.device.name} has no memories that start without contents"
        raise table.wrong("flash", "a flash memory", rule)
