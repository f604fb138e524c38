import importlib.util
import json
from pathlib import Path

import pytest

HDL = Path(__file__).resolve().parents[1] / "hdl"


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("generate", HDL / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def emitted(generator, tmp_path_factory):
    """The reference design, emitted anew."""
    from fcgen import accelerator

    directory = tmp_path_factory.mktemp("hdl") / "layer"
    accelerator.write(*generator.reference_layer(), directory)
    return directory


def contents(directory):
    """Return the bytes of every file; the manifest without the versions of the tools."""
    files = {path.name: path.read_bytes() for path in directory.iterdir()}
    manifest = json.loads(files.pop("manifest.json"))
    del manifest["versions"]
    return files | {"manifest.json": manifest}


def test_the_committed_design_is_what_the_generator_emits(emitted):
    committed, fresh = contents(HDL / "layer"), contents(emitted)
    assert sorted(committed) == sorted(fresh)
    for name in committed:
        assert committed[name] == fresh[name], f"{name}: run `make hdl` and look at the difference"


def test_the_timing_diagram_is_that_of_the_simulation(generator):
    diagram = generator.timing_diagram(*generator.reference_layer())
    assert (HDL / "timing.txt").read_text(encoding="utf-8") == diagram
    assert diagram.rstrip() in (HDL / "README.md").read_text(encoding="utf-8")


def test_the_walk_names_every_module(emitted):
    walk = (HDL / "README.md").read_text(encoding="utf-8")
    for module in emitted.glob("*.sv"):
        assert module.name == "tb.sv" or module.name in walk
