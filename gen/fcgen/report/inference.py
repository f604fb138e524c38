"""One inference as a timing diagram."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from fcgen.report import drawing
from fcgen.report.content import Absent, Chart, Section, Table
from fcgen.report.evidence import Evidence
from fcgen.report.windows import Span, windows
from fcgen.simulation.record import SimulationRecord

KEY, TITLE = "inference", "One inference"
PITCH, HIGH = 30, 11
RUNS_SHOWN = 300
"""What a row of a chart can show apart; closer beats run together."""

Row = tuple[str, str, tuple[Span, ...]]


def section(evidence: Evidence) -> Section:
    """Return the cycles of a vector that meets an idle design."""
    measured = next((one for one in evidence.simulations if one.output_cycles), None)
    absent: tuple[Absent, ...] = ()
    lead = "A vector enters the idle design, and nobody stalls."
    if measured is None:
        what = "Its cycles are formulas here: no undisturbed simulation of this design is recorded."
        command = f"fcgen simulate {shlex.quote(evidence.directory)}"
        absent = (Absent(what, command),)
    else:
        lead += f" The output beats are those that the engine {measured.engine} measured."
    return Section(KEY, TITLE, (lead,), (_chart(evidence, measured),), absent=absent)


def _rows(evidence: Evidence, measured: SimulationRecord | None) -> list[Row]:
    """Return signals with the spans of cycles in which they are high."""
    found, stream = windows(evidence.timing), evidence.design.input_stream
    beats = stream.beats
    rows: list[Row] = [
        ("in_valid, in_ready", "input beats are accepted", ((0, beats),)),
        ("in_first", "the first beat of the vector", ((0, 1),)),
        ("in_last", "the last one", ((beats - 1, beats),)),
    ]
    for layer, window in zip(evidence.network.layers, found, strict=True):
        rows.append((drawing.label(layer.name, 30), "its elements multiply", (window.working,)))
    if measured is not None:
        spans = _runs(measured.output_cycles)
    else:
        design = evidence.design
        spans = ((design.manifest.latency_first, design.latency + 1),)
    rows.append(("out_valid, out_ready", "output beats are accepted", spans))
    rows.append(("out_last", "the last one", ((spans[-1][1] - 1, spans[-1][1]),)))
    return rows


def _runs(cycles: Sequence[int]) -> tuple[Span, ...]:
    """Return spans of cycles, with those run together that a chart cannot show apart."""
    gap = max(1, (cycles[-1] - cycles[0]) // RUNS_SHOWN)
    spans: list[Span] = []
    for cycle in cycles:
        if spans and cycle - spans[-1][1] < gap:
            spans[-1] = spans[-1][0], cycle + 1
        else:
            spans.append((cycle, cycle + 1))
    return tuple(spans)


def _chart(evidence: Evidence, measured: SimulationRecord | None) -> Chart:
    rows = _rows(evidence, measured)
    end = max(spans[-1][1] for *_, spans in rows) * 1.02
    with drawing.canvas(len(rows) * PITCH + 38) as figure:
        axes = drawing.axes(figure, 10, 34, 24, 2)
        axes.set_xlim(0, end)
        axes.set_ylim(len(rows) * PITCH, 0)
        for number, (name, what, spans) in enumerate(rows):
            low = number * PITCH + 15 + HIGH
            axes.text(0, number * PITCH + 8, f"{name}: {what}", fontsize=drawing.SMALL, va="center")
            xs, ys = [0.0], [low]
            for first, after in spans:
                after_seen = max(after, first + end / 600)
                xs += [first, first, after_seen, after_seen]
                ys += [low, low - HIGH, low - HIGH, low]
            axes.plot([*xs, end], [*ys, low], color=drawing.C1, linewidth=1.1)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", nbins=5)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlabel("cycle, from the first input beat on")
        first, last = rows[-2][2][0][0], rows[-1][2][0][0]
        caption = (
            f"Timing diagram of one inference: the first output beat leaves in cycle {first:,}, "
            f"the last one in cycle {last:,}."
        )
        svg = drawing.svg(figure, KEY, "Timing diagram of one inference", caption)
    table = tuple(
        (name, what, f"{spans[0][0]:,}", f"{spans[-1][1] - 1:,}") for name, what, spans in rows
    )
    return Chart(svg, caption, Table("Signals", ("Signal", "High while", "First", "Last"), table))
