"""The top module around the host link: reset, LEDs and button, in Icarus with stand-ins."""

import subprocess

import pytest

from fcgen import boards
from fcgen.boards.toolchain import direct_clock
from fcgen.boards.toolchains import toolchain
from fcgen.boards.top import board_text
from fcgen.errors import ToolError
from fcgen.tools import programs as tools

LINK = """module link (
    input wire clk, rst, rx,
    output wire tx, led_ready, led_busy, led_error
);
    assign {tx, led_ready, led_busy, led_error} = {rx, rst, rx, ~rst};
endmodule
"""
BENCH = """module bench;
    reg pin_clock = 0, pin_rx = 1, pin_button = %(released)d;
    wire pin_tx, pin_led_ready, pin_led_error;
    boardTop top (.pin_clock(pin_clock), .pin_rx(pin_rx), .pin_tx(pin_tx),
        .pin_button(pin_button), .pin_led_ready(pin_led_ready), .pin_led_error(pin_led_error));
    always #1 pin_clock = ~pin_clock;
    integer start;
    initial begin
        wait (top.rst == 0);
        $display("reset %%0d", ($time + 1) / 2);
        #1 $display("leds %%b%%b", pin_led_ready, pin_led_error);
        pin_rx = 0;
        #1 $display("tx %%b", pin_tx);
        pin_button = %(pressed)d;
        #20 $display("pressed %%b", top.rst);
        pin_button = %(released)d;
        start = $time;
        wait (top.rst == 0);
        $display("again %%0d", ($time - start) / 2);
        $finish;
    end
endmodule
"""


def simulated(board, folder):
    """What the bench says of a board whose clock comes from the pin."""
    tools_of_board = toolchain(board)
    setting = tools_of_board.setting(board, board.clock_hz * 4)
    text = board_text(board, tools_of_board, setting, "link")
    text = text[: text.index("module boardClock")] + direct_clock("boardClock")
    levels = {"released": int(board.button_low), "pressed": int(not board.button_low)}
    files = {"top.v": text, "link.v": LINK, "bench.v": BENCH % levels}
    for name, content in files.items():
        (folder / name).write_text(content)
    command = [*tools.icarus().command, "-g2012", "-Wall", "-s", "bench", "-o", "out", *files]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert "warning" not in built.stderr.replace("timescale", "")
    done = subprocess.run(["vvp", "out"], cwd=folder, capture_output=True, text=True, check=True)
    return dict(line.split() for line in done.stdout.splitlines() if " " in line)


@pytest.fixture(autouse=True)
def icarus():
    try:
        tools.icarus()
    except ToolError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", ["icebreaker", "ulx3s-85f", "tang-nano-20k"])
def test_the_reset_ends_by_itself_and_comes_with_the_button(name, tmp_path):
    board = boards.find(name)
    said = simulated(board, tmp_path)
    assert 2_048 <= int(said["reset"]) <= 2_060
    assert said["pressed"] == "1"
    assert 2_048 <= int(said["again"]) <= 2_060
    assert said["tx"] == "0"
    # Out of reset the stand-in says: not ready, an error.
    assert said["leds"] == ("10" if board.leds_low else "01")


def test_a_board_without_button_and_leds_has_no_ports_for_them(tmp_path):
    text = (boards.FOLDER / "icebreaker.toml").read_text()
    path = tmp_path / "bare.toml"
    path.write_text(text[: text.index("[leds]")])
    board = boards.find(str(path))
    tools_of_board = toolchain(board)
    top = board_text(board, tools_of_board, tools_of_board.setting(board, 20e6), "link")
    assert "pin_led" not in top
    assert "pin_button" not in top
    assert "locked & ~1'b0" in top


def test_a_board_that_reads_its_flash_memory_has_the_pins_at_the_link():
    board = boards.find("icebreaker")
    tools_of_board = toolchain(board)
    setting = tools_of_board.setting(board, 20e6)
    top = board_text(board.reading_flash, tools_of_board, setting, "link")
    assert "input wire pin_flash_miso" in top
    for name in ("sck", "cs_n", "mosi", "miso"):
        assert f".flash_{name}(pin_flash_{name})" in top
    assert "flash" not in board_text(board, tools_of_board, setting, "link")
