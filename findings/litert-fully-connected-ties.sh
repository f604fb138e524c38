#!/bin/sh
# Expected: LiteRT gives the same int8 codes for a fully connected layer by its reference kernels
#   and by default, as the files hold nothing but integers and scales.
# Seen: of the 256 codes of y = x / 2, 64 differ. The reference kernel rounds a half away from zero,
#   XNNPACK, which LiteRT uses by default, to the even neighbour.
# Versions: ai-edge-litert 2.3.0 on x86-64 Linux.
# Output:
#   x           -5 -4 -3 -2 -1 0 1 2 3 4 5
#   reference   -3 -2 -2 -1 -1 0 1 1 2 2 3
#   default     -2 -2 -2 -1 0 0 0 1 2 2 2
#   codes that differ: 64 of 256
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
environment ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6

cp "$here/one_operator.py" .
cat > try.py <<'EOF'
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from one_operator import model, run, tensor

x = np.arange(-128, 128)
made = model("FULLY_CONNECTED", 4, [
    tensor("x", (256, 1), 0.5),
    tensor("weight", (1, 1), 1.0, values=np.ones((1, 1), np.int8)),
    tensor("bias", (1,), 0.5, values=np.zeros(1, np.int32)),
    tensor("y", (256, 1), 1.0),
], schema.FullyConnectedOptionsT())
reference, default = run(made, x, True), run(made, x, False)
near = np.abs(x) <= 5
print("x          ", *x[near])
print("reference  ", *reference[near])
print("default    ", *default[near])
print("codes that differ:", (reference != default).sum(), "of", len(x))
EOF
expect "$(python try.py)" "\
x           -5 -4 -3 -2 -1 0 1 2 3 4 5
reference   -3 -2 -2 -1 -1 0 1 1 2 2 3
default     -2 -2 -2 -1 0 0 0 1 2 2 2
codes that differ: 64 of 256"
