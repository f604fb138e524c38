import base64
import json
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from fcgen.errors import InputError
from fcgen.network.dense_layer import CONSTANTS, DenseLayer, Requantization
from fcgen.numerics.fixed import IntegerFormat
from random_layers import random_layer

INT8 = IntegerFormat(8, True)
UINT8 = IntegerFormat(8, False)


def small_layer(**changed) -> DenseLayer:
    options = {
        "name": "layer",
        "input_shape": (3,),
        "weight": np.array([[1, -2, 3], [-128, 127, 0]]),
        "bias": np.array([10, -20]),
        "weight_format": INT8,
        "activation_format": INT8,
        "input_zero_point": 0,
        "requantization": Requantization.make(2, INT8, shift=9),
    }
    return DenseLayer(**(options | changed))


def message_of(function, *arguments, **options) -> str:
    with pytest.raises(InputError) as error:
        function(*arguments, **options)
    return str(error.value)


def test_a_layer_knows_its_sizes():
    layer = small_layer(input_shape=(3, 1, 1))
    assert (layer.inputs, layer.outputs, layer.macs, layer.parameters) == (3, 2, 6, 8)


@pytest.mark.parametrize(
    ("inputs", "outputs", "count"), [(1024, 100, 102_500), (800, 500, 400_500)]
)
def test_parameters_are_counted_as_keras_counts_them(inputs, outputs, count):
    weight = np.zeros((outputs, inputs), np.int8)
    layer = small_layer(
        input_shape=(inputs,), weight=weight, bias=np.zeros(outputs, int), requantization=None
    )
    assert layer.parameters == count


def test_the_reach_is_the_sum_of_magnitudes_and_the_folded_bias():
    layer = small_layer(input_zero_point=-5)
    assert layer.folded_bias.tolist() == [10 + 5 * 2, -20 + 5 * -1]
    assert layer.reach.tolist() == [6 * 128 + 20, 255 * 128 + 25]
    assert layer.accumulator_width == 16
    assert layer.bias_width == 6


def test_the_magnitude_of_the_smallest_weight_does_not_overflow_its_dtype():
    layer = small_layer(weight=np.full((2, 3), -128), bias=np.array([0, 0]))
    assert layer.reach.tolist() == [3 * 128 * 128] * 2


def test_unsigned_activations_reach_their_maximum():
    layer = small_layer(activation_format=UINT8, bias=np.array([0, 0]))
    assert layer.reach.tolist() == [6 * 255, 255 * 255]


def test_run_time_weights_take_the_worst_case_of_the_formats():
    layer = small_layer(runtime_weights=True)
    assert layer.reach.tolist() == [3 * 128 * 128 + 2**31] * 2
    assert (layer.accumulator_width, layer.bias_width) == (33, 32)


def test_run_time_weights_refuse_a_folded_bias_beyond_32_bits_by_the_larger_part():
    assert message_of(
        small_layer, runtime_weights=True, bias=np.array([2**31 - 1, 0]), input_zero_point=-128
    ) == (
        "bias: 2147483647: with the input zero point -128 folded in, that of output 0 is "
        "2147483903, and biases that are written at run time have 32 bits; "
        "use smaller biases, or larger scales for them"
    )
    wide = IntegerFormat(16, True)
    assert message_of(
        small_layer,
        runtime_weights=True,
        weight=np.full((2, 3), 32767),
        weight_format=wide,
        activation_format=wide,
        input_zero_point=-32768,
    ) == (
        "input zero point: -32768: folded into the bias of output 0 it makes 3221127178, and "
        "biases that are written at run time have 32 bits; "
        "use a smaller zero point, narrower weights or fewer inputs"
    )


def test_the_output_format_of_a_raw_layer_is_the_accumulator():
    layer = small_layer(requantization=None)
    assert layer.output_format == IntegerFormat(layer.accumulator_width, True)


def test_an_all_zero_layer_has_a_one_bit_accumulator():
    layer = small_layer(weight=np.zeros((2, 3), int), bias=np.zeros(2, int))
    assert (layer.accumulator_width, layer.bias_width) == (1, 1)


def test_arrays_are_copied_and_read_only():
    weight = np.zeros((2, 3), np.int8)
    layer = small_layer(weight=weight)
    weight[:] = 1
    assert not layer.weight.any()
    arrays = [layer.weight, layer.bias, layer.folded_bias, layer.reach]
    arrays += [getattr(layer.requantization, name) for name in CONSTANTS]
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1


