"""Tensors with a JSON beside them, and pickles, which are not read."""

import io
import json
import zipfile

import numpy as np
import pytest

import fcgen
from command_line import run
from fcgen.errors import InputError
from tensor_examples import safetensors, save, with_header

RANDOM = np.random.default_rng(0)
W, B, V = RANDOM.normal(size=(3, 4)), RANDOM.normal(size=3), RANDOM.normal(size=(2, 3))
TENSORS = {"fc1.weight": W, "fc1.bias": B, "fc2.weight": V}
FC1 = {"name": "fc1", "weight": "fc1.weight", "bias": "fc1.bias"}
FC2 = {"name": "fc2", "weight": "fc2.weight"}
SUFFIXES = (".safetensors", ".npz")
UNUSED = ["fc2.weight"]


def line(path):
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    return (
        str(caught.value).removeprefix(f"{path}: ").removeprefix(f"{path.with_suffix('.json')}: ")
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        (None, lambda x: x),
        ("linear", lambda x: x),
        ("relu", lambda x: np.maximum(x, 0)),
        ("relu6", lambda x: np.clip(x, 0, 6)),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("tanh", np.tanh),
        ({"kind": "leaky_relu", "slope": 0.1}, lambda x: np.where(x < 0, 0.1 * x, x)),
        ({"kind": "clip", "lo": -1, "hi": 0.5}, lambda x: np.clip(x, -1, 0.5)),
    ],
)
def test_layers_are_read_as_the_json_says(activation, expected, suffix, tmp_path):
    first = FC1 | ({} if activation is None else {"activation": activation})
    model = fcgen.load(save(tmp_path, TENSORS, [first, FC2], suffix))
    x = RANDOM.normal(size=(20, 4))
    assert np.allclose(model.forward(x), expected(x @ W.T + B) @ V.T, rtol=1e-12)
    assert [layer.name for layer in model.layers] == ["fc1", "fc2"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_weight_may_have_an_input_in_each_row(suffix, tmp_path):
    tensors = {"kernel": np.asfortranarray(W.T)}
    layers = [{"name": "fc", "weight": "kernel", "layout": "NxM"}]
    model = fcgen.load(save(tmp_path, tensors, layers, suffix))
    assert np.array_equal(model.layers[0].weight, W)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_image_is_flattened_in_c_order(suffix, tmp_path):
    model = fcgen.load(save(tmp_path, TENSORS, [FC1], suffix, input_shape=[1, 2, 2], ignore=UNUSED))
    x = RANDOM.normal(size=(5, 1, 2, 2))
    assert model.input_shape == (1, 2, 2)
    assert np.allclose(model.forward(x), x.reshape(5, 4) @ W.T + B)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_input_and_one_output(suffix, tmp_path):
    layers = [{"name": "module", "weight": "w"}]
    tensors = {"w": np.array([[2.0]])}
    model = fcgen.load(save(tmp_path, tensors, layers, suffix, input_shape=[1]))
    assert model.forward([[3.0]]).tolist() == [[6.0]]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("tail", ["softmax", "sigmoid", "argmax"])
def test_the_json_names_what_follows_the_last_layer(tail, suffix, tmp_path):
    assert (
        fcgen.load(save(tmp_path, TENSORS, [FC1], suffix, tail=tail, ignore=UNUSED)).tail.kind
        == tail
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_floats_of_each_width_are_read(dtype, suffix, tmp_path):
    tensors = {"w": W.astype(dtype)}
    model = fcgen.load(save(tmp_path, tensors, [{"name": "fc", "weight": "w"}], suffix))
    assert np.array_equal(model.layers[0].weight, tensors["w"].astype(np.float64))


def test_bfloat16_is_the_upper_half_of_a_float(tmp_path):
    upper = (W.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    model = fcgen.load(save(tmp_path, {"w": upper}, [{"name": "fc", "weight": "w"}]))
    assert np.allclose(model.layers[0].weight, W, rtol=2**-7)
    assert not np.any(model.layers[0].weight.astype(np.float32).view(np.uint32) & 0xFFFF)


def test_what_the_package_writes_is_read(tmp_path):
    package = pytest.importorskip("safetensors.numpy")
    path = save(tmp_path, TENSORS, [FC1, FC2])
    package.save_file(TENSORS, path, {"made": "here"})
    assert np.array_equal(fcgen.load(path).layers[0].weight, W)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_became_of_each_layer_is_reported(suffix, tmp_path):
    model = fcgen.load(save(tmp_path, TENSORS, [FC1 | {"activation": "relu"}, FC2], suffix))
    assert [(node.kind, node.name, node.became) for node in model.nodes] == [
        ("Dense", "fc1", "layer 1, 4 → 3"),
        ("relu", "fc1", "activation of layer 1"),
        ("Dense", "fc2", "layer 2, 3 → 2"),
    ]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_without_a_json_the_line_holds_the_one_to_write(suffix, tmp_path):
    path = save(tmp_path, TENSORS, [], suffix)
    described = path.with_suffix(".json")
    described.unlink()
    start, _, proposed = line(path).partition("; write net.json: ")
    assert start == "no net.json: no JSON beside the tensors says what they make"
    described.write_text(proposed)
    model = fcgen.load(path)
    assert [layer.activation.name for layer in model.layers] == ["relu", ""]
    assert np.array_equal(model.layers[0].bias, B)


CNN = {
    "conv.weight": RANDOM.normal(size=(2, 1, 3, 3)),
    "bn.running_mean": np.zeros(2),
    **TENSORS,
}


def test_tensors_that_no_layer_uses_are_an_error_that_names_them(tmp_path):
    path = save(tmp_path, CNN, [FC1, FC2])
    assert line(path) == (
        "conv.weight, bn.running_mean: no layer uses them; add the layers that do, or list what is "
        'no part of the network under "ignore"'
    )


def test_tensors_that_the_json_ignores_are_reported(tmp_path):
    ignored = ["conv.weight", "bn.running_mean"]
    model = fcgen.load(save(tmp_path, CNN, [FC1, FC2], ignore=ignored))
    left = [(node.name, node.became) for node in model.nodes if node.kind == "tensor"]
    assert left == [(name, "left out, as the JSON says") for name in ignored]


@pytest.mark.parametrize(
    ("ignored", "message"),
    [
        (["fc1.bias"], "ignore: fc1.bias: is no tensor that the layers leave out; take it from"),
        (["conv"], "ignore: conv: is no tensor that the layers leave out; take it from the list"),
        ("conv.weight", 'ignore: "conv.weight": must be a list of tensors; correct it'),
    ],
)
def test_only_what_is_left_out_can_be_ignored(ignored, message, tmp_path):
    path = save(tmp_path, CNN, [FC1, FC2], ignore=ignored)
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value).startswith(f"{path.with_suffix('.json')}: {message}")


def test_the_json_that_is_proposed_says_what_it_would_leave_out(tmp_path):
    path = save(tmp_path, CNN, [])
    path.with_suffix(".json").unlink()
    start, _, proposed = line(path).partition("; write net.json: ")
    assert start == (
        "no net.json: no JSON beside the tensors says what they make; what is under ignore would "
        "be left out, as no chain of dense layers has it"
    )
    assert json.loads(proposed)["ignore"] == ["conv.weight", "bn.running_mean"]


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["a.weight", "b.weight"], ["a", "b"]),
        (["10.weight", "2.weight"], ["2", "10"]),
        (["net/W", "net/V"], ["net", "net/V"]),
    ],
)
def test_the_proposed_json_has_the_layers_in_the_order_of_a_chain(names, order, tmp_path):
    tensors = {name: V if name in ("b.weight", "10.weight", "net/V") else W for name in names}
    path = save(tmp_path, tensors, [])
    path.with_suffix(".json").unlink()
    proposed = json.loads(line(path).partition("write net.json: ")[2])
    assert [layer["name"] for layer in proposed["layers"]] == order


