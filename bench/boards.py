"""Bitstreams: digits on five boards, two models of others, a layer whose weights come from flash.

Run as ``python bench/boards.py --results DIR [--only NAME …] [--builds FOLDER]``: each row runs
``fcgen build`` and then sends vectors through the virtual board, which is the RTL of the bitstream
with its clock and rate, every output compared. A row is a JSON file in DIR, and a row whose file is
there is done. With ``--builds`` the builds are kept there: one that is there is taken, without its
minutes, and one that was interrupted goes on.
``--print`` runs nothing and prints the table of what is there. Minutes are those of the wall and of
all processors; the second do not depend on what else the machine does.

Digits is the 64-32-10 network of ``digits_accuracy.py``; the other files are data beside the
project, in ``../shared/models``. The layer has 1024 inputs and 100 scores, and seeded int8 weights
in the SPRAM of an iCE40; the virtual board starts with those of its flash memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from digits_accuracy import trained
from sklearn.datasets import load_digits
from stored import stored

MODELS = Path(__file__).resolve().parents[2] / "shared" / "models"
TRAINED = 1_347  # images; the others are held out
SCORES = "scores-1024-100"
LAYER = ("1024", "100", "--pe", "4", "--simd", "2", "--raw", "--runtime-weights")
DIGITS = ("--calibration", "x.npy", "--test", "test.npy", "--labels", "labels.npy")


@dataclass(frozen=True)
class Row:
    """A model, a board, and what is asked of the folding."""

    model: str
    board: str
    options: tuple[str, ...]
    vectors: int = 300

    @property
    def name(self) -> str:
        """Name of the row's file."""
        return f"{self.model.partition('.')[0]}-{self.board}"


ROWS = (
    *(
        Row("digits.npz", board, (*DIGITS, "--fps", "20000"))
        for board in (
            *("icebreaker", "ulx3s-85f", "tang-nano-9k", "tang-nano-20k"),
            "tang-primer-20k",
        )
    ),
    Row("qkeras_jettagging.onnx", "ulx3s-85f", ("--pe", "2,4,2,1"), vectors=2_000),
    Row("ad01_int8.tflite", "ulx3s-85f", ("--fps", "2000"), vectors=50),
    Row(SCORES, "icebreaker", (), vectors=100),
)


def write_digits(folder: Path) -> None:
    """Train the network and write it, its calibration data and its held-out images."""
    x, y = load_digits(return_X_y=True)
    images = (x / 16).astype(np.float32)
    model = trained((32,), images[:TRAINED], y[:TRAINED], 0)
    tensors = {}
    for layer in model.layers:
        tensors |= {f"{layer.name}.weight": layer.weight, f"{layer.name}.bias": layer.bias}
    np.savez(folder / "digits.npz", **tensors)
    names = [layer.name for layer in model.layers]
    described = {
        "format": "fcgen-model-1",
        "input_shape": [64],
        "layers": [
            {
                "name": name,
                "weight": f"{name}.weight",
                "bias": f"{name}.bias",
                "activation": "relu" if name != names[-1] else "linear",
            }
            for name in names
        ],
    }
    (folder / "digits.json").write_text(json.dumps(described))
    np.save(folder / "x.npy", images[:TRAINED])
    np.save(folder / "test.npy", images[TRAINED:])
    np.save(folder / "labels.npy", y[TRAINED:])


def fcgen(folder: Path, *words: str) -> dict[str, object]:
    """Run the program in a folder and return the object that it prints."""
    command = [sys.executable, "-m", "fcgen", *words, "--json"]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def cpu_seconds() -> float:
    """Return what all programs that have ended took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(row: Row, folder: Path) -> dict[str, object]:
    """Build a bitstream, and send vectors through its RTL."""
    if row.model == "digits.npz":
        write_digits(folder)
        model = row.model
    elif row.model == SCORES:
        fcgen(folder, "layer", *LAYER, "--device", "ice40-up5k", "-o", SCORES)
        model = SCORES
    else:
        model = str(MODELS / row.model)
    words = ["build", model, "--board", row.board, *row.options]
    kept = folder / row.name / "build.json"
    minutes: dict[str, float | None] = {"minutes": None, "cpu_minutes": None}
    if kept.exists():
        built = json.loads(kept.read_text())
    else:
        began, before = time.monotonic(), cpu_seconds()
        built = fcgen(folder, *words, "-o", row.name)
        minutes["minutes"] = round((time.monotonic() - began) / 60, 2)
        minutes["cpu_minutes"] = round((cpu_seconds() - before) / 60, 2)
    ran = fcgen(folder, "run", row.name, "--board", "virtual", "--vectors", str(row.vectors))
    left_out = ("directory", "command", "design_manifest_sha256")
    return {
        "row": row.name,
        "command": str(built["command"]).replace(str(MODELS), "../shared/models"),
        **minutes,
        "vectors": ran["vectors"],
        "mismatches": ran["mismatches"],
        "inferences_per_second_virtual": ran["inferences_per_second"],
        "build": {key: value for key, value in built.items() if key not in left_out},
    }


def run(row: Row, builds: Path | None) -> dict[str, object]:
    """Measure a row in a folder that is kept, or in one that is not."""
    if builds is not None:
        builds.mkdir(parents=True, exist_ok=True)
        return measure(row, builds.resolve())
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        return measure(row, Path(folder))


HEAD = (
    "| model, board | MHz | Fmax | LUT | FF | DSP | RAM | inferences/s, chip | over the line "
    "| vectors, mismatches | minutes, CPU |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def line(result: dict[str, object]) -> str:
    """Return a row of the table."""
    built = result["build"]
    assert isinstance(built, dict)
    wall, cpu = (
        "–" if result[key] is None else f"{result[key]:.1f}" for key in ("minutes", "cpu_minutes")
    )
    return (
        f"| {result['row']} | {built['clock_mhz']:.2f} | {built['fmax_capped_mhz']:.1f} "
        f"| {built['lut']:,} | {built['ff']:,} | {built['dsp']} | {built['ram']} "
        f"| {built['inferences_per_second']:,.0f} | {built['line_inferences_per_second']:,.0f} "
        f"| {result['vectors']:,}, {result['mismatches']} "
        f"| {wall}, {cpu} |"
    )


def main() -> int:
    """Run the rows that have no result yet, and print the table."""
    parser = argparse.ArgumentParser(description="bitstreams of networks on boards")
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--only", nargs="*", help="beginnings of row names")
    parser.add_argument("--builds", type=Path, help="folder that keeps the builds")
    parser.add_argument("--print", action="store_true", help="print what is there, run nothing")
    options = parser.parse_args()
    print(HEAD)
    for row in ROWS:
        if options.only and not row.name.startswith(tuple(options.only)):
            continue
        path = options.results / f"{row.name}.json"
        if path.exists() or not options.print:
            print(line(stored(path, partial(run, row, options.builds))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
