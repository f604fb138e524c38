"""Single-line breaks of the hardware, drawn by a seed, and whether a test notices them.

Run as ``python bench/mutation.py [--count 30] [--seed 0] [--jobs 2] [--output FILE]``.

Each break is one change on one line of `processing_element.py`, `layer_controller.py`,
`vector_memory.py` or `requantizer.py`, made in a copy of the package. The component's own tests
run first, then those of the whole layer, without a device and with one. A break that no test
notices is listed as survived; a reader decides whether it changes behaviour at all.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = ("processing_element", "layer_controller", "vector_memory", "requantizer")
CHANGES = (
    (r" == ", " != "),
    (r" != ", " == "),
    (r" >= ", " > "),
    (r" > ", " >= "),
    (r" < ", " <= "),
    (r" <= ", " < "),
    (r" & ", " | "),
    (r" \| ", " & "),
    (r" \+ ", " - "),
    (r" - ", " + "),
    (r" \* ", " + "),
    (r"~", ""),
    (r"\+ 1\b", "+ 2"),
    (r"- 1\b", "- 2"),
    (r"\.eq\(0\)", ".eq(1)"),
    (r"\.eq\(1\)", ".eq(0)"),
    (r"Mux\((.+?), (.+?), (.+?)\)", r"Mux(\1, \3, \2)"),
    (r"init=1", "init=0"),
    (r"If\(", "If(~"),
    (r"\.any\(\)", ".all()"),
    (r">> ", "<< "),
    (r"signed\(", "unsigned("),
)


@dataclass(frozen=True)
class Break:
    """One change: file, line number, and the line before and after."""

    file: str
    line: int
    before: str
    after: str


def the_file(folder: Path, name: str) -> Path:
    """Return the only file of that name below a folder."""
    (found,) = folder.rglob(name)
    return found


def hardware_lines(path: Path) -> set[int]:
    """Return the numbers of the lines inside methods that describe hardware."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name not in ("__init__", "parameters"):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            start = (first.end_lineno or 0) + 1 if documented else first.lineno
            lines.update(range(start, (node.end_lineno or 0) + 1))
    return lines


def all_breaks() -> list[Break]:
    """Return every change that the operators allow, in a fixed order."""
    breaks = []
    for name in FILES:
        path = the_file(ROOT / "gen/fcgen/hardware", f"{name}.py")
        wanted = hardware_lines(path)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if number not in wanted or ("Signal(" in line and "init" not in line):
                continue
            for pattern, replacement in CHANGES:
                for match in re.finditer(pattern, line):
                    changed = (
                        line[: match.start()] + match.expand(replacement) + line[match.end() :]
                    )
                    breaks.append(Break(name, number, line.strip(), changed))
    return breaks


def verdict(change: Break) -> str:
    """Run the tests against the broken package; say who noticed."""
    with tempfile.TemporaryDirectory(prefix="fcgen-mutation-") as folder:
        gen = Path(folder) / "gen"
        shutil.copytree(ROOT / "gen", gen, ignore=shutil.ignore_patterns("__pycache__"))
        broken = the_file(gen / "fcgen/hardware", f"{change.file}.py")
        lines = broken.read_text().splitlines()
        lines[change.line - 1] = change.after
        broken.write_text("\n".join(lines) + "\n")
        for tests in (f"test_{change.file}.py", "test_layer.py", "test_mapped_layer.py"):
            path = the_file(ROOT / "tests/hardware", tests)
            command = [sys.executable, "-m", "pytest", "-q", "-x", str(path)]
            environment = os.environ | {"PYTHONPATH": str(gen)}
            try:
                run = subprocess.run(
                    command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600
                )
            except subprocess.TimeoutExpired:
                return f"{tests}: time-out"
            if run.returncode:
                failed = re.search(r"^(?:FAILED|ERROR) \S*?(\w+\.py\S*)", run.stdout, re.M)
                return f"{failed[1] if failed else tests}"
    return "SURVIVED"


def main() -> int:
    """Draw the breaks, try them, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()

    breaks = all_breaks()
    drawn = random.Random(options.seed).sample(breaks, min(options.count, len(breaks)))
    with ThreadPoolExecutor(options.jobs) as pool:
        verdicts = list(pool.map(verdict, drawn))
    rows = [
        f"| {change.file}.py:{change.line} | `{change.before}` | `{change.after.strip()}` | {who} |"
        for change, who in sorted(
            zip(drawn, verdicts, strict=True), key=lambda r: (r[0].file, r[0].line)
        )
    ]
    survived = verdicts.count("SURVIVED")
    table = "\n".join(
        [
            f"{len(drawn)} of {len(breaks)} possible breaks, seed {options.seed}: "
            f"{len(drawn) - survived} noticed, {survived} survived.",
            "",
            "| line | before | after | noticed by |",
            "|---|---|---|---|",
            *rows,
        ]
    )
    print(table)
    if options.output:
        options.output.write_text(table + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
