#!/bin/sh
# Expected: AVERAGE_POOL_2D on int8 rounds the mean of the real values. The same values in a format
#   whose zero point is 20 less have codes that are 20 less, and so has their mean.
# Seen: LiteRT takes the mean of the codes and rounds a half away from code 0, wherever the zero
#   point is. Halves below code 0 go down and those above it go up, so the same real values have
#   another mean where the zero point is another one. Both sets of kernels do so.
# Versions: ai-edge-litert 2.3.0 on x86-64 Linux.
# Output:
#   steps above the zero point                     1,2 3,4 5,6 7,8
#   reference, zero point 0: mean in steps         2 4 6 8
#   reference, zero point -20: mean in steps       1 3 5 7
#   default, zero point 0: mean in steps           2 4 6 8
#   default, zero point -20: mean in steps         1 3 5 7
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
environment ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6

cp "$here/one_operator.py" .
cat > try.py <<'EOF'
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from one_operator import model, run, tensor

steps = np.arange(1, 9)
options = schema.Pool2DOptionsT()
options.padding = schema.Padding.VALID
options.filterWidth = options.strideW = 2
options.filterHeight = options.strideH = 1
print("steps above the zero point".ljust(46), "1,2 3,4 5,6 7,8")
for kernels, reference in ("reference", True), ("default", False):
    for zero_point in 0, -20:
        pool = model("AVERAGE_POOL_2D", 2, [
            tensor("x", (1, 1, 8, 1), 0.1, zero_point),
            tensor("y", (1, 1, 4, 1), 0.1, zero_point),
        ], options)
        means = run(pool, steps + zero_point, reference) - zero_point
        print(f"{kernels}, zero point {zero_point}: mean in steps".ljust(46), *means)
EOF
expect "$(python try.py)" "\
steps above the zero point                     1,2 3,4 5,6 7,8
reference, zero point 0: mean in steps         2 4 6 8
reference, zero point -20: mean in steps       1 3 5 7
default, zero point 0: mean in steps           2 4 6 8
default, zero point -20: mean in steps         1 3 5 7"
