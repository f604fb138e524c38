// Streams vectors of x.hex into zynet_layer, `interval` cycles from first beat to first beat, and
// prints each output, then the cycles from the first input to the last output of the first vector.
`timescale 1ns / 1ps
`include "include.v"

module zynet_bench;
    parameter VECTORS = 3;
    localparam INPUTS = `numWeightLayer1;
    localparam OUTPUTS = `numNeuronLayer1;

    reg        clk = 0;
    reg        rst = 1;
    reg        x_valid = 0;
    reg  [7:0] x = 0;
    wire       y_valid;
    wire [7:0] y;
    reg  [7:0] memory[0:INPUTS*VECTORS-1];
    integer    interval, cycle = 0, outputs = 0, latency = 0, vector, beat;

    zynet_layer dut (
        .clk(clk), .rst(rst), .x_valid(x_valid), .x(x), .y_valid(y_valid), .y(y)
    );

    always #5 clk = !clk;

    always @(posedge clk) begin
        if (x_valid || cycle != 0) cycle <= cycle + 1;
        if (y_valid) begin
            $display("output %0d", y);
            outputs = outputs + 1;
            if (outputs == OUTPUTS) latency = cycle + 1;
        end
    end

    initial begin
        if (!$value$plusargs("interval=%d", interval)) $finish;
        $readmemh("x.hex", memory);
        repeat (8) @(negedge clk);
        rst = 0;
        repeat (8) @(negedge clk);
        for (vector = 0; vector < VECTORS; vector = vector + 1)
            for (beat = 0; beat < interval; beat = beat + 1) begin
                x_valid = beat < INPUTS;
                x = beat < INPUTS ? memory[vector*INPUTS+beat] : 8'd0;
                @(negedge clk);
            end
        x_valid = 0;
        repeat (OUTPUTS + 64) @(negedge clk);
        $display("latency %0d", latency);
        $finish;
    end
endmodule
