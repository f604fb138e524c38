"""The errors that a user can meet: one line each, with the exit code of the command line.

Every message reads ``<option or file>: <value>: <rule>; <what to do>``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

_LONGEST_VALUE = 80


class FcgenError(Exception):
    """Base of all errors that are reported to the user without a traceback.

    ``str(error)`` is always exactly one line, whatever text went in.

    Parameters
    ----------
    message : str
    details : mapping, optional
        What ``--json`` prints beside the message.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(" ".join(message.split()))
        self.details = dict(details or {})


class CheckError(FcgenError):
    """A check failed or a goal cannot be met: a mismatch, a design that does not fit."""

    exit_code = 1


class InputError(FcgenError):
    """Bad input or bad options."""

    exit_code = 2


class ToolError(FcgenError):
    """A tool is missing or failed."""

    exit_code = 3


class OutputError(ToolError):
    """Standard output takes nothing any more."""


def bad_input(subject: object, value: object, rule: str, remedy: str) -> InputError:
    """Build the standard message of an input error.

    Parameters
    ----------
    subject
        The option or the file that holds the value.
    value
        What was found there; long values are shortened.
    rule
        What holds for such a value.
    remedy
        What the user can do about it.

    Returns
    -------
    InputError
        To be raised by the caller.
    """
    return InputError(f"{subject}: {shown(value)}: {rule}; {remedy}")


@contextmanager
def located(source: object, *others: object) -> Iterator[None]:
    """Put ``source``, a file, in front of the message of an InputError from inside.

    A message that already begins with it, with one of ``others`` or with an option stays as it is.
    """
    try:
        yield
    except InputError as error:
        named = tuple(f"{name}: " for name in (source, *others))
        if str(error).startswith((*named, "--")):
            raise
        raise InputError(f"{source}: {error}") from None


def shown(value: object) -> str:
    """Give the text of a value from outside, printable and of bounded length."""
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
