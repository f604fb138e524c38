import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from designs import change_first_digit, write_small
from fcgen.design.stimuli import stimuli
from fcgen.errors import InputError
from fcgen.network.reference import forward, run
from fcgen.numerics.fixed import ROUNDINGS, SATURATIONS
from fcgen.regression import case as regression_case
from fcgen.regression.random_layers import random_case
from fcgen.regression.regress import regress
from fcgen.regression.report import CaseResult, RegressionReport
from selection import every_time


@pytest.mark.parametrize("engine", every_time(1, ["compiled", "icarus", "amaranth", "verilator"]))
def test_a_random_layer_is_exact(engine):
    report = regress(count=1, seed=169, engine=engine)
    assert [result.failure for result in report.results] == [""]


def test_a_case_follows_from_seed_and_index():
    first, again = random_case(5, 7), random_case(5, 7)
    assert first.description == again.description
    assert first.layer.weights_hash == again.layer.weights_hash
    assert first.layer.weights_hash != random_case(5, 8).layer.weights_hash
    assert first.layer.weights_hash != random_case(6, 7).layer.weights_hash


def test_random_cases_reach_everything_that_a_layer_may_be():
    cases = [random_case(0, index) for index in range(300)]
    layers = [case.layer for case in cases]
    schemes = [layer.requantization for layer in layers if layer.requantization]
    assert {layer.weight_format.bits for layer in layers} == set(range(1, 17))
    assert {layer.activation_format.signed for layer in layers} == {True, False}
    assert {scheme.rounding for scheme in schemes} == set(ROUNDINGS)
    assert {scheme.saturation for scheme in schemes} == set(SATURATIONS)
    assert len(schemes) < 300
    assert any((scheme.multiplier < 0).any() for scheme in schemes)
    assert any(layer.runtime_weights for layer in layers)
    assert {case.options.stall for case in cases} == {0.0, 0.3, 0.94}
    assert any(layer.inputs % case.folding.simd for case, layer in zip(cases, layers, strict=True))


def test_most_random_layers_use_the_range_of_their_outputs():
    used = 0
    for index in range(100):
        case = random_case(1, index)
        inputs = stimuli(case.layer.activation_format, case.layer.inputs, 20, 0)
        used += len(np.unique(forward(case.layer, inputs))) > 2
    assert used > 70


def test_processes_give_the_same_results_in_order():
    one, two = (regress(count=4, seed=2, engine="reference", jobs=jobs) for jobs in (1, 2))
    descriptions = [[result.description for result in report.results] for report in (one, two)]
    assert descriptions[0] == descriptions[1]
    assert [result.name for result in two.results] == ["0", "1", "2", "3"]


def test_given_designs_run_with_all_stalls(tmp_path):
    made = write_small(tmp_path / "d")
    report = regress([made.directory], engine="compiled")
    assert [result.name for result in report.results] == ["d/0", "d/1", "d/2"]
    assert not report.failures


def test_a_failure_has_its_place_and_the_command_that_repeats_it(tmp_path, monkeypatch):
    monkeypatch.setattr("fcgen.simulation.simulate.run_reference", lambda net, x: run(net, x) + 1)
    made = write_small(tmp_path / "d")
    report = regress([made.directory], engine="compiled")
    lines = list(report.lines())
    assert len(report.failures) == 3
    assert "mismatches, the first: vector 0, neuron 0: expected" in report.failures[0].failure
    assert f"    repeat with: fcgen simulate {made.directory} --engine compiled" in "\n".join(lines)
    assert lines[-1] == "compiled: 3 cases, 3 failures"


def test_a_wrong_random_layer_is_repeated_by_its_number(monkeypatch):
    monkeypatch.setattr(regression_case, "run_reference", lambda net, x: run(net, x) + 1)
    report = regress(seed=169, only=0, engine="compiled")
    (failed,) = report.failures
    assert failed.command == "fcgen regress --seed 169 --only 0 --engine compiled"
    assert "mismatches, the first: vector 0, neuron 0: expected" in failed.failure


def test_a_crash_is_the_failure_of_its_case_only(monkeypatch):
    def crash(*arguments):
        raise KeyError("lost")

    monkeypatch.setattr(regression_case, "_check", crash)
    report = regress(count=2, engine="amaranth")
    assert [result.failure for result in report.results] == ["KeyError: 'lost'"] * 2


def test_results_are_told_as_they_come():
    seen = []
    regress(count=2, engine="reference", progress=seen.append)
    assert [result.name for result in seen] == ["0", "1"]


def test_junit_has_cases_and_failures():
    results = (
        CaseResult("0", "a & b", "", "fcgen …", 1.5),
        CaseResult("1", "c", "wrong <here>", "fcgen regress --only 1", 0.5),
    )
    suite = ElementTree.fromstring(RegressionReport("icarus", results).junit())
    assert suite.attrib["tests"] == "2"
    assert suite.attrib["failures"] == "1"
    assert suite.attrib["time"] == "2.000"
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.attrib["message"] == "wrong <here>"
    assert failure.text == "repeat with: fcgen regress --only 1"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "--count: 0: must be positive"),
        ({"jobs": 0}, "--jobs: 0: must be positive"),
        ({"engine": "spice"}, "--engine: spice"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        regress(**options)


def test_a_design_that_was_edited_is_refused(tmp_path):
    made = write_small(tmp_path / "d")
    change_first_digit(made.directory / "weights_0.hex")
    with pytest.raises(InputError, match="has changed since the design was written"):
        regress([made.directory], engine="compiled")


def test_a_directory_that_is_no_design_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"manifest\.json"):
        regress([tmp_path], engine="reference")
