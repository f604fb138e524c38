"""Models that others published, where they are: a test that needs one is skipped elsewhere."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "models"


def model(name: str) -> Path:
    """Return the file, or skip the test."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{path} is not there: it is data beside the project, see the README")
    return path
