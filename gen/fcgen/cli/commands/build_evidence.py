"""What `fcgen build` adds to a bitstream: a check against the reference, and a page."""

import shlex
from pathlib import Path
from typing import Any

from fcgen.errors import ToolError
from fcgen.text.terminal import Terminal
from fcgen.text.wording import count

VECTORS = 256


def check(
    terminal: Terminal, directory: Path, data: Path | None, codes: bool = False
) -> int | None:
    """Stream vectors through the design of a build, and return how many outputs are wrong.

    Parameters
    ----------
    terminal : Terminal
    directory : Path
        Of the build.
    data : Path, optional
        The user's own vectors, what the source takes; default the extremes, then random ones.
    codes : bool
        Integers in ``data`` are codes, whatever the source takes.

    Returns
    -------
    int or None
        None where there is no compiler, without which a large design takes too long.
    """
    from fcgen.boards.build_file import DESIGN
    from fcgen.design.design import Design
    from fcgen.load.arrays.vector_file import read_array
    from fcgen.simulation.engines.choice import default_engine
    from fcgen.simulation.record import store
    from fcgen.simulation.simulate import simulate

    engine, why = default_engine()
    if why is not None:
        typed = shlex.quote(str(directory / DESIGN))
        terminal.note(f"not checked: {why.partition(': ')[2]}; then: fcgen simulate {typed}")
        return None
    design = Design.open(directory / DESIGN)
    inputs = None if data is None else read_array(data)[:VECTORS]
    with terminal.progress() as progress:
        found = simulate(
            design,
            inputs,
            engine=engine,
            vectors=VECTORS if inputs is None else len(inputs),
            source=None if data is None else str(data),
            codes=codes,
            progress=progress,
        )
    store(design, found, given=inputs is not None)
    wrong = len(found.mismatches)
    outputs = count(found.outputs.size, "output")
    terminal.result([f" Check        {count(wrong, 'mismatch', 'es')} in {outputs}, {engine}"])
    return wrong


def page(terminal: Terminal, directory: Path) -> str | None:
    """Write the page of a build into it, and return its path; None where nothing can draw it."""
    from fcgen.report import write

    try:
        path = write(directory)
    except ToolError as error:
        terminal.note(f"no report: {error}")
        return None
    terminal.note(f"report: {path}")
    return str(path)


def found_out(terminal: Terminal, directory: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Check a build and write its page; returns what ``--json`` says of both."""
    wrong = check(terminal, directory, options["test"] or options["calibration"], options["codes"])
    return {"mismatches": wrong, "report": page(terminal, directory)}
