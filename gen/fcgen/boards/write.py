"""A build in its directory: design, bitstream, sources and logs, written beside and renamed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from fcgen.boards import bitstream, build, flash_image
from fcgen.boards.board import Board
from fcgen.boards.build_file import DESIGN, FILE, is_build
from fcgen.boards.build_record import describe
from fcgen.boards.client_text import CLIENT, TEXT
from fcgen.boards.toolchain import ROUTED
from fcgen.design.design import Design
from fcgen.errors import InputError, bad_input
from fcgen.files.output_directory import check_replaceable, replacing
from fcgen.synthesis import folder as folders
from fcgen.synthesis import netlist

SOURCES, WEIGHTS = "board", "weights.bin"
# What is large and can be made again.
_LEFT_OUT = (netlist.NETLIST, f"{ROUTED}.*", "*.key", folders.MARKER)


def work_folder(out: Path) -> Path:
    """Return where a build is made; it stays when the build fails or is interrupted."""
    out = out.resolve()
    return out.with_name(f"{out.name}.work")


def check(out: Path, design: Path | None = None) -> None:
    """Raise an InputError unless a build, of a design that is there, can go to ``out``."""
    if (out / FILE).is_file() and not is_build(out):
        rule = f"its {FILE} is damaged, or not of fcgen"
        raise bad_input("-o", out, rule, "remove the directory, or choose another one")
    place = check_replaceable(out, is_build)
    if design is not None and place.is_relative_to(design.resolve()):
        rule = "is in the design's own directory, which is copied into it"
        raise bad_input("-o", out, rule, "choose another directory")
    work = work_folder(out)
    folders.check(work)
    if work.is_symlink():
        rule = "is a symbolic link; a build is made in a directory here"
        raise bad_input("-o", work, rule, "remove it, or choose another directory")


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Be the only one that builds into ``out``; the system takes a killed one's place back.

    Raises
    ------
    InputError
        When another process builds there.
    """
    work = work_folder(out)
    path = work.with_name(f".{work.name}.lock")
    lock = FileLock(path, timeout=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        rule = "another fcgen builds there at this moment"
        raise bad_input("-o", out, rule, "wait for it, or choose another directory") from None
    except OSError as error:
        raise _unwritable(error, path.parent) from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        lock.release()


def prepare(out: Path) -> Path:
    """Return the work folder, there and marked as ours; what it holds is used again."""
    work = work_folder(out)
    if not folders.is_ours(work):
        folders.renew(work)
    return work


def _image(design: Design, board: Board) -> bytes | None:
    """Return what the flash memory gets beside the bitstream, where weights come from there."""
    if board.flash is None or not design.written_at_start:
        return None
    content = flash_image.image(design, design.network)
    flash_image.check_size(board.flash, len(content))
    return content


def _check_room(board: Board, made: Path) -> None:
    """Raise an InputError where the bitstream reaches into the part of the weights."""
    size = made.stat().st_size
    if board.flash is not None and size > board.flash.offset:
        rule = f"the bitstream has {size:,} bytes"
        raise bad_input("flash.offset", board.flash.offset, rule, "correct the board's file")


def write_build(
    design: Design,
    board: Board,
    out: Path,
    mhz: float,
    *,
    fixed: bool = False,
    baud: int | None = None,
    seed: int = 0,
    command: str = "",
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Make a bitstream and everything that belongs to it, and return its ``build.json``.

    Parameters
    ----------
    design : Design
    board : Board
    out : Path
        New, empty, or an earlier build, which is replaced whole.
    mhz, fixed, baud, seed, say
        As for `fcgen.boards.build.routed`.
    command : str
        What repeats it.

    Raises
    ------
    FcgenError
        As `fcgen.boards.build.routed`; an InputError where something cannot be written.
    """
    check(out, design.directory)
    image = _image(design, board)
    try:
        work = prepare(out)
        trials = build.routed(design, board, mhz, work, fixed=fixed, baud=baud, seed=seed, say=say)
        made = bitstream.pack(trials[-1], board, say)
        if image:
            _check_room(board, made)
        with replacing(out, is_build) as temporary:
            weights = temporary / WEIGHTS if image else None
            if image and weights:
                weights.write_bytes(image)
            values = describe(design, board, trials, made, weights, seed, command)
            shutil.copytree(design.directory, temporary / DESIGN)
            ignore = shutil.ignore_patterns(*_LEFT_OUT, made.name)
            shutil.copytree(trials[-1].folder, temporary / SOURCES, ignore=ignore)
            shutil.copyfile(made, temporary / made.name)
            (temporary / CLIENT).write_text(TEXT)
            (temporary / FILE).write_text(json.dumps(values, indent=2) + "\n")
        folders.remove(work)
    except OSError as error:
        raise _unwritable(error, work_folder(out)) from None
    return values


def _unwritable(error: OSError, place: Path) -> InputError:
    rule = f"cannot be written: {error.strerror or type(error).__name__}"
    remedy = "make room there, or choose another directory"
    # Of a copy the second one is what was written.
    return bad_input("-o", error.filename2 or error.filename or place, rule, remedy)
