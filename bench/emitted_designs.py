"""The bytes of seeded designs: whether a change of the code has changed what is emitted.

Run as ``python bench/emitted_designs.py [--tree CHECKOUT] [--only NAME …]``. Prints a line for each
design: a hash of its Verilog and memory images, a hash of all its files, and its name. A design
that is refused has the exit code in the place of the hashes. The lines of two checkouts are
compared with ``diff``. Nothing but the command line is used, so that any commit can be asked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT.parent / "shared/models"
HARDWARE = (".sv", ".v", ".hex", ".mem", ".f")
LAYERS = {
    "plain": "7 5",
    "folded": "64 10 --pe 5 --simd 4",
    "image": "3x8x8 6 --pe 3 --simd 8 --relu",
    "narrow": "33 17 --pe 4 --simd 3 --weight-bits 3 --activation-bits 4 --unsigned-activations",
    "wide": "20 6 --pe 2 --weight-bits 16 --activation-bits 16 --output-bits 12",
    "bits": "40 8 --pe 8 --simd 8 --weight-bits 1 --activation-bits 1 --output-bits 4",
    "raw": "50 7 --pe 7 --raw --simd 5",
    "wrap": "19 11 --pe 3 --saturation wrap --rounding floor",
    "away": "24 12 --pe 4 --rounding half_away --input-zero-point -3 --output-lanes 3",
    "prefixed": "12 12 --pe 2 --prefix mine_ --name own --verilog2005",
    "written": "30 9 --pe 3 --runtime-weights --rounding half_up",
    "axi": "16 10 --pe 2 --interface axi",
    "wishbone": "16 10 --pe 2 --interface wishbone --runtime-weights",
    "ecp5": "128 32 --pe 8 --device ecp5-25k",
    "ecp5-packed": "128 32 --pe 16 --simd 2 --device ecp5-85k --pack 2",
    "ecp5-soft": "60 20 --pe 10 --device ecp5-45k --soft-macs 4",
    "ecp5-ternary": "64 24 --pe 8 --simd 2 --weight-bits 2 --device ecp5-25k",
    "up5k": "200 17 --pe 4 --device ice40-up5k",
    "up5k-written": "256 100 --pe 8 --raw --device ice40-up5k --runtime-weights",
    "hx8k": "40 8 --pe 2 --device ice40-hx8k --weight-bits 4",
    "gw1n": "100 20 --pe 5 --device gowin-gw1nr9c",
    "gw2a": "100 20 --pe 5 --simd 4 --device gowin-gw2ar18c",
    "xilinx": "100 20 --pe 5 --device xilinx7",
}
NETWORKS = {
    "digits": "dense.npz --calibration x.npy",
    "digits-argmax": "dense.npz --calibration x.npy --end argmax --device ecp5-25k --fps 20000",
    "digits-top": "dense.npz --calibration x.npy --end top_k --top-k 3 --pe 4 --simd 2",
    "digits-softmax": "dense.npz --calibration x.npy --end softmax --device ecp5-25k",
    "digits-written": "dense.npz --calibration x.npy --runtime-weights --device ice40-up5k",
    "digits-axi": "dense.npz --calibration x.npy --interface axi --output-lanes 2",
    "tables": "tables.npz --calibration x.npy --device ecp5-25k --fit",
    "tables-narrow": "tables.npz --calibration x.npy --weight-bits 4 --activation-bits 6",
    "ranged": "dense.npz --range -1 1 --weight-bits 8,6,4 --activation-bits 8,5,8",
}
SHARED = {
    "ad01": "ad01_int8.tflite --device ecp5-85k --fit",
    "ad01-xnnpack": "ad01_int8.tflite --target litert-xnnpack",
    "tfc": "TFC_2W2A.onnx --end argmax",
    "jets": "qkeras_jettagging.onnx --device ecp5-25k --fps 1000000",
    "three-layer": "three_layer_keras.onnx --range -2 2",
}


def write_models(folder: Path) -> None:
    """Write the models of `NETWORKS` and their calibration data, all of one seed."""
    random = np.random.default_rng(20)
    np.save(folder / "x.npy", random.normal(0, 0.5, (60, 24)).astype(np.float32))
    for name, activations in (
        ("dense", ("relu", "relu6", "linear")),
        ("tables", ("sigmoid", {"kind": "leaky_relu", "slope": 0.1}, "tanh")),
    ):
        arrays, layers = {}, []
        for number, (inputs, outputs) in enumerate(((24, 16), (16, 12), (12, 10))):
            arrays[f"w{number}"] = random.normal(0, 0.3, (outputs, inputs)).astype(np.float32)
            arrays[f"b{number}"] = random.normal(0, 0.1, outputs).astype(np.float32)
            entry = {"name": f"fc{number}", "weight": f"w{number}", "bias": f"b{number}"}
            layers.append({**entry, "activation": activations[number]})
        np.savez(folder / f"{name}.npz", **arrays)
        form = {"format": "fcgen-model-1", "input_shape": [24], "layers": layers}
        (folder / f"{name}.json").write_text(json.dumps(form))


def digest(paths: list[Path], root: Path) -> str:
    """Return the first digits of a hash of files and their names."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    return total.hexdigest()[:16]


def line(name: str, arguments: list[str], tree: Path, folder: Path) -> str:
    """Emit one design with the code of a checkout; return its line."""
    out = folder / name
    environment = os.environ | {"PYTHONPATH": str(tree / "gen"), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "fcgen", *arguments, "-q", "-o", str(out)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if not out.is_dir():
        return f"exit code {done.returncode:<22} {name}"
    files = sorted(path for path in out.rglob("*") if path.is_file())
    hardware = [path for path in files if path.suffix in HARDWARE]
    return f"{digest(hardware, out)} {digest(files, out)} {name}"


def main() -> int:
    """Print the lines."""
    parser = argparse.ArgumentParser(description="the bytes of seeded designs")
    parser.add_argument("--tree", type=Path, default=ROOT, help="whose code emits")
    parser.add_argument("--only", nargs="*", help="names")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_models(folder)
        wanted = {f"layer-{name}": ["layer", *text.split()] for name, text in LAYERS.items()}
        wanted |= {name: ["compile", *text.split()] for name, text in NETWORKS.items()}
        for name, text in SHARED.items() if MODELS.is_dir() else ():
            model, *rest = text.split()
            wanted[name] = ["compile", str(MODELS / model), *rest]
        for name, arguments in wanted.items():
            if not options.only or name in options.only:
                print(line(name, arguments, options.tree.resolve(), folder), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
