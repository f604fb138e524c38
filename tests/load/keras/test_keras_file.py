"""Keras files: what is read computes what the layers say, and nothing of a file is run."""

import json
import sys
import zipfile

import h5py
import numpy as np
import pytest

import fcgen
from fcgen.errors import InputError, ToolError
from keras_examples import (
    Layer,
    batch_norm,
    call,
    dense,
    entry,
    model_config,
    save_h5,
    save_keras,
)
from shared_models import case as shared_case

RANDOM = np.random.default_rng(0)


def array(*shape):
    """Values that a float32 holds, in float64 for what is expected of them."""
    return RANDOM.normal(size=shape).astype(np.float32).astype(np.float64)


K, B, K2, B2 = array(12, 4), array(4), array(4, 3), array(3)
BN = {"gamma": np.array([1.5, -0.5, 0, -2]), "beta": array(4)}
STATISTICS = {"moving_mean": array(4), "moving_variance": np.abs(array(4))}
MEAN, DEVIATION = STATISTICS["moving_mean"], np.sqrt(STATISTICS["moving_variance"] + 1e-3)


def relu(x):
    return np.maximum(x, 0)


def flat(x):
    return x.reshape(len(x), -1)


def softly(kind, name="a", **config):
    return Layer(kind, name, config)


FLATTEN = softly("Flatten", "flatten", data_format="channels_last")
FIRST = dense("fc1", K, B)
# name -> (layers, shape of x, what they compute)
MODELS = {
    "dense with bias and relu": (
        [dense("fc1", K, B, "relu"), dense("fc2", K2, B2)],
        (12,),
        lambda x: relu(x @ K + B) @ K2 + B2,
    ),
    "dense without a bias": ([dense("fc1", K)], (12,), lambda x: x @ K),
    "one input and one output": (
        [dense("fc1", K[:1, :1], B[:1])],
        (1,),
        lambda x: x * K[0, 0] + B[0],
    ),
    "relu6 by its word": (
        [dense("fc1", 8 * K, B, "relu6")],
        (12,),
        lambda x: np.clip(x @ (8 * K) + B, 0, 6),
    ),
    "leaky relu by its word": (
        [dense("fc1", K, B, "leaky_relu")],
        (12,),
        lambda x: np.where((y := x @ K + B) < 0, 0.2 * y, y),
    ),
    "sigmoid between layers": (
        [dense("fc1", K, B, "sigmoid"), dense("fc2", K2, B2)],
        (12,),
        lambda x: 1 / (1 + np.exp(-(x @ K + B))) @ K2 + B2,
    ),
    "layers of activations": (
        [FIRST, softly("Activation", activation="tanh")],
        (12,),
        lambda x: np.tanh(x @ K + B),
    ),
    "relu with a bound": (
        [FIRST, softly("ReLU", max_value=1.5, negative_slope=0.0, threshold=0.0)],
        (12,),
        lambda x: np.clip(x @ K + B, 0, 1.5),
    ),
    "relu with a slope and a bound": (
        [FIRST, softly("ReLU", max_value=1.5, negative_slope=0.1, threshold=0.0)],
        (12,),
        lambda x: np.minimum(np.where((y := x @ K + B) < 0, 0.1 * y, y), 1.5),
    ),
    "leaky relu of Keras 3": (
        [FIRST, softly("LeakyReLU", negative_slope=0.3)],
        (12,),
        lambda x: np.where((y := x @ K + B) < 0, 0.3 * y, y),
    ),
    "leaky relu of Keras 2": (
        [FIRST, softly("LeakyReLU", alpha=0.3)],
        (12,),
        lambda x: np.where((y := x @ K + B) < 0, 0.3 * y, y),
    ),
    "dropout and noise": (
        [softly("GaussianNoise", "n"), FIRST, softly("Dropout", "d")],
        (12,),
        lambda x: x @ K + B,
    ),
    "batch normalization with negative gamma": (
        [FIRST, batch_norm(**BN, **STATISTICS), softly("Activation", activation="relu")],
        (12,),
        lambda x: relu((x @ K + B - MEAN) / DEVIATION * BN["gamma"] + BN["beta"]),
    ),
    "batch normalization without gamma and beta": (
        [FIRST, batch_norm(**STATISTICS)],
        (12,),
        lambda x: (x @ K + B - MEAN) / DEVIATION,
    ),
    "batch normalization between relu and a layer": (
        [dense("fc1", K, B, "relu"), batch_norm(**BN, **STATISTICS), dense("fc2", K2, B2)],
        (12,),
        lambda x: ((relu(x @ K + B) - MEAN) / DEVIATION * BN["gamma"] + BN["beta"]) @ K2 + B2,
    ),
    "batch normalization of an image's first dimension": (
        [batch_norm(axis=[1], **{k: v[:3] for k, v in STATISTICS.items()}), FLATTEN, FIRST],
        (3, 2, 2),
        lambda x: flat((x - MEAN[:3, None, None]) / DEVIATION[:3, None, None]) @ K + B,
    ),
    "an image, height, width and channels": (
        [FLATTEN, FIRST],
        (2, 2, 3),
        lambda x: flat(x) @ K + B,
    ),
    "an image whose flattening moves the channels": (
        [softly("Flatten", "f", data_format="channels_first"), FIRST],
        (3, 2, 2),
        lambda x: flat(x.transpose(0, 2, 3, 1)) @ K + B,
    ),
    "reshape and permute": (
        [
            softly("Reshape", "r", target_shape=[2, -1]),
            softly("Permute", "p", dims=[2, 1]),
            FLATTEN,
            FIRST,
        ],
        (12,),
        lambda x: flat(x.reshape(-1, 2, 6).transpose(0, 2, 1)) @ K + B,
    ),
    "rescaling for each channel": (
        [softly("Rescaling", "s", scale=[0.5, 2, -1], offset=-1), FLATTEN, FIRST],
        (2, 2, 3),
        lambda x: flat(x * np.array([0.5, 2, -1]) - 1) @ K + B,
    ),
    "normalization by given statistics": (
        [
            softly("Normalization", "n", axis=[-1], mean=[1, 2, 3], variance=[4, 0, 9]),
            FLATTEN,
            FIRST,
        ],
        (2, 2, 3),
        lambda x: flat((x - np.array([1, 2, 3])) / np.array([2, 1e-7, 3])) @ K + B,
    ),
    "normalization by learnt statistics": (
        [
            Layer(
                "Normalization",
                "n",
                {"axis": [-1], "mean": None, "variance": None},
                {"mean": MEAN, "variance": STATISTICS["moving_variance"], "count": np.int32(5)},
            ),
            dense("fc2", K2),
        ],
        (4,),
        lambda x: (x - MEAN) / np.sqrt(STATISTICS["moving_variance"]) @ K2,
    ),
    "a model in the model": (
        [
            dense("fc1", K, B, "relu"),
            Layer("Sequential", "inner", layers=(dense("fc2", K2, B2, "relu"), dense("fc3", K2.T))),
            dense("fc4", K2),
        ],
        (12,),
        lambda x: relu(relu(x @ K + B) @ K2 + B2) @ K2.T @ K2,
    ),
}
SAVERS = {"net.keras": save_keras, "net.h5": save_h5}


