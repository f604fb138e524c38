"""Files of a design with an interface: lint, registers in manifest and header, README, FuseSoC."""

import json
import os
import re
import shutil
import subprocess
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from command_line import run
from design.emission.verilog_tools import icarus_says, verilator_says
from designs import small_layer
from fcgen import accelerator
from fcgen.design.design import Design
from fcgen.errors import InputError
from fcgen.hardware.interfaces.padding import Element
from fcgen.hardware.interfaces.register_map import BitField, Register, RegisterMap
from fcgen.network.network import End
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from fcgen.synthesis.for_design import sources_of, stream_sources_of
from fcgen.synthesis.pins import PinPlan
from fcgen.tools import programs as tools
from fcgen.tools import yosys
from network_examples import network

KINDS = pytest.mark.parametrize("kind", ["axi", "wishbone"])


def written(folder, kind, layer=None, lanes=2, **options):
    layer = layer or small_layer()
    pe, bits = min(3, layer.outputs), layer.weight_format.bits
    folding = Folding(layer.inputs, layer.outputs, pe, 5, lanes, bits)
    return accelerator.write(layer, folding, folder, interface=kind, **options).design


@pytest.fixture(scope="module")
def designs(tmp_path_factory):
    """A design of each kind, the one behind Wishbone with run-time weights."""
    folder = tmp_path_factory.mktemp("interfaces")
    layers = {"axi": small_layer(), "wishbone": small_layer(runtime=True)}
    return {kind: written(folder / kind, kind, layer) for kind, layer in layers.items()}


def odd_layer():
    """One bit in, raw accumulators out, which fill no whole bytes."""
    return small_layer(9, 1, raw=True, activation=IntegerFormat(1, False))


def wide_layer():
    """Two bytes in and, behind run-time weights, more than four out."""
    return small_layer(5, 3, raw=True, activation=IntegerFormat(13, True), runtime=True)


@KINDS
@pytest.mark.parametrize("layer", [odd_layer, wide_layer], ids=["odd", "wide"])
def test_no_tool_warns_of_an_interface(kind, layer, tmp_path):
    design = written(tmp_path / "d", kind, layer(), lanes=1, verilog2005=True)
    manifest, folder = design.manifest, design.directory
    files = (folder / "files.f").read_text().split()
    assert icarus_says(folder, files, 2012) == ""
    assert icarus_says(folder, [f"{manifest.top}.v"], 2005) == ""
    assert verilator_says(folder, files, manifest.outer_top) == ""
    said = yosys.run(
        f"read_verilog -sv {' '.join(files)}; hierarchy -check -top {manifest.outer_top}; "
        "proc; flatten; check -assert",
        folder,
    )
    assert "Warning" not in said


def test_a_network_that_ends_in_a_class_has_an_interface_of_one_output(capsys, tmp_path):
    net = network(6, 5, 4, end=End("argmax"))
    (tmp_path / "net.json").write_text(net.to_json())
    words = ("compile", tmp_path / "net.json", "--end", "argmax", "--name", "net")
    outcome = run(capsys, *words, "--interface", "axi", "-o", tmp_path / "d")
    assert outcome.code == 0, outcome.err
    design = Design.open(tmp_path / "d")
    widths = {name: width for name, _, width in design.manifest.interface.ports}
    assert (design.manifest.outer_top, widths["m_axis_tdata"]) == ("axi_net", 8)
    files = (design.directory / "files.f").read_text().split()
    assert verilator_says(design.directory, files, "axi_net") == ""


@KINDS
def test_the_manifest_has_the_registers_of_the_hardware(kind, designs):
    manifest = designs[kind].manifest
    rows = {row["name"]: row for row in manifest.interface.registers}
    assert rows["inputs"]["values"] == [12]
    digits = "".join(f"{word:08x}" for word in rows["structure_hash"]["values"])
    assert digits == manifest.structure_hash
    assert ("input_data" in rows, "parameter_data" in rows) == ((kind == "wishbone",) * 2)
    bank = next(designs[kind].directory.glob("*registerBank.sv")).read_text()
    assert all(f"{row['offset']:#04x} = {name}, " in bank for name, row in rows.items())


@KINDS
def test_the_c_header_has_the_registers_of_the_manifest(kind, designs, tmp_path):
    interface = designs[kind].manifest.interface
    prefix = interface.top.upper()
    lines = [f'#include "{interface.header}"', "int main(void) {"]
    for row in interface.registers:
        name = f"{prefix}_{row['name'].upper()}"
        checks = {name: row["offset"]}
        if len(row["values"]) == 1:
            checks[f"{name}_VALUE"] = row["values"][0]
        elif row["values"]:
            checks[f"{name}_WORDS"] = len(row["values"])
        for field in row["fields"]:
            mask = ((1 << field["width"]) - 1) << field["low"]
            checks[f"{name}_{field['name'].upper()}"] = mask
            if field["width"] > 1:
                checks[f"{name}_{field['name'].upper()}_SHIFT"] = field["low"]
        lines += [f'_Static_assert({key} == {value}u, "{key}");' for key, value in checks.items()]
    lines += [f'_Static_assert(sizeof({interface.top}_input_t) == 1, "size");', "return 0; }"]
    compile_c("\n".join(lines), designs[kind].directory, tmp_path)


def test_the_program_in_the_readme_compiles(designs, tmp_path):
    text = (designs["wishbone"].directory / "README.md").read_text()
    program = re.search(r"```c\n(.*?)```", text, re.S)[1]
    compile_c(f"#define BASE 0x40000000u\n{program}", designs["wishbone"].directory, tmp_path)


