import json

import pytest

from fcgen.errors import ToolError
from fcgen.synthesis.report import no_place, parse, wrapper_cells
from synthesis.reports import CELLS, PIECES, WRAPPER, place, report, routed


def parsed(**options):
    return parse(report(**options), json.dumps(WRAPPER))


def test_only_cells_in_use_are_counted():
    assert parsed().cells == CELLS
    assert parsed().wrapper == WRAPPER


def test_the_slowest_clock_counts():
    assert parsed(mhz=147.0, other=99.0).mhz == 99.0


def test_a_path_has_the_designs_own_names():
    path = parsed().path
    assert path.start == "group_0.element_0.activation_TRELLIS_FF_Q_1.Q"
    assert path.end == "group_0.element_0.product_TRELLIS_FF_Q_6.M"
    assert [step.name for step in path.steps][1] == "group_0.element_0.activation[1]"


def test_the_times_of_a_path_add_up():
    path = parsed().path
    assert path.ns == pytest.approx(6.8)
    assert path.logic_ns == pytest.approx(4.452)
    assert path.routing_ns == pytest.approx(2.348)


def test_a_cell_of_the_wrapper_is_named_as_such():
    pieces = [{**PIECES[0], "from": place("shift_TRELLIS_FF_Q", "Q")}, *PIECES[1:]]
    assert parsed(pieces=pieces).path.start == "pins.shift_TRELLIS_FF_Q.Q"


def test_the_json_form_of_a_path_has_all_steps():
    values = parsed().path.as_dict()
    assert values["ns"] == 6.8
    assert values["steps"][2] == {
        "kind": "logic",
        "ns": 3.927,
        "name": "group_0.element_0.product_MULT18X18D_P15.P12",
    }


def test_a_design_without_a_clocked_path_is_an_error():
    text = json.dumps({"fmax": {}, "critical_paths": [], "utilization": {}})
    with pytest.raises(ToolError, match="no path from register to register"):
        parse(text, "{}")


def test_cells_that_nextpnr_adds_are_the_designs():
    text = routed(
        ("dut.a", "TRELLIS_FF"),
        ("$nextpnr_CCU2C_0", "TRELLIS_COMB"),
        ("in_valid_TRELLIS_FF_Q", "TRELLIS_FF"),
        ("level_1_LUT4_Z", "TRELLIS_COMB"),
    )
    assert wrapper_cells(text) == {"TRELLIS_FF": 1, "TRELLIS_COMB": 1}


@pytest.mark.parametrize(
    "line",
    [
        "Unable to place cell 'a', no BELs remaining to implement cell type 'MULT18X18D'",
        "Unable to find legal placement for all cells, design is probably at utilisation limit.",
        "Failed to expand region (0, 0) |_> (25, 31) of 5918 ICESTORM_LCs",
    ],
)
def test_a_full_device_is_recognised(line):
    assert no_place(f"Info: placing\nERROR: {line}\n1 error") == line


def test_another_error_is_not_taken_for_a_full_device():
    assert no_place("ERROR: Unconstrained IO:a") is None
