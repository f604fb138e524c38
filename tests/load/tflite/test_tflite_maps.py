"""TFLite networks with convolutions against LiteRT, by both of its kernels, and as Verilog."""

import numpy as np
import pytest

import shared_models
from fcgen import accelerator
from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.load.detect import load_model
from fcgen.network.network import Network
from fcgen.network.reference import run
from fcgen.schedule.schedule import Schedule
from selection import every_time
from tflite_examples import last_dense, litert_outputs
from tflite_maps import MapFile, random_maps

TARGETS = ["litert-reference", "litert-xnnpack"]


def read(content, folder, target):
    path = folder / "m.tflite"
    path.write_bytes(content)
    return load_model(path, target)


def litert(content, x, target):
    """The outputs of LiteRT, one frame after the other."""
    return litert_outputs(content, x, target, single=True)[0].reshape(len(x), -1).astype(np.int64)


def codes(model, count, seed=0):
    random = np.random.default_rng(seed)
    x = random.integers(-128, 128, (count, model.layers[0].frame_inputs))
    x[1::3] = np.clip(np.round(random.normal(0, 40, x[1::3].shape)), -128, 127)
    return x


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("seed", every_time(18, range(60)))
def test_random_networks_give_the_integers_of_litert(seed, target, tmp_path):
    content = random_maps(seed)
    model = read(content, tmp_path, target)
    x = codes(model, 12)
    wanted = litert(content, x, target)
    assert np.array_equal(model.trace(x)[-1], wanted)
    network, certificate = certify(model)
    if certificate.exact:
        assert np.array_equal(run(network, x), wanted)
    assert Network.from_json(network.to_json()).structure_hash == network.structure_hash


@pytest.mark.parametrize("seed", every_time(1, [7, 3, 0, 1, 5, 10, 12]))
def test_random_networks_are_the_same_in_verilog(seed, tmp_path):
    network, _ = certify(read(random_maps(seed), tmp_path, TARGETS[0]))
    sizes = tuple((1, 1) for _ in network.layers)
    design = accelerator.write(network, Schedule.chain(network, sizes), tmp_path / "design")
    result = design.simulate(engine="compiled", vectors=6, stall=0.3)
    assert not result.mismatches
    free = design.simulate(engine="compiled", vectors=4)
    assert not free.mismatches
    assert free.latency_measured == design.design.latency
    assert free.initiation_interval_measured == design.design.initiation_interval


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("name", "layers"), [("kws_dscnn", 11), ("ic_resnet8", 14), ("vww_mobilenet", 29)]
)
def test_the_networks_of_mlperf_tiny_give_the_integers_of_litert(name, layers, target):
    path = shared_models.model(f"{name}_int8.tflite")
    model = load_model(path, target)
    assert len(model.layers) == layers
    x = codes(model, 3)
    wanted = last_dense(path.read_bytes(), x, target)
    assert np.array_equal(model.trace(x)[-1], wanted)


def test_kws_and_resnet8_are_equal_to_the_reference_kernels_for_every_input():
    for name in ("kws_dscnn_int8", "ic_resnet8_int8"):
        _, certificate = certify(load_model(shared_models.model(f"{name}.tflite"), TARGETS[0]))
        assert certificate.exact


def test_maps_of_other_grids_are_not_joined(tmp_path):
    drawn = MapFile(1, 4, 4, 2)
    drawn.convolution(3, (1, 1))
    before = drawn.mark()
    drawn.convolution(3, (3, 3))
    drawn.join(before)
    drawn.convolution(2, (1, 1))
    with pytest.raises(
        InputError, match="operator 2: CONCATENATION: gives its codes another scale"
    ):
        read(drawn.build(), tmp_path, TARGETS[0])


def test_an_average_of_padded_windows_is_refused(tmp_path):
    drawn = MapFile(1, 5, 5, 2)
    drawn.convolution(3, (1, 1))
    drawn.shape = (6, 6, 3)
    drawn.pool((2, 2))
    with pytest.raises(InputError, match=r"the windows make 2 x 2"):
        read(drawn.build(), tmp_path, TARGETS[0])