def saved(folder, layers, shape, name="net.keras", **options):
    return SAVERS[name](folder / name, model_config(layers, shape, **options), layers)


@pytest.mark.parametrize("name", SAVERS)
@pytest.mark.parametrize("functional", [False, True])
@pytest.mark.parametrize("case", MODELS)
def test_a_model_is_read_as_its_layers_compute(case, functional, name, tmp_path):
    layers, shape, expected = MODELS[case]
    model = fcgen.load(saved(tmp_path, layers, shape, name, functional=functional))
    x = RANDOM.normal(size=(20, *shape))
    assert np.allclose(model.forward(x), expected(x), rtol=1e-9, atol=1e-9)
    assert model.input_shape == shape


def test_layers_are_found_by_their_place_and_not_by_their_name(tmp_path):
    layers = [dense("module", K, B), dense("dense", K2)]
    model = fcgen.load(saved(tmp_path, layers, (12,)))
    assert [layer.name for layer in model.layers] == ["module", "dense"]
    assert np.allclose(model.layers[1].weight, K2.T)


@pytest.mark.parametrize("name", SAVERS)
@pytest.mark.parametrize("word", ["softmax", "sigmoid"])
def test_the_end_of_a_classifier_is_no_activation(word, name, tmp_path):
    model = fcgen.load(saved(tmp_path, [dense("fc1", K, B, word)], (12,), name))
    assert (model.tail.kind, model.layers[0].activation.name) == (word, "")


