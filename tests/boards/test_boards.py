"""The files of the boards, the constraints made of them, and the command that lists them."""

import json
from dataclasses import replace

import pytest

from command_line import run
from fcgen import boards
from fcgen.boards.board_file import read
from fcgen.boards.toolchains import toolchain
from fcgen.errors import InputError

GOOD = (boards.FOLDER / "icebreaker.toml").read_text()


def constraints(name):
    board = boards.find(name)
    return toolchain(board).constraints(board)


def packer_words(name):
    board = boards.find(name)
    return toolchain(board).packer(board)[1]


def test_the_constraints_of_an_ice40():
    text = constraints("icebreaker")
    assert "set_io pin_clock 35\n" in text
    assert "set_io -pullup yes pin_rx 6\nset_io pin_tx 9\n" in text
    assert "set_io -pullup yes pin_button 10\n" in text


def test_a_design_that_reads_the_flash_memory_has_its_pins():
    board = boards.find("icebreaker")
    text = toolchain(board).constraints(board.reading_flash)
    for line in ("sck 15", "cs_n 16", "mosi 14", "miso 17"):
        assert f"set_io pin_flash_{line}\n" in text
    assert "flash" not in constraints("icebreaker")


def test_a_design_that_may_read_the_flash_memory_leaves_room_for_it():
    board = boards.find("icebreaker")
    chip = toolchain(board)
    assert chip.reserve(board, runtime_weights=False) == chip.link
    assert chip.reserve(board, runtime_weights=True) == chip.link + chip.flash_link
    assert chip.reserve(replace(board, flash=None), runtime_weights=True) == chip.link


def test_the_constraints_of_an_ecp5():
    text = constraints("ulx3s-85f")
    assert 'LOCATE COMP "pin_clock" SITE "G2";\n' in text
    assert 'IOBUF PORT "pin_rx" IO_TYPE=LVCMOS33 PULLMODE=UP;\n' in text
    assert 'IOBUF PORT "pin_tx" IO_TYPE=LVCMOS33 PULLMODE=NONE DRIVE=4;\n' in text
    assert 'IOBUF PORT "pin_button" IO_TYPE=LVCMOS33 PULLMODE=DOWN;\n' in text
    assert 'LOCATE COMP "pin_high_0" SITE "L2";\n' in text


def test_the_constraints_of_a_gowin():
    text = constraints("tang-nano-9k")
    assert 'IO_LOC "pin_clock" 52;\n' in text
    assert 'IO_PORT "pin_led_ready" IO_TYPE=LVCMOS18 PULL_MODE=NONE;\n' in text
    assert 'IO_PORT "pin_button" IO_TYPE=LVCMOS18 PULL_MODE=UP;\n' in text


def test_pins_that_configuration_keeps_are_given_to_the_design():
    words = {name: packer_words(name) for name in ("tang-nano-20k", "tang-primer-20k")}
    # Its button is where the chip could be configured through another serial port.
    assert [word for word in words["tang-primer-20k"] if "gpio" in word] == ["--sspi_as_gpio"]
    assert not [word for word in words["tang-nano-20k"] if "gpio" in word]


def test_a_led_that_stands_where_the_chip_says_that_it_is_done_frees_that_pin(tmp_path):
    path = tmp_path / "mine.toml"
    text = (boards.FOLDER / "tang-primer-20k.toml").read_text()
    path.write_text(text.replace("N16", "C13").replace("N14", "A13"))
    freed = [word for word in packer_words(str(path)) if "gpio" in word]
    assert sorted(freed) == ["--done_as_gpio", "--ready_as_gpio", "--sspi_as_gpio"]


@pytest.mark.parametrize("name", boards.names())
def test_every_pin_of_a_board_has_its_constraint(name):
    board, text = boards.find(name), constraints(name)
    for pin in board.pins:
        assert any(pin.port in line and pin.site in line for line in text.splitlines())


@pytest.mark.parametrize("name", boards.names())
def test_the_part_is_named_to_nextpnr_with_the_boards_package(name):
    board = boards.find(name)
    words = toolchain(board).part(board).part
    assert board.package in words or board.part in words