def test_kernels_that_chain_the_other_way_are_proposed_in_their_layout(tmp_path):
    path = save(tmp_path, {"a/kernel": W.T, "a/bias": B, "b/kernel": V.T}, [])
    path.with_suffix(".json").unlink()
    proposed = json.loads(line(path).partition("write net.json: ")[2])
    assert [layer["layout"] for layer in proposed["layers"]] == ["NxM", "NxM"]
    assert proposed["layers"][0] | {"layout": 0} == {
        "name": "a",
        "weight": "a/kernel",
        "bias": "a/bias",
        "layout": 0,
        "activation": "relu",
    }


_KEYS = "must be an object of name, weight and at most name, weight, bias, activation, layout"
_WORDS = (
    "must be one of linear, relu, relu6, sigmoid, tanh or an object of a kind with its numbers; "
    'write {"kind": "clip", "lo": 0, "hi": 6}'
)
# name -> (layers, more of the JSON, what the line says after the file's name)
REFUSED = {
    "another format": ([FC1], {"format": "x"}, "x: the format must be fcgen-model-1; correct it"),
    "a key that is not known": (
        [FC1 | {"weights": 1}],
        {},
        'layers: {"name": "fc1", "weight": "fc1.weight", "bias": "fc1.bias", "weights": 1}: '
        f"{_KEYS}; correct it",
    ),
    "no weight": ([{"name": "a"}], {}, f'layers: {{"name": "a"}}: {_KEYS}; correct it'),
    "layers that are none": ([7], {}, f"layers: 7: {_KEYS}; correct it"),
    "a name that is no word": ([FC1 | {"name": 3}], {}, "name: 3: must be a word; correct it"),
    "a tensor that is not there": (
        [FC1 | {"bias": "b"}],
        {},
        "fc1: bias: b: no tensor has this name; choose one of fc1.weight, fc1.bias, fc2.weight",
    ),
    "a weight of null": (
        [FC1 | {"weight": None}],
        {},
        "fc1: weight: None: no tensor has this name; choose one of fc1.weight, fc1.bias, "
        "fc2.weight",
    ),
    "a tensor that is no name": (
        [FC1 | {"weight": [1]}],
        {},
        "fc1: weight: [1]: no tensor has this name; choose one of fc1.weight, fc1.bias, fc2.weight",
    ),
    "another layout": (
        [FC1 | {"layout": "CHW"}],
        {},
        "fc1: layout: CHW: must be MxN or NxM; choose one",
    ),
    "a layout that does not fit": (
        [FC1 | {"layout": "NxM"}],
        {},
        "layer fc1: Dense: weights of shape (4, 3) do not take the 4 values before; correct the "
        "model",
    ),
    "a bias for a weight": (
        [FC1 | {"weight": "fc1.bias"}],
        {},
        "layer fc1: Dense: weights of shape (3,) do not take the 4 values before; correct the "
        "model",
    ),
    "a weight for a bias": (
        [FC1 | {"bias": "fc1.weight"}],
        {},
        "layer fc1: Dense: has a bias of shape (3, 4) and 3 outputs; correct the model",
    ),
    "another activation": ([FC1 | {"activation": "elu"}], {}, f'fc1: activation: "elu": {_WORDS}'),
    "an activation without its number": (
        [FC1 | {"activation": {"kind": "leaky_relu"}}],
        {},
        f'fc1: activation: {{"kind": "leaky_relu"}}: {_WORDS}',
    ),
    "bounds the wrong way round": (
        [FC1 | {"activation": {"kind": "clip", "lo": 1, "hi": 0}}],
        {},
        "fc1: activation: [1, 0]: lo must not be above hi; correct the bounds",
    ),
    "another tail": (
        [FC1],
        {"tail": "top_k"},
        "tail: top_k: layers must be a list, and tail one of softmax, log_softmax, "
        "sigmoid, two_classes, argmax; correct it",
    ),
    "an input without sizes": (
        [FC1],
        {"input_shape": []},
        "input_shape: []: must be a list of sizes; correct it",
    ),
    "an input of words": (
        [FC1],
        {"input_shape": ["4"]},
        "input_shape: ['4']: must be a list of sizes; correct it",
    ),
    "an input that is huge": (
        [FC1],
        {"input_shape": [1 << 40]},
        "x: input shape 1099511627776: must be positive, with at most 65535 inputs in all; choose "
        "another shape",
    ),
    "no layers": (
        [],
        {},
        "net: safetensors: no dense layer was found; give a model with at least one",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_json_that_does_not_describe_the_tensors_is_refused(name, tmp_path):
    layers, more, expected = REFUSED[name]
    assert line(save(tmp_path, TENSORS, layers, **more)) == expected


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, "\xff"])
def test_a_json_that_is_none_is_refused(content, tmp_path):
    path = save(tmp_path, TENSORS, [FC1])
    path.with_suffix(".json").write_text(content, "latin-1")
    with pytest.raises(InputError, match=r"net\.json: "):
        fcgen.load(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_numbers_are_refused(value, suffix, tmp_path):
    weight = W.copy()
    weight[1, 2] = value
    path = save(tmp_path, TENSORS | {"fc1.weight": weight}, [FC1], suffix)
    assert line(path) == f"fc1: weight: {value} at (1, 2): must be finite; remove NaN and infinity"


ENTRY = {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}
AGAIN = "save the file again"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            {"w": ENTRY | {"data_offsets": [0, 8]}},
            f"bytes 0 to 8 of 4 do not hold the shape; {AGAIN}",
        ),
        (
            {"w": ENTRY | {"data_offsets": [4, 0]}},
            f"bytes 4 to 0 of 4 do not hold the shape; {AGAIN}",
        ),
        ({"w": ENTRY | {"shape": [0, 1]}}, f"bytes 0 to 4 of 4 do not hold the shape; {AGAIN}"),
        ({"w": ENTRY | {"shape": [1 << 40, 1 << 40]}}, f"of 4 do not hold the shape; {AGAIN}"),
        ({"w": ENTRY | {"shape": [-1, -1]}}, f"has sizes that are no integers; {AGAIN}"),
        ({"w": ENTRY | {"shape": [0.5]}}, f"has sizes that are no integers; {AGAIN}"),
        ({"w": ENTRY | {"data_offsets": [0.0, 4]}}, f"has sizes that are no integers; {AGAIN}"),
        ({"w": ENTRY | {"dtype": "I32"}}, "must be one of F64, F32, F16, BF16; save it in floats"),
        ({"w": ENTRY | {"dtype": 4}}, f"is no safetensors header; {AGAIN}"),
        ({"w": {}}, f"is no safetensors header; {AGAIN}"),
        ({"w": 5}, f"is no safetensors header; {AGAIN}"),
        ([], f"is no safetensors header; {AGAIN}"),
    ],
)
def test_a_header_that_does_not_fit_the_file_is_refused(header, expected, tmp_path):
    path = save(tmp_path, TENSORS, [{"name": "fc", "weight": "w"}], input_shape=[1])
    path.write_bytes(with_header(header, bytes(4)))
    assert line(path).endswith(expected)


