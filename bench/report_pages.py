"""Reports of three designs: how long they take, how large they are, how a browser shows them.

Run as ``python bench/report_pages.py [--screenshots DIR]``: the demo's layer, a network whose names
are hostile, with every result beside it, and, where ../shared has it, ``ad01_int8.tflite`` with its
264,192 weights. Chromium shows each page on a desktop and on a telephone, in light and in dark, and
looks for what is cut, sticks out or overlaps. Fails for any of that, for more than 5 seconds of a
processor, and for more than 2 megabytes.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from chromium import PROGRAM, Chromium  # noqa: E402
from fcgen.text.table import box  # noqa: E402
from report.designs import hostile, simulated, synthesised  # noqa: E402

MODEL = ROOT.parent / "shared/models/ad01_int8.tflite"
WIDTHS = {"desktop": 1280, "phone": 390}
SECONDS_MAX, BYTES_MAX, TIMES = 5.0, 2_000_000, 3


def fcgen(*words: object) -> None:
    """Run the program as a user does."""
    command = [sys.executable, "-m", "fcgen", *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def designs(folder: Path) -> Iterator[Path]:
    """Write the designs and give their directories."""
    fcgen("demo", "-o", folder / "demo")
    yield folder / "demo"
    made = hostile(folder / "hostile")
    simulated(made)
    synthesised(made)
    yield made.directory
    if MODEL.is_file():
        goal = ("--device", "ecp5-85k", "--fps", "20000")
        fcgen("compile", MODEL, *goal, "-o", folder / "ad01")
        yield folder / "ad01"


def timed(directory: Path) -> tuple[Path, float, float]:
    """Return the page of a design, and what it took: seconds, and seconds of a processor.

    Each is the best of some runs, as others may use the machine.
    """
    page, found = directory.with_suffix(".html"), []
    for _ in range(TIMES):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        fcgen("report", directory, "-o", page)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found.append((time.perf_counter() - start, used))
    seconds, processor = (min(column) for column in zip(*found, strict=True))
    return page, seconds, processor


def shown(browser: Chromium, page: Path, screenshots: Path | None) -> list[str]:
    """Return what is wrong with a page in the windows that it must fit."""
    browser.faults.clear()
    faults: list[str] = []
    for name, width in WIDTHS.items():
        for mode in ("light", "dark"):
            browser.open(page, width, mode == "dark")
            faults += [f"{name}, {mode}: {fault}" for fault in browser.faults_of_layout()]
            if screenshots is not None:
                browser.screenshot(screenshots / f"{page.stem}-{name}-{mode}.png")
    return faults + browser.faults


def main() -> int:
    """Print a row a page."""
    parser = argparse.ArgumentParser(description="reports: time, size, and a real browser")
    parser.add_argument("--screenshots", type=Path, help="folder for PNG files")
    options = parser.parse_args()
    if PROGRAM is None:
        print("no Chromium: apt-get install -y chromium")
        return 1
    if options.screenshots is not None:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    rows, wrong = [], []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as profile:
        pages = [timed(directory) for directory in designs(Path(folder))]
        with Chromium(Path(profile)) as browser:
            for page, seconds, used in pages:
                size, faults = page.stat().st_size, shown(browser, page, options.screenshots)
                figures = (f"{seconds:.2f}", f"{used:.2f}", f"{size / 1e3:.0f}", f"{len(faults)}")
                rows.append((page.stem, *figures))
                wrong += faults
                if used > SECONDS_MAX or size > BYTES_MAX:
                    wrong.append(f"{page.stem}: {used:.2f} s, {size:,} bytes")
    head = ("report", "seconds", "of a processor", "kB", "faults of layout")
    print("\n".join([*box(head, rows), *wrong]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
