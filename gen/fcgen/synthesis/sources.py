"""What is synthesised: Verilog files of any origin, with their memory images and ports."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from fcgen.errors import bad_input
from fcgen.synthesis.pins import Port


@dataclass(frozen=True)
class Sources:
    """Verilog with a top module.

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
    defer : bool
        Modules are read where they are used: not all make sense with their parameters' defaults.
    """

    files: tuple[Path, ...]
    images: tuple[Path, ...]
    top: str
    ports: tuple[Port, ...]
    clock: str = "clk"
    step: int = 8
    strict: bool = True
    defer: bool = False

    def __post_init__(self) -> None:
        names = Counter(path.name for path in (*self.files, *self.images))
        for name, number in names.items():
            if number > 1:
                rule = "two files have this name, and all are put into one folder"
                raise bad_input("sources", name, rule, "rename one")