def npz(members) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def npy(shape, values=b"", kind="<f8") -> bytes:
    stream = io.BytesIO()
    fields = {"descr": kind, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, fields)
    return stream.getvalue() + values


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (npy((1 << 20, 1 << 20)), "are read; save it again with NumPy"),
        (npy((4, 3), bytes(1 << 24)), "are read; save it again with NumPy"),
        (npy((-4, -3), bytes(96)), "has a negative size; save it again with NumPy"),
        (npy((3, 4), bytes(96), "|O"), "is never loaded; save plain numbers"),
        (npy((3, 4), bytes(96), "<U2"), "must hold floats; convert the values"),
        (b"text", "is not a readable .npy; save it again with NumPy"),
        (b"", "is not a readable .npy; save it again with NumPy"),
    ],
)
def test_an_array_that_is_not_what_its_header_declares_is_refused(content, expected, tmp_path):
    path = save(tmp_path, TENSORS, [{"name": "fc", "weight": "w"}], ".npz")
    path.write_bytes(npz({"w": content}))
    assert line(path).endswith(expected)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_was_cut_or_changed_is_refused_or_read(suffix, tmp_path):
    path = save(tmp_path, TENSORS, [FC1, FC2], suffix)
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        line(path)
    for place in RANDOM.integers(0, len(content), 400):
        changed = bytearray(content)
        changed[place] ^= 1 << int(RANDOM.integers(8))
        path.write_bytes(changed)
        try:
            fcgen.load(path)
        except InputError as error:
            assert str(error).startswith(str(tmp_path))  # noqa: PT017


