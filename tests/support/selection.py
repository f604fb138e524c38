"""Which cases run every time, and which ones only in a campaign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


def every_time(count: int, cases: Sequence[Any]) -> list[Any]:
    """Return test parameters: the first ``count`` always run, the others in campaigns only."""
    return [case if number < count else _later(case) for number, case in enumerate(cases)]


def _later(case: Any) -> Any:
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=pytest.mark.campaign)
