// A layer that ZyNet generated (Layer_1), with registers on every port. ZyNet's own top has no port
// for the outputs of a layer without an argmax; here they are held and leave one a cycle, as
// between two layers of ZyNet, while the next vector is computed.
module zynet_layer #(
    parameter INPUTS = 1024,
    parameter OUTPUTS = 100,
    parameter BITS = 8,
    parameter WEIGHT_INTEGER_BITS = 1
) (
    input                 clk,
    input                 rst,
    input                 x_valid,
    input      [BITS-1:0] x,
    output reg            y_valid,
    output reg [BITS-1:0] y
);
    reg                              reset;
    reg                              valid;
    reg  [BITS-1:0]                  value;
    reg  [OUTPUTS*BITS-1:0]          held;
    reg  [$clog2(OUTPUTS+1)-1:0]     left;
    wire [OUTPUTS-1:0]               done;
    wire [OUTPUTS*BITS-1:0]          result;

    Layer_1 #(
        .NN(OUTPUTS),
        .numWeight(INPUTS),
        .dataWidth(BITS),
        .layerNum(1),
        .weightIntWidth(WEIGHT_INTEGER_BITS),
        .actType("relu")
    ) layer (
        .clk(clk),
        .rst(reset),
        .weightValid(1'b0),
        .biasValid(1'b0),
        .weightValue(32'd0),
        .biasValue(32'd0),
        .config_layer_num(32'd0),
        .config_neuron_num(32'd0),
        .x_valid(valid),
        .x_in(value),
        .o_valid(done),
        .x_out(result)
    );

    always @(posedge clk) begin
        reset   <= rst;
        valid   <= x_valid;
        value   <= x;
        y_valid <= left != 0;
        y       <= held[BITS-1:0];
        if (reset) left <= 0;
        else if (done[0]) left <= OUTPUTS;
        else if (left != 0) left <= left - 1'b1;
        if (done[0]) held <= result;
        else held <= held >> BITS;
    end
endmodule
