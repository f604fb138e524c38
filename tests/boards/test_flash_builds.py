"""Builds whose chip loads its weights from the board's flash memory."""

import hashlib
import json
import shutil

import html5lib
import numpy as np
import pytest

from boards.board_tools import Tools, stand_in_loader
from command_line import run
from fcgen import boards
from fcgen.boards import flash_image, host_link, write
from fcgen.boards.build_file import read
from fcgen.design.design import Design
from fcgen.errors import InputError
from fcgen.regression.random_networks import other_values
from flash_designs import few_rams, write_in_scratchpads
from report.test_page import rows

BOARD = boards.find("icebreaker")


FORCE = "--force"
"""The board of these tests has so few block RAMs that link and design do not fit it together."""


@pytest.fixture(scope="module", autouse=True)
def device():
    with few_rams():
        yield


@pytest.fixture(scope="module")
def original(device, tmp_path_factory):
    folder = tmp_path_factory.mktemp("flash")
    design = write_in_scratchpads(folder / "design").design
    with pytest.MonkeyPatch.context() as patch:
        Tools(patch, [30.0])
        write.write_build(design, BOARD, folder / "out", 25.0)
    return folder / "out"


@pytest.fixture
def build(original, tmp_path):
    return shutil.copytree(original, tmp_path / "build")


@pytest.fixture
def loader(tmp_path, monkeypatch):
    return stand_in_loader(tmp_path / "bin", monkeypatch)


@pytest.fixture
def other(original, tmp_path):
    """Another training, and its file."""
    net = other_values(np.random.default_rng(4), Design.open(original / "design").network)
    path = tmp_path / "other.json"
    path.write_text(net.to_json())
    return net, path


def change(build, key, value):
    path = build / "build.json"
    values = json.loads(path.read_text())
    values["flash"] |= {key: value}
    path.write_text(json.dumps(values))


def test_a_build_holds_what_its_flash_memory_gets(original):
    design, content = Design.open(original / "design"), (original / "weights.bin").read_bytes()
    assert content == flash_image.image(design, design.network)
    assert json.loads((original / "build.json").read_text())["flash"] == {
        "file": "weights.bin",
        "sha256": hashlib.sha256(content).hexdigest(),
        "offset": 0x100000,
        "bytes": 1 << 24,
        "hz": 20_000_000,
    }


def test_the_bitstream_is_made_of_a_link_that_reads_the_flash_memory(original, tmp_path):
    found, place = read(original), tmp_path / "link"
    place.mkdir()
    rates = {"clock_hz": found.clock_hz, "baud": found.baud}
    link = host_link.write(Design.open(found.design), place, **rates, flash=found.weights.memory)
    for name in (*(path.name for path in link.sources), link.plan.image):
        assert (original / "board" / name).read_bytes() == (place / name).read_bytes()
    assert "set_io pin_flash_sck 15\n" in (original / "board" / "board.pcf").read_text()


@pytest.mark.campaign
def test_a_board_without_a_flash_memory_gets_its_weights_from_the_host(original, tmp_path, capsys):
    text = (boards.FOLDER / "icebreaker.toml").read_text()
    path = tmp_path / "bare.toml"
    path.write_text(text[: text.index("[flash]")])
    with pytest.MonkeyPatch.context() as patch:
        Tools(patch, [90.0])
        words = ("build", original / "design", "--board", path, "-o", tmp_path / "bare", FORCE)
        outcome = run(capsys, *words)
    assert outcome.code == 0
    assert "the weights come from the host at start" in outcome.err
    assert not (tmp_path / "bare" / "weights.bin").exists()
    assert json.loads((tmp_path / "bare" / "build.json").read_text())["flash"] is None


@pytest.mark.campaign
def test_a_build_says_where_its_weights_come_from(original, tmp_path, monkeypatch, capsys):
    Tools(monkeypatch, [90.0])
    out = tmp_path / "out"
    words = ("build", original / "design", "--board", "icebreaker", "-o", out, FORCE)
    outcome = run(capsys, *words)
    assert (
        "the weights come from the flash memory at start: `fcgen flash` writes both" in outcome.err
    )
    assert outcome.err.rstrip().endswith(f"next: fcgen flash {out} --permanent")


def test_weights_that_do_not_fit_the_flash_memory_are_one_line(
    original, tmp_path, monkeypatch, capsys
):
    Tools(monkeypatch, [90.0])
    path = tmp_path / "tight.toml"
    text = (boards.FOLDER / "icebreaker.toml").read_text()
    path.write_text(text.replace("bytes = 0x1000000", "bytes = 0x100400"))
    words = ("build", original / "design", "--board", path, "-o", tmp_path / "out", FORCE)
    outcome = run(capsys, *words)
    assert outcome.code == 2
    assert "weights: 5," in outcome.error
    assert "the flash memory has room for 1,024" in outcome.error


def test_a_bitstream_that_reaches_into_the_weights_is_one_line(tmp_path):
    path = tmp_path / "bitstream.bin"
    path.write_bytes(b"\0" * (BOARD.flash.offset + 1))
    with pytest.raises(
        InputError, match=r"^flash\.offset: 1048576: the bitstream has 1,048,577 byt"
    ):
        write._check_room(BOARD, path)


def test_the_weights_are_written_first_and_always_into_the_flash_memory(build, loader, capsys):
    outcome = run(capsys, "flash", build, "--json")
    assert outcome.code == 0, outcome.err
    commands = ["-b ice40_generic -f -o 0x100000 weights.bin", "-b ice40_generic bitstream.bin"]
    assert (loader / "said").read_text().splitlines() == commands
    found = json.loads(outcome.out)
    assert found["commands"] == [f"openFPGALoader {words}" for words in commands]
    assert found["command"] == found["commands"][-1]


