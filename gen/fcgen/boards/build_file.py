"""``build.json``: what a bitstream was made of and how; written, and read without trust."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fcgen import document
from fcgen.boards.bitstream import Trial, tools
from fcgen.boards.board import Board
from fcgen.boards.board_file import NAME
from fcgen.boards.toolchains import toolchain
from fcgen.design import Design
from fcgen.errors import InputError, bad_input, located
from fcgen.manifest import MANIFEST, hash_file
from fcgen.protocol import FRAME_BYTES_MIN, Info
from fcgen.synthesis.fit import shares
from fcgen.synthesis.result import NO_CAP

FILE, FORMAT = "build.json", "fcgen-build-1"
DESIGN = "design"
BYTES_MAX = 1 << 20
_BITS_A_BYTE = 10  # on the line, with start and stop
_REMEDY = "build it again"
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,39}\.[a-z]{1,8}")
_HASH = re.compile(r"[0-9a-f]{64}")


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
    """

    directory: Path
    board: str
    loader: str
    bitstream: Path
    digest: str
    clock_hz: int
    baud: int

    @property
    def design(self) -> Path:
        """The directory of the design."""
        return self.directory / DESIGN

    def check(self) -> None:
        """Raise an InputError unless the bitstream is the one that was made."""
        try:
            found = hash_file(self.bitstream)
        except OSError as error:
            raise bad_input(self.bitstream, error.strerror, "belongs here", _REMEDY) from None
        if found != self.digest:
            raise bad_input(self.bitstream, found[:12], "has changed since the build", _REMEDY)


def is_build(directory: Path) -> bool:
    """Say whether a directory is a build of ours, whatever its state."""
    try:
        return load(directory).get("format") == FORMAT
    except InputError:
        return False


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

    def text(key: str, allowed: re.Pattern[str] = NAME) -> str:
        value = values.get(key)
        if not isinstance(value, str) or not allowed.fullmatch(value):
            raise bad_input(key, value, "must be a name", _REMEDY)
        return value

    def integer(key: str) -> int:
        value = values.get(key)
        if type(value) is not int or value < 1:
            raise bad_input(key, value, "must be a positive integer", _REMEDY)
        return value

    with located(path):
        return Build(
            directory,
            board=text("board"),
            loader=text("loader"),
            bitstream=directory / text("bitstream", _FILE),
            digest=text("bitstream_sha256", _HASH),
            clock_hz=integer("clock_hz"),
            baud=integer("baud"),
        )


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


def describe(
    design: Design, board: Board, trials: list[Trial], bitstream: Path, seed: int, command: str
) -> dict[str, Any]:
    """Return what ``build.json`` holds of a build whose last trial met its clock."""
    last, manifest = trials[-1], design.manifest
    info, setting = last.plan.info, last.setting
    chip_rate = float(setting.hz) / manifest.initiation_interval
    cap = last.cap
    return {
        "format": FORMAT,
        "board": board.name,
        "title": board.title,
        "device": board.device.name,
        "speed": board.speed,
        "part": board.part,
        "loader": board.loader,
        "bitstream": toolchain(board).bitstream,
        "bitstream_sha256": hash_file(bitstream),
        "design_manifest_sha256": hash_file(design.directory / MANIFEST),
        "structure_hash": manifest.structure_hash,
        "weights_hash": manifest.weights_hash,
        "weights_at_start": not design.written_at_start,
        "build_id": info.build.hex(),
        "clock_hz": info.clock_hz,
        "clock_mhz": last.mhz,
        "clock_exact_hz": str(setting.hz),
        "oscillator_hz": board.clock_hz,
        "pll": dict(setting.parameters),
        "pll_ranges": toolchain(board).ranges(board).source,
        "baud": last.rate.baud,
        "baud_error": last.rate.error,
        "fits": True,
        **vars(last.usage),
        "device_share": shares(last.usage, board.device),
        "fmax_mhz": [last.fmax_mhz],
        "fmax_capped_mhz": last.fmax_mhz,
        "fmax_cap_mhz": cap and cap.mhz,
        "fmax_cap_reason": cap.reason if cap else NO_CAP,
        "critical_path": last.path.as_dict(),
        "parts": {part: vars(usage) for part, usage in last.parts.items()},
        "trials": [{"clock_mhz": one.mhz, "fmax_mhz": one.fmax_mhz} for one in trials],
        "initiation_interval": manifest.initiation_interval,
        "latency": manifest.latency,
        "latency_us": manifest.latency / last.mhz,
        "inferences_per_second": chip_rate,
        "gmac_per_second": design.network.macs * chip_rate / 1e9,
        "line_inferences_per_second": min(chip_rate, _line_rate(info, last.rate.baud)),
        "seed": seed,
        "command": command,
        "versions": {tool.name: tool.version for tool in tools(board)},
    }


def _line_rate(info: Info, baud: int) -> float:
    """Return how many vectors a second the serial line carries at most, in full frames."""

    def octets(each: int) -> float:
        return each + (FRAME_BYTES_MIN + 1) * each / info.payload_max

    return baud / _BITS_A_BYTE / max(octets(info.vector_bytes), octets(info.answer_bytes))
