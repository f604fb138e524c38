"""The layers at work on successive vectors: a Gantt chart in cycles."""

from __future__ import annotations

from matplotlib.axes import Axes

from fcgen.report import drawing
from fcgen.report.content import Chart, Section, Table
from fcgen.report.evidence import Evidence
from fcgen.report.windows import windows

KEY, TITLE = "pipeline", "Pipeline"
PITCH, VECTORS = 28, 3
HEAD = ("Layer", "Takes in from", "to", "Works from", "to", "Gives out from", "to", "Busy")


def section(evidence: Evidence) -> Section:
    """Return the cycles of each layer, and how busy it is in steady state."""
    interval = evidence.design.initiation_interval
    foldings = evidence.schedule.foldings
    slowest = max(range(len(foldings)), key=lambda n: foldings[n].initiation_interval)
    name = evidence.network.layers[slowest].name
    lead: tuple[str, ...] = (
        f"A vector leaves every {interval:,} cycles; the pace is that of {name}. One vector alone "
        f"takes {evidence.design.latency:,} cycles. Cycles are formulas, which tests hold to the "
        "simulated hardware.",
    )
    measured = [one.initiation_interval for one in evidence.simulations if one.initiation_interval]
    if measured:
        lead += (f"The last simulation measured {measured[0]:,.12g} cycles a vector.",)
    return Section(KEY, TITLE, lead, (_chart(evidence),))


def _chart(evidence: Evidence) -> Chart:
    found, interval = windows(evidence.timing), evidence.design.initiation_interval
    names = [layer.name for layer in evidence.network.layers]
    end = found[-1].span[1] + (VECTORS - 1) * interval
    with drawing.canvas(len(found) * PITCH + 56) as figure:
        axes = drawing.axes(figure, 10, 52, 24, 2)
        axes.set_xlim(0, end)
        axes.set_ylim(len(found) * PITCH, 0)
        for number, (name, window) in enumerate(zip(names, found, strict=True)):
            top = number * PITCH
            axes.text(0, top + 8, drawing.label(name, 48), fontsize=drawing.SMALL, va="center")
            axes.add_patch(drawing.box((0, top + 14), end, 11, drawing.SOFT))
            for vector in range(VECTORS):
                first, after = (cycle + vector * interval for cycle in window.working)
                width = max(after - first, end / 400)
                colour = drawing.SERIES[vector]
                axes.add_patch(drawing.box((first, top + 14), width, 11, colour))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", nbins=5)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlabel("cycle, from the first input beat on")
        _legend(axes, len(found) * PITCH)
        caption = (
            f"When each layer multiplies, for {VECTORS} vectors that come every {interval:,} "
            "cycles: the layers work at once, on successive vectors."
        )
        svg = drawing.svg(figure, KEY, "Gantt chart of the layers", caption)
    rows = tuple(
        (
            name,
            *(f"{cycle:,}" for a, b in (w.taking, w.working, w.giving) for cycle in (a, b - 1)),
            f"{100 * (w.working[1] - w.working[0]) / interval:.0f} %",
        )
        for name, w in zip(names, found, strict=True)
    )
    return Chart(svg, caption, Table("Cycles of the first vector", HEAD, rows))


def _legend(axes: Axes, bottom: float) -> None:
    """Write under the axis which colour is which vector."""
    figure = axes.figure
    assert figure is not None
    transform = figure.dpi_scale_trans
    for vector in range(VECTORS):
        left = (10 + 84 * vector) / 72
        patch = drawing.box((left, 4 / 72), 9 / 72, 9 / 72, drawing.SERIES[vector])
        patch.set_transform(transform)
        patch.set_clip_on(False)
        axes.add_artist(patch)
        text = f"vector {vector + 1}"
        axes.text(
            left + 13 / 72, 8.5 / 72, text, fontsize=drawing.SMALL, va="center", transform=transform
        )
