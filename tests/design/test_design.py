import json
import os

import pytest

from designs import change_first_digit, small_layer, write_small
from fcgen import accelerator
from fcgen.design.design import Design
from fcgen.design.manifest import hash_file
from fcgen.errors import InputError
from fcgen.schedule.folding import Folding


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_small(tmp_path_factory.mktemp("design") / "d").directory


@pytest.fixture
def directory(written, tmp_path):
    """A copy that a test may spoil."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in written.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


def edit_manifest(directory, **values):
    path = directory / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_every_promised_file_is_there(written):
    names = {path.name for path in written.iterdir()}
    promised = {"layer.sv", "files.f", "manifest.json", "reference.json", "tb.sv", "README.md"}
    assert promised <= names
    assert any(name.startswith("weights") and name.endswith(".hex") for name in names)


def test_the_manifest_has_the_hash_of_every_other_file(written):
    files = json.loads((written / "manifest.json").read_text())["files"]
    assert set(files) == {path.name for path in written.iterdir()} - {"manifest.json"}
    assert all(hash_file(written / name) == digest for name, digest in files.items())


def test_the_manifest_has_the_promised_figures(written):
    values = json.loads((written / "manifest.json").read_text())
    assert values["parameters"] == 12 * 7 + 7
    assert values["macs"] == 84
    assert values["folding"] == {
        "pe": 3,
        "simd": 4,
        "output_lanes": 2,
        "neuron_folds": 3,
        "synapse_folds": 3,
    }
    assert values["initiation_interval"] == 9
    assert values["latency"] > values["latency_first"] > 0
    assert values["ports"][2] == {"name": "in_payload", "direction": "input", "width": 32}


def test_two_runs_give_the_same_bytes(written, tmp_path):
    again = write_small(tmp_path / "elsewhere").directory
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {
        p.name: p.read_bytes() for p in written.iterdir()
    }


def test_the_manifest_names_no_place_or_person(written):
    text = (written / "manifest.json").read_text()
    assert str(written) not in text
    assert "/" not in text


def test_what_was_written_is_read(written):
    design, layer = Design.open(written), small_layer()
    assert design.schedule.foldings == (Folding(12, 7, 3, 4, 2, 8),)
    assert design.layer.weights_hash == layer.weights_hash
    assert design.notes == ()
    assert [path.name for path in design.sources] == (written / "files.f").read_text().split()


@pytest.mark.parametrize("name", ["layer.sv", "weights_0.hex", "reference.json", "README.md"])
def test_an_edited_file_is_refused_by_name(name, directory):
    with (directory / name).open("a") as stream:
        stream.write("\n")
    with pytest.raises(InputError, match=f"{name}: sha256 .*has changed since") as error:
        Design.open(directory)
    assert str(error.value).endswith("write the design again or use --force")


def test_force_goes_on_with_a_note(directory):
    change_first_digit(directory / "weights_0.hex")
    assert "weights_0.hex" in Design.open(directory, force=True).notes[0]


def test_a_missing_file_is_refused_even_with_force(directory):
    (directory / "layer.sv").unlink()
    with pytest.raises(InputError, match=r"layer\.sv: no such file"):
        Design.open(directory, force=True)


def test_a_link_in_place_of_a_file_is_refused(directory, tmp_path):
    outside = tmp_path / "outside.sv"
    (directory / "layer.sv").rename(outside)
    (directory / "layer.sv").symlink_to(outside)
    with pytest.raises(InputError, match=r"layer\.sv: no such file"):
        Design.open(directory)


@pytest.mark.parametrize("name", ["../layer.sv", "/etc/passwd", ".hidden", "a/b", ""])
def test_a_file_name_that_leaves_the_directory_is_refused(name, directory):
    edit_manifest(directory, files={name: "0" * 64})
    with pytest.raises(InputError, match=r"files: .*must match"):
        Design.open(directory)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"generator": "someone else"}, "was not made by fcgen"),
        ({"format": 99}, "format 1 is known"),
        ({"files": []}, "files: .*must be an object"),
        ({"files": {"layer.sv": "x"}}, "must match"),
        ({"sources": ["other.sv"]}, "must be names from files"),
        ({"sources": [["layer.sv"]]}, "must be names from files"),
        ({"folding": {"pe": 8, "simd": 4, "output_lanes": 2}}, "must be 1 to M = 7"),
        ({"folding": {"pe": "3", "simd": 4, "output_lanes": 2}}, "must be an integer"),
        ({"top": "a; b"}, "top: .*must match"),
        ({"ports": [{"name": "clk"}]}, "is missing"),
        ({"input_shape": [10**9]}, "input_shape"),
        ({"input_shape": [13]}, "12 inputs, 7 outputs: the manifest has other sizes"),
        ({"seed": -1}, "seed: -1"),
        ({"runtime_weights": 1}, "must be an object"),
        ({"structure_hash": "f" * 64}, "describes another structure"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(values, message, directory):
    edit_manifest(directory, **values)
    with pytest.raises(InputError, match=message):
        Design.open(directory)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"generator": NaN}', '{"a": 1, "a": 2}'])
def test_a_manifest_that_is_no_strict_json_is_refused(text, directory):
    (directory / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"manifest\.json"):
        Design.open(directory)


def test_a_directory_without_manifest_is_no_design(tmp_path):
    with pytest.raises(InputError, match=r"manifest\.json: No such file or directory"):
        Design.open(tmp_path)


@pytest.mark.parametrize("options", [{"name": "9"}, {"name": "always"}, {"prefix": "a-"}])
def test_a_name_that_is_no_identifier_is_refused_before_anything_is_written(options, tmp_path):
    layer = small_layer()
    with pytest.raises(InputError, match=r"--name|--prefix"):
        accelerator.write(layer, Folding(12, 7, 1, 1, 1, 8), tmp_path / "d", **options)
    assert not list(tmp_path.iterdir())


def test_the_name_of_the_test_bench_is_refused(tmp_path):
    with pytest.raises(InputError, match="--name: tb: is the test bench's"):
        accelerator.write(small_layer(), Folding(12, 7, 1, 1, 1, 8), tmp_path / "d", name="tb")


def test_each_step_is_announced(tmp_path):
    steps = []
    folding = Folding(12, 7, 1, 1, 1, 8)
    accelerator.write(small_layer(), folding, tmp_path / "d", progress=steps.append)
    assert steps == [
        "elaborating",
        "emitting Verilog",
        "writing memory images",
        "writing the test bench",
    ]


def test_the_readme_names_every_port_and_the_timing(written):
    text = (written / "README.md").read_text()
    design = Design.open(written)
    assert all(f"| `{name}` |" in text for name, _, _ in design.manifest.ports)
    assert f"| {design.initiation_interval} |" in text
    assert f"| {design.latency} |" in text


def test_the_plain_copy_is_added_on_request(tmp_path):
    folding = Folding(12, 7, 1, 1, 1, 8)
    made = accelerator.write(small_layer(), folding, tmp_path / "d", verilog2005=True)
    assert (made.directory / "layer.v").exists()
    assert "`layer.v` is all of it" in (made.directory / "README.md").read_text()


def test_runtime_weights_are_mapped_in_the_manifest(tmp_path):
    made = write_small(tmp_path / "d", small_layer(runtime=True))
    described = json.loads((made.directory / "manifest.json").read_text())["runtime_weights"]
    tensors = {memory["tensor"] for memory in described["memories"]}
    assert tensors == {"weight", "parameters"}
    assert "parameter_hold" in (made.directory / "README.md").read_text()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("latency", 1),
        ("latency_first", 1),
        ("initiation_interval", 7777),
        ("accumulator_width", 3),
        ("parameters", 5),
        ("macs", 5),
        ("weights_hash", "0" * 64),
        ("arithmetic", {}),
        ("unknown", 1),
    ],
)
def test_a_figure_that_the_layer_does_not_give_is_refused(field, value, directory):
    edit_manifest(directory, **{field: value})
    with pytest.raises(InputError, match=rf"manifest\.json: {field}: is not what the layer"):
        Design.open(directory)
    assert f"{field}: is not what" in Design.open(directory, force=True).notes[0]


@pytest.mark.parametrize("missing", ["reference.json", "tb.sv", "files.f", "README.md"])
def test_a_manifest_without_a_file_that_every_design_has_is_refused(missing, directory):
    files = json.loads((directory / "manifest.json").read_text())["files"]
    del files[missing]
    edit_manifest(directory, files=files)
    with pytest.raises(InputError, match=f"must name {missing}"):
        Design.open(directory)


@pytest.mark.parametrize("field", ["sources", "images"])
def test_a_manifest_without_sources_or_images_is_refused(field, directory):
    edit_manifest(directory, **{field: []})
    with pytest.raises(InputError, match=rf"{field}: .*must be names from files"):
        Design.open(directory)


def test_a_pipe_in_place_of_the_manifest_is_refused_at_once(directory):
    (directory / "manifest.json").unlink()
    os.mkfifo(directory / "manifest.json")
    with pytest.raises(InputError, match="a design has this file"):
        Design.open(directory)


def test_a_prefix_and_a_name_that_make_the_test_bench_are_refused(tmp_path):
    folding = Folding(12, 7, 1, 1, 1, 8)
    with pytest.raises(InputError, match="is the test bench's"):
        accelerator.write(small_layer(), folding, tmp_path / "d", name="b", prefix="t")
    accelerator.write(small_layer(), folding, tmp_path / "d", name="tb", prefix="tb_")
