"""Hundreds of generated models against their own runtimes, every integer compared with ``==``.

Run as ``python bench/generated_models.py --results DIR [--only KIND …] [--count n]``. The kinds:

- ``static``: float graphs that onnxruntime quantises (QDQ and QOperator, s8 and u8, per tensor and
  per channel);
- ``qcdq``: quantised graphs with clips of codes, as quantisation-aware trainers write them;
- ``sklearn``, ``torch``, ``torch-dynamo``, ``keras``: float models from their trainers, each
  installed in an environment of its own, ``build/trainer-…``.

A quantised model is certified: its network must give onnxruntime's integers for random inputs,
except for the accumulators that the certificate lists. A float model must be read as its trainer
computes it (to the precision of float32), is quantised, and must give the integers of its ONNX twin
in onnxruntime. Every fifth model also runs through the compiled Verilog. A chunk of models is a
JSON file in DIR, and a chunk whose file is there is done.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from stored import report, stored

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import fcgen  # noqa: E402
from certified_models import Check, certified, qcdq, static  # noqa: E402
from fcgen import accelerator  # noqa: E402
from fcgen.load.model import Model  # noqa: E402
from fcgen.network.network import Network  # noqa: E402
from fcgen.network.reference import run  # noqa: E402
from fcgen.quantization.answers import probabilities  # noqa: E402
from fcgen.quantization.export_onnx import CODES, export_onnx  # noqa: E402
from fcgen.quantization.model import quantize  # noqa: E402
from fcgen.schedule.schedule import Schedule  # noqa: E402

CHUNK = 10
RTL_EVERY = 5
TRAINERS = {
    "sklearn": ("scikit-learn", "skl2onnx"),
    "torch": ("torch", "onnx", "onnxscript"),
    "keras": ("keras", "h5py", "jax"),
}
COUNTS = {"static": 120, "qcdq": 40, "sklearn": 40, "torch": 40, "torch-dynamo": 40, "keras": 40}


def trainer_python(trainer: str) -> str:
    """Return the Python of an environment that has a trainer; made where it is missing."""
    folder = ROOT / "build" / f"trainer-{trainer}"
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        packages = TRAINERS[trainer]
        subprocess.run([str(python), "-m", "pip", "install", "-qqq", *packages], check=True)
        (folder / "installed").touch()
    return str(python)


def rtl(network: Network, codes: np.ndarray, folder: Path) -> int:
    """Return how many outputs of the compiled Verilog differ from the reference."""
    random = np.random.default_rng(network.macs)
    sizes = tuple(
        (
            int(random.integers(1, layer.outputs, endpoint=True)),
            int(random.integers(1, min(layer.inputs, 8), endpoint=True)),
        )
        for layer in network.layers
    )
    made = accelerator.write(network, Schedule.chain(network, sizes), folder / "design")
    result = made.simulate(codes, engine="compiled", stall=0.2, codes=True)
    return len(result.mismatches)


def integers(make: Callable[[int, Path], Path], seed: int, folder: Path) -> Check:
    """Certify a quantised model."""
    return certified(make(seed, folder), seed)


def answers(model: Model, x: np.ndarray) -> np.ndarray:
    """Return what the trainer gives: the last layer's values, or a class' probability."""
    values = model.forward(x)
    if model.tail.kind:
        return probabilities(values)[:, -1]
    return values


def floats(kind: str, seed: int, folder: Path) -> Check:
    """Quantise a float model, and compare its network with its twin."""
    import onnxruntime

    path = next(
        p for p in folder.glob(f"{kind}-{seed}.*") if p.suffix in (".onnx", ".keras", ".h5")
    )
    model = fcgen.load(path)
    assert isinstance(model, Model), path
    x = np.load(folder / f"{kind}-{seed}.x.npy")
    wanted = np.load(folder / f"{kind}-{seed}.y.npy")
    np.testing.assert_allclose(answers(model, x).reshape(wanted.shape), wanted, 1e-3, 1e-4)
    made = quantize(model, x)
    twin = folder / f"{kind}-{seed}.twin.onnx"
    unclaimed = export_onnx(made, model.input_name, twin)
    session = onnxruntime.InferenceSession(str(twin))
    entry = session.get_inputs()[0]
    (found,) = session.run([CODES], {entry.name: x.reshape(-1, *entry.shape[1:])})
    codes, _ = made.network.quantize(x)
    outputs = run(made.network, codes)
    wrong = 0 if unclaimed else int((outputs != found).sum())
    return Check(made.network, codes, wrong, 0)


def chunk(kind: str, first: int, count: int) -> dict[str, Any]:
    """Check some models of a kind."""
    found = {"kind": kind, "first": first, "models": 0, "listed": 0, "rtl": 0, "mismatches": 0}
    with tempfile.TemporaryDirectory(prefix="fcgen-") as name:
        folder = Path(name)
        makers = {"static": static, "qcdq": qcdq}
        if kind in makers:
            check = partial(integers, makers[kind])
        else:
            script = str(Path(__file__).with_name("generate_models.py"))
            python = trainer_python(kind.partition("-")[0])
            words = [python, script, kind, str(first), str(count), name]
            environment = os.environ | {"KERAS_BACKEND": "jax"}
            subprocess.run(words, check=True, env=environment)
            check = partial(floats, kind)
        for seed in range(first, first + count):
            checked = check(seed, folder)
            found["models"] += 1
            found["listed"] += checked.listed
            found["mismatches"] += checked.wrong
            if seed % RTL_EVERY == 0:
                found["rtl"] += 1
                found["mismatches"] += rtl(checked.network, checked.codes[:40], folder)
    return found


def main() -> int:
    """Check what has no result yet; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--only", nargs="*", choices=tuple(COUNTS), default=tuple(COUNTS))
    parser.add_argument("--count", type=int, help="models a kind")
    options = parser.parse_args()
    results = []
    for kind in options.only:
        for first in range(0, options.count or COUNTS[kind], CHUNK):
            path = options.results / f"{kind}-{first}.json"
            results.append(stored(path, partial(chunk, kind, first, CHUNK)))
    return report(("kind", "first", "models", "listed", "RTL", "mismatches"), results, "chunks")


if __name__ == "__main__":
    sys.exit(main())
