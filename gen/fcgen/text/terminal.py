"""What a command prints, and where: results to stdout, the rest to stderr, plain in a pipe."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO, cast

from fcgen.errors import OutputError

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("┏┳┓┡╇┩┌┐└┴┘", "+"),
        **dict.fromkeys("━─", "-"),
        **dict.fromkeys("┃│", "|"),
        **dict.fromkeys("█▉▊▋▌▍▎▏", "#"),
        **dict(zip("░▒▓", ".+*", strict=True)),
        "×": "x",
        "→": ">",
        "–": "-",
        "…": ".",
    }
)


class Terminal:
    """Where the lines of one command go.

    Parameters
    ----------
    json : bool
        One JSON object takes the place of the results on stdout; those go to stderr.
    quiet : bool
        Only results: no notes, no progress.
    """

    def __init__(self, *, json: bool = False, quiet: bool = False) -> None:
        self.json, self.quiet = json, quiet

    def result(self, lines: Iterable[str]) -> None:
        """Print the lines that the command is there for."""
        stream = sys.stderr if self.json else sys.stdout
        for line in lines:
            _write(line, stream)

    def note(self, line: str) -> None:
        """Print a line beside the results, unless quiet."""
        if not self.quiet:
            _write(line, sys.stderr)

    def notes(self, lines: Iterable[str]) -> None:
        """Print several lines beside the results, unless quiet."""
        for line in lines:
            self.note(f"note: {line}")

    def record(self, values: Mapping[str, Any]) -> None:
        """Print the one JSON object, where it is asked for."""
        if self.json:
            _write(json.dumps(values, allow_nan=False, indent=2), sys.stdout)

    @contextmanager
    def progress(self) -> Iterator[Callable[[str], None]]:
        """Give a function that says what goes on: a spinner on a terminal, lines elsewhere."""
        if self.quiet:
            yield lambda _: None
        elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            with _spinner() as say:
                yield say
        else:
            yield lambda text: _write(f"{text} ...", sys.stderr)


@contextmanager
def guarded_output() -> Iterator[None]:
    """Turn what goes wrong while standard output is written into an `OutputError`."""
    if sys.stdout is None:
        yield
        return
    with redirect_stdout(cast(TextIO, _Guarded(sys.stdout))):
        yield


class _Guarded:
    """A stream whose errors say that it was this one, except that of a reader who has left."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with _output_errors():
            return self._stream.write(text)

    def flush(self) -> None:
        with _output_errors():
            self._stream.flush()


@contextmanager
def _output_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        advice = "cannot be written; free its disk or write elsewhere"
        raise OutputError(f"standard output: {reason}: {advice}") from None


@contextmanager
def _spinner() -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    with console.status("") as status:
        yield lambda text: status.update(Text(f"{harmless(text)} …"))


def plain(text: str) -> str:
    """Return text without box-drawing and block characters."""
    return text.translate(_PLAIN)


def harmless(text: str) -> str:
    """Return text whose characters all show: names in models can hold a terminal's commands."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)


def _write(line: str, stream: TextIO | None) -> None:
    if stream is None:  # closed by whoever started the program
        return
    line = harmless(line)
    encoding = stream.encoding or "ascii"
    try:
        line.encode(encoding)
    except UnicodeEncodeError:
        line = plain(line).encode(encoding, "replace").decode(encoding)
    print(line, file=stream, flush=True)
