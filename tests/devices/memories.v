// What synth_ecp5 and synth_gowin make block RAMs of: a ROM and a simple dual-port RAM of each
// width, words that are read wider or narrower than they are written, and ports that read what
// they write.

// With REGISTERS = 2 the last register is left to the block's own one in the netlist.
module rom #(parameter WIDTH = 1, BITS = 14, REGISTERS = 2, IMAGE = "") (
    input clk, input [BITS-1:0] address, output [WIDTH-1:0] word
);
    (* rom_style = "block" *) reg [WIDTH-1:0] store [0:(1<<BITS)-1];
    reg [WIDTH-1:0] array, last;
    initial if (IMAGE != "") $readmemh(IMAGE, store);
    always @(posedge clk) begin
        array <= store[address];
        last <= array;
    end
`ifdef SYNTHESIS
    assign word = array;
`else
    assign word = REGISTERS == 2 ? last : array;
`endif
endmodule

module ram #(parameter WIDTH = 1, BITS = 14, IMAGE = "") (
    input clk, write, read, reset, input [BITS-1:0] to, from, input [WIDTH-1:0] data,
    output reg [WIDTH-1:0] word
);
    (* ram_style = "block" *) reg [WIDTH-1:0] store [0:(1<<BITS)-1];
    initial if (IMAGE != "") $readmemh(IMAGE, store);
    initial word = 0;
    always @(posedge clk) begin
        if (write) store[to] <= data;
        if (reset) word <= 0;
        else if (read) word <= store[from];
    end
endmodule

module widening (
    input clk, write, input [10:0] to, input [8:0] from, input [8:0] data, output reg [35:0] word
);
    (* ram_style = "block" *) reg [8:0] store [0:2047];
    initial $readmemh("9.mem", store);
    always @(posedge clk) begin
        if (write) store[to] <= data;
        word <= {store[{from, 2'd3}], store[{from, 2'd2}], store[{from, 2'd1}], store[{from, 2'd0}]};
    end
endmodule

module narrowing (
    input clk, write, input [8:0] to, input [10:0] from, input [35:0] data, input [3:0] bytes,
    output reg [8:0] word
);
    (* ram_style = "block" *) reg [8:0] store [0:2047];
    initial $readmemh("9.mem", store);
    integer k;
    always @(posedge clk) begin
        for (k = 0; k < 4; k = k + 1)
            if (write && bytes[k]) store[{to, k[1:0]}] <= data[9*k +: 9];
        word <= store[from];
    end
endmodule

module shared #(parameter MODE = 0) (
    input clk, enable, write, input [9:0] address, input [17:0] data, output reg [17:0] word
);
    (* ram_style = "block" *) reg [17:0] store [0:1023];
    initial $readmemh("18.mem", store);
    initial word = 0;
    always @(posedge clk) if (enable) begin
        if (write) store[address] <= data;
        if (MODE == 0 && !write || MODE == 2) word <= store[address];
        if (MODE == 1) word <= write ? data : store[address];
    end
endmodule

module both_ports (
    input clk, write_a, write_b, input [10:0] a, b, input [8:0] data_a, data_b,
    output reg [8:0] word_a, word_b
);
    (* ram_style = "block", no_rw_check *) reg [8:0] store [0:2047];
    initial $readmemh("9.mem", store);
    always @(posedge clk) begin
        if (write_a) store[a] <= data_a; else word_a <= store[a];
    end
    always @(posedge clk) begin
        if (write_b) store[b] <= data_b; else word_b <= store[b];
    end
endmodule

module top (
    input clk, write, read, reset, other, input [13:0] to, from, input [35:0] data,
    output [69:0] constant, variable, output [44:0] first_reads, output [44:0] mixed,
    output [53:0] ports, output [17:0] two
);
    rom #(1, 14, 2, "1.mem") block_store_1 (clk, from, constant[0]);
    rom #(2, 13, 2, "2.mem") block_store_2 (clk, from[12:0], constant[2:1]);
    rom #(4, 12, 2, "4.mem") block_store_4 (clk, from[11:0], constant[6:3]);
    rom #(9, 11, 2, "9.mem") block_store_9 (clk, from[10:0], constant[15:7]);
    rom #(18, 10, 2, "18.mem") block_store_18 (clk, from[9:0], constant[33:16]);
    rom #(36, 9, 2, "36.mem") block_store_36 (clk, from[8:0], constant[69:34]);
    rom #(9, 11, 1, "9.mem") rom_9 (clk, from[10:0], first_reads[8:0]);
    rom #(36, 9, 1, "36.mem") rom_36 (clk, from[8:0], first_reads[44:9]);

    ram #(1, 14, "1.mem") ram_1 (clk, write, read, reset, to, from, data[0], variable[0]);
    ram #(2, 13, "2.mem")
        ram_2 (clk, write, read, reset, to[12:0], from[12:0], data[1:0], variable[2:1]);
    ram #(4, 12, "4.mem")
        ram_4 (clk, write, read, reset, to[11:0], from[11:0], data[3:0], variable[6:3]);
    ram #(9, 11, "9.mem")
        ram_9 (clk, write, read, reset, to[10:0], from[10:0], data[8:0], variable[15:7]);
    ram #(18, 10, "18.mem")
        ram_18 (clk, write, read, reset, to[9:0], from[9:0], data[17:0], variable[33:16]);
    ram #(36, 9, "36.mem")
        ram_36 (clk, write, read, reset, to[8:0], from[8:0], data, variable[69:34]);

    widening widening (clk, write, to[10:0], from[8:0], data[8:0], mixed[35:0]);
    narrowing narrowing (clk, write, to[8:0], from[10:0], data, to[13:10], mixed[44:36]);

    shared #(0) no_change (clk, read, write, to[9:0], data[17:0], ports[17:0]);
    shared #(1) new_word (clk, read, write, to[9:0], data[17:0], ports[35:18]);
    shared #(2) old_word (clk, read, write, to[9:0], data[17:0], ports[53:36]);
    both_ports both_ports (
        clk, write, other, {1'b0, to[9:0]}, {1'b1, from[9:0]}, data[8:0], data[17:9],
        two[8:0], two[17:9]
    );
endmodule
