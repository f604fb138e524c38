"""Inputs that are scaled one by one: who does it, and which of them a common grid treats badly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.numerics.real_map import STEPS_MAX, RealMap
from fcgen.quantization.options import FOLD
from fcgen.text.wording import count

if TYPE_CHECKING:
    from fcgen.load.model import Model
    from fcgen.quantization.activation_grid import Grid
    from fcgen.quantization.quantization import Quantization

CODES_MIN = 16
"""Codes from the least value of an input to its largest, below which it is said."""
Floats = npt.NDArray[np.float64]


def split(model: Model, scaler: str) -> tuple[RealMap, Model]:
    """Return what the host does to inputs, and the model of what it gives.

    Parameters
    ----------
    model : Model
    scaler : str
        One of `fcgen.quantization.options.SCALERS`.

    Raises
    ------
    InputError
        When the host cannot do it in float32.
    """
    if model.scaler is None or scaler == FOLD:
        return RealMap(), model
    steps, subject = model.scaler.steps, f"{model.name}: scaler"
    remedy = f"use --scaler {FOLD}"
    if len(steps) > STEPS_MAX:
        raise bad_input(subject, count(len(steps), "step"), f"has {STEPS_MAX} at most", remedy)
    singles = []
    for name, operand in steps:
        with np.errstate(over="ignore", under="ignore"):
            single = operand.astype(np.float32)
        singles.append((name, single))
        if not np.isfinite(single).all() or (name == "divide" and not single.all()):
            rule = "has constants that are not in the range of float32"
            raise bad_input(subject, name, rule, remedy)
    layers = (model.scaler.layer, *model.layers[1:])
    return RealMap(tuple(singles)), replace(model, layers=layers, scaler=None)


def scaled(before: RealMap, data: Floats) -> Floats:
    """Return calibration data (V, N) as the network's grid sees them.

    Raises
    ------
    InputError
        When they pass float32 on the way.
    """
    if not before.steps:
        return data
    with np.errstate(over="ignore", invalid="ignore"):
        values = before(data).astype(np.float64)
    if not np.isfinite(values).all():
        rule = "are past what the scaler can do in float32"
        raise bad_input("calibration data", "values", rule, "give inputs as the model takes them")
    return values


def uneven(made: Quantization) -> bool:
    """Return whether inputs have few codes because they differ in size, not because all have few.

    Parameters
    ----------
    made : Quantization
        With one grid for all inputs as they are.
    """
    form = made.network.activation_format
    return bool(made.input_notes) and form.maximum - form.minimum + 1 >= 4 * CODES_MIN


def few_codes(grid: Grid, data: Floats) -> tuple[str, ...]:
    """Return a note where values of an input that differ share codes, and it has few of them.

    Grids of less than 64 codes have few for every input: there, a quarter of them is enough.

    Parameters
    ----------
    grid : Grid
        Of all inputs.
    data : ndarray of floats, shape (V, N)
    """
    form = grid.format
    codes = np.clip(grid.codes(data), form.minimum, form.maximum)
    spans = np.ptp(codes, axis=0).astype(np.int64) + 1
    least = min(CODES_MIN, (form.maximum - form.minimum + 1) // 4)
    short = [
        place
        for place in np.flatnonzero(spans < least)
        if len(np.unique(codes[:, place])) < len(np.unique(data[:, place]))
    ]
    if not short:
        return ()
    worst = min(short, key=lambda place: spans[place])
    return (
        f"input: {len(short)} of {count(data.shape[1], 'value')} use fewer than {least} codes of "
        f"the common grid, number {worst} only {spans[worst]}: scale inputs to a common size, or "
        "widen the activations; with --labels the accuracy is said",
    )
