#!/bin/sh
# Expected: a convolution with a kernel of 1 x 1 gives the codes of the fully connected layer with
#   the same weights and scales, by LiteRT's reference kernels as by default.
# Seen: with y = x / 4 the reference convolution gives 1 for x = 1 and 2 for x = 5. It rounds twice:
#   1/4 is rounded to a half, the half to 1. So 32 of 256 codes differ from the fully connected
#   kernel, which rounds once. By default (XNNPACK) the two operators agree.
# Versions: ai-edge-litert 2.3.0 on x86-64 Linux.
# Output:
#   x                -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6
#   reference dense  -2 -1 -1 -1 -1 0 0 0 1 1 1 1 2
#   reference 1 x 1  -2 -1 -1 -1 -1 0 0 1 1 1 1 2 2
#   codes that differ: 32 of 256
#   default dense    -2 -1 -1 -1 0 0 0 0 0 1 1 1 2
#   default 1 x 1    -2 -1 -1 -1 0 0 0 0 0 1 1 1 2
#   codes that differ: 0 of 256
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
weight, bias = np.ones(1, np.int8), np.zeros(1, np.int32)
layer = model("FULLY_CONNECTED", 4, [
    tensor("x", (256, 1), 0.25),
    tensor("weight", (1, 1), 1.0, values=weight),
    tensor("bias", (1,), 0.25, values=bias),
    tensor("y", (256, 1), 1.0),
], schema.FullyConnectedOptionsT())
options = schema.Conv2DOptionsT()
options.padding = schema.Padding.VALID
options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
convolution = model("CONV_2D", 3, [
    tensor("x", (256, 1, 1, 1), 0.25),
    tensor("weight", (1, 1, 1, 1), 1.0, values=weight),
    tensor("bias", (1,), 0.25, values=bias),
    tensor("y", (256, 1, 1, 1), 1.0),
], options)
near = (x >= -6) & (x <= 6)
print("x               ", *x[near])
for kernels, reference in ("reference", True), ("default", False):
    dense, windows = run(layer, x, reference), run(convolution, x, reference)
    print(f"{kernels} dense".ljust(16), *dense[near])
    print(f"{kernels} 1 x 1".ljust(16), *windows[near])
    print("codes that differ:", (dense != windows).sum(), "of", len(x))
EOF
expect "$(python try.py)" "\
x                -6 -5 -4 -3 -2 -1 0 1 2 3 4 5 6
reference dense  -2 -1 -1 -1 -1 0 0 0 1 1 1 1 2
reference 1 x 1  -2 -1 -1 -1 -1 0 0 1 1 1 1 2 2
codes that differ: 32 of 256
default dense    -2 -1 -1 -1 0 0 0 0 0 1 1 1 2
default 1 x 1    -2 -1 -1 -1 0 0 0 0 0 1 1 1 2
codes that differ: 0 of 256"