def test_a_layer_of_softmax_is_the_end(tmp_path):
    layers = [FIRST, softly("Softmax", axis=-1), softly("Dropout", "d")]
    assert fcgen.load(saved(tmp_path, layers, (12,))).tail.kind == "softmax"


def test_what_became_of_each_layer_is_reported(tmp_path):
    layers = [dense("fc1", K, B, "relu"), batch_norm(**STATISTICS), dense("fc2", K2, B2, "softmax")]
    model = fcgen.load(saved(tmp_path, layers, (12,)))
    assert [(node.kind, node.name, node.became) for node in model.nodes] == [
        ("InputLayer", "x", "no change of the values"),
        ("Dense", "fc1", "layer 1, 12 → 4"),
        ("relu", "fc1", "activation of layer 1"),
        ("BatchNormalization", "bn", "folded into weights and bias"),
        ("Dense", "fc2", "layer 2, 4 → 3"),
        ("softmax", "fc2", "after the last layer"),
    ]
    assert (model.name, model.format, model.input_name) == ("net", "Keras", "x")


def test_a_model_of_keras_2_without_an_input_layer_is_read(tmp_path):
    config = model_config([FIRST], (12,))
    config["config"]["layers"].pop(0)
    config["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 12]
    model = fcgen.load(save_h5(tmp_path / "net.h5", config, [FIRST]))
    assert (model.input_name, model.input_shape) == ("input", (12,))


def test_a_functional_model_of_keras_2_is_read(tmp_path):
    config = model_config([FIRST], (12,), functional=True)
    config["config"]["layers"][1]["inbound_nodes"] = [[["x", 0, 0, {}]]]
    config["config"] |= {"input_layers": [["x", 0, 0]], "output_layers": [["fc1", 0, 0]]}
    x = array(5, 12)
    model = fcgen.load(save_h5(tmp_path / "net.h5", config, [FIRST]))
    assert np.allclose(model.forward(x), x @ K + B, atol=1e-5)


def test_an_archive_that_was_compressed_again_is_read(tmp_path):
    config = model_config([FIRST], (12,))
    path = save_keras(tmp_path / "net.keras", config, [FIRST], zipfile.ZIP_DEFLATED)
    assert fcgen.load(path).layers[0].outputs == 4


_REPLACE = "remove it, or replace it by dense layers"
# name -> (layers, shape, what the line says after the file's name)
REFUSED = {
    "a lambda": (
        [FIRST, softly("Lambda", "l", function={"code": "4wEA"})],
        (12,),
        f"layer l: Lambda: holds code, which is never run; {_REPLACE}",
    ),
    "a layer of another kind": (
        [softly("Conv2D", "c"), FIRST],
        (2, 2, 3),
        f"layer c: Conv2D: is not supported; {_REPLACE}",
    ),
    "an activation of another kind": (
        [dense("fc1", K, B, "gelu")],
        (12,),
        "layer fc1: Dense: its activation gelu is not supported; use one of linear, relu, relu6, "
        "leaky_relu, hard_tanh, sigmoid, tanh, softmax, log_softmax",
    ),
    "an activation that is a layer": (
        [dense("fc1", K, B, entry("ELU", {}))],
        (12,),
        "layer fc1: Dense: its activation ELU is not supported; use one of linear, relu, relu6, "
        "leaky_relu, hard_tanh, sigmoid, tanh, softmax, log_softmax",
    ),
    "a threshold": (
        [FIRST, softly("ReLU", threshold=1.0)],
        (12,),
        f"layer a: ReLU: its threshold must be 0; {_REPLACE}",
    ),
    "a dense layer on an image": (
        [dense("fc1", K2)],
        (2, 2, 4),
        "layer fc1: Dense: a kernel of shape (4, 3) on an input of shape (2, 2, 4) is no layer; "
        "flatten the input before it",
    ),
    "a kernel of another size": (
        [dense("fc1", K)],
        (11,),
        "layer fc1: Dense: a kernel of shape (12, 4) on an input of shape (11,) is no layer; "
        "flatten the input before it",
    ),
    "softmax between layers": (
        [dense("fc1", K, B, "softmax"), dense("fc2", K2)],
        (12,),
        "layer fc1: softmax: is supported after the last dense layer alone; remove it",
    ),
    "softmax over a part": (
        [FIRST, softly("Reshape", "r", target_shape=[2, 2]), softly("Softmax", axis=-1)],
        (12,),
        "layer a: Softmax: axis -1 is not all of (2, 2); flatten the input",
    ),
    "an activation of the input": (
        [softly("Activation", activation="relu"), FIRST],
        (12,),
        "layer a: Activation: an activation must follow a dense layer; put a dense layer before it",
    ),
    "a normalization at the end": (
        [dense("fc1", K, B, "relu"), batch_norm(**STATISTICS)],
        (12,),
        "layer bn: BatchNormalization: what follows the last activation cannot be folded into a "
        "layer; remove it from the model",
    ),
    "weights that are not numbers": (
        [dense("fc1", np.full((12, 4), np.nan, np.float32))],
        (12,),
        "fc1: weight: nan at (0, 0): must be finite; remove NaN and infinity",
    ),
    "a variance below zero": (
        [FIRST, batch_norm(moving_mean=MEAN, moving_variance=-1 - np.abs(MEAN))],
        (12,),
        "fc1: weight: nan at (0, 0): must be finite; remove NaN and infinity",
    ),
    "quantised weights": (
        [dense("fc1", K.astype(np.int8))],
        (12,),
        "layer fc1: 0: int8 (12, 4): must be plain floats, neither quantised, in chunks, nor in "
        "another file; save the model again with Keras",
    ),
    "too many inputs": (
        [FIRST],
        (1 << 20, 1 << 20, 1),
        "x: input shape 1048576x1048576x1: must be positive, with at most 65535 inputs in all; "
        "choose another shape",
    ),
    "a size that is not known": (
        [FIRST],
        (None,),
        "layer x: InputLayer: the shape of its input, [None, None], is not known but for the "
        "batch; build the model with a whole shape before it is saved",
    ),
    "no dense layer": (
        [FLATTEN],
        (12,),
        "net: Keras: no dense layer was found; give a model with at least one",
    ),
}


def line(path):
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_chain_of_dense_layers_is_refused_by_its_layer(case, tmp_path):
    layers, shape, expected = REFUSED[case]
    assert line(saved(tmp_path, layers, shape)) == expected


def _branch(config):
    config["layers"][2]["inbound_nodes"] = [call("x")]


def _shared(config):
    config["layers"][2]["inbound_nodes"] *= 2


def _training(config):
    config["layers"][2]["inbound_nodes"] = [call("fc1", training=True)]


def _outputs(config):
    config["output_layers"] = [["fc1", 0, 0], ["fc2", 0, 0]]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (_branch, "layer fc2: Dense: the graph is no chain"),
        (_shared, "layer fc2: Dense: the graph is no chain"),
        (_training, "layer fc2: Dense: is called with training=True"),
        (_outputs, "layer fc2: Dense: is not the model's one output"),
    ],
)
def test_a_functional_model_that_is_no_chain_is_refused(change, rule, tmp_path):
    layers = [FIRST, dense("fc2", K2)]
    config = model_config(layers, (12,), functional=True)
    change(config["config"])
    assert line(save_keras(tmp_path / "net.keras", config, layers)).startswith(rule)


