import json

import pytest

from fcgen.errors import InputError
from fcgen.estimation.for_design import estimate_network
from fcgen.estimation.stored import read, text
from fcgen.schedule.schedule import Schedule
from network_examples import network


@pytest.fixture(scope="module")
def found():
    made = network(6, 5, 4)
    return estimate_network(made, Schedule.chain(made, ((2, 3), (3, 1))), "ecp5-25k")


def test_an_estimate_is_the_same_after_its_file(found):
    again = read(text(found), "estimate.json", 2)
    assert again == found
    assert again.as_dict() == found.as_dict()


def test_a_number_that_overflows_is_one_line(found):
    changed = text(found).replace(f'"fmax_mhz": {found.fmax_capped_mhz}', '"fmax_mhz": 1e999')
    with pytest.raises(InputError, match=r"fmax_mhz: inf: must be finite"):
        read(changed, "estimate.json", 2)


def test_one_that_does_not_fit_says_the_same_after_its_file():
    made = network(200, 200)
    found = estimate_network(made, Schedule.chain(made, ((100, 4),)), "ice40-up5k")
    again = read(text(found), "estimate.json", 1)
    assert not again.fits
    assert str(again.excess) == str(found.excess)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("device", "<b>"),
        ("speed", 6),
        ("layers", []),
        ("usage", {"lut": 1}),
        ("work", None),
        ("work", {"macs": 1, "initiation_interval": 0, "latency": 1, "macs_per_dsp": 1}),
        ("cap", {"mhz": 1.0, "reason": "slow"}),
        ("more", 1),
        ("fmax_mhz", -1.0),
        ("layers", [{"lut": 1, "ff": 1, "dsp": 1, "ram": 1, "scratchpad": 0}]),
    ],
)
def test_a_changed_file_is_one_line(field, value, found):
    changed = json.dumps(json.loads(text(found)) | {field: value})
    with pytest.raises(InputError, match=r"^(estimate\.json|--device)"):
        read(changed, "estimate.json", 2)
