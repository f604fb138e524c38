#!/bin/sh
# Expected: QUANTIZE from int8 to int8 gives the whole number next to x * (scale of x / scale of y).
# Seen: by default LiteRT (XNNPACK) rounds the ratio of the scales to a multiple of 1/256 first. For
#   a ratio of 0.998 that is 255/256, and 122 of 256 codes are one below the right one: 129 steps
#   are 128.742, and the answer is 128. The reference kernel gives the right code for all of them.
# Versions: ai-edge-litert 2.3.0 on x86-64 Linux.
# Output:
#   129 steps of 0.998: exactly 128.742, reference 129, default 128
#   codes beside the nearest: reference 0, default 122 of 256
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
environment ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6

cp "$here/one_operator.py" .
cat > try.py <<'EOF'
import numpy as np
from one_operator import model, run, tensor

steps = np.arange(256)
made = model("QUANTIZE", 2, [tensor("x", (1, 256), 0.998, -128), tensor("y", (1, 256), 1.0, -128)])
exact = steps * 0.998
reference, default = (run(made, steps - 128, kernels) + 128 for kernels in (True, False))
print(f"129 steps of 0.998: exactly {exact[129]:.3f}, reference {reference[129]},", end=" ")
print("default", default[129])
wrong = [(codes != np.rint(exact)).sum() for codes in (reference, default)]
print(f"codes beside the nearest: reference {wrong[0]}, default {wrong[1]} of {len(steps)}")
EOF
expect "$(python try.py)" "\
129 steps of 0.998: exactly 128.742, reference 129, default 128
codes beside the nearest: reference 0, default 122 of 256"
