// ice40Multiplier for all signs with one and two products, a ROM and a RAM of SB_RAM40_4K, and the
// large memory SB_SPRAM256KA, which Yosys' own models describe.
module top (
    input clk, write, input [7:0] a, b, input [15:0] c, d, input [9:0] to, from,
    output [31:0] two_00, two_01, two_10, two_11, one_00, one_01, one_10, one_11,
    output [37:0] uneven, output [15:0] constant, variable, scratchpad
);
    wire [15:0] pair = {b ^ 8'h5a, b};  // both halves run through all values
    ice40Multiplier #(8, 8, 0, 0, 2) t00 (clk, a, pair, two_00);
    ice40Multiplier #(8, 8, 0, 1, 2) t01 (clk, a, pair, two_01);
    ice40Multiplier #(8, 8, 1, 0, 2) t10 (clk, a, pair, two_10);
    ice40Multiplier #(8, 8, 1, 1, 2) t11 (clk, a, pair, two_11);
    ice40Multiplier #(16, 16, 0, 0, 1) o00 (clk, c, d, one_00);
    ice40Multiplier #(16, 16, 0, 1, 1) o01 (clk, c, d, one_01);
    ice40Multiplier #(16, 16, 1, 0, 1) o10 (clk, c, d, one_10);
    ice40Multiplier #(16, 16, 1, 1, 1) o11 (clk, c, d, one_11);
    ice40Multiplier #(13, 6, 1, 0, 1) u10 (clk, c[12:0], d[5:0], uneven[18:0]);
    ice40Multiplier #(13, 6, 0, 1, 1) u01 (clk, c[12:0], d[5:0], uneven[37:19]);

    reg [15:0] rom [0:511], ram [0:511];
    reg [15:0] of_rom, of_ram;
    initial $readmemh("16.mem", rom);
    initial $readmemh("16.mem", ram);
    always @(posedge clk) begin
        of_rom <= rom[from[8:0]];
        of_ram <= ram[from[8:0]];
        if (write) ram[to[8:0]] <= c;
    end
    assign constant = of_rom;
    assign variable = of_ram;

    scratchpad pad (clk, write, write ? to : from, d, scratchpad);
endmodule

module scratchpad (
    input clk, write, input [9:0] address, input [15:0] data, output [15:0] word
);
`ifdef SYNTHESIS
    SB_SPRAM256KA block (
        .ADDRESS({4'd0, address}), .DATAIN(data), .MASKWREN(4'b1111), .WREN(write),
        .CHIPSELECT(1'b1), .CLOCK(clk), .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1),
        .DATAOUT(word)
    );
`else
    reg [15:0] store [0:1023];
    reg [15:0] last;
    always @(posedge clk) begin
        last <= write ? 16'hxxxx : store[address];
        if (write) store[address] <= data;
    end
    assign word = last;
`endif
endmodule
