"""What `fcgen build` adds to a bitstream: a check against the reference, and a page."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fcgen.errors import ToolError
from fcgen.terminal import Terminal
from fcgen.wording import count

if TYPE_CHECKING:
    import numpy as np

    from fcgen.design import Design

VECTORS, INPUTS = 256, "inputs.npy"


def check(terminal: Terminal, directory: Path, data: Path | None, reals: bool = True) -> int | None:
    """Stream vectors through the design of a build, and return how many outputs are wrong.

    Parameters
    ----------
    terminal : Terminal
    directory : Path
        Of the build.
    data : Path, optional
        The user's own vectors; default the extremes, then random ones.
    reals : bool
        Integers in ``data`` are values, as those of pixels, not codes.

    Returns
    -------
    int or None
        None where there is no compiler, without which a large design takes too long.
    """
    from fcgen.boards.build_file import DESIGN
    from fcgen.design import Design
    from fcgen.engines.choice import default_engine
    from fcgen.simulate import simulate
    from fcgen.simulation_record import store

    engine, why = default_engine()
    if why is not None:
        typed = shlex.quote(str(directory / DESIGN))
        terminal.note(f"not checked: {why.partition(': ')[2]}; then: fcgen simulate {typed}")
        return None
    design = Design.open(directory / DESIGN)
    inputs, source = (None, None) if data is None else _vectors(design, data, reals)
    with terminal.progress() as progress:
        found = simulate(
            design,
            inputs,
            engine=engine,
            vectors=VECTORS if inputs is None else len(inputs),
            source=None if source is None else str(source),
            progress=progress,
        )
    store(design, found, given=inputs is not None)
    wrong = len(found.mismatches)
    outputs = count(found.outputs.size, "output")
    terminal.result([f" Check        {count(wrong, 'mismatch', 'es')} in {outputs}, {engine}"])
    return wrong


def _vectors(design: "Design", data: Path, reals: bool) -> "tuple[np.ndarray, Path]":
    """Return the user's own vectors, and a file that `fcgen simulate` takes as the same ones."""
    import numpy as np

    from fcgen.load.vector_file import check_writable, read_array, write_whole
    from fcgen.simulation_record import folder_of

    vectors = read_array(data)[:VECTORS]
    if vectors.dtype.kind == "f" or not reals:
        return vectors, data
    codes, _ = design.network.quantize(vectors.astype(np.float64))
    path = design.directory.with_name(folder_of(design).name) / INPUTS
    check_writable(path, "-o", create=True)
    write_whole(path, lambda stream: np.save(stream, codes), "-o")
    return codes, path


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


def found_out(
    terminal: Terminal, directory: Path, options: dict[str, Any], reals: bool
) -> dict[str, Any]:
    """Check a build and write its page; returns what ``--json`` says of both.

    ``reals`` says of integers in --test that they are values, as those in --calibration always are.
    """
    test, calibration = options["test"], options["calibration"]
    wrong = check(terminal, directory, test or calibration, reals or test is None)
    return {"mismatches": wrong, "report": page(terminal, directory)}
