"""Files that others published or that were made to test with, where they are.

They are data beside the project: a test that needs one is skipped elsewhere.
"""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"


def model(name: str) -> Path:
    """Return the file of a published model, or skip the test."""
    return _present(SHARED / "models" / name)


def case(name: str) -> Path:
    """Return a small file of one situation, or skip the test."""
    return _present(SHARED / "cases" / name)


def _present(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is not there: it is data beside the project, see the README")
    return path
