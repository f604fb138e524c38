"""What each layer takes of the device: the estimate, and beside it what was measured."""

from __future__ import annotations

from collections.abc import Iterator

from fcgen.devices.device import Device, Usage
from fcgen.network.instance_names import instance_names
from fcgen.report import drawing
from fcgen.report.content import Absent, Chart, Section, Table
from fcgen.report.evidence import Evidence
from fcgen.report.wording import rate
from fcgen.synthesis.fit import RESOURCES
from fcgen.synthesis.result_text import megahertz

KEY, TITLE = "resources", "Resources"
PITCH = 44
NONE = "–"
LINK = ("lut", "ff", "ram")
"""What a host link takes."""
SHORT = {"scratchpad": "SPRAM"}


def section(evidence: Evidence) -> Section:
    """Return usage in all, and layer by layer."""
    device = evidence.device
    if device is None:
        what = "The design is mapped to no device, so nothing is known of what it takes."
        return Section(KEY, TITLE, absent=(Absent(what, evidence.synth_command),))
    absent = []
    if evidence.synthesis is None:
        what = f"The design as it is was not placed and routed for {device.name} yet."
        absent.append(Absent(what, evidence.synth_command))
    if evidence.estimate is None:
        absent.append(Absent(f"There are no figures for estimates on {device.name}."))
    if evidence.estimate is None and evidence.synthesis is None:
        return Section(KEY, TITLE, absent=tuple(absent))
    chart = _chart(evidence, device)
    tables = (_layers(evidence), *_others(evidence))
    return Section(KEY, TITLE, _lead(evidence), (chart,), tables, tuple(absent), wide=True)


def _others(evidence: Evidence) -> Iterator[Table]:
    """Give a table of all results where the design was synthesised more than once."""
    if len(evidence.syntheses) > 1:
        rows = tuple(
            (
                one.board or f"{one.device} {one.speed}".strip(),
                f"{megahertz(one.clock)}" if one.clock else NONE,
                rate(one.rate) if one.rate else NONE,
                *(f"{getattr(one.usage, field):,}" for _, field, _ in RESOURCES),
            )
            for one in evidence.syntheses
        )
        head = ("Board or device", "MHz", "Inferences a second", *(name for name, *_ in RESOURCES))
        yield Table("All results of synthesis", head, rows)


def _lead(evidence: Evidence) -> tuple[str, ...]:
    lead = []
    if evidence.excess:
        lead.append(evidence.excess)
    if evidence.estimate is not None:
        lead.append("Estimates of multipliers and block RAMs are exact, those of logic close.")
    made = evidence.synthesis
    if made is not None and made.parts:
        lead.append("Layers are measured by Yosys' count, the whole after placement.")
    if made is not None and made.board:
        rest = {name: getattr(made.usage, name) - getattr(made.inside, name) for name in LINK}
        lead.append(
            f"Of the whole chip {rest['lut']:,} LUTs, {rest['ff']:,} FFs and {rest['ram']:,} RAMs "
            "are the serial line with its commands, and clock and reset."
        )
    return tuple(lead)


def _rows(device: Device) -> list[tuple[str, str, int]]:
    """Return name, field and number of the resources that the device has."""
    return [(n, u, getattr(device, a)) for n, u, a in RESOURCES if getattr(device, a)]


def _chart(evidence: Evidence, device: Device) -> Chart:
    made, guess = evidence.synthesis, evidence.estimate
    found = [
        (name, colour, usage)
        for name, colour, usage in (
            ("estimate", drawing.C2, guess.usage if guess else None),
            (
                "bitstream" if made and made.board else "measured",
                drawing.C1,
                made.usage if made else None,
            ),
        )
        if usage is not None
    ]
    rows = _rows(device)
    shares = [getattr(usage, field) / most for _, field, most in rows for *_, usage in found]
    end = max(1.0, *shares)
    with drawing.canvas(len(rows) * PITCH + 38) as figure:
        axes = drawing.axes(figure, 10, 34, 14, 2)
        axes.set_xlim(0, 100 * end)
        axes.set_ylim(len(rows) * PITCH, 0)
        for number, (name, field, most) in enumerate(rows):
            top = number * PITCH
            values = ", ".join(f"{kind} {getattr(u, field):,}" for kind, _, u in found)
            text = f"{name} of {most:,}: {values}"
            axes.text(0, top + 9, text, fontsize=drawing.SMALL, va="center")
            axes.add_patch(drawing.box((0, top + 17), 100, 20, drawing.SOFT))
            height = 20 / len(found)
            for place, (_, colour, usage) in enumerate(found):
                share = 100 * getattr(usage, field) / most
                corner = (0, top + 17 + place * height)
                axes.add_patch(drawing.box(corner, share, height, colour))
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"per cent of {device.name}")
        colours = {
            "estimate": "orange the estimate",
            "measured": "blue what was measured",
            "bitstream": "blue the bitstream, its serial line included",
        }
        described = ", ".join(colours[kind] for kind, *_ in found)
        caption = f"What the design takes of {device.name}: {described}, pale the device."
        svg = drawing.svg(figure, KEY, "Resources against the device", caption)
    rest = [(kind, usage) for kind, _, usage in found]
    table = Table(
        f"Resources of the whole design on {device.name}",
        ("Resource", *(kind for kind, _ in rest), "Device"),
        tuple(
            (name, *(f"{getattr(usage, field):,}" for _, usage in rest), f"{most:,}")
            for name, field, most in rows
        ),
    )
    return Chart(svg, caption, table)


def _layers(evidence: Evidence) -> Table:
    """Return the estimate beside the measurement for every layer."""
    device, made, guess = evidence.device, evidence.synthesis, evidence.estimate
    assert device is not None
    layers = evidence.network.layers
    columns: dict[str, list[Usage | None]] = {}
    titles = [*(layer.name for layer in layers), "Whole design"]
    if guess is not None:
        columns["est."] = [*guess.layers, guess.usage]
    if made is not None:
        names = instance_names(evidence.network)
        alone = made.inside if len(layers) == 1 else None
        columns["meas."] = [*(made.parts.get(name, alone) for name in names), made.inside]
        if made.board:
            titles.append("Whole chip")
            columns["meas."].append(made.usage)
    taken = [usage for column in columns.values() for usage in column if usage is not None]
    fields = [
        (SHORT.get(name, name), field)
        for name, field, _ in _rows(device)
        if any(getattr(usage, field) for usage in taken)
    ]
    rows = [
        (name, *(_cell(column, n, field) for _, field in fields for column in columns.values()))
        for n, name in enumerate(titles)
    ]
    head = ("Layer", *(f"{name} {kind}" for name, _ in fields for kind in columns))
    return Table("Resources of each layer, estimated and measured", head, tuple(rows))


def _cell(column: list[Usage | None], row: int, field: str) -> str:
    usage = column[row] if row < len(column) else None
    return NONE if usage is None else f"{getattr(usage, field):,}"