def test_fields_cannot_be_assigned():
    with pytest.raises(FrozenInstanceError):
        small_layer().name = "other"


@pytest.mark.parametrize(
    ("weight_format", "dtype"),
    [
        (INT8, "int8"),
        (UINT8, "uint8"),
        (IntegerFormat(9, True), "int16"),
        (IntegerFormat(16, False), "uint16"),
        (IntegerFormat(1, True), "int8"),
    ],
)
def test_weights_are_held_in_the_narrowest_dtype(weight_format, dtype):
    layer = small_layer(weight=np.zeros((2, 3), int), weight_format=weight_format)
    assert layer.weight.dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"weight": np.array([[1, 2, 3], [4, 5, 128]])},
            "weight: 128: must be from -128 to 127; choose values in this range",
        ),
        (
            {"weight": np.zeros((2, 4), int)},
            "weight: shape (2, 4): must have the shape (M, 3); give one row an output",
        ),
        (
            {"weight": np.zeros((2, 3))},
            "weight: dtype float64: must hold integers; give integer codes",
        ),
        (
            {"bias": np.zeros(3, int)},
            "bias: shape (3,): must have the shape (2,); give one value an output",
        ),
        (
            {"bias": np.array([0, 2**31])},
            "bias: 2147483648: must be from -2147483648 to 2147483647; choose values in this range",
        ),
        (
            {"bias": np.array([0, 2**64 - 1], np.uint64)},
            "bias: 18446744073709551615: must be from 0 to 9223372036854775807; "
            "choose values in this range",
        ),
        (
            {"input_zero_point": 128},
            "input zero point: 128: must be an activation, from -128 to 127; choose another",
        ),
        (
            {"requantization": Requantization.make(3, INT8)},
            "requantization: 3 outputs: the weights have 2; give one constant an output",
        ),
        (
            {"weight_format": IntegerFormat(17, True)},
            "weight format: int17: must be from 1 to 16 bits; choose a width in this range",
        ),
        (
            {"input_shape": (0,)},
            "layer: input shape 0: must be positive, with at most 65535 inputs in all; "
            "choose another shape",
        ),
        (
            {"input_shape": (256, 256, 1)},
            "layer: input shape 256x256x1: must be positive, with at most 65535 inputs in all; "
            "choose another shape",
        ),
        (
            {"input_shape": (1, 3)},
            "layer: input shape 1x3: must be N or CxHxW; give 1 or 3 sizes",
        ),
        (
            {"weight": np.zeros((0, 3), int)},
            "layer: 0 outputs: must be from 1 to 65535; choose another number",
        ),
    ],
)
def test_a_layer_outside_of_the_contract_is_refused(changed, message):
    assert message_of(small_layer, **changed) == message


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        (
            {"multiplier": 2**24},
            "multiplier: 16777216: must be from -16777216 to 16777215; choose values in this range",
        ),
        ({"shift": 48}, "shift: 48: must be from 0 to 47; choose values in this range"),
        ({"shift": -1}, "shift: -1: must be from 0 to 47; choose values in this range"),
        (
            {"shift": [4, 3], "offset": [16, -9]},
            "offset: -9: must be within plus or minus the larger of 2**shift and the multiplier, "
            "which is 8 for output 1; raise the shift or lower the offset",
        ),
        (
            {"multiplier": [-9, 9], "offset": [-9, 10]},
            "offset: 10: must be within plus or minus the larger of 2**shift and the multiplier, "
            "which is 9 for output 1; raise the shift or lower the offset",
        ),
        (
            {"offset": -(2**63)},
            "offset: -9223372036854775808: must be within plus or minus the larger of 2**shift and "
            "the multiplier, which is 1 for output 0; raise the shift or lower the offset",
        ),
        (
            {"zero_point": 128},
            "zero_point: 128: must be from -128 to 127; choose values in this range",
        ),
        ({"hi": 128}, "hi: 128: must be from -128 to 127; choose values in this range"),
        (
            {"lo": [0, 5], "hi": 4},
            "lo: 5: must not be above hi, which is 4 for output 1; give bounds in order",
        ),
        (
            {"hi": [127, 126], "saturation": "wrap"},
            "saturation: wrap: cannot be combined with lo, hi or relu; "
            "drop the bounds or use saturate",
        ),
        (
            {"lo": 0, "saturation": "wrap"},
            "saturation: wrap: cannot be combined with lo, hi or relu; "
            "drop the bounds or use saturate",
        ),
        (
            {"multiplier": [1, 2, 3]},
            "multiplier: shape (3,): must be one value or have the shape (2,); "
            "give one value an output",
        ),
        ({"shift": 1.0}, "shift: dtype float64: must hold integers; give integer codes"),
        (
            {"rounding": "nearest"},
            "rounding: nearest: must be one of half_even, half_up, half_away, floor; "
            "choose one of these",
        ),
        (
            {"saturation": "clip"},
            "saturation: clip: must be one of saturate, wrap; choose one of these",
        ),
    ],
)
def test_constants_outside_of_the_contract_are_refused(constants, message):
    assert message_of(Requantization.make, 2, INT8, **constants) == message


