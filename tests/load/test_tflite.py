"""TFLite models: the network's integers are those of LiteRT."""

import contextlib

import numpy as np
import pytest

import fcgen
from fcgen.certify import certify
from fcgen.errors import InputError
from fcgen.load.detect import load_model
from fcgen.reference import run
from shared_models import model as shared
from tflite_examples import KERNELS, litert, mlp


def save(content, folder, name="net.tflite"):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("target", KERNELS)
@pytest.mark.parametrize("per_channel", [False, True])
def test_the_source_model_gives_litert_s_integers(seed, target, per_channel, tmp_path):
    random = np.random.default_rng(seed)
    widths = [int(width) for width in random.integers(1, 80, 4)]
    content = mlp(*widths, seed=seed, per_channel=per_channel, activation=seed % 4)
    model = load_model(save(content, tmp_path), target)
    x = random.integers(-128, 128, (2000, widths[0]))
    assert np.array_equal(model.trace(x)[-1], litert(content, x, target))


@pytest.mark.parametrize("seed", range(10))
def test_a_certified_network_gives_litert_s_integers(seed, tmp_path):
    random = np.random.default_rng(seed)
    widths = [int(width) for width in random.integers(1, 60, 4)]
    content = mlp(*widths, seed=seed, per_channel=bool(seed % 2))
    network, certificate = certify(fcgen.load(save(content, tmp_path)))
    x = random.integers(-128, 128, (2000, widths[0]))
    differs = run(network, x) != litert(content, x)
    assert certificate.target == "litert-reference"
    if certificate.exact:
        assert not differs.any()


def test_the_reader_s_words(tmp_path):
    model = fcgen.load(save(mlp(6, 5, 4), tmp_path))
    assert model.format == "TFLite, int8"
    assert [layer.name for layer in model.layers] == ["fc1", "fc2"]
    assert model.input_shape == (6,)
    assert model.input.scale == pytest.approx(0.05)


def test_the_shared_autoencoder_is_certified_and_equal():
    path = shared("ad01_int8.tflite")
    model = fcgen.load(path)
    network, certificate = certify(model)
    x = np.random.default_rng(0).integers(-128, 128, (300, 640))
    assert certificate.exact
    assert not certificate.differences
    assert network.parameters - sum(layer.outputs for layer in network.layers) == 264_192
    assert np.array_equal(run(network, x), litert(path.read_bytes(), x))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda c: c[:200], "is no whole TFLite model"),
        (lambda c: b"\x00" * 4 + b"XXXX" + c[8:], "no identifier TFL3: is no TFLite model"),
        (lambda c: b"", "no identifier TFL3: is no TFLite model"),
        (lambda c: b"\xff\xff\xff\x7f" + c[4:], "is no whole TFLite model"),
    ],
)
def test_files_that_are_broken_are_refused(change, line, tmp_path):
    path = save(change(mlp(6, 5, 4)), tmp_path)
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert line in str(caught.value)


@pytest.mark.parametrize("place", range(40, 1400, 67))
def test_a_changed_byte_is_refused_or_read_and_never_a_traceback(place, tmp_path):
    content = bytearray(mlp(6, 5, 4))
    content[place % len(content)] ^= 0xFF
    with contextlib.suppress(InputError):
        fcgen.load(save(bytes(content), tmp_path))


def test_a_convolution_is_refused_by_its_operator(tmp_path):
    path = save(mlp(6, 5, 4, conv=True), tmp_path)
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    assert str(caught.value) == (
        f"{path}: operator 2: CONV_2D: is not supported in a chain of dense layers; remove it, or "
        "replace it by dense layers"
    )


def test_a_fused_tanh_is_refused(tmp_path):
    path = save(mlp(6, 5, 4, activation=4), tmp_path)
    with pytest.raises(InputError, match="activation 4: is no bound, and needs a table"):
        fcgen.load(path)


def test_another_runtime_s_integers_cannot_be_asked_for(tmp_path):
    path = save(mlp(6, 5, 4), tmp_path)
    with pytest.raises(InputError, match="--target: qonnx: must be one of litert-reference, lit"):
        load_model(path, "qonnx")
