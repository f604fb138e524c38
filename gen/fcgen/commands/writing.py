"""Writing a design from a command: progress, and a word while Yosys prepares itself."""

from pathlib import Path
from typing import TYPE_CHECKING

from fcgen.terminal import Terminal

if TYPE_CHECKING:
    from fcgen.accelerator import Accelerator
    from fcgen.folding import Folding
    from fcgen.network import DenseLayer


def write_design(
    terminal: Terminal,
    layer: "DenseLayer",
    folding: "Folding",
    directory: Path,
    *,
    name: str = "layer",
    prefix: str = "",
    seed: int = 0,
    verilog2005: bool = False,
) -> "Accelerator":
    """Emit a layer, saying what goes on; see :func:`fcgen.design.write`."""
    from fcgen import design, yosys

    if not yosys.is_prepared():
        terminal.note(
            "Yosys compiles itself for this machine, once: about 75 seconds of one processor"
        )
    with terminal.progress() as progress:
        return design.write(
            layer,
            folding,
            directory,
            name=name,
            prefix=prefix,
            seed=seed,
            verilog2005=verilog2005,
            progress=progress,
        )
