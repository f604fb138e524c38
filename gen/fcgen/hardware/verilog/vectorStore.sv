// Two input vectors in block RAM: one is written while the other one is read.
//
// Latency: 2 cycles from address to word (the array's register, the output register), a new
// word every cycle. No reset, no initial contents. A word must not be read in the cycle in which
// it is written.
//
//   WIDTH, DEPTH  bits of a word, number of words
//
// FCGEN_RAM_REGISTER is for `fcgen synth` alone, which turns on the register that the RAM itself
// has at its output; the one in this text then goes.
module vectorStore #(
    parameter WIDTH = 8,
    parameter DEPTH = 2,
    parameter BITS  = DEPTH > 1 ? $clog2(DEPTH) : 1  // follows from DEPTH: leave it
) (
    input  wire             clk,
    input  wire [BITS-1:0]  address,
    input  wire             write,
    input  wire [BITS-1:0]  write_address,
    input  wire [WIDTH-1:0] write_data,
    output reg  [WIDTH-1:0] word
);
    (* no_rw_check, ram_style = "block", syn_ramstyle = "block_ram" *)
    reg [WIDTH-1:0] block_store [0:DEPTH-1];
    reg [WIDTH-1:0] array;

`ifdef FCGEN_RAM_REGISTER
    always @(posedge clk) array <= block_store[address];
    always @* word = array;
`else
    always @(posedge clk) begin
        array <= block_store[address];
        word  <= array;
    end
`endif

    always @(posedge clk) if (write) block_store[write_address] <= write_data;
endmodule
