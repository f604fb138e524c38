"""Charts as SVG inside a page: Matplotlib draws, the page's style sheet gives the colours.

Every colour is a mark that becomes a variable of the style sheet, so that one drawing is right in
light, in dark and on paper; text stays text, in the page's own font.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import matplotlib
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from fcgen.errors import shown
from fcgen.report.wording import printable

WIDTH = 360
"""Points; about the width of a telephone, so that letters are readable there."""
NORMAL, SMALL = 9.5, 8.8

_VARIABLES = ("ink", "muted", "line", "card", "c1", "c2", "c3", "c4", "good", "bad", "soft")
_MARKS = {name: f"#0a0b{number:02x}" for number, name in enumerate(_VARIABLES, 16)}
INK, MUTED, LINE, CARD, C1, C2, C3, C4, GOOD, BAD, SOFT = _MARKS.values()
SERIES = (C1, C2, C3, C4)

_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "fcgen",
    "text.parse_math": False,
    "axes.unicode_minus": False,
    "font.size": NORMAL,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "axes.labelsize": SMALL,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "hatch.linewidth": 0.8,
}
_NO_METADATA: dict[str, Any] = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@contextmanager
def canvas(height: float) -> Iterator[Figure]:
    """Give an empty figure, `WIDTH` by ``height`` points, under the page's settings."""
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(WIDTH / 72, height / 72))
        FigureCanvasSVG(figure)
        yield figure


def axes(
    figure: Figure, left: float = 8, bottom: float = 34, right: float = 8, top: float = 8
) -> Axes:
    """Return axes that leave so many points free at each side."""
    height = figure.get_figheight() * 72
    place = (left / WIDTH, bottom / height, 1 - (left + right) / WIDTH, 1 - (bottom + top) / height)
    return figure.add_axes(place)


def bare(figure: Figure) -> Axes:
    """Return axes over the whole figure in points, from the top left corner on, without a frame."""
    found = axes(figure, 0, 0, 0, 0)
    found.set_xlim(0, WIDTH)
    found.set_ylim(figure.get_figheight() * 72, 0)
    found.axis("off")
    return found


def label(text: object, most: int) -> str:
    """Return text of the model for a chart: one line, printable, of at most ``most`` letters."""
    line = shown(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def box(
    corner: tuple[float, float], width: float, height: float, colour: str, share: float = 1.0
) -> Rectangle:
    """Return a filled box, ``share`` opaque, without an edge."""
    return Rectangle(corner, width, height, facecolor=colour, alpha=share, linewidth=0)


def svg(figure: Figure, key: str, title: str, description: str) -> Markup:
    """Return a figure as an element of the page.

    Parameters
    ----------
    figure : Figure
    key : str
        Makes its identifiers those of no other chart.
    title, description : str
        For those who do not see it.
    """
    stream = StringIO()
    with warnings.catch_warnings():
        # The browser has the letters that Matplotlib's own font lacks.
        warnings.simplefilter("ignore")
        figure.savefig(stream, format="svg", metadata=_NO_METADATA, transparent=True)
    text = stream.getvalue()
    body = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r' id="([^"]*)"', rf' id="{key}-\1"', body)
    body = re.sub(r'xlink:href="#', f'href="#{key}-', body)
    body = re.sub(r"url\(#", f"url(#{key}-", body)
    body = re.sub(r"font-family: [^;\"]*", "font-family: inherit", body)
    for name, mark in _MARKS.items():
        body = body.replace(mark, f"var(--{name})")
    body = re.sub(r"\s*\n\s*", " ", body)
    height = figure.get_figheight() * 72
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" '
        f'aria-labelledby="{key}-title {key}-description">'
        f'<title id="{key}-title">{escape(printable(title))}</title>'
        f'<desc id="{key}-description">{escape(printable(description))}</desc>{body}</svg>'
    )
