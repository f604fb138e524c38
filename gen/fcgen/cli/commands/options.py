"""Options and types that commands share."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import click

from fcgen.errors import shown

SEED_MAX = 2**31 - 1
ENGINES = ("reference", "amaranth", "icarus", "verilator", "compiled")
Function = Callable[..., Any]


class Integer(click.ParamType):
    """An integer of a range.

    Parameters
    ----------
    minimum, maximum : int, optional
        Default no bound.
    """

    name: ClassVar[str] = "integer"  # type: ignore[misc]

    def __init__(self, minimum: int | None = None, maximum: int | None = None) -> None:
        self.minimum, self.maximum = minimum, maximum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the integer, or fail with a line that says what is allowed."""
        if isinstance(value, int):
            return value
        rule = self._rule()
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
            self.fail(f"{shown(value)}: {rule}; correct it", param, ctx)
        number = int(value)
        low = number if self.minimum is None else self.minimum
        high = number if self.maximum is None else self.maximum
        if not low <= number <= high:
            self.fail(f"{number}: {rule}; choose a value in this range", param, ctx)
        return number

    def _rule(self) -> str:
        if self.minimum is None:
            return "must be an integer"
        if self.maximum is None:
            return f"must be an integer of at least {self.minimum}"
        return f"must be an integer from {self.minimum} to {self.maximum:,}"


class Real(click.ParamType):
    """A real number, finite or not."""

    name: ClassVar[str] = "number"  # type: ignore[misc]

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or fail with a line that says so; ``2**-7`` is understood."""
        if isinstance(value, float):
            return value
        power = re.fullmatch(r"2(?:\*\*|\^)([+-]?[0-9]{1,4})", value)
        try:
            return 2.0 ** int(power[1]) if power else float(value)
        except (ValueError, OverflowError):
            self.fail(f"{shown(value)}: must be a number, such as 0.5 or 2**-7; correct it")


class Choice(click.ParamType):
    """One of several words."""

    name: ClassVar[str] = "choice"  # type: ignore[misc]

    def __init__(self, choices: tuple[str, ...]) -> None:
        self.choices = choices

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return the words for the help text."""
        return f"[{'|'.join(self.choices)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word, or fail with a line that names all of them."""
        if value not in self.choices:
            rule = f"must be one of {', '.join(self.choices)}"
            self.fail(f"{shown(value)}: {rule}; choose one of these", param, ctx)
        return str(value)


FILE = click.Path(path_type=Path)


def common(function: Function) -> Function:
    """Add the options that every command has."""
    options = (
        click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout."),
        click.option("-q", "--quiet", is_flag=True, help="No notes, no progress."),
        click.option(
            "--seed", type=Integer(0, SEED_MAX), default=0, show_default=True, help="Of all chance."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


engine = click.option(
    "--engine",
    type=Choice(ENGINES),
    help="Default compiled, or amaranth where there is no C++ compiler.",
)

codes = click.option("--codes", is_flag=True, help="Integers are codes, whatever the source takes.")
