import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import documentation
from fcgen.cli import COMMANDS

ROOT = documentation.DOCS.parent
SESSIONS = [
    page
    for page in documentation.pages()
    if any(block.is_session and not block.needs_board for block in documentation.blocks(page))
]
CALLING = [page for page in documentation.pages() if any(documentation.program_calls(page))]
LONG = [page for page in SESSIONS if any(one.is_long for one in documentation.blocks(page))]


def name_of(page):
    return str(page.relative_to(documentation.DOCS))


COSTLY = (
    "howto/bus.md",
    "howto/new-weights.md",
    "howto/onnx-on-board.md",
    "howto/weights-in-flash.md",
    "reference/python.md",
    "tutorial/network.md",
)
"""Pages whose commands take seconds each: campaigns run them, and README's run each time."""


def options_of(verb):
    """Every spelling of every option of a verb."""
    command = importlib.import_module(f"fcgen.cli.commands.{verb}").command
    return {"-h", "--help"} | {name for one in command.params for name in one.opts}


def missing(page):
    """What the page needs and the program does not have yet."""
    verb, *options = documentation.front(page, "needs") or [None]
    if verb is None:
        return []
    if verb not in COMMANDS:
        return [verb]
    return [option for option in options if option not in options_of(verb)]


def skip_without(page):
    if absent := missing(page):
        pytest.skip(f"fcgen has no {' '.join(absent)} yet")


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.campaign) if name_of(page) in COSTLY else page
        for page in SESSIONS
    ],
    ids=name_of,
)
def test_a_page_prints_what_it_shows(page, tmp_path):
    skip_without(page)
    if all(block.is_long for block in documentation.blocks(page) if block.is_session):
        pytest.skip("its commands are long: `make campaign` has them")
    assert documentation.execute(page, tmp_path, long=False)


@pytest.mark.campaign
@pytest.mark.parametrize("page", LONG, ids=name_of)
def test_a_page_with_its_long_commands_prints_what_it_shows(page, tmp_path):
    skip_without(page)
    assert documentation.execute(page, tmp_path, long=True)


@pytest.mark.parametrize("page", CALLING, ids=name_of)
def test_every_option_that_a_page_names_exists(page):
    skip_without(page)
    for verb, *words in documentation.program_calls(page):
        assert verb in (*COMMANDS, "--help", "--version"), verb
        if verb in COMMANDS:
            used = {word.partition("=")[0] for word in words if word.startswith("-")}
            assert not {word for word in used if not word[1:2].isdigit()} - options_of(verb), words


def test_the_map_of_the_code_names_what_is_there():
    page = (documentation.DOCS / "design/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_0-9]*)*(?:/|\.py))`", page))
    assert len(named) > 40
    absent = {name for name in named if not (ROOT / "gen/fcgen" / name).exists()}
    assert absent <= {"tests/test_imports.py", "client.py"}  # beside the package, and of a build


def test_an_output_that_differs_is_noticed():
    assert documentation.differs("12 cycles\n", "13 cycles\n")
    assert documentation.differs("12 cycles\nmore\n", "12 cycles\n")
    assert not documentation.differs("12 cycles  \nmore\n", "... cycles\n...\n")


def test_the_timing_diagrams_are_those_of_the_simulation(tmp_path):
    script = documentation.DOCS / "figures.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    names = sorted(one.name for one in (documentation.DOCS / "figures").glob("*.svg"))
    assert names == sorted(one.name for one in tmp_path.iterdir())
    for name in names:
        drawn = (tmp_path / name).read_text(encoding="utf-8")
        assert (documentation.DOCS / "figures" / name).read_text(encoding="utf-8") == drawn


def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("furo", reason="pip install -e '.[docs]'")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", "--keep-going"]
    done = subprocess.run(
        [*command, "-d", str(tmp_path / "trees"), str(documentation.DOCS), str(tmp_path / "site")],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    verbs = Path(tmp_path / "site/reference/verbs.html").read_text(encoding="utf-8")
    assert all(f'id="fcgen-{verb}"' in verbs for verb in COMMANDS)
