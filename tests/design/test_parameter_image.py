"""Run-time weights for programs: C header, table, Python, and the program in a design's README."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

import fcgen
from command_line import run
from designs import small_layer
from fcgen import accelerator
from fcgen.design.parameter_image import ParameterImage
from fcgen.design.parameter_layout import layout_word
from fcgen.errors import InputError
from fcgen.network.network import Network
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding

KINDS = ("axi", "wishbone")
FOLDING = Folding(12, 7, 3, 4, 2, 8)
OTHER = small_layer(seed=9, runtime=True)

# What the program sees instead of a bus: registers that behave as the table in the README says.
MODEL = """\
#include <cstdint>
#include <cstdio>
#include <map>
#include "{header}"
#include "other.h"
#define STRUCTURE {{{structure}}}

static std::map<uint32_t, uint32_t> memory;
static const uint32_t structure[8] = STRUCTURE;
static uint32_t address, polls, control;

struct Place {{
    uint32_t offset;
    operator uint32_t() const {{
        if (offset == {top}_STATUS) return ++polls > 3 ? control & {top}_STATUS_PARAMETER_HELD : 0;
        if (offset == {top}_PARAMETER_DATA) return memory[address++] ^ {flip};
        if (offset == {top}_PARAMETER_LAYOUT) return {layout};
        return structure[(offset - {top}_STRUCTURE_HASH) / 4];
    }}
    Place &operator=(uint32_t value) {{
        if (offset == {top}_CONTROL) control = value;
        if (offset == {top}_PARAMETER_ADDRESS) address = value;
        if (offset == {top}_PARAMETER_DATA && polls > 3) memory[address++] = value;
        return *this;
    }}
}};
#define REGISTER(name) (Place{{uint32_t({top}_##name)}})
{program}
int main() {{
    int code = load_parameters(other_parameters, OTHER_PARAMETERS_LENGTH);
    std::printf("%d %u\\n", code, control);
    for (auto &word : memory) std::printf("%u %u\\n", word.first, word.second);
}}
"""


@pytest.fixture(scope="module")
def designs(tmp_path_factory):
    """Designs with run-time weights behind each bus; the other training beside them."""
    folder = tmp_path_factory.mktemp("designs")
    old = small_layer(runtime=True)
    for kind in KINDS:
        accelerator.write(old, FOLDING, folder / kind, interface=kind)
    (folder / "other.json").write_text(Network.single(OTHER).to_json())
    return folder


def loaded_by_the_program(designs, kind, tmp_path, structure=None, flip=0):
    """Run the README's program on a model of the registers; return code, control and memory."""
    accelerator = fcgen.open(designs / kind)
    interface = accelerator.design.manifest.interface
    words = (accelerator.directory / "README.md").read_text()
    program = re.search(r"```c\n.*?(/\* Return 0.*?)```", words, re.S)[1]
    octets = bytes.fromhex(structure or accelerator.design.manifest.structure_hash)
    filled = MODEL.format(
        header=interface.header,
        structure=", ".join(str(word) for word in np.frombuffer(octets, ">u4")),
        top=interface.top.upper(),
        flip=flip,
        layout=layout_word(accelerator.design.manifest),
        program=program,
    )
    (tmp_path / "program.cpp").write_text(filled)
    includes = [f"-I{accelerator.directory}", f"-I{tmp_path}"]
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", *includes]
    built = subprocess.run(
        ["c++", *flags, "program.cpp", "-o", "program"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    done = subprocess.run([tmp_path / "program"], capture_output=True, text=True, check=True)
    (first, *rows) = [[int(word) for word in line.split()] for line in done.stdout.splitlines()]
    return *first, rows


def header(capsys, designs, kind, tmp_path):
    words = ("parameters", designs / kind, "--load-weights", designs / "other.json")
    outcome = run(capsys, *words, "-o", tmp_path / "other.h")
    assert outcome.code == 0, outcome.err
    return outcome


@pytest.mark.parametrize("kind", KINDS)
def test_the_program_in_the_readme_loads_another_training(kind, designs, capsys, tmp_path):
    header(capsys, designs, kind, tmp_path)
    code, control, memory = loaded_by_the_program(designs, kind, tmp_path)
    writes = fcgen.open(designs / kind).parameter_writes(designs / "other.json")
    assert (code, control) == (0, 0)
    assert memory == writes.tolist()


def test_the_program_leaves_a_design_of_another_structure_alone(designs, capsys, tmp_path):
    header(capsys, designs, "axi", tmp_path)
    found = loaded_by_the_program(designs, "axi", tmp_path, structure=f"{1:064x}")
    assert found == (1, 0, [])


def test_the_program_leaves_a_design_of_another_folding_alone(designs, capsys, tmp_path):
    accelerator.write(OTHER, Folding(12, 7, 4, 3, 2, 8), tmp_path / "folded")
    outcome = run(capsys, "parameters", tmp_path / "folded", "-o", tmp_path / "other.h")
    assert outcome.code == 0, outcome.err
    assert loaded_by_the_program(designs, "axi", tmp_path) == (1, 0, [])


@pytest.mark.parametrize("kind", KINDS)
def test_the_register_has_the_layout_that_the_image_has(kind, designs):
    design = fcgen.open(designs / kind).design
    rows = {row["name"]: row for row in design.manifest.interface.registers}
    image = ParameterImage.of(design, design.network)
    assert rows["parameter_layout"]["values"] == [image.words()[8]]


def test_the_program_leaves_a_design_held_that_reads_back_something_else(designs, capsys, tmp_path):
    header(capsys, designs, "axi", tmp_path)
    code, control, _ = loaded_by_the_program(designs, "axi", tmp_path, flip=4)
    assert (code, control) == (2, 2)


def test_the_header_compiles_as_c(designs, capsys, tmp_path):
    header(capsys, designs, "axi", tmp_path)
    program = '#include "other.h"\nint main(void) { return (int)other_parameters[0]; }\n'
    (tmp_path / "main.c").write_text(program)
    command = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "main.c"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_writes_are_those_of_a_design_made_with_the_other_weights(designs, tmp_path):
    other = accelerator.write(OTHER, FOLDING, tmp_path / "d")
    found = fcgen.open(designs / "axi").parameter_writes(Network.single(OTHER))
    assert np.array_equal(found, other.parameter_writes())
    assert not np.array_equal(found, fcgen.open(designs / "axi").parameter_writes())


def test_the_table_has_a_line_a_word_and_json_says_what_it_is(designs, capsys, tmp_path):
    path = tmp_path / "own.csv"
    outcome = run(capsys, "parameters", designs / "axi", "-o", path, "--json")
    head, *rows = path.read_text().splitlines()
    writes = fcgen.open(designs / "axi").parameter_writes()
    assert head == "address,data"
    assert [[int(word, 16) for word in row.split(",")] for row in rows] == writes.tolist()
    found = json.loads(outcome.out)
    assert (found["words"], found["file"]) == (len(writes), str(path))
    manifest = fcgen.open(designs / "axi").design.manifest
    assert found["structure_hash"] == manifest.structure_hash
    assert found["weights_hash"] == manifest.weights_hash


def test_the_line_counts_words_and_runs(designs, capsys, tmp_path):
    outcome = header(capsys, designs, "wishbone", tmp_path)
    writes = fcgen.open(designs / "wishbone").parameter_writes()
    runs = 1 + (np.diff(writes[:, 0].astype(np.int64)) != 1).sum()
    assert f"{len(writes)} parameter words in {runs} runs for wishbone_layer" in outcome.out


@pytest.mark.parametrize(
    ("name", "rule"),
    [("other.txt", "must end in .h or .csv"), ("o-1.h", "a C header gives its name")],
)
def test_a_file_of_another_kind_is_refused_and_not_written(name, rule, designs, capsys, tmp_path):
    outcome = run(capsys, "parameters", designs / "axi", "-o", tmp_path / name)
    assert outcome.code == 2
    assert rule in outcome.error
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("place", ["itself", "behind a link"])
def test_a_file_of_the_design_is_not_replaced(place, designs, capsys, tmp_path):
    path = own = designs / "axi" / "axi_layer.h"
    if place == "behind a link":
        path = tmp_path / "own.h"
        path.symlink_to(own)
    before = own.read_bytes()
    outcome = run(capsys, "parameters", designs / "axi", "-o", path)
    assert outcome.code == 2
    assert "is a file of a design, which would be lost" in outcome.error
    assert own.read_bytes() == before


def test_the_file_of_the_weights_is_not_replaced(designs, capsys, tmp_path):
    path = tmp_path / "weights.csv"
    np.savetxt(path, OTHER.weight, fmt="%d", delimiter=",")
    before = path.read_bytes()
    words = ("parameters", designs / "axi", "--load-weights", path, "-o", path)
    outcome = run(capsys, *words)
    assert outcome.code == 2
    assert "is the file of the weights, which would be lost" in outcome.error
    assert path.read_bytes() == before


def test_a_design_with_fixed_weights_is_refused(capsys, tmp_path):
    accelerator.write(small_layer(), FOLDING, tmp_path / "d")
    outcome = run(capsys, "parameters", tmp_path / "d", "-o", tmp_path / "other.h")
    assert outcome.code == 2
    assert "fixed weights" in outcome.error


def test_a_training_of_another_structure_is_refused(designs):
    other = small_layer(activation=IntegerFormat(7, signed=True), runtime=True)
    with pytest.raises(InputError, match="another structure"):
        fcgen.open(designs / "axi").parameter_writes(Network.single(other))


def test_a_design_that_was_changed_is_noticed(designs, capsys, tmp_path):
    folder = shutil.copytree(designs / "axi", tmp_path / "d")
    with (folder / "layer.sv").open("a") as file:
        file.write("// changed\n")
    words = ("parameters", folder, "-o", tmp_path / "own.h")
    assert run(capsys, *words).code == 2
    assert run(capsys, *words, "--force").code == 0
