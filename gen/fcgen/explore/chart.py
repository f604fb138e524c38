"""A sweep as a picture: for each device what speed costs, and what the bits do to the accuracy."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from fcgen.explore.rows import Row
from fcgen.tools.install import install_command

PANEL_INCHES = (4.4, 3.4)
COLUMNS_MAX = 3
STYLE = {"svg.hashsalt": "fcgen", "svg.fonttype": "none", "font.size": 9.0}
"""The same figures give the same bytes, and text stays text."""


def missing() -> str | None:
    """Say in one line what to install when no chart can be drawn; None when it can."""
    if find_spec("matplotlib") is not None:
        return None
    return f"no chart: matplotlib is not installed; run `{install_command('fcgen[report]')}`"


def svg(rows: Sequence[Row], title: str) -> str:
    """Return the chart of the points that fit, as SVG.

    A panel a device: look-up tables against inferences a second. A colour for each pair of widths;
    full where the figures are of synthesis, hollow where they are estimates, pale where another
    point is better in everything.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    fitting = [row for row in rows if row.fits]
    devices = list(dict.fromkeys(row.point.device for row in fitting)) or ["no point fits"]
    widths = sorted({row.point.widths for row in fitting}, reverse=True)
    colours = {one: f"C{place % 10}" for place, one in enumerate(widths)}
    columns = min(len(devices), COLUMNS_MAX)
    lines = -(-len(devices) // columns)
    with rc_context(STYLE):
        size = (PANEL_INCHES[0] * columns, PANEL_INCHES[1] * lines + 0.6)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(lines, columns, squeeze=False).flat
        for device, axes in zip(devices, panels, strict=False):
            _panel(axes, device, [r for r in fitting if r.point.device == device], colours)
        for axes in list(panels)[len(devices) :]:
            axes.set_axis_off()
        figure.suptitle(title)
        if widths:
            _legend(figure, fitting, colours)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Title": title})
    return stream.getvalue()


def _panel(axes: Any, device: str, rows: Sequence[Row], colours: dict[Any, str]) -> None:
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    axes.set_title(device)
    axes.set_xlabel("look-up tables")
    axes.set_ylabel("inferences a second")
    axes.grid(True, which="major", alpha=0.3)
    for row in rows:
        colour = colours[row.point.widths]
        axes.plot(
            row.values["lut"],
            row.values["inferences_per_second"],
            marker="o" if row.pareto else ".",
            color=colour,
            markerfacecolor=colour if row.routed else "none",
            alpha=1.0 if row.pareto else 0.35,
            linestyle="none",
        )
    if rows:
        axes.set_xscale("log")
        axes.set_yscale("log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(EngFormatter(sep=""))
            axis.set_minor_formatter(NullFormatter())


def _legend(figure: Any, rows: Sequence[Row], colours: dict[Any, str]) -> None:
    """Name the colours, with the accuracy where it is known, and the kinds of marks."""
    from matplotlib.lines import Line2D

    known = {row.point.widths: row.accuracy for row in rows}
    handles = []
    for widths, colour in colours.items():
        accuracy = known[widths]
        share = "" if accuracy is None else f", accuracy {accuracy:.2%}"
        label = f"{widths} bits{share}"
        handles.append(Line2D([], [], marker="o", linestyle="none", color=colour, label=label))
    for face, label in (("black", "synthesised"), ("none", "estimate")):
        mark = Line2D([], [], marker="o", linestyle="none", color="black", label=label)
        mark.set_markerfacecolor(face)
        handles.append(mark)
    pale = Line2D([], [], marker=".", linestyle="none", color="black", alpha=0.35)
    pale.set_label("dominated")
    figure.legend(handles=[*handles, pale], loc="outside lower center", ncols=3, frameon=False)
