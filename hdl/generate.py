"""Write the reference design of this folder again: the 5×3×3 → 10 layer and its timing diagram.

python hdl/generate.py [DIRECTORY]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from amaranth.hdl import Fragment
from amaranth.sim import Simulator

from fcgen import accelerator
from fcgen.hardware.layer.layer import Layer
from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics.fixed import IntegerFormat
from fcgen.quantization.layer_options import make_layer
from fcgen.schedule.folding import Folding

HERE = Path(__file__).parent
INT8 = IntegerFormat(8, True)
ROWS = (
    ("input beat accepted", "vector_memory", ("in_valid", "in_ready")),
    ("beat issued", "controller", ("issue",)),
    ("last beat of a fold", "controller", ("fold_end",)),
    ("results leave group 0", "drain", ("tag",)),
    ("output beat accepted", "queue", ("out_valid",)),
)
MARKS = {False: "·", True: "█"}


def reference_layer() -> tuple[DenseLayer, Folding]:
    """Return the layer: 45 inputs, 10 neurons on 8 elements of 3 lanes, seeded weights."""
    layer, _ = make_layer(
        (5, 3, 3),
        10,
        weight_format=INT8,
        activation_format=INT8,
        output_format=INT8,
    )
    return layer, Folding(45, 10, pe=8, simd=3)


def timing_diagram(layer: DenseLayer, folding: Folding) -> str:
    """Simulate one vector and draw when each part of the layer works, one column a cycle."""
    hardware = Layer(layer, folding)
    fragment = Fragment.get(hardware, None)
    parts = {name: part.origins[0] for part, name, _ in fragment.subfragments if part.origins}
    columns: list[list[bool]] = []

    async def bench(ctx: Any) -> None:
        await ctx.tick().repeat(hardware.timing.flush + 1)
        ctx.set(hardware.out_ready, 1)
        for cycle in range(hardware.latency + 2):
            ctx.set(hardware.in_valid, cycle < folding.synapse_folds)
            ctx.set(hardware.in_first, cycle == 0)
            ctx.set(hardware.in_last, cycle == folding.synapse_folds - 1)
            columns.append(
                [
                    all(ctx.get(getattr(parts[part], signal)) & 1 for signal in signals)
                    for _, part, signals in ROWS
                ]
            )
            await ctx.tick()

    simulator = Simulator(fragment)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()

    width = max(len(title) for title, _, _ in ROWS)
    ruler = "".join(f"{cycle:<10}" for cycle in range(0, len(columns), 10))[: len(columns)]
    lines = [f"{'cycle':<{width}}  {ruler.rstrip()}"]
    for row, (title, _, _) in enumerate(ROWS):
        lines.append(f"{title:<{width}}  " + "".join(MARKS[column[row]] for column in columns))
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write ``layer/`` and ``timing.txt`` into a directory, by default this one."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    layer, folding = reference_layer()
    accelerator.write(layer, folding, directory / "layer")
    (directory / "timing.txt").write_text(timing_diagram(layer, folding), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
