import json
import re
from dataclasses import replace

import pytest

from fcgen import devices
from fcgen.devices.device import Cap, Usage
from fcgen.synthesis.flow import capped
from fcgen.synthesis.report import Path, Step, parse
from fcgen.synthesis.result import Result, Work
from fcgen.synthesis.result_text import lines
from synthesis.reports import WRAPPER, report

ECP5, SMALL = devices.find("ecp5-25k")
CAP = Cap(212.0, "DP16KD minimum clock pulse at speed 6")
WORK = Work(450, 225, 284)
PATH = parse(report(), json.dumps(WRAPPER)).path


def result(*rates, cap=CAP, work=WORK):
    return Result(
        device=SMALL,
        speed="6",
        usage=Usage(430, 400, 2, 1),
        work=work,
        versions={"yosys": "0.70"},
        wrapper=Usage(2, 26, 0, 0),
        target_mhz=212.0,
        seeds=tuple(range(len(rates))),
        fmax_mhz=rates,
        cap=cap,
        path=PATH,
    )


def unrouted():
    return Result(SMALL, "6", Usage(430, 400, 2, 1), WORK, {"yosys": "0.70"})


def test_no_result_can_hold_a_clock_above_its_cap():
    with pytest.raises(ValueError, match="above the cap"):
        result(200.0, 212.5)


@pytest.mark.parametrize("mhz", [100.0, 211.99, 212.0, 212.01, 400.0])
def test_a_clock_is_cut_at_its_cap(mhz):
    assert capped(mhz, CAP) == min(mhz, 212.0)


def test_without_a_cap_the_tools_clock_stands():
    assert capped(400.0, None) == 400.0


@pytest.mark.parametrize("mhz", [100.0, 167.785, 199.96, 211.999])
def test_no_printed_clock_is_above_its_cap(mhz):
    cap = Cap(mhz, "a part")
    printed = "\n".join(lines(result(capped(300.0, cap), capped(mhz, cap), cap=cap)))
    rates = re.findall(r"(\d+\.\d) MHz|: (\d+\.\d),? |, (\d+\.\d)", printed)
    assert rates
    assert all(float(rate) <= mhz for row in rates for rate in row if rate)


def test_the_median_over_the_seeds_counts():
    values = result(150.0, 212.0, 140.0).as_dict()
    assert values["fmax_mhz"] == [150.0, 212.0, 140.0]
    assert values["fmax_capped_mhz"] == 150.0


def test_figures_follow_from_the_median_clock():
    values = result(180.0).as_dict()
    assert values["inferences_per_second"] == pytest.approx(800_000)
    assert values["gmac_per_second"] == pytest.approx(0.36)
    assert values["latency_us"] == pytest.approx(284 / 180)


def test_the_roofline_is_all_multipliers_at_the_cap():
    values = result(180.0, work=Work(450, 225, 284, macs_per_dsp=2)).as_dict()
    assert values["roofline_gmac_per_second"] == pytest.approx(28 * 0.212 * 2)
    assert values["roofline_share"] == pytest.approx(100 * 0.36 / (28 * 0.212 * 2))


def test_the_promised_keys_are_there():
    values = result(180.0).as_dict()
    promised = {"lut", "ff", "dsp", "ram", "fmax_mhz", "fmax_capped_mhz", "fmax_cap_reason"}
    promised |= {"inferences_per_second", "gmac_per_second", "fits", "latency", "macs"}
    assert promised | {"initiation_interval"} <= values.keys()
    assert json.loads(json.dumps(values, allow_nan=False)) == values


def test_the_printed_form_has_what_one_wants_to_know():
    printed = "\n".join(lines(result(212.0, 180.0, 150.0)))
    for text in (
        "430",
        "Fmax                 180.0 MHz, the median of 3 seeds: 212.0 (cap), 180.0, 150.0",
        "Cap                  212.0 MHz: DP16KD minimum clock pulse at speed 6",
        "Latency              284 cycles, 1.58 us",
        "Inferences           800,000 a second",
        "Critical path (seed 0): 6.80 ns, 4.45 in cells, 2.35 on nets",
        "group_0.element_0.activation[1]",
    ):
        assert text in printed


def test_without_a_cap_it_is_said_that_none_is_known():
    bare = result(300.0, cap=None)
    assert bare.as_dict()["fmax_cap_reason"] == "no limit is known that nextpnr does not see"
    assert bare.roofline_share is None


def test_a_device_without_place_and_route_has_no_clock():
    values = unrouted().as_dict()
    assert (values["lut"], values["fmax_mhz"], values["fmax_capped_mhz"]) == (430, [], None)
    assert any("no open place-and-route tool" in line for line in lines(unrouted()))


def test_of_a_design_of_unknown_work_only_size_and_clock_are_known():
    values = result(180.0, work=None).as_dict()
    assert values["fmax_capped_mhz"] == 180.0
    assert values["inferences_per_second"] is None


def test_the_links_of_a_carry_chain_are_one_line():
    steps = [
        Step("logic", 0.5, "a.Q"),
        Step("routing", 1.0, "a"),
        Step("logic", 0.4, "b.FCO"),
        Step("routing", 0.0, "c"),
        Step("logic", 0.1, "d.FCO"),
        Step("routing", 0.0, "e"),
        Step("logic", 0.2, "f.F"),
    ]
    shown = lines(replace(result(200.0), path=Path("a.Q", "f.F", tuple(steps))))[-5:]
    assert [line.split() for line in shown] == [
        ["0.50", "logic", "a.Q"],
        ["1.00", "routing", "a"],
        ["0.50", "carry", "3", "steps,", "to", "d.FCO"],
        ["0.00", "routing", "e"],
        ["0.20", "logic", "f.F"],
    ]
