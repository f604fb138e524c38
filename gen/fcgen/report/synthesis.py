"""Results of `fcgen synth` beside a design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fcgen import devices
from fcgen.design.design import Design
from fcgen.design.manifest import hash_file
from fcgen.devices.device import NOTHING, Usage
from fcgen.errors import InputError, bad_input
from fcgen.files.document import read_json
from fcgen.synthesis.folder import default, is_ours
from fcgen.synthesis.report import Step

RESULT = "result.json"
BYTES_MAX = 1 << 24
NUMBER_MAX = 1e15
"""More than any clock, rate or time; JSON's numbers can overflow to infinity."""
_REMEDY = "run fcgen synth again"


@dataclass(frozen=True)
class Synthesis:
    """A routed design, or a synthesised one where no open tool routes the device.

    Attributes
    ----------
    path : Path
        The file.
    device, speed : str
    usage : Usage
    parts : mapping
        What each part takes by Yosys' count; empty in results of earlier versions.
    fmax : tuple of float
        One a seed, MHz, none above the cap; empty where nothing was routed.
    clock : float, optional
        Their median.
    cap : float, optional
    cap_reason : str
    target : float, optional
        What nextpnr aimed at.
    seeds : tuple of int
    rate, gmacs : float, optional
        Inferences and 10^9 multiplications a second at the median clock.
    latency_us : float, optional
    steps : tuple of Step
        Of the slowest path, with the names of its ends.
    start, end : str
    versions : mapping
    board : str
        The board whose bitstream it is, with the serial line; empty for the design alone.
    command : str
        What repeats it; empty where its other fields say so.
    """

    path: Path
    device: str
    speed: str
    usage: Usage
    cap_reason: str
    seeds: tuple[int, ...] = ()
    fmax: tuple[float, ...] = ()
    clock: float | None = None
    cap: float | None = None
    target: float | None = None
    rate: float | None = None
    gmacs: float | None = None
    latency_us: float | None = None
    parts: Mapping[str, Usage] = field(default_factory=dict)
    start: str = ""
    end: str = ""
    steps: tuple[Step, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    board: str = ""
    command: str = ""

    @property
    def inside(self) -> Usage:
        """What the design alone takes; on a board by Yosys' count."""
        return sum(self.parts.values(), NOTHING) if self.board else self.usage

    @property
    def source(self) -> str:
        """Where its figures come from."""
        return "bitstream, serial line included" if self.board else "placed and routed"


def syntheses(design: Design) -> tuple[list[Synthesis], list[Path]]:
    """Return the results in the folder beside a design, the newest first, and those of others.

    Raises
    ------
    InputError
        One line that names the file, when it is no result.
    """
    folder = default(design.directory, "any", "").parent
    files = sorted(folder.glob(f"*/{RESULT}")) if folder.is_dir() else []
    files.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    files = [path for path in files if is_ours(path.parent)]
    current = [path for path in files if _is_of(path.parent, design)]
    return [_read(path) for path in current], [path for path in files if path not in current]


def _is_of(folder: Path, design: Design) -> bool:
    """Say whether a folder holds the design's own sources, which synth copies there."""
    manifest = design.manifest
    names = (*manifest.sources, *manifest.images)
    return all(
        (folder / name).is_file() and hash_file(folder / name) == manifest.files[name]
        for name in names
    )


def _read(path: Path) -> Synthesis:
    values = read_json(path, BYTES_MAX, _REMEDY)
    try:
        devices.find(values["device"])
        return from_values(path, values)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, InputError) as error:
        rule = "is not a result of fcgen synth"
        raise bad_input(path, f"{type(error).__name__} {error}", rule, _REMEDY) from None


def from_values(path: Path, values: dict[str, Any]) -> Synthesis:
    """Return what a file says; any error of Python's own where it says something else."""
    worst = values["critical_path"] or {"from": "", "to": "", "steps": []}
    steps = [Step(str(s["kind"]), _real(s["ns"]), str(s["name"])) for s in worst["steps"]]
    return Synthesis(
        path=path,
        device=str(values["device"]),
        speed=str(values["speed"]),
        usage=_usage(values),
        cap_reason=str(values["fmax_cap_reason"]),
        seeds=tuple(int(seed) for seed in values["seeds"]),
        fmax=tuple(_real(mhz) for mhz in values["fmax_mhz"]),
        clock=_number(values["fmax_capped_mhz"]),
        cap=_number(values["fmax_cap_mhz"]),
        target=_number(values["target_mhz"]),
        rate=_number(values["inferences_per_second"]),
        gmacs=_number(values["gmac_per_second"]),
        latency_us=_number(values["latency_us"]),
        parts={str(part): _usage(usage) for part, usage in values.get("parts", {}).items()},
        start=str(worst["from"]),
        end=str(worst["to"]),
        steps=tuple(steps),
        versions={str(name): str(found) for name, found in values["versions"].items()},
    )


def _usage(values: Mapping[str, Any]) -> Usage:
    names = ("lut", "ff", "dsp", "ram", "scratchpad")
    usage = Usage(*(int(values[name]) for name in names))
    if not all(0 <= count <= NUMBER_MAX for count in vars(usage).values()):
        raise ValueError("a number of cells is out of its range")
    return usage


def _number(value: Any) -> float | None:
    return None if value is None else _real(value)


def _real(value: Any) -> float:
    number = float(value)
    if not 0 <= number <= NUMBER_MAX:
        raise ValueError(f"{number:g} is no clock, rate or time")
    return number
