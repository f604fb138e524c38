import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from design.emission.verilog_tools import verilator_says
from fcgen.tools import programs as tools

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


def example(folder):
    """Run the example's commands, as the README of the folder has them, on a copy of it."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    compiler, simulator = re.search(r"^(iverilog .*classifier_tb.*) && (.*)$", text, re.M).groups()
    icarus = tools.icarus()
    programs = Path(icarus.command[0]).parent
    said = ""
    for command in (compiler.replace("iverilog", "iverilog -Wall"), simulator):
        name, *words = command.split()
        done = subprocess.run(
            [str(programs / name), *words],
            cwd=folder / "layer",
            env=icarus.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        said += done.stdout + done.stderr
    return said


def test_the_layer_works_in_a_design_that_was_written_by_hand(tmp_path):
    folder = shutil.copytree(HDL, tmp_path / "hdl")
    assert example(folder) == "PASS: 8 classes, 0 wrong\n"


def test_the_bench_of_the_example_notices_a_wrong_layer(tmp_path):
    folder = shutil.copytree(HDL, tmp_path / "hdl")
    image = folder / "layer" / "weights_0.hex"
    image.write_text("\n".join(reversed(image.read_text().splitlines())) + "\n")
    assert "FAIL: 8 classes" in example(folder)


def test_no_tool_warns_of_the_example():
    files = (HDL / "layer" / "files.f").read_text().split()
    said = verilator_says(HDL / "layer", [*files, "../example/classifier.sv"], "classifier")
    assert said == ""
