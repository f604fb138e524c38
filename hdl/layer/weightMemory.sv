// Weights of a group of elements: a word every cycle, from block RAM.
//
// Latency: 2 cycles from address to word (the array's register, the output register), a new
// word every cycle. No reset.
//
//   WIDTH, DEPTH  bits of a word, number of words
//   IMAGE         file that $readmemh reads: DEPTH words, one a line; a simulation of a design
//                 whose file is missing or too short ends at time 0
//
// Synthesis tools define SYNTHESIS by themselves; for one that does not, define it.
// FCGEN_RAM_REGISTER is for `fcgen synth` alone, which turns on the register that the RAM itself
// has at its output; the one in this text then goes.
module weightMemory #(
    parameter WIDTH = 8,
    parameter DEPTH = 1,
    parameter IMAGE = "",
    parameter BITS  = DEPTH > 1 ? $clog2(DEPTH) : 1  // follows from DEPTH: leave it
) (
    input  wire             clk,
    input  wire [BITS-1:0]  address,
    output reg  [WIDTH-1:0] word
);
    (* rom_style = "block", ram_style = "block", syn_romstyle = "block_rom" *)
    reg [WIDTH-1:0] block_store [0:DEPTH-1];
    reg [WIDTH-1:0] array;

`ifdef SYNTHESIS
    initial if (IMAGE != "") $readmemh(IMAGE, block_store);
`else
    // The last word must come from the file: filled with zeros and then with ones, it shows
    // both only when nothing was read. This also holds in simulators that know no x.
    initial begin
        if (IMAGE == "") $fatal(1, "%m: the parameter IMAGE names no file");
        block_store[DEPTH-1] = {WIDTH{1'b0}};
        $readmemh(IMAGE, block_store);
        if (block_store[DEPTH-1] == {WIDTH{1'b0}}) begin
            block_store[DEPTH-1] = {WIDTH{1'b1}};
            $readmemh(IMAGE, block_store);
            if (block_store[DEPTH-1] == {WIDTH{1'b1}})
                $fatal(1, "%m: %0s is missing or has less than %0d words", IMAGE, DEPTH);
        end
    end
`endif

`ifdef FCGEN_RAM_REGISTER
    always @(posedge clk) array <= block_store[address];
    always @* word = array;
`else
    always @(posedge clk) begin
        array <= block_store[address];
        word  <= array;
    end
`endif
endmodule
