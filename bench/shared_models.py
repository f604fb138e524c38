"""Models that others published, against their own runtimes: every output, compared with ``==``.

Run as ``python bench/shared_models.py MODEL [--vectors 10000]``; MODEL is one of those in
``../shared/models``. A model is compiled, simulated on Icarus with a few vectors, and run by the
compiled Verilog over all vectors, random within the input's range. What it must equal:

- ``ad01_int8.tflite``: LiteRT's reference kernels;
- ``TFC_2W2A.onnx``, ``qkeras_jettagging.onnx``: qonnx's executor, on the dequantised input codes,
  before Softmax (qonnx is installed in an environment of its own, in ``build/qonnx``);
- ``three_layer_keras.onnx``: onnxruntime on the quantised twin that ``--export-onnx`` writes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import fcgen
from fcgen.network.network import Network

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT.parent / "shared" / "models"
ICARUS_VECTORS = 4
# More multipliers than the default of one a layer, so that ten thousand vectors take minutes.
FOLDINGS = {
    "ad01_int8.tflite": ["--device", "ecp5-85k", "--fps", "60000"],
    "TFC_2W2A.onnx": ["--fps", "100000"],
    "qkeras_jettagging.onnx": ["--fps", "500000"],
    "three_layer_keras.onnx": ["--fps", "500000"],
}
QONNX_BATCH = """
import sys, warnings
import numpy as np, onnx
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes
warnings.filterwarnings("ignore")
model = onnx.load(sys.argv[1])
for node in model.graph.node:
    if node.op_type == "Quant":
        node.domain = "qonnx.custom_op.general"
model = ModelWrapper(model).transform(InferShapes())
last = [node for node in model.graph.node if node.op_type == "Softmax"]
result = last[0].input[0] if last else model.graph.output[0].name
constants = {tensor.name for tensor in model.graph.initializer}
entry = next(value.name for value in model.graph.input if value.name not in constants)
shape = model.get_tensor_shape(entry)
rows = [
    execute_onnx(model, {entry: x.reshape(shape)}, return_full_exec_context=True)[result].ravel()
    for x in np.load(sys.argv[2])
]
np.save(sys.argv[3], np.array(rows))
"""


def run(*words: object) -> str:
    """Run the program; return what it prints, also where a certificate is not exact."""
    command = [sys.executable, "-m", "fcgen", *map(str, words)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        done.check_returncode()
    return done.stdout


def inputs(network: Network, vectors: int) -> tuple[np.ndarray, np.ndarray]:
    """Return random codes of the whole range, and the reals that the source is fed with."""
    assert network.input is not None
    grid, random = network.input, np.random.default_rng(0)
    codes = random.integers(grid.lo, grid.hi, (vectors, network.inputs), endpoint=True)
    reals = grid.reals(codes)
    for name, value in reversed(grid.before.steps):  # back through what the graph does first
        inverse = {"add": "subtract", "subtract": "add", "multiply": "divide"}[name]
        reals = getattr(np, inverse)(reals, value).astype(np.float32)
    assert np.array_equal(grid.codes(reals)[0], codes)
    return codes, reals


def qonnx_python() -> str:
    """Return the Python of an environment that has qonnx; made where it is missing."""
    folder = ROOT / "build" / "qonnx"
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-qqq", "qonnx"], check=True)
        (folder / "installed").touch()
    return str(python)


def expected(model: str, network: Network, codes: np.ndarray, folder: Path) -> np.ndarray:
    """Return the outputs of the model's own runtime: codes, or the reals of the last layer."""
    reals = inputs(network, len(codes))[1]
    if model.endswith(".tflite"):
        sys.path.insert(0, str(ROOT / "tests" / "support"))
        from tflite_examples import litert

        return litert((MODELS / model).read_bytes(), codes)
    if model == "three_layer_keras.onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(str(folder / "twin.onnx"))
        entry = session.get_inputs()[0].name
        return np.asarray(session.run(["codes"], {entry: reals})[0], np.int64)
    np.save(folder / "x.npy", reals)
    files = [str(MODELS / model), str(folder / "x.npy"), str(folder / "r.npy")]
    subprocess.run([qonnx_python(), "-c", QONNX_BATCH, *files], check=True)
    return np.asarray(np.load(folder / "r.npy"))


def main() -> int:
    """Compare one model; return 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=tuple(FOLDINGS))
    parser.add_argument("--vectors", type=int, default=10_000)
    options = parser.parse_args()
    model, wrong = options.model, 0
    with tempfile.TemporaryDirectory(prefix="fcgen-") as name:
        folder = Path(name)
        export = ["--export-onnx", folder / "twin.onnx"] if model.startswith("three") else []
        words = [MODELS / model, "-o", folder / "d", "-q", "--json", *FOLDINGS[model], *export]
        start = time.monotonic()
        compiled = json.loads(run("compile", *words))
        print(f"{model}: compiled in {time.monotonic() - start:.1f} s")
        certificate = compiled["certificate"]
        if certificate:
            found = len(certificate["differences"])
            print(f"  certificate: {certificate['thresholds']:,} thresholds, {found} differences")
            wrong += found
        accelerator = fcgen.open(folder / "d")
        network = accelerator.network
        codes, _ = inputs(network, options.vectors)
        few = accelerator.simulate(codes[:ICARUS_VECTORS], engine="icarus", codes=True)
        print(f"  icarus: {few.vectors} vectors, {len(few.mismatches)} mismatches")
        accelerator.predict(codes[:2], codes=True)  # builds the model
        start = time.monotonic()
        result = accelerator.simulate(codes, engine="compiled", check=False, codes=True)
        rate = 60 * options.vectors / (time.monotonic() - start)
        outputs = result.outputs
        wanted = expected(model, network, codes, folder)
        if wanted.dtype.kind == "f":
            assert network.scores is not None
            outputs = network.scores(outputs)
        differ = int((outputs != wanted).sum())
        print(
            f"  {result.engine}: {options.vectors:,} vectors, {rate:,.0f} a minute, {differ} of "
            f"{wanted.size:,} outputs differ from the model's own runtime"
        )
        wrong += differ + len(few.mismatches)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
