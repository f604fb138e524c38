"""Checks of fields that network and numerics share; each raises an InputError naming the field."""

from typing import Any

import numpy as np

from fcgen.errors import bad_input
from fcgen.numerics.fixed import OPERAND_BITS_MAX, SIZE_MAX, IntegerFormat


def check_sizes(input_shape: tuple[int, ...], outputs: int, subject: str = "layer") -> None:
    """Check the shape of a layer, (N,) or (C, H, W) inputs and M outputs, before any allocation.

    Raises
    ------
    InputError
        When a size is not positive or N or M is above 65,535.
    """
    shown = "x".join(map(str, input_shape))
    if len(input_shape) not in (1, 3):
        raise bad_input(subject, f"input shape {shown}", "must be N or CxHxW", "give 1 or 3 sizes")
    inputs = 1
    for size in input_shape:
        inputs *= size
        if size < 1 or inputs > SIZE_MAX:
            rule = f"must be positive, with at most {SIZE_MAX} inputs in all"
            raise bad_input(subject, f"input shape {shown}", rule, "choose another shape")
    if not 1 <= outputs <= SIZE_MAX:
        rule = f"must be from 1 to {SIZE_MAX}"
        raise bad_input(subject, f"{outputs} outputs", rule, "choose another number")


def freeze(owner: object, name: str, dtype: Any, *, rank: int) -> None:
    """Replace an array attribute by a read-only copy of the given dtype."""
    array = np.asarray(getattr(owner, name))
    if array.ndim != rank:
        rule = f"must have {rank} dimension{'s' if rank > 1 else ''}"
        raise bad_input(name, f"shape {array.shape}", rule, "reshape the values")
    check_integers(name, array)
    if array.dtype == np.uint64:
        check_range(name, array, 0, np.iinfo(np.int64).max)
    array = np.array(array, dtype=dtype, order="C")
    array.flags.writeable = False
    object.__setattr__(owner, name, array)


def check_integers(name: str, array: np.ndarray) -> None:
    """Refuse an array whose dtype is no integer."""
    if array.dtype.kind not in "iu":
        raise bad_input(name, f"dtype {array.dtype}", "must hold integers", "give integer codes")


def check_range(name: str, array: np.ndarray, low: int, high: int) -> None:
    """Refuse an integer array with a value outside of [low, high]."""
    if array.size and (int(array.min()) < low or int(array.max()) > high):
        first = array[(array < low) | (array > high)].flat[0]
        raise bad_input(name, first, f"must be from {low} to {high}", "choose values in this range")


def check_format(name: str, array: np.ndarray, form: IntegerFormat) -> None:
    """Refuse an integer array with a value that a format does not have."""
    check_range(name, array, form.minimum, form.maximum)
    outside = form.outside(array)
    if outside.any():
        rule = f"is no value of {form.name}, which has -1 and 1"
        raise bad_input(name, array[outside].flat[0], rule, "choose one of these")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a name that is not one of the choices."""
    if value not in choices:
        raise bad_input(name, value, f"must be one of {', '.join(choices)}", "choose one of these")


def check_operand(name: str, value: IntegerFormat) -> None:
    """Refuse a format that is wider than operands may be."""
    if value.bits > OPERAND_BITS_MAX:
        rule = f"must be from 1 to {OPERAND_BITS_MAX} bits"
        raise bad_input(f"{name} format", value.name, rule, "choose a width in this range")
