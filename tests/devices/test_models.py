"""Simulation models of primitives, held to the behaviour that Yosys made the netlists from."""

import subprocess
from functools import cache

import pytest

from devices.netlists import (
    HERE,
    Case,
    first_difference,
    synthesise,
    verilator_reads,
    verilog,
)
from fcgen.devices import models
from fcgen.devices.ecp5 import FAMILY as ECP5
from fcgen.devices.gowin import FAMILY as GOWIN
from fcgen.devices.ice40 import FAMILY as ICE40
from fcgen.tools import programs as tools
from fcgen.tools import yosys
from selection import every_time

FAMILIES = {"ecp5": ECP5, "gowin": GOWIN}
# No design turns Gowin's output register on, as nextpnr takes it out again; the model has it.
OUTPUT_REGISTER = "; setparam -set READ_MODE 1'b1 t:SP t:SPX9 %u c:*block_store* %i"
SYNTHESIS = {"ecp5": ECP5.synthesis("top"), "gowin": GOWIN.synthesis("top") + OUTPUT_REGISTER}

PAIRS = 72_000
"""Cycles in which two counters of 8 bits run through all pairs behind the first."""
CYCLES = 2_000
SHORT = 6_000
"""Cycles in which operands of 8 bits are extremes, in all pairs, and random values."""

EXTREME = (18, "extreme($urandom, $urandom)")
OPERANDS = {
    "a": (8, f"cycle < {SHORT} ? extreme_byte($urandom, $urandom) : cycle"),
    "b": (8, f"cycle < {SHORT} ? extreme_byte($urandom, $urandom) : cycle >> 8"),
}
SIGNS = ("00", "01", "10", "11")
FEW = "($urandom % 2 ? 14'h3c03 : 14'h3fff)"  # addresses meet often, and reach everywhere


def memories(family):
    inputs = {
        "write": (1, "$urandom"),
        "read": (1, "$urandom"),
        "reset": (1, "$urandom % 16 == 0"),
        "other": (1, "$urandom"),
        "to": (14, f"$urandom & {FEW}"),
        "from": (14, f"$urandom & {FEW}"),
        "data": (36, "{$urandom, $urandom}"),
    }
    outputs = {
        "constant": 70,
        "variable": 70,
        "first_reads": 45,
        "mixed": 45,
        "ports": 54,
        "two": 18,
    }
    texts = {"memories.v": verilog("memories.v")}
    return Case(texts, SYNTHESIS[family], FAMILIES[family].models, inputs, outputs)


def multipliers(family):
    name = f"{family}Multiplier"
    texts = {
        f"{name}.sv": verilog(f"{name}.sv"),
        "multipliers.v": verilog("multipliers.v").replace("MULTIPLIER", name),
    }
    inputs = {**OPERANDS, "c": EXTREME, "d": EXTREME}
    narrow = {f"narrow_{signs}": 16 for signs in SIGNS}
    wide = {f"wide_{signs}": 36 for signs in SIGNS}
    outputs = {**narrow, **wide, "between": 28}
    return Case(texts, SYNTHESIS[family], FAMILIES[family].models, inputs, outputs)


def accumulators():
    texts = {name: verilog(name) for name in ("ecp5Accumulator.sv", "accumulators.v")}
    inputs = {"first": (1, "cycle < 2 || $urandom % 8 == 0"), "term": (32, "$urandom")}
    outputs = {"one": 1, "even": 4, "odd": 23}
    return Case(texts, SYNTHESIS["ecp5"], ECP5.models, inputs, outputs)


def ice40():
    texts = {name: verilog(name) for name in ("ice40Multiplier.sv", "ice40.v")}
    inputs = {
        **OPERANDS,
        "c": (16, "extreme($urandom, $urandom) >> 2"),
        "d": (16, "extreme($urandom, $urandom) >> 2"),
        "write": (1, "$urandom"),
        "to": (10, "$urandom & 10'h013"),
        "from": (10, "$urandom & ($urandom % 2 ? 10'h013 : 10'h3ff)"),
    }
    products = {f"{count}_{signs}": 32 for count in ("two", "one") for signs in SIGNS}
    outputs = {**products, "uneven": 38, "constant": 16, "variable": 16, "scratchpad": 16}
    return Case(texts, ICE40.synthesis("top"), ICE40.models, inputs, outputs)


CASES = {
    "ecp5 memories": memories("ecp5"),
    "gowin memories": memories("gowin"),
    "ecp5 multipliers": multipliers("ecp5"),
    "gowin multipliers": multipliers("gowin"),
    "ice40": ice40(),
    "ecp5 accumulators": accumulators(),
}


@pytest.fixture(scope="module")
def netlist(tmp_path_factory):
    """Return a function from a case's name to its netlist and folder; each is made once."""

    @cache
    def make(name):
        directory = tmp_path_factory.mktemp("netlist")
        return synthesise(CASES[name], directory), directory

    return make


@pytest.mark.parametrize(
    "name", every_time(1, [name for name in CASES if name.endswith("memories")])
)
def test_memories_of_every_width_and_mode_equal_their_behaviour(netlist, name):
    text, directory = netlist(name)
    assert first_difference(CASES[name], text, CYCLES, directory) == ""


