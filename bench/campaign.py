"""The full counts: everything that is too long for ``make test``, one step after the other.

Run as ``make campaign`` or ``python bench/campaign.py [--results DIR] [--jobs 2] [--only STEP …]``.
Results are files under ``bench/results/DATE``; a step whose file is there is done, so that an
interrupted campaign goes on where it was. A step that fails stops the campaign, and its output is
kept beside as ``STEP.failed``.
"""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
CHUNK = 10
SHAPES = (("800", "500", "50", "4"), ("1024", "100", "4", "4"), ("45", "10", "5", "3"))


def regress(engine: str, count: int, jobs: int, *, networks: bool = False) -> dict[str, list[str]]:
    """Return the steps of ``count`` random cases on an engine, in chunks of one seed each."""
    kind, more = ("networks-", ["--networks"]) if networks else ("", [])
    return {
        f"regress-{kind}{engine}-{seed}": [
            *(PYTHON, "-m", "fcgen", "regress", "--engine", engine, "--seed", str(seed), *more),
            *("--count", str(min(CHUNK, count - seed * CHUNK)), "--jobs", str(jobs)),
        ]
        for seed in range(-(-count // CHUNK))
    }


def steps(jobs: int, results: Path) -> dict[str, list[str]]:
    """Return name and command of every step, in order."""
    commands = regress("verilator", 40, jobs) | regress("icarus", 200, jobs)
    for engine, count in (("compiled", 100), ("icarus", 20), ("verilator", 20)):
        commands |= regress(engine, count, jobs, networks=True)
    for inputs, outputs, pe, simd in SHAPES:
        commands[f"thousand-{inputs}-{outputs}"] = [
            *(PYTHON, "bench/thousand_vectors.py", inputs, outputs, "--pe", pe, "--simd", simd)
        ]
    commands["initiation-interval"] = [PYTHON, "bench/initiation_interval.py"]
    commands["largest-layer"] = [PYTHON, "bench/largest_layer.py"]
    for model in ("ad01_int8.tflite", "TFC_2W2A.onnx", "qkeras_jettagging.onnx"):
        commands[f"shared-{model}"] = [PYTHON, "bench/shared_models.py", model]
    commands["shared-three_layer_keras.onnx"] = [
        *(PYTHON, "bench/shared_models.py", "three_layer_keras.onnx")
    ]
    for kind in ("static", "qcdq", "sklearn", "torch", "torch-dynamo", "keras"):
        commands[f"models-{kind}"] = [
            *(PYTHON, "bench/generated_models.py", "--results", str(results / "models")),
            *("--only", kind),
        ]
    for seed in (0, 1):
        for runtime in ("qonnx", "onnxruntime", "litert"):
            commands[f"{runtime}-differences-{seed}"] = [
                *(PYTHON, f"bench/{runtime}_differences.py", "--seed", str(seed))
            ]
    commands["protocol-fuzz"] = [PYTHON, "bench/protocol_fuzz.py"]
    commands["flash-damage"] = [PYTHON, "bench/flash_damage.py"]
    commands["virtual-board"] = [PYTHON, "bench/virtual_board.py"]
    boards = str(results / "boards")
    commands["boards"] = [PYTHON, "bench/boards.py", "--results", boards]
    commands["report-pages"] = [PYTHON, "bench/report_pages.py"]
    commands["explore"] = [PYTHON, "bench/explore.py"]
    commands["interfaces"] = [
        *(PYTHON, "bench/interfaces.py", "--results", str(results / "interfaces"))
    ]
    commands["digits"] = [PYTHON, "bench/digits_accuracy.py"]
    commands["scalers"] = [PYTHON, "bench/scaler_accuracy.py"]
    seeds = ["--kinds", "skl2onnx", "--scalers", "none", "--splits", "10", "--seeds"]
    commands["raw-features"] = [PYTHON, "bench/scaler_accuracy.py", *seeds]
    for family in ("ecp5", "ice40", "gowin"):
        commands[f"netlists-{family}"] = [
            *(PYTHON, "bench/netlists.py", family, "--results", str(results / "netlists"))
        ]
    operands = str(results / "operands")
    commands["operands"] = [PYTHON, "bench/operands.py", "--results", operands]
    commands["mutation"] = [PYTHON, "bench/mutation.py", "--jobs", str(jobs)]
    long = ("tests/test_documentation.py", "-m", "campaign")
    commands["docs-long"] = [PYTHON, "-m", "pytest", *long]
    commands["long-tests"] = [
        *(PYTHON, "-m", "pytest", "-m", "campaign", "-n", str(jobs)),
        "--ignore=tests/test_documentation.py",
    ]
    return commands


def run(name: str, command: list[str], results: Path) -> bool:
    """Run one step; its output becomes its result when it succeeds."""
    start = time.monotonic()
    partial = results / f"{name}.failed"
    with partial.open("w", encoding="utf-8") as output:
        # Paths of the machine belong in no result.
        shown = " ".join(["python", *command[1:]]).replace(f"{ROOT}/", "")
        output.write(f"$ {shown}\n")
        output.flush()
        environment = os.environ | {"COLUMNS": "140", "NO_COLOR": "1"}
        done = subprocess.run(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
    print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}, {time.monotonic() - start:.0f} s")
    if done.returncode == 0:
        partial.rename(results / f"{name}.txt")
    return done.returncode == 0


def main() -> int:
    """Run the steps that have no result yet."""
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    parser = argparse.ArgumentParser(description="the full counts of all checks")
    parser.add_argument("--results", type=Path, default=ROOT / "bench/results" / today)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", help="beginnings of step names")
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    for name, command in steps(options.jobs, options.results).items():
        wanted = not options.only or name.startswith(tuple(options.only))
        if not wanted or (options.results / f"{name}.txt").exists():
            continue
        if not run(name, command, options.results):
            print(f"see {options.results / name}.failed; start again to go on")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
