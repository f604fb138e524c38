"""What nextpnr reports of a routed design: what it takes, its clock, its slowest path."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fcgen.errors import ToolError
from fcgen.synthesis.pins import INSTANCE

LOGIC, ROUTING = "logic", "routing"
_AROUND = "pins"
_FULL = re.compile(
    r"no BELs remaining|utili[sz]ation limit|Unable to place cell|Failed to expand region", re.I
)


@dataclass(frozen=True)
class Step:
    """A piece of a path.

    Attributes
    ----------
    kind : {"logic", "routing"}
        Through a cell or over a net.
    ns : float
    name : str
        The cell with its port, or the net.
    """

    kind: str
    ns: float
    name: str


@dataclass(frozen=True)
class Path:
    """A path from register to register, in the design's own names."""

    start: str
    end: str
    steps: tuple[Step, ...]

    @property
    def ns(self) -> float:
        """How long it takes."""
        return sum(step.ns for step in self.steps)

    @property
    def logic_ns(self) -> float:
        """What of it is spent in cells."""
        return sum(step.ns for step in self.steps if step.kind == LOGIC)

    @property
    def routing_ns(self) -> float:
        """What of it is spent on nets."""
        return sum(step.ns for step in self.steps if step.kind == ROUTING)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "from": self.start,
            "to": self.end,
            "ns": round(self.ns, 3),
            "logic_ns": round(self.logic_ns, 3),
            "routing_ns": round(self.routing_ns, 3),
            "steps": [
                {"kind": step.kind, "ns": round(step.ns, 3), "name": step.name}
                for step in self.steps
            ],
        }


@dataclass(frozen=True)
class Report:
    """A routed design, as nextpnr sees it.

    Attributes
    ----------
    cells, wrapper : mapping
        Type to number of cells in use; and which of them are the wrapper's.
    mhz : float
        Of the slowest clock, without the limits that nextpnr does not know.
    path : Path
        That decides it.
    """

    cells: Mapping[str, int]
    wrapper: Mapping[str, int]
    mhz: float
    path: Path


def parse(text: str, wrapper: str) -> Report:
    """Read the JSON that nextpnr writes with ``--report``, and that of `wrapper_cells`.

    Raises
    ------
    ToolError
        When there is no path from register to register in it.
    """
    values = json.loads(text)
    cells = {kind: row["used"] for kind, row in values["utilization"].items() if row["used"]}
    if not values["fmax"]:
        raise ToolError("nextpnr: no path from register to register; there is nothing to time")
    clock, slowest = min(values["fmax"].items(), key=lambda item: float(item[1]["achieved"]))
    pieces = next(
        path["path"]
        for path in values["critical_paths"]
        if path["from"] == path["to"] and path["from"].endswith(f" {clock}")
    )
    return Report(cells, json.loads(wrapper), float(slowest["achieved"]), _path(pieces))


def wrapper_cells(routed: str) -> dict[str, int]:
    """Count the cells of a routed netlist that stand outside the design.

    Cells that nextpnr adds, such as the ends of carry chains, have names that begin with ``$``;
    they count as the design's, which needs them.
    """
    (module,) = json.loads(routed)["modules"].values()
    inside = (f"{INSTANCE}.", "$")
    return dict(
        Counter(
            cell["type"] for name, cell in module["cells"].items() if not name.startswith(inside)
        )
    )


def no_place(printed: str) -> str | None:
    """Return the line by which nextpnr says that the device is too small, if it does."""
    lines = (line for line in printed.splitlines() if _FULL.search(line))
    return next((line.partition("ERROR: ")[2] or line for line in lines), None)


def _path(pieces: list[dict[str, Any]]) -> Path:
    steps = tuple(
        Step(ROUTING, piece["delay"], _own(piece["net"]))
        if piece["type"] == ROUTING
        else Step(LOGIC, piece["delay"], _pin(piece["to"]))
        for piece in pieces
    )
    return Path(_pin(pieces[0]["from"]), _pin(pieces[-1]["to"]), steps)


def _pin(place: dict[str, Any]) -> str:
    return f"{_own(place['cell'])}.{place['port']}"


def _own(name: str) -> str:
    """Return a name as the design knows it; those of the wrapper begin with ``pins.``."""
    prefix = f"{INSTANCE}."
    return name.removeprefix(prefix) if name.startswith(prefix) else f"{_AROUND}.{name}"
