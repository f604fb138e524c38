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
    reg [WIDTH-1:0] store [0:DEPTH-1];
    reg [WIDTH-1:0] array;

`ifdef SYNTHESIS
    initial if (IMAGE != "") $readmemh(IMAGE, store);
`else
    // The last word must come from the file: filled with zeros and then with ones, it shows
    // both only when nothing was read. This also holds in simulators that know no x.
    initial begin
        if (IMAGE == "") $fatal(1, "%m: the parameter IMAGE names no file");
        store[DEPTH-1] = {WIDTH{1'b0}};
        $readmemh(IMAGE, store);
        if (store[DEPTH-1] == {WIDTH{1'b0}}) begin
            store[DEPTH-1] = {WIDTH{1'b1}};
            $readmemh(IMAGE, store);
            if (store[DEPTH-1] == {WIDTH{1'b1}})
                $fatal(1, "%m: %0s is missing or has less than %0d words", IMAGE, DEPTH);
        end
    end
`endif

    always @(posedge clk) begin
        array <= store[address];
        word  <= array;
    end
endmodule
