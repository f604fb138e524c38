"""The slowest path from register to register, in the design's own names."""

from __future__ import annotations

from fcgen.report import drawing
from fcgen.report.content import Absent, Chart, Section, Table
from fcgen.report.evidence import Evidence
from fcgen.report.synthesis import Synthesis
from fcgen.report.wording import printable
from fcgen.synthesis.report import ROUTING, Step
from fcgen.synthesis.result_text import merged

KEY, TITLE = "critical-path", "Critical path"
PITCH, STEPS_MAX, LETTERS = 26, 40, 44


def section(evidence: Evidence) -> Section:
    """Return the path that nextpnr reports, step by step."""
    made = evidence.synthesis
    if made is None or not made.steps:
        what = "No path is known: the design as it is was not placed and routed."
        return Section(KEY, TITLE, absent=(Absent(what, evidence.synth_command),))
    steps = list(merged(made.steps))[:STEPS_MAX]
    whole = sum(step.ns for step in steps)
    about = f" It is that of the whole chip on the {made.board}." if made.board else ""
    nets = sum(step.ns for step in steps if step.kind == ROUTING)
    lead = (
        f"{whole:.2f} ns, {whole - nets:.2f} of them in cells and {nets:.2f} on nets, from "
        f"{made.start} to {made.end}.{about}",
        *([f"The silicon itself allows {made.cap:g} MHz: {made.cap_reason}."] if made.cap else []),
    )
    return Section(KEY, TITLE, lead, (_chart(made, steps, whole),))


def _chart(made: Synthesis, steps: list[Step], whole: float) -> Chart:
    shown = [step for step in steps if step.ns >= whole / 200]
    begins = {id(step): sum(one.ns for one in steps[:n]) for n, step in enumerate(steps)}
    with drawing.canvas(len(shown) * PITCH + 40) as figure:
        axes = drawing.axes(figure, 10, 36, 10, 2)
        axes.set_xlim(0, whole * 1.01)
        axes.set_ylim(len(shown) * PITCH, 0)
        for number, step in enumerate(shown):
            top = number * PITCH
            text = f"{step.ns:.2f}  {_tail(step.name)}"
            axes.text(0, top + 8, text, fontsize=drawing.SMALL, va="center")
            axes.add_patch(drawing.box((0, top + 14), whole, 9, drawing.SOFT))
            colour = drawing.C2 if step.kind == ROUTING else drawing.C1
            axes.add_patch(drawing.box((begins[id(step)], top + 14), step.ns, 9, colour))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("ns, from the clock edge on; blue in a cell, orange on a net")
        caption = f"The critical path as it passes, {len(shown)} steps of {whole:.2f} ns in all."
        svg = drawing.svg(figure, KEY, "Critical path", caption)
    passed, rows = 0.0, []
    for step in steps:
        passed += step.ns
        rows.append((step.name, step.kind, f"{step.ns:.2f}", f"{passed:.2f}"))
    head = ("Cell or net", "Kind", "ns", "Since the edge")
    return Chart(svg, caption, Table(f"Steps, {made.device}", head, tuple(rows)))


def _tail(name: str) -> str:
    """Return the end of a name, which is what differs from step to step."""
    line = printable(name)
    return line if len(line) <= LETTERS else f"…{line[1 - LETTERS :]}"