def test_accumulators_equal_their_behaviour(netlist):
    text, directory = netlist("ecp5 accumulators")
    assert first_difference(CASES["ecp5 accumulators"], text, SHORT, directory) == ""


@pytest.mark.parametrize("name", every_time(0, ["gowin multipliers", "ecp5 multipliers", "ice40"]))
def test_multipliers_equal_their_behaviour_for_all_pairs_of_bytes(netlist, name):
    text, directory = netlist(name)
    assert first_difference(CASES[name], text, PAIRS, directory) == ""


@pytest.mark.parametrize("name", ["gowin multipliers", "ecp5 multipliers", "ice40"])
def test_multipliers_equal_their_behaviour_for_some_pairs_of_bytes(netlist, name):
    text, directory = netlist(name)
    assert first_difference(CASES[name], text, CYCLES, directory) == ""


@pytest.mark.parametrize("name", CASES)
def test_verilator_reads_netlist_and_models(netlist, name):
    _, directory = netlist(name)
    assert verilator_reads(CASES[name], directory)


BROKEN = [
    ("ecp5 memories", '"OUTREG"', '"NOREG"'),
    ("ecp5 memories", "DATA_WIDTH_B(32'd9)", "DATA_WIDTH_B(32'd4)"),
    ("ecp5 memories", 'CLKBMUX("CLKB")', 'CLKBMUX("INV")'),
    ("ecp5 memories", 'WRITEMODE_A("WRITETHROUGH")', 'WRITEMODE_A("NORMAL")'),
    ("ecp5 memories", "INITVAL_00(", "INITVAL_01("),
    ("gowin memories", "READ_MODE(1'h1)", "READ_MODE(1'h0)"),
    ("gowin memories", "BIT_WIDTH_1(32'd9)", "BIT_WIDTH_1(32'd18)"),
    ("gowin memories", "WRITE_MODE(32'd1)", "WRITE_MODE(32'd0)"),
    ("gowin memories", "INIT_RAM_00(", "INIT_RAM_01("),
    ("ecp5 multipliers", 'REG_PIPELINE_CLK("CLK0")', 'REG_PIPELINE_CLK("NONE")'),
    ("ecp5 multipliers", 'REG_OUTPUT_CLK("CLK0")', 'REG_OUTPUT_CLK("NONE")'),
    ("ecp5 multipliers", 'REG_INPUTA_CLK("CLK0")', 'REG_INPUTA_CLK("NONE")'),
    ("ecp5 multipliers", "SIGNEDA(1'h1)", "SIGNEDA(1'h0)"),
    ("gowin multipliers", "PIPE_REG(1'h1)", "PIPE_REG(1'h0)"),
    ("gowin multipliers", "OUT_REG(1'h1)", "OUT_REG(1'h0)"),
    ("gowin multipliers", "BREG(1'h1)", "BREG(1'h0)"),
    ("gowin multipliers", "AREG(1'h1)", "AREG(1'h0)"),
    ("ecp5 accumulators", "INIT0(16'hc60c)", "INIT0(16'h660c)"),
    ("ecp5 accumulators", "INIT1(16'hc60c)", "INIT1(16'hc60a)"),
    ("ice40", "MODE_8x8(1'h1)", "MODE_8x8(1'h0)"),
    ("ice40", "A_REG(1'h1)", "A_REG(1'h0)"),
    ("ice40", "PIPELINE_16x16_MULT_REG1(1'h1)", "PIPELINE_16x16_MULT_REG1(1'h0)"),
    ("ice40", "B_SIGNED(1'h1)", "B_SIGNED(1'h0)"),
]


@pytest.mark.parametrize(("name", "right", "wrong"), BROKEN)
def test_a_wrong_parameter_is_noticed(netlist, name, right, wrong, tmp_path):
    text, directory = netlist(name)
    broken = text.replace(right, wrong) if "INIT" not in right else _only(text, right, wrong)
    assert broken != text
    _copy(CASES[name], directory, tmp_path)
    assert " is " in first_difference(CASES[name], broken, CYCLES, tmp_path)


def _copy(case, directory, to):
    """Put what a simulation reads beside a changed netlist."""
    for image in directory.glob("*.mem"):
        (to / image.name).symlink_to(image)
    for file, content in case.texts.items():
        (to / file).write_text(content)


def _only(text, right, wrong):
    """Exchange two rows of the contents."""
    return text.replace(right, "row(").replace(wrong, right).replace("row(", wrong)


REFUSED = [
    ("ecp5 memories", 'CSDECODE_A("0b000")', 'CSDECODE_A("0b001")'),
    ("ecp5 multipliers", 'GSR("DISABLED")', 'MULT_BYPASS("ENABLED")'),
    ("gowin memories", "BLK_SEL(3'h0)", "BLK_SEL(3'h1)"),
    ("gowin multipliers", 'MULT_RESET_MODE("SYNC")', 'MULT_RESET_MODE("ASYNC")'),
]


