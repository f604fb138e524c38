"""The interface of a design for other systems, as the manifest has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fcgen.errors import bad_input

STREAM = "stream"
CLOCKS = {"axi": "aclk", "wishbone": "clk_i"}
INTERFACES = (STREAM, *CLOCKS)


def check_interface(kind: str) -> None:
    """Raise an InputError unless there is such an interface."""
    if kind not in INTERFACES:
        rule = f"must be one of {', '.join(INTERFACES)}"
        raise bad_input("--interface", kind, rule, "choose one of these")


@dataclass(frozen=True, eq=False)
class Interface:
    """A top around a design's own one.

    Attributes
    ----------
    kind : {'axi', 'wishbone'}
    top : str
        Name of its module.
    ports : tuple of (name, "input" or "output", width)
    sources : tuple of str
        Verilog files beside those of the design, in compile order.
    header : str
        Name of the C header.
    registers : sequence of mappings
        The table of its registers, see `fcgen.hardware.interfaces.register_map`.
    """

    kind: str
    top: str
    ports: tuple[tuple[str, str, int], ...]
    sources: tuple[str, ...]
    header: str
    registers: Sequence[Mapping[str, Any]]

    @property
    def clock(self) -> str:
        """The port that takes the clock."""
        return CLOCKS[self.kind]

    def describe(self) -> dict[str, Any]:
        """Return it for the manifest."""
        return {
            "kind": self.kind,
            "top": self.top,
            "ports": [
                {"name": name, "direction": direction, "width": width}
                for name, direction, width in self.ports
            ],
            "sources": list(self.sources),
            "header": self.header,
            "registers": [dict(register) for register in self.registers],
        }
