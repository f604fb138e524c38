"""Where the design stands under what its device could do."""

from __future__ import annotations

from fcgen.report import drawing
from fcgen.report.content import Absent, Chart, Section, Table
from fcgen.report.evidence import Evidence

KEY, TITLE = "roofline", "Roofline"


def section(evidence: Evidence) -> Section:
    """Return the roofline of the device's multipliers, with the design under it."""
    device = evidence.device
    if device is None or evidence.estimate is None:
        what = "A roofline needs a device whose clock and multipliers are known."
        return Section(KEY, TITLE, absent=(Absent(what, evidence.synth_command),))
    made, guess = evidence.synthesis, evidence.estimate
    cap = made.cap if made and made.cap else guess.cap.mhz if guess.cap else None
    reached = made.gmacs if made and made.gmacs else guess.gmac_per_second
    if evidence.excess:
        what = f"The design does not fit {device.name}, so it has no place under its roofline."
        return Section(KEY, TITLE, absent=(Absent(what),))
    if not device.dsps or cap is None or reached is None:
        what = f"{device.name} has no roofline here: its multipliers or its highest clock are open."
        return Section(KEY, TITLE, absent=(Absent(what),))
    each = max(mapping.macs_per_block for mapping in evidence.design.mappings)
    return Section(KEY, TITLE, charts=(_chart(evidence, cap, reached, each),))


def _chart(evidence: Evidence, cap: float, reached: float, each: int) -> Chart:
    device, made, guess = evidence.device, evidence.synthesis, evidence.estimate
    assert device is not None
    assert guess is not None
    useful = evidence.network.macs / evidence.design.initiation_interval
    most, roof = device.dsps * each, device.dsps * each * cap / 1e3
    left, right = min(1.0, useful / 2), max(2.0 * most, 2 * useful)
    points = []
    if guess.gmac_per_second:
        points.append(("estimated", guess.gmac_per_second, drawing.C2, "s"))
    if made and made.gmacs:
        points.append(
            ("bitstream" if made.board else "placed and routed", made.gmacs, drawing.C1, "o")
        )
    with drawing.canvas(260) as figure:
        axes = drawing.axes(figure, 42, 40, 14, 24)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(left, right)
        axes.set_ylim(*heights(left * cap / 1e3, roof, [value for _, value, *_ in points]))
        axes.grid(True)
        axes.set_axisbelow(True)
        axes.plot([left, most, right], [left * cap / 1e3, roof, roof], color=drawing.INK, lw=1.4)
        packed = f", {each} products each" if each > 1 else ""
        text = f"{device.dsps} multipliers{packed}, {cap:g} MHz: {roof:.1f}"
        axes.text(right, roof * 1.12, text, fontsize=drawing.SMALL, ha="right", va="bottom")
        for name, value, colour, marker in points:
            axes.plot([useful], [value], marker, color=colour, markersize=8, label=name)
        axes.legend(
            loc="lower right", frameon=False, fontsize=drawing.SMALL, labelcolor=drawing.INK
        )
        axes.set_xlabel("multiplications that an inference needs, a cycle")
        axes.set_title("10⁹ multiplications a second", loc="left", fontsize=drawing.SMALL)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: f"{value:g}")
            axis.set_minor_formatter(lambda *_: "")
        share = 100 * reached / roof
        caption = (
            f"The design does {reached:.2f} of the {roof:.1f} GMAC/s that all multipliers of "
            f"{device.name} could do at {cap:g} MHz: {share:.1f} %. Along the slope more "
            "multipliers at work help, under the roof only a larger device."
        )
        svg = drawing.svg(figure, KEY, "Roofline", caption)
    rows = [(name, f"{useful:.2f}", f"{value:.3f}") for name, value, *_ in points]
    rows.append(("roof", f"{most:,}", f"{roof:.2f}"))
    head = ("Point", "Multiplications a cycle", "GMAC/s")
    return Chart(svg, caption, Table("Roofline", head, tuple(rows)))


def heights(slope: float, roof: float, values: list[float]) -> tuple[float, float]:
    """Return where the logarithmic axis begins and ends: around the slope's foot, roof, and points.

    A point is as large as a factor of 1.3.
    """
    return min(slope, *values) / 2, 2 * max(roof, *values)
