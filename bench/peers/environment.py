"""The peers' own virtual environment, ``build/peers/venv``, made from pinned versions.

Run as ``python bench/peers/environment.py``; `run.py` does it by itself. Nothing of the peers is
in this repository: their packages come from PyPI.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PINS = HERE / "requirements.txt"
FOLDER = HERE.parents[1] / "build" / "peers" / "venv"


def python() -> Path:
    """Return the Python of the environment, which is made where it is missing or out of date."""
    program, done = FOLDER / "bin" / "python", FOLDER / PINS.name
    if not (done.is_file() and done.read_text() == PINS.read_text()):
        shutil.rmtree(FOLDER, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([str(program), *install, "--requirement", str(PINS)], check=True)
        done.write_text(PINS.read_text())
    return program


if __name__ == "__main__":
    print(python())
