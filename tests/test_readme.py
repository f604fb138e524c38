import re
from pathlib import Path

import pytest

import documentation
from command_line import run

ROOT = Path(__file__).resolve().parents[1]
PATH = ROOT / "README.md"
README = PATH.read_text(encoding="utf-8")
LINES_MAX = 180


def test_the_commands_of_the_readme_print_what_it_says(tmp_path):
    assert documentation.execute(PATH, tmp_path, long=False, files=("tutorial/network.md",))


@pytest.mark.campaign
def test_the_long_commands_of_the_readme_print_what_it_says(tmp_path):
    assert documentation.execute(PATH, tmp_path, long=True, files=("tutorial/network.md",))


def test_the_demo_prints_what_the_readme_says(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    printed = next(block for block in blocks if block.startswith("Handwritten digits"))
    assert run(capsys, "demo").out.strip() == printed.strip()


def test_every_file_that_the_readme_names_is_there():
    for name in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README):
        assert (ROOT / name).exists(), name


def test_the_readme_is_short():
    assert len(README.splitlines()) <= LINES_MAX
