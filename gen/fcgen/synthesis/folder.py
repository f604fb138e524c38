"""The folder of a run of Yosys and nextpnr, where every file and every log stays."""

from __future__ import annotations

import shutil
from pathlib import Path

from fcgen.files.output_directory import check_replaceable

MARKER = "fcgen-synth.txt"
_TEXT = "Made by fcgen, which replaces this folder.\n"


def default(directory: Path, device: str, speed: str) -> Path:
    """Return the folder beside a design for its synthesis on a device."""
    directory = directory.resolve()
    place = f"{device}-{speed}" if speed else device
    return directory.with_name(f"{directory.name}.synth") / place


def check(folder: Path) -> None:
    """Raise an InputError unless the folder is new, empty, or of an earlier run."""
    check_replaceable(folder, is_ours)


def is_ours(folder: Path) -> bool:
    """Say whether a folder is of an earlier run."""
    return (folder / MARKER).is_file()


def renew(folder: Path) -> None:
    """Make the folder anew, empty but for its mark."""
    remove(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text(_TEXT)


def remove(folder: Path) -> None:
    """Remove the folder, its mark last: one that is cut short on the way is still of ours."""
    rest = list(folder.iterdir()) if folder.is_dir() else []
    for path in sorted(rest, key=lambda path: path.name == MARKER):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
