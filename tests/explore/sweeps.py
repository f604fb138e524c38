"""A small sweep, as words of the command line, and what must be equal however it was done."""

from pathlib import Path

FILES = ("results.csv", "results.json", "pareto.txt", "chart.svg")
KINDS = ("networks", "estimates", "routed")
LAYER = ("16", "6", "--device", "ecp5-25k,ice40-up5k", "--bits", "4,2x3", "--folding", "96,32,8")
POINTS = 2 * 2 * 3


def words(directory: Path, *more: object) -> list[str]:
    """Return the command for the sweep, estimates alone."""
    return [*("explore", *LAYER, "--synth", "none", "-o", str(directory)), *map(str, more)]


def contents(directory: Path) -> dict[str, bytes]:
    """Return what the results are."""
    return {name: (directory / name).read_bytes() for name in FILES}


def stored(directory: Path) -> dict[str, tuple[int, int]]:
    """Return identity and time of each result that is there: new ones when it is made again."""
    found = sorted(path for kind in KINDS for path in directory.glob(f"{kind}/*.json"))
    return {f"{p.parent.name}/{p.name}": (p.stat().st_ino, p.stat().st_mtime_ns) for p in found}
