"""Lists of thresholds: what they compute, what they refuse, and their JSON."""

import json
from dataclasses import replace

import numpy as np
import pytest

from fcgen.design.loaded_parameters import replace_parameters
from fcgen.errors import InputError
from fcgen.load.arrays.raw_weights import RawWeights
from fcgen.network.dense_layer import DenseLayer, ThresholdList
from fcgen.network.network import Network
from fcgen.network.reference import forward, requantize
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from fcgen.summary.layer import summarise

UINT2 = IntegerFormat(2, False)
INT4 = IntegerFormat(4, True)


def listed(thresholds=((-2, 0, 5), (-2, 0, 5)), falling=(False, True), lo=0, output=UINT2):
    return ThresholdList(np.array(thresholds), np.array(falling), lo, output)


def layer(scheme=None, **fields):
    given = {
        "name": "fc",
        "input_shape": (2,),
        "weight": np.array([[3, -1], [2, 2]]),
        "bias": np.array([1, -4]),
        "weight_format": INT4,
        "activation_format": INT4,
        "requantization": scheme or listed(),
    }
    return DenseLayer(**given | fields)


def message_of(make, *arguments, **fields):
    with pytest.raises(InputError) as caught:
        make(*arguments, **fields)
    return str(caught.value)


def test_a_code_is_the_number_of_thresholds_that_are_reached():
    sums = np.array([-3, -2, -1, 0, 1, 4, 5, 6])
    codes = requantize(listed(), np.stack([sums, sums], axis=1))
    assert codes[:, 0].tolist() == [0, 1, 1, 2, 2, 2, 3, 3]
    assert codes[:, 1].tolist() == [3, 3, 2, 2, 1, 1, 1, 0]


def test_equal_thresholds_skip_codes_and_far_ones_are_never_reached():
    scheme = listed([[0, 0, 1 << 50]], [False], lo=-1, output=INT4)
    assert requantize(scheme, np.array([[-1], [0], [1 << 49]]))[:, 0].tolist() == [-1, 1, 1]


def test_the_layer_compares_accumulators_with_bias_and_zero_point():
    made = layer(input_zero_point=2)
    x = np.array([[1, -3], [7, 2], [-8, 7]])
    accumulator = (x - 2) @ made.weight.T.astype(np.int64) + made.bias
    assert np.array_equal(forward(made, x), requantize(made.requantization, accumulator))


def test_its_accumulator_holds_the_sums_alone():
    raw = layer(bias=np.array([1 << 20, 0]))
    assert raw.accumulator_width == 7  # 4·8 and 4·8
    assert replace(raw, requantization=None).accumulator_width == 22


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"thresholds": [[0, 5, 4], [0, 1, 2]]},
            "thresholds: 0, 5, 4: must be in ascending order, and those of output 0 are not; "
            "sort them",
        ),
        (
            {"output": IntegerFormat(5, False)},
            "output format: uint5: thresholds give outputs of at most 4 bits; "
            "use a multiplier and a shift",
        ),
        (
            {"lo": 1},
            "thresholds: 3 from 1 on: must be at least one, with codes of uint2 (0 to 3); "
            "correct lo or the number",
        ),
        (
            {"thresholds": np.zeros((2, 0), int)},
            "thresholds: 0 from 0 on: must be at least one, with codes of uint2 (0 to 3); "
            "correct lo or the number",
        ),
        (
            {"thresholds": [[0, 1, (1 << 50) + 1], [0, 1, 2]]},
            f"thresholds: {(1 << 50) + 1}: must be from {-(1 << 50)} to {1 << 50}; "
            "choose values in this range",
        ),
        (
            {"falling": [False]},
            "falling: bool of shape (1,): must be a truth value for each of 2 outputs; "
            "give one an output",
        ),
        (
            {"falling": [0, 1]},
            "falling: int64 of shape (2,): must be a truth value for each of 2 outputs; "
            "give one an output",
        ),
        (
            {"thresholds": [[0.5, 1.0, 2.0], [0.0, 1.0, 2.0]]},
            "thresholds: dtype float64: must hold integers; give integer codes",
        ),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(fields, message):
    assert message_of(listed, **fields) == message


def test_arrays_are_copied_and_read_only():
    thresholds, falling = np.zeros((2, 3), np.int64), np.zeros(2, bool)
    scheme = ThresholdList(thresholds, falling, 0, UINT2)
    thresholds[:], falling[:] = 1, True
    assert not scheme.thresholds.any()
    assert not scheme.falling.any()
    for array in (scheme.thresholds, scheme.falling):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1


def test_a_network_with_thresholds_survives_json():
    made = Network("net", (layer(), layer(activation_format=UINT2, name="next")))
    text = made.to_json()
    again = Network.from_json(text)
    assert again.to_json() == text
    assert again.weights_hash == made.weights_hash
    assert again.structure_hash == made.structure_hash


def test_thresholds_and_directions_are_weights_and_the_lowest_code_is_structure():
    plain = layer()
    moved, turned = layer(listed([[-2, 0, 5], [-2, 0, 6]])), layer(listed(falling=(True, True)))
    assert len({made.weights_hash for made in (plain, moved, turned)}) == 3
    assert {made.structure_hash for made in (plain, moved, turned)} == {plain.structure_hash}
    signed = [layer(listed(lo=lo, output=INT4)) for lo in (0, 1)]
    assert signed[0].structure_hash != signed[1].structure_hash


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("threshold_count", 16, "requantization.threshold_count: 16: must be from 1 to 15"),
        ("threshold_count", 2, "requantization.thresholds: 6 values: must have 4"),
        ("falling", [0, 2], "requantization.falling: 2: must be from 0 to 1"),
        ("falling", [0], "requantization.falling: 1 values: must have 2"),
        ("thresholds", [0, 1, 2.5, 0, 0, 0], "requantization.thresholds: 2.5: must be an integer"),
        ("rounding", "floor", "requantization.rounding: is not a known field"),
        ("thresholds", [3, 2, 1, 0, 0, 0],
         "thresholds: 3, 2, 1: must be in ascending order, and those of output 0 are not"),
    ],
)  # fmt: skip
def test_a_wrong_document_is_refused_with_the_field(field, value, message):
    document = json.loads(layer().to_json())
    document["requantization"][field] = value
    text = message_of(DenseLayer.from_json, json.dumps(document), "reference.json")
    assert text.startswith(f"reference.json: {message}")


def test_the_summary_says_how_many_there_are_and_their_direction():
    assert summarise(layer(), Folding(2, 2, 1, 1, 1, 4)).lines()[-4:].count("x") == 0
    lines = "\n".join(summarise(layer(), Folding(2, 2, 1, 1, 1, 4)).lines())
    assert "3 thresholds an output, 1 falling" in lines
    assert listed(falling=(True, True)).line() == "3 thresholds an output, falling"
    assert listed([[0]], [False]).line() == "1 threshold an output, rising"


def test_a_file_of_constants_does_not_fit_a_layer_of_thresholds():
    writable = layer(runtime_weights=True)
    changed, _ = replace_parameters(writable, RawWeights(weight=np.array([[1, 2], [3, 4]])))
    assert changed.requantization is writable.requantization
    message = message_of(replace_parameters, writable, RawWeights(shift=3, source="w.npz"))
    assert message == "w.npz: shift: a layer that ends in thresholds has none; remove the entry"
