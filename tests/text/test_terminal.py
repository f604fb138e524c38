import io
import json
import sys

import pytest

from fcgen.text.table import box
from fcgen.text.terminal import Terminal, plain


def test_results_go_to_stdout_and_the_rest_to_stderr(capsys):
    terminal = Terminal()
    terminal.result(["result"])
    terminal.note("note")
    terminal.record({"value": 1})
    assert capsys.readouterr() == ("result\n", "note\n")


def test_with_json_stdout_holds_one_object(capsys):
    terminal = Terminal(json=True)
    terminal.result(["result"])
    terminal.notes(["beside"])
    terminal.record({"value": 1})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"value": 1}
    assert err == "result\nnote: beside\n"


def test_json_has_no_nan():
    with pytest.raises(ValueError, match="JSON compliant"):
        Terminal(json=True).record({"value": float("nan")})


def test_quiet_keeps_results_alone(capsys):
    terminal = Terminal(quiet=True)
    terminal.note("note")
    with terminal.progress() as progress:
        progress("working")
    terminal.result(["result"])
    assert capsys.readouterr() == ("result\n", "")


def test_progress_is_plain_lines_in_a_pipe(capsys):
    with Terminal().progress() as progress:
        progress("emitting")
        progress("running")
    assert capsys.readouterr() == ("", "emitting ...\nrunning ...\n")


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_turns_on_a_terminal_and_leaves_no_lines(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with Terminal().progress() as progress:
        progress("emitting")
    assert "emitting ...\n" not in screen.getvalue()


def test_a_dumb_terminal_gets_lines(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "dumb")
    with Terminal().progress() as progress:
        progress("emitting")
    assert screen.getvalue() == "emitting ...\n"


def test_names_can_neither_command_a_terminal_nor_break_its_progress(capsys, monkeypatch):
    Terminal().result(["a\x1b[2J\u202eb\x07"])
    Terminal().note("\x9b31mc\rd")
    assert capsys.readouterr() == ("a [2J b \n", " 31mc d\n")
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with Terminal().progress() as progress:
        progress("layer [/red] \x1b[2J")  # no markup of rich's


def test_what_an_encoding_cannot_say_is_drawn_plainly(monkeypatch):
    octets = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(octets, "ascii"))
    Terminal().result(["│ 3 × 4 → 12 │", "ø"])
    assert octets.getvalue() == b"| 3 x 4 > 12 |\n?\n"


def test_a_table_has_a_plain_form():
    lines = [plain(line) for line in box(("a", "b"), [("1", "22")])]
    assert lines == ["+---+----+", "| a |  b |", "+---+----+", "| 1 | 22 |", "+---+----+"]


def test_the_first_columns_of_a_table_are_aligned_left():
    lines = box(("name", "shape", "n"), [("x", "y", "z")], left=2)
    assert lines[3] == "│ x    │ y     │ z │"


def test_rows_of_another_length_are_refused():
    with pytest.raises(ValueError, match="zip"):
        box(("a", "b"), [("1",)])
