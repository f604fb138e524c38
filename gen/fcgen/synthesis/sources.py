"""What is synthesised: Verilog files, memory images, ports, and how fast the design says it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fcgen.synthesis.pins import Port

if TYPE_CHECKING:
    from fcgen.design import Design


@dataclass(frozen=True)
class Sources:
    """Verilog of any origin.

    Attributes
    ----------
    files, images : tuple of Path
        In compile order, the top last; what ``$readmemh`` reads by its bare name.
    top : str
    ports : tuple of (name, "input" or "output", width)
        Of ``top``, with the clock.
    clock : str
        The port that takes the clock.
    step : int
        Width of a lane of the streams, see `fcgen.synthesis.pins`.
    strict : bool
        What Yosys' ``check`` finds is an error.
    """

    files: tuple[Path, ...]
    images: tuple[Path, ...]
    top: str
    ports: tuple[Port, ...]
    clock: str = "clk"
    step: int = 8
    strict: bool = True

    @classmethod
    def of(cls, design: Design) -> Sources:
        """Return what a design on disk consists of."""
        return cls(
            design.sources,
            design.images,
            design.top,
            design.manifest.ports,
            step=design.layer.activation_format.bits,
        )
