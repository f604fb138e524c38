import subprocess

import pytest

from design.emission.verilog_tools import verilator_says
from fcgen.synthesis.pins import PinPlan
from fcgen.tools import programs as tools

STREAM = (
    ("clk", "input", 1),
    ("rst", "input", 1),
    ("in_payload", "input", 24),
    ("in_valid", "input", 1),
    ("out_payload", "output", 24),
    ("out_valid", "output", 1),
)
TOP = """
module top (input clk, input rst, input [23:0] in_payload, input in_valid,
            output [23:0] out_payload, output out_valid);
    assign out_payload = rst ? 24'd0 : in_payload;
    assign out_valid = in_valid;
    wire unused = clk;
endmodule
"""
BENCH = """
module bench;
    reg clock = 0, rst_pin = 0, in_valid_pin = 0;
    {pins}
    wire out_valid_pin;
    fcgen_pins it (.clock(clock), .rst_pin(rst_pin), .in_valid_pin(in_valid_pin),
             .out_valid_pin(out_valid_pin), {connections});
    integer i;
    initial begin
        for (i = 0; i < 12; i = i + 1) begin
            in_valid_pin = i == 1;
            value = i + 1;
            #1 clock = 1; #1 clock = 0;
            $display("%0d %0d", out_valid_pin, seen);
        end
    end
endmodule
"""
DIRECT = ("reg [23:0] value; wire [23:0] seen;", ".in_payload_pin(value), .out_payload_pin(seen)")
NARROW = ("reg [7:0] value; wire [7:0] seen;", ".shift_pins(value), .tree_pins(seen)")


def simulated(directory, pins, bench):
    plan = PinPlan.of(STREAM, pins)
    text = BENCH.format(pins=bench[0], connections=bench[1])
    (directory / "all.sv").write_text(TOP + plan.text("top") + text)
    tool = tools.icarus()
    subprocess.run([*tool.command, "-g2012", "-o", "a", "all.sv"], cwd=directory, check=True)
    done = subprocess.run(["vvp", "a"], cwd=directory, check=True, capture_output=True, text=True)
    return [line.split() for line in done.stdout.splitlines()]


def test_ports_have_their_own_pins_where_there_are_enough():
    plan = PinPlan.of(STREAM, 55)
    assert plan.narrow == ()
    assert len(plan.pins) == 52


def test_the_widest_ports_lose_their_pins_first():
    plan = PinPlan.of(STREAM, 40)
    assert [port[0] for port in plan.narrow] == ["in_payload"]
    assert len(plan.pins) <= 40


def test_the_clock_is_the_first_pin_and_bits_have_numbers():
    pins = PinPlan.of(STREAM, 30).pins
    assert pins[:4] == ("clock", "rst_pin", "in_valid_pin", "out_valid_pin")
    assert pins[4] == "shift_pins[0]"
    assert pins[-1] == "tree_pins[7]"


@pytest.mark.parametrize("pins", [20, 33, 40, 60])
@pytest.mark.parametrize("step", [1, 4, 8])
def test_a_plan_never_takes_more_pins_than_there_are(pins, step):
    assert len(PinPlan.of(STREAM, pins, step=step).pins) < pins


@pytest.mark.parametrize("pins", [20, 40, 60])
def test_the_wrapper_is_clean_verilog(tmp_path, pins):
    (tmp_path / "top.sv").write_text(TOP.replace("wire unused = clk;", ""))
    (tmp_path / "fcgen_pins.sv").write_text(PinPlan.of(STREAM, pins).text("top"))
    said = verilator_says(tmp_path, ["-Wno-UNUSEDSIGNAL", "top.sv", "fcgen_pins.sv"], "fcgen_pins")
    assert said == ""


def test_a_direct_port_is_registered_twice_on_its_way(tmp_path):
    rows = simulated(tmp_path, 60, DIRECT)
    assert [row[1] for row in rows[3:]] == [str(i) for i in range(1, 10)]
    assert [i for i, row in enumerate(rows) if row[0] == "1"] == [4]


def test_a_wide_input_is_a_shift_register_and_a_wide_output_a_tree(tmp_path):
    rows = simulated(tmp_path, 24, NARROW)
    expected = [str(i ^ (i - 1) ^ (i - 2)) for i in range(3, 11)]
    assert [row[1] for row in rows[4:]] == expected


def test_ports_of_odd_widths_fill_a_shift_register_together(tmp_path):
    ports = (("clk", "input", 1), ("a", "input", 3), ("b", "input", 30), ("y", "output", 33))
    plan = PinPlan.of(ports, 20)
    top = "module top (input clk, input [2:0] a, input [29:0] b, output [32:0] y);"
    (tmp_path / "all.sv").write_text(f"{top} assign y = {{b, a}}; endmodule {plan.text('top')}")
    said = verilator_says(
        tmp_path, ["-Wno-UNUSEDSIGNAL", "-Wno-DECLFILENAME", "all.sv"], "fcgen_pins"
    )
    assert said == ""
