"""Accuracy and confusion matrix."""

from __future__ import annotations

import shlex

import numpy as np

from fcgen.quantization.options import FOLD, HOST
from fcgen.report import drawing
from fcgen.report.content import Absent, Chart, Section, Table
from fcgen.report.evidence import Evidence
from fcgen.report.wording import percent

KEY, TITLE = "accuracy", "Accuracy"
WRITTEN_MAX = 12
"""Most classes of which each number is written into its field."""
LISTED = 10


def section(evidence: Evidence) -> Section:
    """Return what the data with labels showed."""
    found = evidence.accuracy
    if found is None:
        command = "fcgen compile MODEL --calibration x.npy --test t.npy --labels y.npy -o "
        return Section(
            KEY,
            TITLE,
            absent=(
                Absent(
                    "No labelled data were given when this design was made, so its accuracy is "
                    "not known.",
                    command + shlex.quote(evidence.directory),
                ),
            ),
        )
    lead: tuple[str, ...] = (
        f"The network of integers classifies {percent(found.quantised)} of {found.vectors:,} "
        "vectors with labels as they say.",
    )
    if found.float_model is not None:
        lost = 100 * (found.quantised - found.float_model)
        lead = (
            f"Of {found.vectors:,} vectors with labels the model of floats classifies "
            f"{percent(found.float_model)} as they say, the network of integers "
            f"{percent(found.quantised)} ({lost:+.2f} points).",
        )
    if found.scalers:
        shares = {
            name: "cannot be quantised" if share is None else percent(share)
            for name, share in found.scalers.items()
        }
        lead += (
            f"With the inputs scaled one by one by the host: {shares[HOST]}; with that folded into "
            f"the weights: {shares[FOLD]}.",
        )
    if found.confusion is None:
        return Section(KEY, TITLE, lead)
    return Section(KEY, TITLE, lead, (_chart(found.confusion),), (_worst(found.confusion),))


def _worst(confusion: np.ndarray) -> Table:
    """Return which classes are taken for which most often."""
    wrong = confusion * ~np.eye(len(confusion), dtype=bool)
    order = np.argsort(-wrong, axis=None, kind="stable")[:LISTED]
    pairs = [divmod(int(place), len(confusion)) for place in order]
    rows = [(str(a), str(b), f"{wrong[a, b]:,}") for a, b in pairs if wrong[a, b]]
    caption = "Most frequent mistakes" if rows else "No mistakes"
    return Table(caption, ("Label", "Taken for", "Vectors"), tuple(rows), grid=True)


def _chart(confusion: np.ndarray) -> Chart:
    count = len(confusion)
    right, total = int(np.trace(confusion)), int(confusion.sum())
    with drawing.canvas(drawing.WIDTH) as figure:
        axes = drawing.axes(figure, 36, 36, 8, 8)
        axes.set_xlim(-0.5, count - 0.5)
        axes.set_ylim(count - 0.5, -0.5)
        shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
        for row, column in np.argwhere(confusion).tolist():
            colour = drawing.C1 if row == column else drawing.BAD
            share = 0.12 + 0.5 * float(shares[row, column])
            field = (column - 0.5, row - 0.5)
            axes.add_patch(drawing.box(field, 1, 1, colour, share))
            if count <= WRITTEN_MAX:
                text = f"{confusion[row, column]:,}"
                axes.text(column, row, text, ha="center", va="center")
        ticks = range(0, count, 1 + count // 16)
        axes.set_xticks(ticks)
        axes.set_yticks(ticks)
        axes.tick_params(length=0)
        axes.set_xlabel("class that the integers give")
        axes.set_ylabel("label")
        caption = (
            f"Confusion matrix of the integers: {right:,} of {total:,} vectors stand on the "
            "diagonal, where label and class are the same."
        )
        svg = drawing.svg(figure, KEY, "Confusion matrix", caption)
    head = ("Label", *map(str, range(count)))
    rows = tuple((str(n), *(f"{v:,}" for v in row)) for n, row in enumerate(confusion.tolist()))
    return Chart(svg, caption, Table("Vectors by label (row) and class (column)", head, rows, True))