def compile_c(program, folder, tmp_path):
    source = tmp_path / "program.c"
    source.write_text(f"{program}\n")
    command = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{folder}"]
    done = subprocess.run([*command, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@KINDS
def test_the_readme_has_every_port_and_register(kind, designs):
    text = (designs[kind].directory / "README.md").read_text()
    interface = designs[kind].manifest.interface
    assert all(f"    .{name}({name})" in text for name, _, _ in interface.ports)
    assert all(f"| `{row['name']}` |" in text for row in interface.registers)


def test_fusesoc_simulates_the_core(designs, tmp_path):
    tool, folder = tools.icarus(), designs["axi"].directory
    scripts = Path(sysconfig.get_path("scripts"))
    search = os.pathsep.join([str(Path(tool.command[0]).parent), str(scripts), os.environ["PATH"]])
    done = subprocess.run(
        [scripts / "fusesoc", "--cores-root", folder, "run", "--target", "sim", "axi_layer"],
        cwd=tmp_path,
        env=dict(tool.environment) | {"HOME": str(tmp_path), "PATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "PASS: 8 vectors" in done.stdout + done.stderr, done.stdout + done.stderr


def test_the_design_inside_is_simulated_through_its_own_streams(designs, capsys):
    design = designs["axi"]
    plain = stream_sources_of(design)
    assert [path.name for path in plain.files] == list(design.manifest.sources)
    assert plain.top == design.top == "layer"
    words = ("simulate", design.directory, "--engine", "icarus", "--vectors", 4)
    outcome = run(capsys, *words)
    assert (outcome.code, "0 mismatches in 28 outputs" in outcome.out) == (0, True)


@KINDS
def test_the_interface_is_synthesised_with_its_own_ports(kind, designs):
    sources = sources_of(designs[kind])
    assert (sources.top, sources.clock) == (
        f"{kind}_layer",
        {"axi": "aclk", "wishbone": "clk_i"}[kind],
    )
    assert sources.files[-1].name == f"{kind}_layer.sv"
    plan = PinPlan.of(sources.ports, 200, sources.clock, sources.step)
    assert plan.pins[0] == "clock"
    assert f".{sources.clock}(clock)" in plan.text(sources.top)


def test_an_interface_of_another_prefix_shares_no_module(tmp_path):
    one = written(tmp_path / "one", "axi", prefix="one_")
    two = written(tmp_path / "two", "axi", prefix="axi_")
    assert one.manifest.outer_top == "one_axi_layer"
    assert two.manifest.outer_top == "axi_axi_layer"
    assert not set(one.manifest.all_sources) & set(two.manifest.all_sources)


def test_a_change_in_a_file_of_the_interface_is_noticed(designs, tmp_path):
    folder = shutil.copytree(designs["axi"].directory, tmp_path / "d")
    path = folder / designs["axi"].manifest.interface.sources[0]
    path.write_text(path.read_text() + "\n")
    with pytest.raises(InputError, match="has changed"):
        Design.open(folder)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("kind", "apb", "must be one of"),
        ("header", "other.h", "must be a name of files"),
        ("sources", ["other.sv"], "must be names from files"),
        ("registers", [1], "must be a list of objects"),
        ("top", "a b", "must match"),
    ],
)
def test_a_wrong_interface_in_the_manifest_is_refused(field, value, rule, designs, tmp_path):
    folder = shutil.copytree(designs["axi"].directory, tmp_path / "d")
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["interface"][field] = value
    path.write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=rf"{field}.*{rule}"):
        Design.open(folder)


def test_the_command_names_the_outer_top_and_all_files(capsys, tmp_path):
    words = ("layer", 6, 4, "--interface", "wishbone", "-o", tmp_path / "d", "--json")
    found = json.loads(run(capsys, *words).out)
    assert found["top"] == "wishbone_layer"
    assert {"wishbone_layer.sv", "wishbone_layer.h", "wishbone_layer.core"} <= set(found["files"])


def test_an_estimate_says_that_it_leaves_the_interface_out(capsys, tmp_path):
    folder = tmp_path / "d"
    words = ("layer", 6, 4, "--interface", "axi", "--device", "ecp5-25k", "-o", folder)
    assert run(capsys, *words).code == 0
    assert "without its interface" in run(capsys, "estimate", folder).err


def test_an_unknown_interface_is_refused_before_anything_is_written(capsys, tmp_path):
    outcome = run(capsys, "layer", 6, 4, "--interface", "apb", "-o", tmp_path / "d")
    assert outcome.code == 2
    assert "--interface" in outcome.error
    with pytest.raises(InputError, match="must be one of stream, axi, wishbone"):
        written(tmp_path / "d", "apb")
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    ("bits", "octets", "c_type"),
    [(1, 1, "int8_t"), (8, 1, "int8_t"), (9, 2, "int16_t"), (17, 4, "int32_t"), (40, 8, "int64_t")],
)
def test_a_value_has_the_place_of_its_c_type(bits, octets, c_type):
    element = Element(bits, True)
    assert (element.octets, element.c_type) == (octets, c_type)
    assert replace(element, signed=False).c_type == f"u{c_type}"


def test_registers_out_of_place_are_refused():
    good = Register("a", 0, "constant", "", values=(1, 2))
    for name, offset in (("b", 4), ("a", 8), ("b", 9)):
        other = Register(name, offset, "read", "")
        with pytest.raises(ValueError, match="out of place"):
            RegisterMap((good, other))
    with pytest.raises(ValueError, match="does not fit"):
        BitField("x", 4, 2, "").place(4)
