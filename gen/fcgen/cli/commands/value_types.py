"""Values of options that are more than a number or a word."""

import re
from typing import TYPE_CHECKING, Any

import click

from fcgen.errors import shown

if TYPE_CHECKING:
    from fcgen.numerics.real_map import InputGrid


class Integers(click.ParamType):
    """Integers with commas between them."""

    name = "integers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the integers; their range is for others to check."""
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"[0-9]{1,6}(,[0-9]{1,6})*", value):
            self.fail(f"{shown(value)}: must be integers as 8 or 8,4,8; correct it", param, ctx)
        return tuple(int(number) for number in value.split(","))


GRID = re.compile(
    r"(?P<unsigned>u?)int(?P<bits>[1-9]|1[0-6]):"
    r"(?P<step>[0-9]{1,12}(\.[0-9]{1,24})?(e-?[0-9]{1,2})?)(/(?P<divisor>[1-9][0-9]{0,9}))?"
    r"(:(?P<zero>-?[0-9]{1,5}))?"
)
MIN_STEP, MAX_STEP = 1e-30, 1e30
"""Steps of inputs that are far from the ends of float32."""


class InputFormat(click.ParamType):
    """A format and what its codes are worth: ``int8:0.05``, ``uint8:1/256:0``."""

    name = "format:step[:zero]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> "InputGrid":
        """Return the grid."""
        from fcgen.numerics.fixed import IntegerFormat
        from fcgen.numerics.real_map import InputGrid

        if isinstance(value, InputGrid):
            return value
        found = GRID.fullmatch(value)
        if found is not None:
            form = IntegerFormat(int(found["bits"]), signed=not found["unsigned"])
            zero = int(found["zero"] or 0)
            step = float(found["step"]) / float(found["divisor"] or 1)
            if form.contains(zero) and MIN_STEP <= step <= MAX_STEP:
                return InputGrid(step, zero, form.minimum, form.maximum)
        rule = "must be a format, a step and the code of zero, as int8:0.05 or uint8:1/256:0"
        raise click.BadParameter(f"{shown(value)}: {rule}; correct it", ctx, param)