@pytest.mark.parametrize(("shift", "largest"), [(0, 2**24 - 1), (47, 2**47)])
def test_the_ends_of_every_constant_are_legal(shift, largest):
    value = Requantization.make(
        2,
        INT8,
        multiplier=[-(2**24), 2**24 - 1],
        offset=[-largest, largest],
        shift=shift,
        zero_point=[-128, 127],
        lo=[-128, 127],
        hi=[-128, 127],
    )
    assert value.offset.tolist() == [-largest, largest]


@pytest.mark.parametrize("seed", range(25))
def test_json_gives_back_the_same_layer(seed):
    rng = np.random.default_rng(seed)
    layer = random_layer(rng, int(rng.integers(1, 30)), int(rng.integers(1, 30)))
    text = layer.to_json()
    again = DenseLayer.from_json(text)
    assert again.to_json() == text
    assert again.weight.dtype == layer.weight.dtype
    assert np.array_equal(again.weight, layer.weight)
    assert np.array_equal(again.bias, layer.bias)
    assert again.input_shape == layer.input_shape
    assert again.name == layer.name
    assert (again.requantization is None) == (layer.requantization is None)
    assert (again.structure_hash, again.weights_hash) == (layer.structure_hash, layer.weights_hash)


def test_json_keeps_a_map_and_run_time_weights():
    layer = small_layer(input_shape=(1, 3, 1), runtime_weights=True, input_zero_point=-3)
    again = DenseLayer.from_json(layer.to_json().encode())
    assert again.input_shape == (1, 3, 1)
    assert again.runtime_weights is True
    assert again.input_zero_point == -3


def test_weights_are_little_endian_in_json():
    weights = IntegerFormat(16, True)
    layer = small_layer(weight=np.array([[1, 2, 3], [4, 5, -2]]), weight_format=weights)
    tensor = json.loads(layer.to_json())["weight"]
    assert (tensor["dtype"], tensor["shape"]) == ("int16", [2, 3])
    assert base64.b64decode(tensor["base64"]) == bytes.fromhex("0100 0200 0300 0400 0500 feff")


def test_the_weights_hash_follows_every_trainable_value_and_the_structure_hash_none():
    layer = small_layer()
    constants = layer.requantization
    others = [
        replace(layer, weight=layer.weight + np.array([[0, 0, 1], [0, 0, 0]])),
        replace(layer, bias=layer.bias + 1),
    ]
    for name in CONSTANTS:
        step = -1 if name == "hi" else 1
        changed = replace(constants, **{name: getattr(constants, name) + step})
        others.append(replace(layer, requantization=changed))
    assert len({layer.weights_hash, *(other.weights_hash for other in others)}) == 9
    assert {other.structure_hash for other in others} == {layer.structure_hash}


def test_the_structure_hash_follows_everything_else_but_the_name():
    layer = small_layer()
    uint7 = IntegerFormat(7, False)
    others = [
        replace(layer, input_shape=(1, 3, 1)),
        replace(layer, weight_format=IntegerFormat(9, True)),
        replace(layer, activation_format=uint7),
        replace(layer, input_zero_point=1),
        replace(layer, requantization=None),
        replace(layer, runtime_weights=True),
        replace(layer, requantization=replace(layer.requantization, rounding="floor")),
        replace(layer, requantization=replace(layer.requantization, saturation="wrap")),
        replace(layer, requantization=Requantization.make(2, IntegerFormat(9, True))),
    ]
    assert len({layer.structure_hash, *(other.structure_hash for other in others)}) == 10
    assert replace(layer, name="other").structure_hash == layer.structure_hash