@pytest.mark.parametrize("suffix", [".pkl", ".pickle", ".joblib", ".pt", ".pth", ".PT"])
def test_a_pickle_is_refused_without_being_opened(suffix, capsys, tmp_path):
    path = tmp_path / f"net{suffix}"
    outcome = run(capsys, "inspect", path)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.error == (
        f"{path}: {suffix.lower()}: a pickle runs code when it is read, and is never loaded; "
        "export to ONNX or safetensors, or give the object to fcgen.load in Python"
    )


def test_a_target_has_no_meaning_for_floats(capsys, tmp_path):
    path = save(tmp_path, TENSORS, [FC1])
    outcome = run(capsys, "certify", path, "--target", "qonnx")
    assert outcome.code == 2
    assert outcome.error == "--target: qonnx: the model has floats; leave the option out"


def test_a_layer_with_a_name_of_verilog_compiles(capsys, tmp_path):
    layers = [FC1 | {"name": "module", "activation": "relu"}, FC2 | {"name": "always"}]
    path, x = save(tmp_path, TENSORS, layers), tmp_path / "x.npy"
    np.save(x, RANDOM.normal(size=(20, 4)))
    words = ["compile", path, "--calibration", x, "-o", tmp_path / "design"]
    assert run(capsys, *words).code == 0


def test_bytes_of_the_helper_are_those_of_the_package():
    package = pytest.importorskip("safetensors.numpy")
    assert np.array_equal(package.load(safetensors({"a": W}))["a"], W)