@pytest.mark.parametrize(("name", "right", "wrong"), REFUSED)
def test_what_is_not_modelled_ends_the_simulation(netlist, name, right, wrong, tmp_path):
    text, directory = netlist(name)
    _copy(CASES[name], directory, tmp_path)
    said = first_difference(CASES[name], text.replace(right, wrong), CYCLES, tmp_path)
    assert "not modelled" in said


def test_a_word_that_is_read_while_it_is_written_is_neither_the_old_nor_the_new_one(tmp_path):
    (tmp_path / "bench.v").write_text(
        """
        module bench;
            reg clk = 0;
            wire [35:0] word;
            fcgenBlockRam #(.WIDTH_A(9), .WIDTH_B(18), .INIT(18432'h155aa)) ram (
                .clock_a(clk), .enable_a(1'b1), .write_a(1'b1), .reset_a(1'b0),
                .output_enable_a(1'b1), .address_a(14'd0), .data_a(36'h033), .word_a(),
                .clock_b(clk), .enable_b(1'b1), .write_b(1'b0), .reset_b(1'b0),
                .output_enable_b(1'b1), .address_b(14'd0), .data_b(36'd0), .word_b(word)
            );
            initial begin
                #1 clk = 1;
                #1 $display("%h", word);
            end
        endmodule
        """
    )
    command = [*tools.icarus().command, "-g2012", "-o", "bench.vvp"]
    subprocess.run([*command, str(models.OWN / "block_ram.v"), "bench.v"], cwd=tmp_path, check=True)
    vvp = [str(tools.program("vvp", "icarus")), "bench.vvp"]
    said = subprocess.run(vvp, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert int(said, 16) == 0x155AA ^ 0x1FF


YOSYS_FABRIC = {
    "ecp5": "+/lattice/common_sim.vh +/lattice/ccu2c_sim.vh",
    "gowin": "+/gowin/cells_sim.v",
}


@pytest.mark.parametrize("family", YOSYS_FABRIC)
def test_cells_of_the_fabric_are_proven_equal_to_those_of_yosys(family, tmp_path):
    name = f"{family}_fabric.v"
    (tmp_path / "top.v").write_text((HERE / name).read_text())
    (tmp_path / "own.v").write_text((models.OWN / name).read_text())
    prepare = "hierarchy -check -top top; proc; flatten; memory_map; async2sync; opt_clean"
    yosys.run(
        f"""
        read_verilog -sv top.v own.v
        {prepare}; rename top gate
        design -stash gate_design
        read_verilog -sv top.v
        read_verilog -D NO_INCLUDES -D YOSYS {YOSYS_FABRIC[family]}
        {prepare}; rename top gold
        design -stash gold_design
        design -copy-from gold_design -as gold gold
        design -copy-from gate_design -as gate gate
        equiv_make gold gate equal
        hierarchy -top equal
        equiv_simple -undef
        equiv_induct -undef
        equiv_status -assert
        """,
        tmp_path,
    )


@pytest.mark.parametrize("width", [1, 2, 23, 24])
def test_the_chain_of_an_accumulator_is_proven_equal_to_its_description(width, tmp_path):
    (tmp_path / "unit.sv").write_text(verilog("ecp5Accumulator.sv"))
    (tmp_path / "fabric.v").write_text((models.OWN / "ecp5_fabric.v").read_text())
    prepare = f"chparam -set WIDTH {width} ecp5Accumulator; hierarchy -top ecp5Accumulator; proc"
    yosys.run(
        f"""
        read_verilog -sv unit.sv fabric.v
        {prepare}; flatten; opt_clean; rename -top gate
        design -stash gate_design
        read_verilog -sv -nosynthesis unit.sv
        {prepare}; opt_clean; rename -top gold
        design -stash gold_design
        design -copy-from gold_design -as gold gold
        design -copy-from gate_design -as gate gate
        equiv_make gold gate equal
        hierarchy -top equal
        equiv_simple
        equiv_induct
        equiv_status -assert
        """,
        tmp_path,
    )


MULTIPLIERS = ("ecp5Multiplier", "gowinMultiplier", "ice40Multiplier")


@pytest.mark.parametrize("generation", ["2005", "2012"])
@pytest.mark.parametrize("name", MULTIPLIERS)
def test_icarus_has_no_complaint_about_a_multiplier(name, generation, tmp_path):
    (tmp_path / f"{name}.v").write_text(verilog(f"{name}.sv"))
    command = [*tools.icarus().command, f"-g{generation}", "-Wall", "-o", "out", f"{name}.v"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("widths", [(8, 8), (1, 1), (5, 8)])
@pytest.mark.parametrize("name", MULTIPLIERS)
def test_verilator_has_no_complaint_about_a_multiplier(name, widths, tmp_path):
    (tmp_path / f"{name}.sv").write_text(verilog(f"{name}.sv"))
    tool = tools.verilator()
    values = [f"-GA_WIDTH={widths[0]}", f"-GB_WIDTH={widths[1]}"]
    command = [*tool.command, "--lint-only", "-Wall", *values, f"{name}.sv"]
    subprocess.run(command, cwd=tmp_path, env=tool.environment, capture_output=True, check=True)
