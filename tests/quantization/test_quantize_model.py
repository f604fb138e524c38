"""The quantiser: scales, bounds, what it warns of, and its twin in onnxruntime."""

import numpy as np
import onnx
import onnxruntime
import pytest

import fcgen
from fcgen.errors import InputError
from fcgen.network.network import End
from fcgen.network.reference import run
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.requantization import Requantization
from fcgen.numerics.scales import SHIFT_MAX_UNSIGNED
from fcgen.quantization.activation_grid import choose_grid
from fcgen.quantization.export_onnx import CODES, VALUES, export_onnx
from fcgen.quantization.float32_claim import claims
from fcgen.quantization.model import quantize
from fcgen.quantization.options import QuantizeOptions
from network_examples import INT8, dense
from onnx_examples import mlp, save

RANDOM = np.random.default_rng(3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


def load(folder, *widths, **options):
    name = "-".join(map(str, (*widths, *options.values()))) + ".onnx"
    return fcgen.load(save(mlp(*widths, **options), folder / name))


def data(model, vectors=400, scale=1.0):
    return RANDOM.normal(0, scale, (vectors, *model.input_shape))


def test_eight_bits_lose_little(folder):
    model = load(folder, 20, 30, 10)
    x = data(model)
    made = quantize(model, x)
    network = made.network
    real, found = model.forward(x), network.output(run(network, network.quantize(x)[0]))
    assert np.abs(found - real).mean() < 0.02 * np.abs(real).mean()
    assert all(report.claimed for report in made.layers)
    assert made.notes == ()


def test_more_bits_lose_less(folder):
    model = load(folder, 20, 30, 10)
    x = data(model)
    errors = []
    for bits in (3, 4, 6, 8, 12, 16):
        network = quantize(model, x, QuantizeOptions((bits,), (bits,))).network
        found = network.output(run(network, network.quantize(x)[0]))
        errors.append(np.abs(found - model.forward(x)).mean())
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-3


def test_values_of_one_sign_use_all_codes(folder):
    model = load(folder, 20, 30, 10)
    first, second = quantize(model, np.abs(data(model))).network.layers
    assert first.input_zero_point == -128
    assert (first.requantization.zero_point == -128).all()
    assert (first.requantization.lo == -128).all()
    assert (first.requantization.shift <= SHIFT_MAX_UNSIGNED).all()
    assert second.input_zero_point == -128
    assert (second.requantization.zero_point == 0).all()


def test_bits_can_differ_from_layer_to_layer(folder):
    model = load(folder, 20, 30, 10)
    options = QuantizeOptions((4, 6), (8, 5), output_bits=12)
    first, second = quantize(model, data(model), options).network.layers
    assert (first.weight_format.bits, second.weight_format.bits) == (4, 6)
    assert (first.activation_format.bits, second.activation_format.bits) == (8, 5)
    assert first.output_format == second.activation_format
    assert second.output_format.bits == 12


def test_a_scale_for_a_layer_is_that_of_all_its_rows(folder):
    model = load(folder, 20, 30, 10)
    options = QuantizeOptions(per_channel=False)
    for layer in quantize(model, data(model), options).network.layers:
        assert len(set(layer.requantization.multiplier.tolist())) == 1
        assert len(set(layer.requantization.shift.tolist())) == 1


def test_scales_that_are_powers_of_two_are_shifts_alone(folder):
    model = load(folder, 20, 30, 10)
    made = quantize(model, data(model), QuantizeOptions(scales="power-of-two"))
    for layer in made.network.layers:
        assert set(layer.requantization.multiplier.tolist()) == {1}
        assert np.abs(layer.weight.astype(int)).max() <= 127


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("options", [{}, {"scales": "power-of-two"}, {"per_channel": False}])
def test_onnxruntime_gives_the_same_integers_on_the_exported_twin(seed, options, folder):
    random = np.random.default_rng(seed)
    model = load(folder, *(int(width) for width in random.integers(1, 60, 4)), seed=seed)
    x = random.normal(0, 1, (300, *model.input_shape)) - random.integers(2)
    bits = (8,) if seed % 3 else (4,)
    made = quantize(model, x, QuantizeOptions(bits, bits, **options))
    path = folder / f"twin-{seed}.onnx"
    assert export_onnx(made, model.input_name, path) == ()
    session = onnxruntime.InferenceSession(str(path))
    inputs = random.normal(0, 2, (2000, *model.input_shape)).astype(np.float32)
    values, codes = session.run([VALUES, CODES], {model.input_name: inputs})
    outputs = run(made.network, made.network.quantize(inputs)[0])
    assert np.array_equal(codes, outputs)
    assert np.array_equal(values, made.network.output(outputs))
    assert session.get_inputs()[0].name == model.input_name


@pytest.mark.parametrize("entry", ["0", "1"])
def test_the_twin_opens_and_is_exact_with_and_without_kernels_that_do_not_saturate(entry, folder):
    model = load(folder, 24, 16, 6, seed=5)
    x = np.random.default_rng(5).normal(0, 1, (300, 24))
    made = quantize(model, x, QuantizeOptions((8,), (8,)))
    assert any(np.abs(layer.weight.astype(int)).max() > 64 for layer in made.network.layers)
    path = folder / "unsigned.onnx"
    export_onnx(made, model.input_name, path)
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", entry)
    session = onnxruntime.InferenceSession(str(path), options)
    (codes,) = session.run([CODES], {model.input_name: x.astype(np.float32)})
    assert codes.dtype == np.int8
    assert np.array_equal(codes, run(made.network, made.network.quantize(x)[0]))


def test_products_of_the_twin_are_of_unsigned_codes_and_weights(folder):
    # These are exact on processors without VNNI too, where uint8 by int8 saturates.
    model = load(folder, 24, 16, 6, seed=5)
    made = quantize(model, data(model))
    path = folder / "kinds.onnx"
    export_onnx(made, model.input_name, path)
    file = onnx.load(str(path))
    kinds = {tensor.name: tensor.data_type for tensor in file.graph.initializer}
    products = [node for node in file.graph.node if node.op_type == "QGemm"]
    assert len(products) == 2
    for node in products:
        zeros = [kinds[node.input[place]] for place in (2, 3, 5, 8)]
        assert zeros == [onnx.TensorProto.UINT8] * 4


@pytest.mark.parametrize(("inputs", "claimed"), [(517, True), (519, False)])
def test_nothing_is_claimed_where_sums_may_pass_what_float32_holds(inputs, claimed):
    scheme = Requantization.make(1, INT8, multiplier=1, shift=16, zero_point=-128)
    layer = dense(
        *(inputs, 1),
        weight=np.full((1, inputs), 127),
        bias=np.zeros(1, int),
        input_zero_point=-128,
        requantization=scheme,
    )
    assert claims(layer) is claimed


@pytest.mark.parametrize(
    ("changes", "claimed"),
    [
        ({}, True),
        ({"shift": 18}, False),
        ({"zero_point": -128}, False),
        ({"multiplier": 256}, False),
    ],
)
def test_nothing_is_claimed_beyond_the_constants_of_the_proof(changes, claimed):
    constants = {"multiplier": 255, "shift": 17, **changes}
    layer = dense(4, 1, requantization=Requantization.make(1, INT8, **constants))
    assert claims(layer) is claimed


def test_a_layer_of_which_nothing_is_claimed_is_named(folder):
    model = load(folder, 8, 6, 4)
    made = quantize(model, data(model), QuantizeOptions((8,), (9, 8)))
    assert [report.claimed for report in made.layers] == [False, True]
    (note,) = made.notes
    assert note.startswith("fc1: nothing is claimed of float32 runtimes: ")


def test_values_that_saturate_are_warned_of_by_layer(folder):
    model = load(folder, 4, 3, 2)
    made = quantize(model, data(model, 4000), QuantizeOptions((8,), (2, 8)))
    shares = [made.input_saturated, *(report.saturated for report in made.layers)]
    warned = [note.split(":")[0] for note in made.notes if "saturate" in note]
    names = ["input", "fc1", "fc2"]
    assert warned == [name for name, s in zip(names, shares, strict=True) if s > 0.001]
    assert "input" in warned


def test_the_end_is_what_was_asked_for(folder):
    model = load(folder, 8, 6, 4)
    x = data(model)
    network = quantize(model, x, end=End("argmax")).network
    assert run(network, network.quantize(x)[0]).shape == (400,)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"weight_bits": (1,)}, "--weight-bits: 1: must be from 2 to 16 bits"),
        ({"activation_bits": (17,)}, "--activation-bits: 17: must be from 1 to 16 bits"),
        ({"output_bits": 0}, "--output-bits: 0: must be from 1 to 16 bits"),
        ({"scales": "round"}, "--scales: round: must be one of short, power-of-two"),
        ({"weight_bits": (8, 8, 8)}, "--weight-bits: 8,8,8: must be one number, or one for each"),
        ({"activation_bits": (1,)}, "input: int1: one bit is too few for values of both signs"),
    ],
)
def test_widths_that_make_no_sense_are_refused(options, line, folder):
    model = load(folder, 8, 6, 4)
    with pytest.raises(InputError) as caught:
        quantize(model, data(model), QuantizeOptions(**options))
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize(
    ("x", "line"),
    [
        (np.zeros((3, 5)), "--calibration: float64 of shape (3, 5): must hold reals"),
        (np.zeros((0, 8)), "--calibration: 0 vectors: at least one is needed"),
        (np.full((1, 8), np.inf), "--calibration: inf at (0, 0): must be finite"),
        (np.zeros((1, 8), "U1"), "--calibration: <U1 of shape (1, 8): must hold reals"),
    ],
)
def test_calibration_data_that_do_not_fit_are_refused(x, line, folder):
    with pytest.raises(InputError) as caught:
        quantize(load(folder, 8, 6, 4), x)
    assert str(caught.value).startswith(line)


def test_wide_formats_cannot_be_said_in_onnx(folder):
    model = load(folder, 8, 6, 4)
    made = quantize(model, data(model), QuantizeOptions((9,), (8,)))
    with pytest.raises(InputError, match="only layers of at most 8 bits can be said in ONNX"):
        export_onnx(made, "x", folder / "wide.onnx")
    assert not (folder / "wide.onnx").exists()


def test_the_step_is_the_one_of_least_error():
    values = RANDOM.normal(0, 1, 5000)
    form = IntegerFormat(4, signed=True)
    chosen = choose_grid("v", values, form)
    errors = {
        exponent: float(
            np.mean((np.clip(np.rint(values / 2.0**exponent), -8, 7) * 2.0**exponent - values) ** 2)
        )
        for exponent in range(-6, 3)
    }
    assert chosen.scale == 2.0 ** min(errors, key=errors.__getitem__)
    assert chosen.zero_point == 0


def test_values_that_are_all_zero_have_a_step_too():
    grid = choose_grid("v", np.zeros(9), IntegerFormat(8, signed=True), 0.0, 6.0)
    assert grid.scale > 0
    assert grid.codes(np.zeros(1)) == grid.zero_point
