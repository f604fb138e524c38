"""``build.json`` of a build, read without trust."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fcgen.boards.board import FlashMemory
from fcgen.boards.board_file import NAME
from fcgen.boards.flash_image import check_size
from fcgen.design.manifest import MANIFEST, hash_file
from fcgen.errors import InputError, bad_input, located
from fcgen.files import document

FILE, FORMAT = "build.json", "fcgen-build-1"
DESIGN = "design"
BYTES_MAX = 1 << 20
_REMEDY = "build it again"
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,39}\.[a-z]{1,8}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class WeightImage:
    """What a board's flash memory gets beside the bitstream.

    Attributes
    ----------
    path : Path
    digest : str
        SHA-256.
    memory : FlashMemory
    """

    path: Path
    digest: str
    memory: FlashMemory

    def check(self) -> None:
        """Raise an InputError unless the image is the one that was made, and fits the memory."""
        _check(self.path, self.digest)
        with located(self.path):
            check_size(self.memory, self.path.stat().st_size)

    def content(self) -> bytes:
        """Return the image, checked."""
        self.check()
        return self.path.read_bytes()


@dataclass(frozen=True)
class Build:
    """A build on disk.

    Attributes
    ----------
    directory : Path
    board, loader : str
        Names of the board, here and in openFPGALoader.
    bitstream : Path
    digest : str
        SHA-256 of the bitstream.
    clock_hz, baud : int
    weights : WeightImage, optional
        Of a design that starts with the weights of the board's flash memory.
    """

    directory: Path
    board: str
    loader: str
    bitstream: Path
    digest: str
    clock_hz: int
    baud: int
    weights: WeightImage | None = None

    @property
    def design(self) -> Path:
        """The directory of the design."""
        return self.directory / DESIGN

    def check(self) -> None:
        """Raise an InputError unless bitstream and weights are those that were made."""
        _check(self.bitstream, self.digest)
        if self.weights is not None:
            self.weights.check()


def _check(path: Path, digest: str) -> None:
    try:
        # A pipe would wait for somebody who writes into it.
        if path.exists() and not path.is_file():
            raise bad_input(path, "not a file", "a regular file belongs here", _REMEDY)
        found = hash_file(path)
    except OSError as error:
        raise bad_input(path, error.strerror, "belongs here", _REMEDY) from None
    if found != digest:
        raise bad_input(path, found[:12], "has changed since the build", _REMEDY)


def is_build(directory: Path) -> bool:
    """Say whether a directory is a build of ours, whatever its state."""
    try:
        return load(directory).get("format") == FORMAT
    except InputError:
        return False


def is_sound_build(directory: Path) -> bool:
    """Say whether a directory is a build, not a design.

    Raises
    ------
    InputError
        When it is a build whose ``build.json`` is damaged.
    """
    if not os.path.lexists(directory / FILE) or os.path.lexists(directory / MANIFEST):
        return False
    read(directory)
    return True


def read(directory: Path) -> Build:
    """Read ``build.json`` of a directory.

    Raises
    ------
    InputError
        When there is none, or a field of it is wrong.
    """
    values, path = load(directory), directory / FILE
    if values.get("format") != FORMAT:
        raise bad_input(path, values.get("format"), f"format {FORMAT} is known", _REMEDY)

    with located(path):
        fields = _Fields(values)
        return Build(
            directory,
            board=fields.text("board"),
            loader=fields.text("loader"),
            bitstream=directory / fields.text("bitstream", _FILE),
            digest=fields.text("bitstream_sha256", _HASH),
            clock_hz=fields.integer("clock_hz"),
            baud=fields.integer("baud"),
            weights=_weights(directory, values.get("flash"), values.get("bitstream")),
        )


class _Fields:
    """Fields of a record, checked one by one."""

    def __init__(self, values: dict[str, Any], place: str = "") -> None:
        self.values, self.place = values, place

    def text(self, key: str, allowed: re.Pattern[str] = NAME) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not allowed.fullmatch(value):
            raise bad_input(f"{self.place}{key}", value, "must be a name", _REMEDY)
        return value

    def integer(self, key: str) -> int:
        value = self.values.get(key)
        if type(value) is not int or value < 1:
            raise bad_input(f"{self.place}{key}", value, "must be a positive integer", _REMEDY)
        return value


def _weights(directory: Path, values: object, bitstream: object) -> WeightImage | None:
    """Return the image of the weights, where the build has one."""
    if values is None:
        return None
    if not isinstance(values, dict):
        raise bad_input("flash", values, "must be a record", _REMEDY)
    fields = _Fields(values, "flash.")
    path, digest = directory / fields.text("file", _FILE), fields.text("sha256", _HASH)
    if path.name == bitstream:
        raise bad_input("flash.file", bitstream, "must not be the bitstream", _REMEDY)
    try:
        memory = FlashMemory(*(fields.integer(name) for name in ("offset", "bytes", "hz")))
    except ValueError as error:
        raise bad_input("flash", "a flash memory", str(error), _REMEDY) from None
    return WeightImage(path, digest, memory)


def load(directory: Path) -> dict[str, Any]:
    """Return the object in ``build.json`` of a directory, no field of it checked.

    Raises
    ------
    InputError
        When there is none.
    """
    path = directory / FILE
    try:
        if not path.is_file():
            rule = "a build has this file; make one with `fcgen build … --board NAME -o DIR`"
            raise InputError(f"{path}: missing: {rule}")
        with path.open("rb") as stream:
            content = stream.read(BYTES_MAX + 1)
    except OSError as error:
        raise bad_input(path, error.strerror, "must be readable", _REMEDY) from None
    if len(content) > BYTES_MAX:
        raise bad_input(path, "too large", f"has at most {BYTES_MAX:,} bytes", _REMEDY)
    return document.load(content, str(path))