def edited(**changed) -> str:
    document = json.loads(small_layer().to_json())
    for path, value in changed.items():
        target, *rest = path.split("__")
        place = document
        for key in rest:
            place, target = place[target], key
        place[target] = value
    return json.dumps(document)


AGAIN = "make the directory again"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "reference.json: Expecting value: line 1 column 1 (char 0): is not valid JSON; "
            f"{AGAIN}",
        ),
        ("[1]", f"reference.json: list: must be a JSON object; {AGAIN}"),
        ('{"a": NaN}', f"reference.json: NaN: is not a JSON number; {AGAIN}"),
        ('{"a": -Infinity}', f"reference.json: -Infinity: is not a JSON number; {AGAIN}"),
        ('{"a": 1, "a": 2}', f"reference.json: a: must not occur twice; {AGAIN}"),
        ("{}", f"reference.json: kind: is missing; {AGAIN}"),
        (edited(kind="conv"), f"reference.json: kind: conv: must be one of dense; {AGAIN}"),
        (edited(extra=1), f"reference.json: extra: is not a known field; {AGAIN}"),
        (
            edited(requantization__extra=1),
            f"reference.json: requantization.extra: is not a known field; {AGAIN}",
        ),
        (
            edited(outputs=10**6),
            f"reference.json: outputs: 1000000: must be from 1 to 65535; {AGAIN}",
        ),
        (edited(outputs=True), f"reference.json: outputs: True: must be an integer; {AGAIN}"),
        (edited(outputs=2.0), f"reference.json: outputs: 2.0: must be an integer; {AGAIN}"),
        (
            edited(input_shape=[65535, 65535, 65535]),
            "reference.json: input shape 65535x65535x65535: must be positive, "
            "with at most 65535 inputs in all; choose another shape",
        ),
        (
            edited(weight__shape=[2, 4]),
            f"reference.json: weight: shape [2, 4]: must have the shape [2, 3]; {AGAIN}",
        ),
        (
            edited(weight__dtype="object"),
            f"reference.json: weight.dtype: object: must be one of int8; {AGAIN}",
        ),
        (
            edited(weight__base64="AAAA"),
            f"reference.json: weight: 4 characters of base64: must hold 6 bytes; {AGAIN}",
        ),
        (
            edited(weight__base64="AAAA*AAA"),
            f"reference.json: weight: base64: is not valid base64; {AGAIN}",
        ),
        (
            edited(weight__base64="AAAAAAA="),
            f"reference.json: weight: 5 bytes: must hold 6 bytes; {AGAIN}",
        ),
        (edited(bias=[1]), f"reference.json: bias: 1 values: must have 2; {AGAIN}"),
        (edited(bias=7), f"reference.json: bias: int: must be a list; {AGAIN}"),
        (
            edited(bias=[0, 2**63]),
            "reference.json: bias: 9223372036854775808: must be from -9223372036854775808 "
            f"to 9223372036854775807; {AGAIN}",
        ),
        (
            edited(bias=[0, 2**31]),
            "reference.json: bias: 2147483648: must be from -2147483648 to 2147483647; "
            "choose values in this range",
        ),
        (
            edited(weight_format__bits=17),
            f"reference.json: weight_format.bits: 17: must be from 1 to 16; {AGAIN}",
        ),
        (
            edited(runtime_weights=1),
            f"reference.json: runtime_weights: 1: must be true or false; {AGAIN}",
        ),
        (edited(name=None), f"reference.json: name: None: must be a string; {AGAIN}"),
        (
            edited(weight_format=None),
            f"reference.json: weight_format: null: must be an object; {AGAIN}",
        ),
        (
            edited(requantization=[]),
            f"reference.json: requantization: list: must be an object or null; {AGAIN}",
        ),
        (
            edited(requantization__shift=[9, 48]),
            "reference.json: shift: 48: must be from 0 to 47; choose values in this range",
        ),
    ],
)
def test_json_that_is_no_layer_is_refused_with_the_field(text, message):
    assert message_of(DenseLayer.from_json, text) == message


def test_json_nested_beyond_the_stack_is_refused():
    message = message_of(DenseLayer.from_json, '{"a":' * 100_000)
    assert message.startswith("reference.json: ")
    assert message.endswith(AGAIN)


def test_json_that_is_not_text_is_refused():
    message = message_of(DenseLayer.from_json, b"\xff\xfe\x00\x80")
    assert message.startswith("reference.json: ")
    assert "is not valid JSON" in message
