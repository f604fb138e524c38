"""What of each format is used: by the weights, by the sums, by the activations that were seen."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from fcgen.numerics.fixed import IntegerFormat
from fcgen.report import drawing
from fcgen.report.content import Absent, Chart, Section, Table
from fcgen.report.evidence import Evidence
from fcgen.simulation.record import LOOKED_AT, SimulationRecord

KEY, TITLE = "ranges", "Ranges and formats"
PITCH = 26
HEAD = ("What", "Format", "From", "To", "Least", "Most", "Share of the format")


@dataclass(frozen=True)
class Range:
    """Values from ``least`` to ``most`` in a format."""

    name: str
    format: IntegerFormat
    least: int
    most: int

    @property
    def share(self) -> float:
        """What part of the format's reach is used, 0 to 1, on the side that uses more."""
        low = self.least / self.format.minimum if self.format.minimum else 0.0
        high = self.most / self.format.maximum if self.format.maximum else 0.0
        return max(low, high, 0.0)

    def row(self) -> tuple[str, ...]:
        """Return it for a table."""
        form = self.format
        numbers = (form.minimum, form.maximum, self.least, self.most)
        return (self.name, form.name, *(f"{n:,}" for n in numbers), f"{100 * self.share:.0f} %")


def section(evidence: Evidence) -> Section:
    """Return the ranges of weights and sums, which are known, and of activations where seen."""
    layers = evidence.network.layers
    weights = [
        Range(layer.name, layer.weight_format, int(layer.weight.min()), int(layer.weight.max()))
        for layer in layers
    ]
    charts = [_chart("weights", "Weights against their formats", weights)]
    record = next((one for one in evidence.simulations if one.given), None)
    record = record or next(iter(evidence.simulations), None)
    if record is None:
        what = "No values of activations are recorded, because no simulation of this design is."
        command = f"fcgen simulate {shlex.quote(evidence.directory)} --inputs x.npy"
        return Section(KEY, TITLE, charts=tuple(charts), absent=(Absent(what, command),))
    activations = _activations(evidence, record)
    charts.append(_chart("activations", "Activations against their formats", activations))
    looked_at = min(record.vectors, LOOKED_AT)
    source = "of the file given" if record.given else "made by the seed, which are not data"
    lead = (f"Activations are those of the first {looked_at:,} vectors {source}.",)
    return Section(KEY, TITLE, lead, tuple(charts))


def _activations(evidence: Evidence, record: SimulationRecord) -> list[Range]:
    network = evidence.network
    names = ["inputs", *(f"{layer.name}: outputs" for layer in network.layers)]
    formats = [network.activation_format, *(layer.output_format for layer in network.layers)]
    return [
        Range(name, form, seen.least, seen.most)
        for name, form, seen in zip(names, formats, record.seen, strict=False)
    ]


def _chart(key: str, title: str, ranges: list[Range]) -> Chart:
    height = len(ranges) * PITCH + 38
    with drawing.canvas(height) as figure:
        axes = drawing.axes(figure, 10, 34, 10, 2)
        axes.set_xlim(-1.02, 1.02)
        axes.set_ylim(len(ranges) * PITCH, 0)
        for number, one in enumerate(ranges):
            top, form = number * PITCH, one.format
            scale = max(form.magnitude, 1)
            low, high = form.minimum / scale, form.maximum / scale
            text = f"{drawing.label(one.name, 30)}  {one.least:,} to {one.most:,} in {form.name}"
            axes.text(-1, top + 8, text, fontsize=drawing.SMALL, va="center")
            axes.add_patch(drawing.box((low, top + 14), high - low, 8, drawing.SOFT))
            used = max(one.most - one.least, 0.004 * scale) / scale
            axes.add_patch(drawing.box((one.least / scale, top + 14), used, 8, drawing.C1))
        axes.set_yticks([])
        axes.set_xticks([-1, 0, 1], ["−1", "0", "1"])
        axes.set_xlabel("parts of the format's largest value")
        axes.spines["left"].set_visible(False)
        least = min(ranges, key=lambda one: one.share)
        caption = (
            f"{title}: the pale bar is the format, the strong one what is used of it; "
            f"the least is {100 * least.share:.0f} %, in {least.name}."
        )
        svg = drawing.svg(figure, key, title, caption)
    return Chart(svg, caption, Table(title, HEAD, tuple(one.row() for one in ranges)))
