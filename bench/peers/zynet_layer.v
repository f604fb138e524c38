// A layer that ZyNet generated (Layer_1) with its outputs as a stream. ZyNet's own top has no port
// for the outputs of a layer without an argmax; here they are held and leave one a cycle, as
// between two layers of ZyNet, while the next vector is computed.
`include "include.v"

module zynet_layer (
    input                   clk,
    input                   rst,
    input                   x_valid,
    input  [`dataWidth-1:0] x,
    output                  y_valid,
    output [`dataWidth-1:0] y
);
    localparam OUTPUTS = `numNeuronLayer1;
    localparam BITS = `dataWidth;

    reg  [OUTPUTS*BITS-1:0]      held;
    reg  [$clog2(OUTPUTS+1)-1:0] left;
    wire [OUTPUTS-1:0]           done;
    wire [OUTPUTS*BITS-1:0]      result;

    assign y_valid = left != 0;
    assign y = held[BITS-1:0];

    Layer_1 #(
        .NN(OUTPUTS),
        .numWeight(`numWeightLayer1),
        .dataWidth(BITS),
        .layerNum(1),
        .weightIntWidth(`weightIntWidth),
        .actType(`Layer1ActType)
    ) layer (
        .clk(clk),
        .rst(rst),
        .weightValid(1'b0),
        .biasValid(1'b0),
        .weightValue(32'd0),
        .biasValue(32'd0),
        .config_layer_num(32'd0),
        .config_neuron_num(32'd0),
        .x_valid(x_valid),
        .x_in(x),
        .o_valid(done),
        .x_out(result)
    );

    always @(posedge clk) begin
        if (rst) left <= 0;
        else if (done[0]) left <= OUTPUTS;
        else if (left != 0) left <= left - 1'b1;
        if (done[0]) held <= result;
        else held <= held >> BITS;
    end
endmodule
