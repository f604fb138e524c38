"""Results of a benchmark's rows: a JSON file each, which an interrupted run finds again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fcgen.text.table import box


def stored(path: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the result in a file; where there is none, make it, and write it in one step."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(make(), indent=2) + "\n")
        partial.rename(path)
    result: dict[str, Any] = json.loads(path.read_text())
    return result


def report(head: Sequence[str], results: Sequence[dict[str, Any]], noun: str) -> int:
    """Print a row a result, all that it has, and the sum of mismatches; 1 where there are any."""
    cells = [[f"{v:,}" if isinstance(v, int) else v for v in row.values()] for row in results]
    wrong = sum(row["mismatches"] for row in results)
    print("\n".join(box(head, cells, left=3)))
    print(f"{len(cells)} {noun}, {wrong} mismatches")
    return 1 if wrong else 0
