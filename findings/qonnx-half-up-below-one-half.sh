#!/bin/sh
# qonnx 1.0.0 (its executor of IntQuant, NumPy 2.4), Python 3.11, Linux x86-64.
#
# The rounding mode HALF_UP rounds the largest float32 below one half, 0.49999997, to 1, and its
# opposite to -1. It is computed as sign(x) * floor(|x| + 0.5) in float32, where the sum is no
# float32 and rounds to 1. A nearest integer it is not: 0 is. HALF_DOWN and ROUND give 0.
#
# Output seen:
#   ROUND [0.0, 0.0]
#   HALF_DOWN [0.0, 0.0]
#   HALF_UP [1.0, -1.0]
#
# Exits with 1 when the behaviour has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qqq qonnx==1.0.0 numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
cat > "$folder/half_up.py" <<'PYTHON'
import numpy as np
from qonnx.custom_op.general.quant import quant

below = np.nextafter(np.float32(0.5), np.float32(0))
x = np.array([below, -below], np.float32)
one, zero, bits = (np.array(value, np.float32) for value in (1, 0, 4))
found = {}
for mode in ("ROUND", "HALF_DOWN", "HALF_UP"):
    found[mode] = [float(y) + 0.0 for y in quant(x, one, zero, bits, True, False, mode)]
    print(mode, found[mode])
assert found == {"ROUND": [0, 0], "HALF_DOWN": [0, 0], "HALF_UP": [1, -1]}
PYTHON
"$folder/venv/bin/python" "$folder/half_up.py"
