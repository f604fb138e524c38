"""What fcgen needs and what of it is there: each tool, its version, its place, its remedy."""

import importlib.metadata
import importlib.util
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fcgen import devices
from fcgen.boards import flash
from fcgen.devices.device import Family
from fcgen.errors import ToolError
from fcgen.tools import programs as tools
from fcgen.tools.install import install_command
from fcgen.tools.nextpnr import nextpnr
from fcgen.tools.wheels import Wheel
from fcgen.tools.yosys import YOSYS


@dataclass(frozen=True)
class Check:
    """One tool.

    Attributes
    ----------
    name, purpose : str
        What it is, and what it is needed for.
    essential : bool
        Whether nothing works without it.
    version, path : str, optional
        None where it is missing.
    problem : str, optional
        What is wrong.
    remedy : str, optional
        The command that corrects it.
    """

    name: str
    purpose: str
    essential: bool
    version: str | None = None
    path: str | None = None
    problem: str | None = None
    remedy: str | None = None

    @property
    def found(self) -> bool:
        """Whether it is there and can be used."""
        return self.problem is None


@dataclass(frozen=True)
class Diagnosis:
    """All checks, and the engines that follow from them."""

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether everything essential is there."""
        return all(check.found for check in self.checks if check.essential)

    @property
    def engines(self) -> dict[str, bool]:
        """Which engines can run."""
        there = {check.name: check.found for check in self.checks}
        compiles = there["verilator"] and there["c++"]
        cocotb = there["cocotb"]
        return {
            "reference": there["numpy"],
            "amaranth": there["amaranth"],
            "icarus": cocotb and there["icarus"],
            "verilator": cocotb and compiles and there["make"] and there["perl"],
            "compiled": compiles,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "healthy": self.healthy,
            "engines": self.engines,
            "tools": [{**vars(check), "found": check.found} for check in self.checks],
        }

    def lines(self) -> list[str]:
        """Return the printed form: a line a tool, then what to do, then the engines."""
        name_width = max(len(check.name) for check in self.checks)
        version_width = max(len(check.version or "missing") for check in self.checks)
        lines = []
        for check in self.checks:
            mark = "ok" if check.found else "NO" if check.essential else "--"
            version = check.version or "missing"
            place = check.path if check.found else check.purpose
            lines.append(
                f"{mark}  {check.name:<{name_width}}  {version:<{version_width}}  {place or ''}"
            )
        for check in self.checks:
            if not check.found:
                lines += ["", f"{check.name}: {check.problem}", f"    {check.remedy}"]
        usable = ", ".join(name for name, works in self.engines.items() if works) or "none"
        return [*lines, "", f"engines: {usable}"]


def diagnose() -> Diagnosis:
    """Look for every tool; never raises because one is missing."""
    return Diagnosis(
        (
            Check("python", "runs fcgen", True, platform.python_version(), sys.executable),
            _wheel("numpy", "the reference", essential=True),
            _wheel("amaranth", "the hardware", essential=True),
            _yosys(),
            _tool("verilator", tools.verilator, "the engines compiled and verilator"),
            _tool("c++", tools.compiler, "the engines compiled and verilator"),
            _program("make", "the engine verilator"),
            _program("perl", "the engine verilator"),
            _wheel("cocotb", "the engines icarus and verilator", essential=False),
            _tool("icarus", tools.icarus, "the engine icarus"),
            _wheel("onnx", "fcgen compile, for ONNX and QONNX files", essential=False),
            _wheel("tflite", "fcgen compile, for TFLite files", essential=False),
            _wheel("h5py", "fcgen compile, for Keras files", essential=False),
            _wheel("matplotlib", "fcgen report, charts of explore", essential=False),
            *(_nextpnr(family) for family in devices.families() if family.nextpnr),
            _loader(),
        )
    )


def _wheel(name: str, purpose: str, *, essential: bool) -> Check:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        remedy = install_command(name)
        return Check(name, purpose, essential, problem="not installed", remedy=remedy)
    return Check(name, purpose, essential, _distribution(name), str(Path(spec.origin).parent))


def _yosys() -> Check:
    return _tool_of_wheel(YOSYS, "writes the Verilog", essential=True)


def _nextpnr(family: Family) -> Check:
    return _tool_of_wheel(nextpnr(family.nextpnr), f"fcgen synth for {family.name}")


def _loader() -> Check:
    try:
        words = flash.loader()
    except ToolError as error:
        return _missing(flash.TOOL, "fcgen flash", error, "fcgen[flash]")
    answer = flash.answer([*words, "-V"])
    if answer.returncode:  # the wheel has no libftdi in it
        problem, remedy = flash.last_lines(answer), install_command("libftdi")
        return Check(flash.TOOL, "fcgen flash", False, problem=problem, remedy=remedy)
    return Check(flash.TOOL, "fcgen flash", False, flash.version(answer), " ".join(words))


def _tool_of_wheel(tool: Wheel, purpose: str, *, essential: bool = False) -> Check:
    spec = importlib.util.find_spec(tool.module)
    if spec is None or spec.origin is None:
        problem, remedy = "the wheel is not installed", install_command(tool.install)
        return Check(tool.name, purpose, essential, problem=problem, remedy=remedy)
    place = str(Path(spec.origin).parent)
    state = "" if tool.prepared else f" (compiles itself at first use, about {tool.seconds} s)"
    return Check(tool.name, purpose, essential, tool.version, place + state)


def _tool(name: str, find: Callable[[], tools.Tool], purpose: str) -> Check:
    try:
        tool = find()
    except ToolError as error:
        return _missing(name, purpose, error)
    return Check(name, purpose, False, tool.version, str(tool.path))


def _program(name: str, purpose: str) -> Check:
    try:
        path = tools.program(name)
    except ToolError as error:
        return _missing(name, purpose, error)
    return Check(name, purpose, False, tools.version_of(path), str(path))


def _missing(name: str, purpose: str, error: ToolError, package: str | None = None) -> Check:
    problem = str(error).removeprefix(f"{name}: ").partition(";")[0]
    return Check(name, purpose, False, problem=problem, remedy=install_command(package or name))


def _distribution(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