@pytest.mark.parametrize(
    "own", [entry("Dense", {}, "my_layers"), entry("Dense", {}, None, "mine>Dense")]
)
def test_a_class_of_the_model_s_own_is_refused_also_with_a_name_of_keras(own, tmp_path):
    config = model_config([FIRST], (12,))
    own["config"] = {"name": "fc1", **FIRST.config}
    config["config"]["layers"][1] = own
    rule = "layer fc1: Dense: is a class of the model's own, whose code is never run"
    assert line(save_keras(tmp_path / "net.keras", config, [FIRST])).startswith(rule)


def test_a_subclassed_model_is_refused(tmp_path):
    path = save_keras(tmp_path / "net.keras", entry("Net", {}, "mine"), [])
    assert line(path).startswith("layer model: Net: only Sequential and functional models")


@pytest.mark.parametrize("mode", ["int8", "int4/128"])
def test_a_layer_that_keras_quantised_is_refused_by_its_mode(mode, tmp_path):
    policy = {"class_name": "QuantizedDTypePolicy", "config": {"mode": mode}}
    layer = dense("fc", np.ones((4, 3)), np.zeros(3))
    layer.config["dtype"] = policy
    assert line(saved(tmp_path, [layer], [4])) == (
        f"layer fc: Dense: was quantised by Keras ({mode}), whose codes are not read; save the "
        "model before quantize(), and fcgen quantises it"
    )


@pytest.mark.parametrize("name", ["k_qint8", "k_qint4"])
def test_files_of_keras_s_own_quantiser_are_refused_truly(name):
    with pytest.raises(InputError, match=r"was quantised by Keras \(int[48]"):
        fcgen.load(shared_case(f"{name}.keras"))


