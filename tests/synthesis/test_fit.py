import pytest

from fcgen import devices
from fcgen.devices.device import Device, Usage
from fcgen.schedule.folding import Folding
from fcgen.synthesis.fit import DoesNotFit, check, first_fitting, scaled, shares, smaller

ECP5, SMALL = devices.find("ecp5-25k")
FOLDING = Folding(64, 32, pe=16, simd=4)


def refused(usage, folding=None, device=SMALL):
    with pytest.raises(DoesNotFit) as error:
        check(usage, ECP5, device, folding)
    return error.value


def test_what_fits_passes():
    check(Usage(24_288, 24_288, 28, 56), ECP5, SMALL, FOLDING)


def test_each_resource_that_is_short_is_named_with_its_excess():
    message = str(refused(Usage(30_000, 100, 40, 3)))
    assert message.startswith("ecp5-25k: 30,000 LUT of 24,288 (5,712 too many), 40 DSP of 28 (12 ")
    assert "the design does not fit" in message


def test_a_folding_that_would_fit_is_named():
    error = refused(Usage(1000, 1000, 64, 3), FOLDING)
    assert "--pe 7 --simd 4, by proportion" in str(error)
    assert error.details["fitting_folding"] == {"pe": 7, "simd": 4}


def test_a_larger_device_of_the_family_is_named():
    error = refused(Usage(1000, 1000, 64, 3))
    assert str(error).endswith("what would fit: ecp5-45k")
    assert error.details["fitting_device"] == "ecp5-45k"


def test_what_nothing_holds_has_no_false_advice():
    error = refused(Usage(1000, 1000, 64, 3000), FOLDING)
    assert str(error).endswith("make the layer smaller")
    assert error.details["fitting_folding"] is None


def test_the_json_form_says_that_it_does_not_fit():
    details = refused(Usage(1000, 1000, 64, 3)).details
    assert (details["fits"], details["dsp"], details["device"]) == (False, 64, "ecp5-25k")


def test_smaller_foldings_lose_elements_first_and_then_lanes():
    shapes = [(folding.pe, folding.simd) for folding in smaller(Folding(8, 8, pe=3, simd=3))]
    assert shapes == [(2, 3), (1, 3), (1, 2), (1, 1)]


def test_memories_do_not_shrink_with_the_folding():
    less = scaled(Usage(100, 100, 10, 5), FOLDING)(Folding(64, 32, pe=8, simd=4))
    assert less == Usage(50, 50, 5, 5)


def test_counts_of_foldings_can_come_from_elsewhere():
    found = first_fitting(FOLDING, lambda folding: Usage(0, 0, folding.pe * 10, 0), SMALL)
    assert found == Folding(64, 32, pe=2, simd=4)


def test_shares_leave_out_what_a_device_does_not_have():
    device = Device("none", 1000, 1000, 0, 10, 50)
    assert shares(Usage(10, 500, 0, 10), device) == {"lut": 1.0, "ff": 50.0, "ram": 100.0}