def test_bitstream_and_weights_can_both_stay(build, loader, capsys):
    outcome = run(capsys, "flash", build, "--permanent")
    assert outcome.code == 0
    assert (loader / "said").read_text().endswith("\n-b ice40_generic -f bitstream.bin\n")
    assert f"the weights of {build / 'weights.bin'} are in its flash memory" in outcome.out


def test_the_weights_of_another_training_go_into_the_flash_memory(build, loader, capsys, other):
    net, path = other
    outcome = run(capsys, "flash", build, "--load-weights", path)
    assert outcome.code == 0, outcome.err
    design = Design.open(build / "design")
    assert (loader / "weights.bin").read_bytes() == flash_image.image(design, net)
    assert f"the weights of {path} are in its flash memory" in outcome.out


@pytest.mark.parametrize(
    ("file", "state", "runs"),
    [
        ("weights.bin", "the weights in the flash memory may be incomplete, the bitstream was", 1),
        ("bitstream.bin", "the new weights are in the flash memory, the bitstream was not", 2),
    ],
)
def test_a_run_of_the_loader_that_fails_says_what_the_board_has(
    build, loader, capsys, file, state, runs
):
    (loader / "fail").write_text(file)
    outcome = run(capsys, "flash", build)
    assert (outcome.code, outcome.out) == (3, "")
    assert state in outcome.error
    assert len((loader / "said").read_text().splitlines()) == runs


def test_weights_that_do_not_fit_the_design_are_not_written(build, loader, capsys, tmp_path):
    np.savez(tmp_path / "wrong.npz", weight=np.zeros((3, 3), np.int64))
    outcome = run(capsys, "flash", build, "--load-weights", tmp_path / "wrong.npz")
    assert outcome.code == 2
    assert "wrong.npz" in outcome.error
    assert not (loader / "said").exists()


def test_weights_that_have_changed_are_not_written(build, loader, capsys):
    (build / "weights.bin").write_bytes(b"other")
    outcome = run(capsys, "flash", build)
    assert outcome.code == 2
    assert "weights.bin" in outcome.error
    assert "has changed since the build; build it again" in outcome.error
    assert not (loader / "said").exists()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("file", "../weights.bin", "flash.file: ../weights.bin: must be a name"),
        ("file", None, "flash.file: None: must be a name"),
        ("sha256", "12", "flash.sha256: 12: must be a name"),
        ("offset", "0", "flash.offset: 0: must be a positive integer"),
        ("offset", 7, "the weights' offset must be a multiple of 65,536 inside the memory"),
        ("bytes", 1 << 30, "a flash memory has 1 to 16,777,216 bytes"),
        ("bytes", 0x100010, "the flash memory has room for 16"),
        ("hz", True, "flash.hz: True: must be a positive integer"),
    ],
)
def test_a_wrong_field_of_the_flash_memory_is_one_line(build, loader, capsys, key, value, message):
    change(build, key, value)
    outcome = run(capsys, "flash", build)
    assert outcome.code == 2
    assert message in outcome.error
    assert not (loader / "said").exists()


def test_a_flash_memory_that_is_no_record_is_one_line(build, loader, capsys):
    path = build / "build.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"flash": ["weights.bin"]}))
    outcome = run(capsys, "flash", build)
    assert outcome.code == 2
    assert "must be a record" in outcome.error


def test_the_virtual_board_of_a_build_starts_with_the_weights_of_its_flash_memory(build, capsys):
    outcome = run(capsys, "run", build, "--board", "virtual", "--vectors", 5, "--json")
    assert outcome.code == 0, outcome.err
    found, design = json.loads(outcome.out), Design.open(build / "design")
    assert (found["mismatches"], found["weights_hash"]) == (0, design.network.weights_hash)


def test_weights_that_are_not_those_of_the_design_are_not_compared_with_it(build, capsys, other):
    net, _ = other
    content = flash_image.image(Design.open(build / "design"), net)
    (build / "weights.bin").write_bytes(content)
    change(build, "sha256", hashlib.sha256(content).hexdigest())
    words = ("run", build, "--board", "virtual", "--vectors", 5, "--json")
    outcome = run(capsys, *words)
    assert outcome.code == 2
    assert f"the board has weights {net.weights_hash[:12]}…" in outcome.error
    found = json.loads(run(capsys, *words, "--no-check").out)
    assert found["weights_hash"] == net.weights_hash


def test_the_page_says_where_the_weights_come_from_and_how_they_get_there(build, tmp_path, capsys):
    path = tmp_path / "page.html"
    assert run(capsys, "report", build, "-o", path).code == 0
    found = rows(html5lib.HTMLParser(strict=True).parse(path.read_text()))
    assert ("Weights", "from the board's flash memory at start") in found
    assert ("The bitstream into its board", f"fcgen flash {build} --permanent") in found


def test_a_bitstream_is_not_taken_for_weights(build, loader, capsys):
    digest = hashlib.sha256((build / "bitstream.bin").read_bytes()).hexdigest()
    change(build, "file", "bitstream.bin")
    change(build, "sha256", digest)
    outcome = run(capsys, "flash", build)
    assert outcome.code == 2
    assert "flash.file: bitstream.bin: must not be the bitstream" in outcome.error
    assert not (loader / "said").exists()


def test_the_next_command_can_be_copied(original, tmp_path, loader, capsys):
    place = shutil.copytree(original, tmp_path / "my build")
    assert f"next: fcgen run '{place}' --board auto" in run(capsys, "flash", place).err
