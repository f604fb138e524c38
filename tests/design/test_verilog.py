import re

import pytest

from design.emission.toys import (
    Arithmetic,
    Child,
    Keyword,
    ManyStates,
    NeverWritten,
    Pair,
    Registers,
    Store,
)
from design.emission.verilog_tools import PLAIN, icarus_says, prove_equal, verilator_says, write
from fcgen.design import verilog
from fcgen.errors import ToolError

TOYS = [Arithmetic, Registers, Store]


@pytest.mark.parametrize("toy", TOYS)
def test_the_text_is_proven_equal_to_the_component(toy, tmp_path):
    prove_equal(toy(), verilog.emit(toy(), name="toy"), tmp_path)


@pytest.mark.parametrize("toy", TOYS)
def test_the_plain_text_is_proven_equal_to_the_component(toy, tmp_path):
    design = verilog.emit(toy(), name="toy", verilog2005=True)
    prove_equal(toy(), design, tmp_path, plain=True)


@pytest.mark.parametrize("width", [2, 3, 7])
def test_operators_are_proven_equal_at_other_widths(width, tmp_path):
    prove_equal(Arithmetic(width), verilog.emit(Arithmetic(width), name="toy"), tmp_path)


def test_the_proof_fails_where_the_text_differs(tmp_path):
    design = verilog.emit(Registers(), name="toy")
    broken = {name: text.replace("4'd9", "4'd6") for name, text in design.files.items()}
    assert broken != design.files
    design = verilog.EmittedDesign(design.top, broken, design.modules, design.ports)
    with pytest.raises(ToolError, match="yosys"):
        prove_equal(Registers(), design, tmp_path)


@pytest.mark.parametrize("toy", [*TOYS, NeverWritten, Pair])
def test_no_tool_warns_of_the_text(toy, tmp_path):
    design = verilog.emit(toy(), name="toy", verilog2005=True)
    write(design, tmp_path)
    assert icarus_says(tmp_path, design.files, 2012) == ""
    assert icarus_says(tmp_path, [PLAIN], 2005) == ""
    assert verilator_says(tmp_path, design.files, "toy") == ""
    assert verilator_says(tmp_path, [PLAIN], "toy") == ""


def test_a_comment_that_is_too_long_stays_a_comment(tmp_path):
    design = verilog.emit(ManyStates(), name="toy")
    prove_equal(ManyStates(), design, tmp_path)
    text = design.files["toy.sv"]
    assert all(len(line) <= 100 for line in text.splitlines())
    assert len(re.findall(r"^ +// .*STATE_OF_MANY", text, re.M)) > 1


@pytest.mark.parametrize("toy", [*TOYS, Pair])
def test_the_text_has_only_plain_names_in_ascii(toy):
    for text in verilog.emit(toy(), name="toy").files.values():
        assert text.isascii()
        assert "\\" not in text
        assert not re.search(r"\w\$\w", text)


@pytest.mark.parametrize("toy", TOYS)
def test_nothing_relies_on_power_up_values(toy):
    text = verilog.emit(toy(), name="toy").files["toy.sv"]
    assert "initial" not in text
    assert not re.search(r"\breg\b.*=", text)


def test_a_keyword_as_a_name_gets_an_underscore():
    design = verilog.emit(Keyword(), name="toy")
    assert "input  wire [2:0] release_,\n" in design.files["toy.sv"]


def test_equal_components_share_a_module_and_are_elaborated_once():
    before = Child.elaborations
    design = verilog.emit(Pair((3, 3, 4)), name="pair")
    assert Child.elaborations - before == 2
    assert [module.name for module in design.modules] == [
        "weightMemory",
        "child",
        "child_2",
        "pair",
    ]
    assert [module.parameters for module in design.modules[1:3]] == [{"step": 3}, {"step": 4}]


def test_wires_of_a_child_are_named_after_the_instance_and_its_port():
    text = verilog.emit(Pair(), name="pair").files["pair.sv"]
    assert ".y(child_1_y)" in text
    assert ".x(x)" in text


def test_the_prefix_stands_before_every_module():
    design = verilog.emit(Pair(), name="pair", prefix="my_")
    assert design.top == "my_pair"
    assert list(design.files) == [f"my_{name}.sv" for name in _names("pair")]
    text = "".join(design.files.values())
    assert set(re.findall(r"^module (\w+)", text, re.M)) == {f"my_{n}" for n in _names("pair")}
    assert set(re.findall(r"^    (\w+) (?:#\(|\w+ \()$", text, re.M)) == {
        "my_child",
        "my_child_2",
        "my_weightMemory",
    }


def _names(top):
    return ["weightMemory", "child", "child_2", top]


def test_a_top_with_the_name_of_a_child_leaves_the_child_another():
    design = verilog.emit(Pair(), name="child")
    assert list(design.files) == ["weightMemory.sv", "child_2.sv", "child_3.sv", "child.sv"]


@pytest.mark.parametrize("name", ["module", "7up", "a b", "", "a-b", "ä"])
def test_a_name_that_verilog_cannot_have_is_refused(name):
    with pytest.raises(ValueError, match="no name for a Verilog module"):
        verilog.emit(Store(), name=name)


def test_the_same_component_gives_the_same_bytes():
    first, second = (verilog.emit(Pair(), name="pair", verilog2005=True) for _ in range(2))
    assert first == second


def test_the_ports_are_those_of_the_top_with_its_clock_and_reset():
    design = verilog.emit(Store(), name="store")
    assert design.ports == (
        ("clk", "input", 1),
        ("rst", "input", 1),
        ("row", "input", 3),
        ("value", "input", 5),
        ("write", "input", 1),
        ("out", "output", 5),
    )


def test_a_module_without_registers_has_no_clock():
    design = verilog.emit(Arithmetic(), name="arithmetic")
    assert not {"clk", "rst"} & {name for name, *_ in design.ports}


def test_the_header_has_the_docstring_and_the_values_of_the_parameters():
    text = verilog.emit(Arithmetic(5), name="arithmetic").files["arithmetic.sv"]
    header = text[: text.index("\nmodule ")]
    assert header.startswith(
        "// Signed and unsigned operands of unequal widths in every operator.\n"
    )
    assert "//     width = 5\n" in header
    assert header.endswith("// Ports:\n//     a, b : In(signed(width))")
    assert "Bits of the operands" not in header


def test_the_states_of_a_state_machine_are_named():
    text = verilog.emit(Registers(), name="registers").files["registers.sv"]
    assert "// 0 IDLE, 1 RUN, 2 WAIT" in text


def test_a_memory_keeps_its_attributes():
    text = verilog.emit(Store(), name="store").files["store.sv"]
    assert "(* no_rw_check *)\n    reg  [4:0] rows [0:7];" in text
