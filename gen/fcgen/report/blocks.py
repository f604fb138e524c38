"""The block diagram: layers in a chain, and what is in each."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from fcgen.network.dense_layer import DenseLayer
from fcgen.report import drawing
from fcgen.report.content import Chart, Section
from fcgen.report.evidence import Evidence
from fcgen.schedule.folding import Folding
from fcgen.text.wording import count

KEY, TITLE = "blocks", "Block diagram"
LEFT, WIDE, TALL, PITCH = 8, 344, 62, 86
INSIDE = 8.2


def section(evidence: Evidence) -> Section:
    """Return the drawing of the layers with their streams."""
    return Section(KEY, TITLE, charts=(_chart(evidence),))


def _chart(evidence: Evidence) -> Chart:
    network, schedule, design = evidence.network, evidence.schedule, evidence.design
    pairs = list(zip(network.layers, schedule, strict=True))
    ends = {
        "argmax": "index of the largest",
        "top_k": f"the {network.end.count} largest",
        "softmax": "probability of each",
    }
    end = ends.get(network.end.kind)
    height = 28 + PITCH * len(pairs) + (34 if end else 8)
    with drawing.canvas(height) as figure:
        axes = drawing.bare(figure)
        for number, (layer, folding) in enumerate(pairs):
            top = 26 + number * PITCH
            bits = layer.activation_format.stored.bits
            _arrow(axes, top, f"{count(folding.input_lanes, 'lane')} of {count(bits, 'bit')}")
            _layer(axes, top, layer, folding)
        top = 26 + len(pairs) * PITCH
        stream = design.output_stream
        bits = layer_bits(evidence)
        _arrow(axes, top, f"{count(stream.lanes, 'lane')} of {count(bits, 'bit')}, out")
        if end:
            _box(axes, LEFT, top, WIDE, 22, drawing.SOFT)
            axes.text(LEFT + WIDE / 2, top + 11, end, ha="center", va="center")
        caption = (
            f"{count(len(pairs), 'layer')} in a chain, all at work at once; a stream with valid, "
            "ready, first and last between neighbours."
        )
        svg = drawing.svg(figure, KEY, "Block diagram", caption)
    return Chart(svg, caption)


def layer_bits(evidence: Evidence) -> int:
    """Return the bits of an output lane as it is stored."""
    return evidence.network.output_format.stored.bits


def _layer(axes: Axes, top: float, layer: DenseLayer, folding: Folding) -> None:
    _box(axes, LEFT, top, WIDE, TALL, drawing.CARD)
    name = drawing.label(layer.name, 34)
    axes.text(LEFT + 8, top + 11, name, va="center", weight="bold")
    shapes = (layer.frame_shape, layer.frame_output_shape)
    size = " → ".join("×".join(f"{one:,}" for one in shape) for shape in shapes)
    if layer.window is None:
        size = f"{layer.inputs:,} → {layer.outputs:,}"
    axes.text(LEFT + WIDE - 8, top + 11, size, va="center", ha="right", color=drawing.MUTED)
    last = "queue" if layer.table is None else "queue, table"
    made = "raw sums" if layer.requantization is None else "requantizer"
    parts = (
        ("vector memory", "two vectors") if layer.window is None else ("window memory", "rows"),
        (f"{folding.pe:,} × {folding.simd:,} MACs", f"{folding.weight_words:,} words"),
        (made, f"{folding.result_lanes:,} at once"),
        (last, f"{folding.output_lanes:,} a beat"),
    )
    widths = (82, 98, 72, 64)
    place = LEFT + 8.0
    for (first, second), width in zip(parts, widths, strict=True):
        _box(axes, place, top + 22, width, 33, drawing.SOFT)
        middle = place + width / 2
        axes.text(middle, top + 32, first, ha="center", va="center", fontsize=INSIDE)
        axes.text(
            middle,
            top + 45,
            second,
            ha="center",
            va="center",
            fontsize=INSIDE,
            color=drawing.MUTED,
        )
        place += width + 4


def _box(axes: Axes, left: float, top: float, width: float, height: float, colour: str) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (left, top),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=4",
            facecolor=colour,
            edgecolor=drawing.LINE,
            linewidth=0.8,
        )
    )


def _arrow(axes: Axes, end: float, text: str) -> None:
    middle = LEFT + WIDE / 2
    axes.annotate(
        "",
        (middle, end),
        (middle, end - 22),
        arrowprops={"arrowstyle": "-|>", "color": drawing.INK, "shrinkA": 0, "shrinkB": 0},
    )
    axes.text(middle + 8, end - 12, text, va="center", fontsize=drawing.SMALL, color=drawing.MUTED)
