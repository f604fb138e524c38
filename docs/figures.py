"""Draw the timing diagrams of the tutorial, from simulations of its layer.

python docs/figures.py [DIRECTORY]
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.hdl import Fragment
from amaranth.sim import Simulator

from fcgen.hardware.layer.layer import Layer
from fcgen.load.arrays.raw_weights import RawWeights
from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics.fixed import IntegerFormat
from fcgen.quantization.layer_options import make_layer
from fcgen.schedule.folding import Folding

HERE = Path(__file__).parent / "figures"
# The layer that the tutorial computes by hand, and its input.
WEIGHT = ((1, -2, 3, 0), (4, 1, -1, 2), (-3, 2, 2, 1))
BIAS = (10, -5, 7)
INPUT = (1, 2, 3, 4)
SIZES = {"one-element": 1, "three-elements": 3}

COLUMN, ROW, HIGH, LEFT, TOP = 30, 30, 20, 152, 24
Row = tuple[str, list[str | None]]


def tutorial_layer() -> DenseLayer:
    """Return the 4 → 3 layer of the tutorial, with raw accumulators as outputs."""
    int8 = IntegerFormat(8, True)
    layer, _ = make_layer(
        (4,),
        3,
        weight_format=int8,
        activation_format=IntegerFormat(4, True),
        output_format=int8,
        weights=RawWeights(np.array(WEIGHT), np.array(BIAS)),
        raw=True,
    )
    return layer


def signed(word: int, bits: int) -> str:
    """Return the number that a word of two's complement stands for."""
    return str(word - (word >> (bits - 1) << bits))


def rows(elements: int) -> list[Row]:
    """Simulate one vector; a row holds a value for each cycle in which it means something."""
    layer = tutorial_layer()
    hardware = Layer(layer, Folding(4, 3, pe=elements, simd=1))
    fragment = Fragment.get(hardware, None)
    parts = {name: part.origins[0] for part, name, _ in fragment.subfragments if part.origins}
    controller, out_bits = parts["controller"], layer.output_format.bits
    titles = ("input accepted", "inputs multiplied", "neurons at work", "output accepted")
    columns: list[tuple[str | None, ...]] = []

    async def bench(ctx: Any) -> None:
        await ctx.tick().repeat(hardware.timing.flush + 1)
        ctx.set(hardware.out_ready, 1)
        for cycle in range(hardware.latency + 2):
            offered = cycle < len(INPUT)
            ctx.set(hardware.in_valid, offered)
            ctx.set(hardware.in_payload, INPUT[cycle] if offered else 0)
            ctx.set(hardware.in_first, cycle == 0)
            ctx.set(hardware.in_last, cycle == len(INPUT) - 1)
            beat, address = ctx.get(controller.synapse_fold), ctx.get(controller.address)
            first = address // len(INPUT) * elements
            busy = range(first, min(first + elements, len(BIAS)))
            neurons = "–".join(str(one) for one in dict.fromkeys((busy[0], busy[-1])))
            issued, leaves = ctx.get(controller.issue), ctx.get(hardware.out_valid)
            payload = signed(ctx.get(hardware.out_payload) & ((1 << out_bits) - 1), out_bits)
            columns.append(
                (
                    str(INPUT[cycle]) if offered and ctx.get(hardware.in_ready) else None,
                    f"x{beat}" if issued else None,
                    neurons if issued else None,
                    payload if leaves else None,
                )
            )
            await ctx.tick()

    simulator = Simulator(fragment)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return [(title, [column[row] for column in columns]) for row, title in enumerate(titles)]


def drawing(signals: list[Row], description: str) -> str:
    """Return the rows as an SVG, which says in words what it shows."""
    cycles = len(signals[0][1])
    width, height = LEFT + cycles * COLUMN + 8, TOP + (len(signals)) * ROW + 8
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="sans-serif" font-size="12">',
        f"<title>{escape(description)}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for cycle in range(cycles + 1):
        x = LEFT + cycle * COLUMN
        lines.append(f'<path d="M{x} {TOP}V{height - 8}" stroke="#e2e2e2"/>')
        if cycle < cycles:
            lines.append(_text(x + COLUMN // 2, TOP - 8, str(cycle), "#666"))
    lines.append(_text(LEFT - 10, TOP - 8, "cycle", "#666", "end"))
    for number, (title, values) in enumerate(signals):
        y = TOP + number * ROW + (ROW - HIGH) // 2
        lines.append(_text(LEFT - 10, y + 14, title, "#222", "end"))
        for cycle, value in enumerate(values):
            x = LEFT + cycle * COLUMN
            if value is None:
                lines.append(f'<path d="M{x} {y + HIGH}h{COLUMN}" stroke="#888"/>')
                continue
            lines.append(
                f'<rect x="{x + 1}" y="{y}" width="{COLUMN - 2}" height="{HIGH}" rx="2" '
                'fill="#d7e8f7" stroke="#2a6496"/>'
            )
            lines.append(_text(x + COLUMN // 2, y + 14, value, "#12395a"))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _text(x: int, y: int, text: str, colour: str, anchor: str = "middle") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'


def main() -> int:
    """Write ``timing-SIZE.svg`` into a directory, by default ``docs/figures``."""
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for size, elements in SIZES.items():
        noun = "element" if elements == 1 else "elements"
        description = f"One vector in the 4 to 3 layer on {elements} {noun}, cycle by cycle"
        text = drawing(rows(elements), description)
        (directory / f"timing-{size}.svg").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
