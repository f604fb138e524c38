"""Inputs that a user gives, as a network's codes: they are what the source file takes.

Reals where the file takes float32, integers of any type too, as those of pixels; codes where it
takes int8 or uint8 itself, and of a layer that stands alone. ``codes`` forces codes. The shape is
(V, N), or that of the file's own input.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.network.reference import check_vectors
from fcgen.text.wording import count

if TYPE_CHECKING:
    from fcgen.load.integer_model import IntegerModel
    from fcgen.load.model import Model
    from fcgen.network.network import Network

    Shaped = Model | IntegerModel | Network

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Given:
    """Vectors of codes, and what was done to get them.

    Attributes
    ----------
    codes : ndarray of integers, shape (V, N)
    notes : tuple of str
    """

    codes: npt.NDArray[np.integer[Any]]
    notes: tuple[str, ...] = ()


def codes_of(
    network: Network, inputs: npt.ArrayLike, subject: str = "inputs", *, codes: bool = False
) -> Given:
    """Return inputs as the network's codes.

    Parameters
    ----------
    network : Network
    inputs : array of integers or floats, shape (V, N), (V, C, H, W) or (V, …) as the file declares
        Floats are always reals.
    subject : str
        File or option, for messages.
    codes : bool
        Integers are codes, whatever the file takes.

    Raises
    ------
    InputError
        For another shape or type, for codes out of range and for reals that are not finite.
    """
    x, grid = np.asarray(inputs), network.input
    if x.dtype.kind not in "fiu" or (x.dtype.kind == "f" and (codes or grid is None)):
        kind = network.activation_format.name
        rule = f"must hold integers of {kind}" if codes or grid is None else "must hold numbers"
        remedy = "leave --codes out" if codes and grid else "quantize the values first"
        raise bad_input(subject, f"dtype {x.dtype}", rule, remedy)
    x = _flat(network, x, subject)
    said = meaning(network, x, subject, codes=codes)
    if grid is None or (x.dtype.kind != "f" and (codes or network.takes_codes)):
        return Given(check_vectors(network, x, subject), said)
    _check_finite(x, subject)
    found, outside = network.quantize(x)
    return Given(
        found, (*said, *([f"{subject}: {count(outside, 'value')} saturated"] if outside else []))
    )


def meaning(
    model: IntegerModel | Network, x: npt.NDArray[Any], subject: str, *, codes: bool = False
) -> tuple[str, ...]:
    """Return what numbers are taken as, in a line; in none where they have one sense alone.

    Parameters
    ----------
    model : IntegerModel or Network
    x : ndarray
    subject : str
    codes : bool
        As for `codes_of`.
    """
    own = model.takes_codes
    if model.input is None or (x.dtype.kind == "f" and not own):
        return ()
    if x.dtype.kind == "f":
        what = "reals, made codes by the network's grid, although the source takes codes"
    elif codes:
        what = "codes, as --codes says"
    elif own:
        what = "codes, which the source takes itself"
    else:
        what = "reals, which the source takes; --codes takes them as codes"
    return (f"{subject}: {x.dtype}, {what}",)


def reals_of(model: Shaped, inputs: npt.ArrayLike, subject: str) -> Floats:
    """Return inputs as reals, float64 (V, N).

    Raises
    ------
    InputError
        For another shape or type, no vectors, and values that are not finite.
    """
    x = np.asarray(inputs)
    if x.dtype.kind not in "fiu" or not _fits(model, x):
        rule = f"must hold reals of shape {_wanted(model)}"
        raise bad_input(subject, f"{x.dtype} of shape {x.shape}", rule, "save it that way")
    if not len(x):
        raise bad_input(subject, "0 vectors", "at least one is needed", "give more")
    values = x.reshape(len(x), -1).astype(np.float64)
    _check_finite(values, subject)
    return values


def _shapes(model: Shaped) -> list[tuple[int, ...]]:
    """Return the shapes of one input: flat, in three sizes, as the file declares it."""
    shapes = [(math.prod(model.input_shape),), model.input_shape, model.shape]
    return [shape for place, shape in enumerate(shapes) if shape and shape not in shapes[:place]]


def _wanted(model: Shaped) -> str:
    return " or ".join(f"(V, {', '.join(map(str, shape))})" for shape in _shapes(model))


def _fits(model: Shaped, x: npt.NDArray[Any]) -> bool:
    return bool(x.ndim) and x.shape[1:] in _shapes(model)


def _flat(model: Shaped, x: npt.NDArray[Any], subject: str) -> npt.NDArray[Any]:
    """Return vectors (V, N) of one of the shapes."""
    if not _fits(model, x):
        rule = f"must have the shape {_wanted(model)}"
        raise bad_input(subject, f"shape {x.shape}", rule, "one vector a row, V of them")
    return x.reshape(len(x), math.prod(model.input_shape))


def _check_finite(x: npt.NDArray[Any], subject: str) -> None:
    if not np.isfinite(x).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        found = f"{x[where]} at {where}"
        raise bad_input(subject, found, "must be finite", "remove NaN and infinity")
