"""Pages of ``docs/`` as programs: their files are written, their commands run, outputs compared.

A page is Markdown. What counts are its fenced blocks:

- ``console``: lines ``$ COMMAND``, each followed by what it prints on standard output. A line
  ``...`` stands for any lines, ``...`` within a line for any text.
- ``console long``: the same, in campaigns only. ``console board`` needs a board, and ``console
  shown`` files of the reader: only the words of their commands are checked. ``fails=CODE`` after
  either: the exit code of its last command.
- any language and ``file=NAME``: a file that is written where the commands run.

``needs: VERB [OPTION]`` in the front matter: the page counts once the program has them.
``files: PAGE``: it begins with the files of another page, named from ``docs/``.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"^(?P<fence>```+)(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=fence)$", re.M | re.S)
FRONT = re.compile(r"\A---\n(.*?\n)---\n", re.S)
ELISION = "..."
SHELL = ("|", "&&", ">")  # what ends the words of one call
SECONDS = 1_800  # machines that are busy are slow; what hangs is ended


@dataclass(frozen=True)
class Block:
    """One fenced block: the words behind its fence, its text, and the line where it stands."""

    words: tuple[str, ...]
    body: str
    line: int

    @property
    def is_session(self) -> bool:
        return self.words[:1] == ("console",)

    @property
    def is_long(self) -> bool:
        return "long" in self.words

    @property
    def needs_board(self) -> bool:
        return not {"board", "shown"}.isdisjoint(self.words)

    def value(self, name: str) -> str | None:
        """Return what stands behind ``NAME=`` in the info, else None."""
        return next(
            (word[len(name) + 1 :] for word in self.words if word.startswith(f"{name}=")), None
        )

    def steps(self) -> Iterator[tuple[str, str]]:
        """Yield each command and what it prints."""
        first, *rest = re.split(r"^\$ ", self.body, flags=re.M)
        assert not first.strip(), f"line {self.line}: output before the first command"
        for step in rest:
            command, _, printed = step.partition("\n")
            while command.endswith("\\"):
                more, _, printed = printed.partition("\n")
                command = f"{command[:-1]}{more.lstrip()}"
            yield command, printed


def pages() -> list[Path]:
    """Return all pages."""
    return sorted(DOCS.rglob("*.md"))


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(tuple(found["info"].split()), found["body"], text.count("\n", 0, found.start()) + 1)
        for found in BLOCK.finditer(text)
    ]


def front(page: Path, name: str) -> list[str]:
    """Return the words of an entry of the front matter, none where it is not there."""
    matter = FRONT.match(page.read_text(encoding="utf-8"))
    found = re.search(rf"^{name}: (.*)$", matter[1], re.M) if matter else None
    return found[1].split() if found else []


def write_files(page: Path, folder: Path) -> None:
    """Write the files of a page."""
    for block in blocks(page):
        if name := block.value("file"):
            (folder / name).write_text(block.body, encoding="utf-8")


def _line_pattern(line: str) -> str:
    if line == ELISION:
        return r"(?:.*\n)*?"
    # Blanks beside it belong to it, so that columns stay in line.
    return ".*?".join(map(re.escape, re.split(r" *\.\.\. *", line))) + r"\n"


def pattern(printed: str) -> re.Pattern[str]:
    """Return what an output must match, trailing blanks aside."""
    lines = [line.rstrip() for line in printed.strip().splitlines()]
    return re.compile("".join(map(_line_pattern, lines)))


def differs(printed: str, shown: str) -> bool:
    """Whether an output is not what the page says."""
    lines = [line.rstrip() for line in printed.strip().splitlines()]
    return pattern(shown).fullmatch("".join(f"{line}\n" for line in lines)) is None


def _error(text: str) -> str:
    """Return the line of standard error that says what is wrong."""
    return "".join(f"{line}\n" for line in text.splitlines() if line.startswith("fcgen: error: "))


def execute(page: Path, folder: Path, *, long: bool, files: tuple[str, ...] = ()) -> int:
    """Run a page from its top, with ``files`` of other pages; return how many commands ran.

    Raises
    ------
    AssertionError
        At the first command that prints or returns something else; with both texts.
    """
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": programs, "COLUMNS": "100", "NO_COLOR": "1"}
    for source in (*(DOCS / name for name in (*files, *front(page, "files"))), page):
        write_files(source, folder)
    count = 0
    for block in blocks(page):
        if not block.is_session or block.needs_board or (block.is_long and not long):
            continue
        steps = list(block.steps())
        for number, (command, shown) in enumerate(steps, start=1):
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                timeout=SECONDS,
            )
            code = int(block.value("fails") or 0) if number == len(steps) else 0
            where = f"{page.relative_to(DOCS.parent)}:{block.line}: $ {command}"
            assert done.returncode == code, (
                f"{where}\nexit {done.returncode}\n{done.stderr[-3000:]}"
            )
            printed = done.stdout + (_error(done.stderr) if code else "")
            assert not differs(printed, shown), f"{where}\n{printed}\ninstead of\n{shown}"
            count += 1
    return count


def program_calls(page: Path) -> Iterator[list[str]]:
    """Yield the words of each call of the program on a page, whether it is run or not."""
    for block in blocks(page):
        for command, _ in block.steps() if block.is_session else ():
            words = shlex.split(command, comments=True)
            if words[:1] == ["fcgen"]:
                yield list(takewhile(lambda word: word not in SHELL, words[1:]))
