"""ONNX files that are broken or hostile: one line, and nothing outside is read."""

import numpy as np
import onnx
import pytest
from onnx.external_data_helper import convert_model_to_external_data

import fcgen
from fcgen.errors import InputError
from onnx_examples import mlp, save


def message(path):
    with pytest.raises(InputError) as caught:
        fcgen.load(path)
    return str(caught.value).removeprefix(str(path))


def external(folder, location="data.bin"):
    model = mlp(4, 3)
    convert_model_to_external_data(model, location="data.bin", size_threshold=0)
    onnx.save(model, str(folder / "m.onnx"))
    if location != "data.bin":
        model = onnx.load(str(folder / "m.onnx"), load_external_data=False)
        for tensor in model.graph.initializer:
            tensor.external_data[0].value = location
        (folder / "m.onnx").write_bytes(model.SerializeToString())
    return folder / "m.onnx"


def test_external_data_beside_the_model_are_read(tmp_path):
    inside = fcgen.load(save(mlp(4, 3), tmp_path / "inside.onnx"))
    outside = fcgen.load(external(tmp_path))
    assert np.array_equal(outside.layers[0].weight, inside.layers[0].weight)


@pytest.mark.parametrize("location", ["../data.bin", "/etc/passwd", "sub/../../data.bin", ""])
def test_external_data_outside_of_the_models_folder_are_refused(location, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "data.bin").write_bytes(bytes(4096))
    path = external(tmp_path / "model", location or " ")
    if not location:
        text = path.read_bytes()
        assert b" " in text
    assert "external data" in message(path) or "no such file" in message(path)


def test_a_link_that_leads_outside_is_refused(tmp_path):
    (tmp_path / "model").mkdir()
    path = external(tmp_path / "model")
    data = tmp_path / "model" / "data.bin"
    data.rename(tmp_path / "elsewhere.bin")
    data.symlink_to(tmp_path / "elsewhere.bin")
    assert "external data must be inside the model's folder" in message(path)


def test_external_data_that_are_too_short_are_refused(tmp_path):
    path = external(tmp_path)
    data = tmp_path / "data.bin"
    data.write_bytes(data.read_bytes()[:-4])
    assert "bytes are named" in message(path) or "and 12 are named" in message(path)


def test_external_data_that_are_missing_are_refused(tmp_path):
    path = external(tmp_path)
    (tmp_path / "data.bin").unlink()
    assert message(path) == ": w1: data.bin: no such file; put the data beside the model"


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_file_that_was_cut_off_is_refused(part, tmp_path):
    whole = mlp(4, 3).SerializeToString()
    path = tmp_path / "m.onnx"
    path.write_bytes(whole[: int(part * len(whole))])
    assert message(path).endswith("export the model again")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", ": no nodes: is no ONNX model; export the model again"),
        (b"\x80\x04\x95", ": Error parsing message"),
        (b"#!/bin/sh\nrm -rf /\n", ": Error parsing message"),
    ],
)
def test_what_is_no_onnx_file_is_refused(content, line, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    assert message(path).startswith(line)


def test_a_declared_size_is_checked_before_anything_is_allocated(tmp_path):
    model = mlp(4, 3)
    model.graph.initializer[0].dims[:] = [1 << 40, 1 << 20]
    path = save(model, tmp_path / "m.onnx")
    assert ": w1: [1099511627776, 1048576]: must have at most" in message(path)


def test_files_of_another_kind_and_none_at_all_are_refused(tmp_path):
    assert (
        message(tmp_path / "m.onnx")
        == ": No such file or directory: cannot be read; check the path"
    )
    kinds = ".onnx, .tflite, .keras, .h5, .hdf5, .safetensors, .npz"
    rule = f"models end in {kinds}; export the model to one of these"
    path = tmp_path / "m.mat"
    path.write_bytes(b"")
    assert message(path) == f": .mat: {rule}"
    assert message(tmp_path) == f": no ending: {rule}"