def test_weights_alone_are_refused(tmp_path):
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file["dense/kernel:0"] = K
    assert line(path) == (
        "no model_config: holds weights alone, and no model; save the whole model"
    )


@pytest.mark.parametrize("entry_name", ["config.json", "model.weights.h5"])
def test_an_entry_that_unpacks_to_far_more_than_the_archive_is_not_unpacked(entry_name, tmp_path):
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry_name, bytes(1 << 25))
        if entry_name != "config.json":
            archive.writestr("config.json", json.dumps(model_config([FIRST], (12,))))
    assert line(path).startswith(f"{entry_name}: 33,554,432 bytes: must have at most ")


def _external(group):
    del group["0"]
    group["0"] = h5py.ExternalLink("/etc/passwd", "/x")


def _soft(group):
    group.move("0", "other")
    group["0"] = h5py.SoftLink("other")
    del group["other"]


def _chunked(group):
    del group["0"]
    group.create_dataset("0", data=np.zeros((12, 4), np.float32), compression="gzip")


def _unwritten(group):
    del group["0"]
    group.create_dataset("0", (60_000, 60_000), np.float32)


def _elsewhere(group):
    del group["0"]
    group.create_dataset("0", (12, 4), np.float32, external=[("/etc/passwd", 0, 192)])


@pytest.mark.parametrize("change", [_external, _soft, _chunked, _unwritten, _elsewhere])
def test_weights_that_are_not_plainly_in_the_file_are_refused(change, tmp_path):
    path = saved(tmp_path, [FIRST], (12,))
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    weights = tmp_path / "w.h5"
    weights.write_bytes(entries["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        change(file["layers/dense/vars"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (entries | {"model.weights.h5": weights.read_bytes()}).items():
            archive.writestr(name, data)
    assert line(path).startswith("layer fc1: 0: ")


@pytest.mark.parametrize("name", SAVERS)
def test_a_file_that_was_cut_is_refused(name, tmp_path):
    content = saved(tmp_path, [FIRST, dense("fc2", K2)], (12,), name).read_bytes()
    path = tmp_path / f"cut{name}"
    for length in range(0, len(content), len(content) // 10):
        path.write_bytes(content[:length])
        line(path)


@pytest.mark.parametrize("name", SAVERS)
def test_a_file_with_a_changed_byte_is_read_or_refused(name, tmp_path, monkeypatch):
    monkeypatch.setattr("fcgen.load.keras.attributes.SECONDS", 3)
    content = saved(tmp_path, [FIRST, batch_norm(**BN, **STATISTICS)], (12,), name).read_bytes()
    path = tmp_path / f"changed_{name}"
    for place in RANDOM.integers(0, len(content), 300 if name.endswith("s") else 15):
        changed = bytearray(content)
        changed[place] ^= 1 << int(RANDOM.integers(8))
        path.write_bytes(changed)
        try:
            fcgen.load(path)
        except InputError as error:
            assert str(error).startswith(f"{path}: ")  # noqa: PT017


def test_a_heap_that_hdf5_would_walk_for_ever_is_refused(tmp_path, monkeypatch):
    path = saved(tmp_path, [FIRST], (12,), "net.h5")
    content = bytearray(path.read_bytes())
    place = content.index(b"GCOL") + 16
    while content[place]:  # the number of an object; that of free space is 0
        size = int.from_bytes(content[place + 8 : place + 16], "little")
        place += 16 + (size + 7) // 8 * 8
    content[place + 8 : place + 16] = bytes(8)
    path.write_bytes(content)
    monkeypatch.setattr("fcgen.load.keras.attributes.SECONDS", 3)
    assert line(path).startswith("HDF5 does not come to an end: is no whole Keras model")


@pytest.mark.parametrize(
    "config", [None, [], {}, {"class_name": "Sequential", "config": []}, [[[]]], 1, "x"]
)
def test_a_configuration_that_is_none_is_refused(config, tmp_path):
    assert line(save_keras(tmp_path / "net.keras", config, [])).endswith(
        "is no whole Keras model; save the model again with Keras"
    )


def test_a_missing_h5py_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    path = saved(tmp_path, [FIRST], (12,))
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ToolError, match=r"^h5py: not installed: .* pip install 'fcgen\[keras\]'$"):
        fcgen.load(path)