def test_an_unknown_board_is_one_line():
    with pytest.raises(InputError, match=r"^--board: arty: is not a known board \(colorlight-i5, "):
        boards.find("arty")


def test_a_board_can_be_described_by_a_users_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace('rx = "6"', 'rx = "4"'))
    board = boards.find(str(path))
    assert board.name == "mine"
    assert board.pins[1].site == "4"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('rx = "6"', 'rx = "9"', "pins: 9: two ports have this pin"),
        ('rx = "6"', 'rx = "6;"', "uart.rx: 6;: must be a text like"),
        ('rx = "6"', "", "uart.rx: missing: must be a text like"),
        ("hz = 12_000_000", "hz = 1.5", "clock.hz: 1.5: must be an integer from 1 to"),
        ("hz = 12_000_000", "hz = true", "clock.hz: True: must be an integer from 1 to"),
        ('active = "low"\nready', 'active = "on"\nready', "leds.active: on: must be one of high,"),
        ("baud = 3_000_000", "bauds = 1", "baud: missing: must be an integer from 1 to"),
        ('error = "11"', 'eror = "11"', "leds.eror: 11: is not known"),
        ("[uart]", "[serial]", "uart: missing: must be a table"),
        ('sck = "15"', 'sck = "6"', "pins: 6: two ports have this pin"),
        ('miso = "17"', "", "flash.miso: missing: must be a text like"),
        (
            "offset = 0x100000",
            "offset = 0x100001",
            "the weights' offset must be a multiple of 65,5",
        ),
        ("offset = 0x100000", "offset = 0x1000000", "flash: offset 16,777,216, bytes 16,777,216"),
        ("bytes = 0x1000000", "bytes = 0x80000", "flash: offset 1,048,576, bytes 524,288, hz 20,0"),
        ("bytes = 0x1000000", "bytes = 0x2000000", "a flash memory has 1 to 16,777,216 bytes"),
        ("\nhz = 20_000_000", "\nhz = 2", "the serial clock must be 100,000 to 100,000,000 Hz"),
        ("bytes = 0x1000000", "bytes = 0x1000000\nquad = 1", "flash.quad: 1: is not known"),
        ('device = "ice40-up5k"', 'device = "ice40-hx8k"', "flash: a flash memory: ice40-hx8k has"),
        ('device = "ice40-up5k"', 'device = "up5k"', "--device: up5k: is not a known device"),
        ('package = "sg48"', 'package = "sg48"\nspeed = "6"', "speed: 6: the part says it"),
        ("[clock]", "[clock", "file: "),
        ('loader = "ice40_generic"', 'loader = "-x"', "loader: -x: must be a text like"),
        ('loader = "ice40_generic"', 'loader = "a/b"', "loader: a/b: must be a text like"),
    ],
)
def test_what_is_wrong_in_a_file_is_one_line(tmp_path, old, new, message):
    path = tmp_path / "wrong.toml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        read(path)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["my board", "-x", "a\nb", "ü", "n" * 41])
def test_a_name_that_no_build_can_have_is_one_line_before_the_work(name, tmp_path):
    path = tmp_path / f"{name}.toml"
    path.write_text(GOOD)
    with pytest.raises(InputError, match=r"the board is named after its file.*rename it"):
        read(path)


def test_a_file_that_is_missing_or_too_large_is_one_line(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        boards.find(str(tmp_path / "none.toml"))
    path = tmp_path / "large.toml"
    path.write_text("#" * (1 << 17))
    with pytest.raises(InputError, match="too large"):
        read(path)


def test_the_command_lists_every_board_with_what_fits(capsys):
    outcome = run(capsys, "boards", "--json")
    rows = {row["board"]: row for row in json.loads(outcome.out)["boards"]}
    assert outcome.code == 0
    assert tuple(rows) == boards.names()
    assert rows["ulx3s-85f"]["macs"] == 312
    assert rows["icebreaker"]["scratchpad_weights"] == 131_072
    assert 0 < rows["icebreaker"]["lut"] < 5_280
