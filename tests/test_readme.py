import re
import shlex
from pathlib import Path

from command_line import run

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# How many cycles all vectors take together depends on how many processors share them.
TOTAL_CYCLES = re.compile(r"[\d,]+ cycles$", re.MULTILINE)
# A board's cycles count while its host thinks.
BOARD_CYCLES = re.compile(r"[\d,]+( cycles of the chip .*: )[\d,]+( inferences/s)")


def blocks():
    """Return the fenced blocks of the README, without the fences."""
    return re.findall(r"^```\w*\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def comparable(text):
    return TOTAL_CYCLES.sub("N cycles", text.strip())


def test_the_commands_of_the_readme_print_what_it_says(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = next(block for block in blocks() if block.startswith("$ fcgen layer"))
    for step in re.split(r"^\$ fcgen ", session, flags=re.MULTILINE)[1:]:
        command, _, printed = step.partition("\n")
        outcome = run(capsys, *shlex.split(command))
        assert outcome.code == 0
        assert comparable(outcome.out) == comparable(printed)


def test_the_virtual_board_prints_what_the_readme_says(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "`fcgen layer 64 10 --pe 2 -o build/board`" in README
    assert run(capsys, "layer", "64", "10", "--pe", "2", "-o", "build/board").code == 0
    session = next(block for block in blocks() if block.startswith("$ fcgen run"))
    command, _, printed = session.removeprefix("$ fcgen ").partition("\n")
    outcome = run(capsys, *shlex.split(command))
    assert outcome.code == 0
    shown, wanted = (BOARD_CYCLES.sub(r"N\1N\2", text) for text in (outcome.out, printed))
    assert shown == wanted


def test_the_demo_prints_what_the_readme_says(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = next(block for block in blocks() if block.startswith("Handwritten digits"))
    assert run(capsys, "demo").out.strip() == printed.strip()


def test_every_file_that_the_readme_names_is_there():
    for name in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / name).exists(), name
