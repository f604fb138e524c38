// Weights of a group of elements in the large single-port memories of an iCE40 UltraPlus: a word
// every cycle. They have no initial contents: every word is to be written before it is used.
//
// Latency: 2 cycles from address to word (the array's register, the output register), a new
// word every cycle. No reset. A write takes the only port: what is read in that cycle is
// undefined.
//
//   WIDTH, DEPTH  bits of a word, number of words, at most 16384; one SB_SPRAM256KA every 16 bits
//
// Synthesis tools define SYNTHESIS by themselves; for one that does not, define it.
module scratchpadWeightMemory #(
    parameter WIDTH = 16,
    parameter DEPTH = 1,
    parameter BITS  = DEPTH > 1 ? $clog2(DEPTH) : 1  // follows from DEPTH: leave it
) (
    input  wire             clk,
    input  wire [BITS-1:0]  address,
    input  wire             write,
    input  wire [BITS-1:0]  write_address,
    input  wire [WIDTH-1:0] write_data,
    output reg  [WIDTH-1:0] word
);
    wire [BITS-1:0] place = write ? write_address : address;

`ifdef SYNTHESIS
    localparam RAMS = (WIDTH + 15) / 16;
    wire [13:0] ram_place = {{14{1'b0}}, place};
    wire [16*RAMS-1:0] ram_data = {{16{1'b0}}, write_data};
    wire [16*RAMS-1:0] array;
    genvar k;
    generate
        for (k = 0; k < RAMS; k = k + 1) begin : rams
            SB_SPRAM256KA block_store (
                .CLOCK(clk), .ADDRESS(ram_place), .DATAIN(ram_data[16*k +: 16]),
                .MASKWREN(4'b1111), .WREN(write), .CHIPSELECT(1'b1),
                .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1), .DATAOUT(array[16*k +: 16])
            );
        end
    endgenerate
    always @(posedge clk) word <= array[WIDTH-1:0];
`else
    reg [WIDTH-1:0] block_store [0:DEPTH-1];
    reg [WIDTH-1:0] array;

    // The contents after power-up are some bits, not x: an idle element multiplies them with 0.
    integer i;
    initial for (i = 0; i < DEPTH; i = i + 1) block_store[i] = {WIDTH{1'b1}};

    always @(posedge clk) begin
        if (write) block_store[place] <= write_data;
        else array <= block_store[place];
        word <= array;
    end
`endif
endmodule
