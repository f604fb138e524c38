// Requantizes the results that leave a column of element groups, one a lane and cycle.
//
// The beats of a vector always come in the same order, so that the address of the parameter
// memory is a counter of valid beats. The bus waits for the memory's word.
//
// Latency: latency cycles from bus and tag to results and next_tag.
// Initiation interval: 1 cycle. No handshake. Reset: drops what is on its way.
//
// Parameters of this module:
//     lanes = 1
//     words = 10
//     memory_latency = 2
//     accumulator_width = 20
//     value_width = 20
//     quotient_width = 8
//     output_bits = 8
//     rounding = half_even
//     saturation = saturate
//     bias = int18, stored
//     multiplier = 1
//     offset = 0
//     shift = 12
//     zero_point = 0
//     lo = -128
//     hi = 127
//
// Ports:
//     bus : In(lanes * plan.accumulator_width)
//         Lane 0 in the least significant bits.
//     tag, next_tag : In, Out(3)
//         See DrainController.
//     address : Out(range(words)), only when the plan stores something
//         Word of the parameter memory.
//     word : In(lanes * plan.word_width), only when the plan stores something
//         The word, memory_latency cycles after its address; lane 0 and its first field lowest.
//     results : Out(lanes * plan.output_bits)
module requantizerColumn (
    input  wire        clk,
    input  wire        rst,
    input  wire [19:0] bus,
    input  wire [2:0]  tag,
    output wire [7:0]  results,
    output wire [2:0]  next_tag,
    output reg  [3:0]  address,
    input  wire [17:0] word
);
    reg  [19:0] bus_waiting_2;
    reg  [19:0] bus_waiting_1;
    reg  valid_1;
    reg  valid_2;
    reg  valid_3;
    reg  valid_4;
    reg  valid_5;
    reg  valid_6;
    reg  [1:0] kind_1;
    reg  [1:0] kind_2;
    reg  [1:0] kind_3;
    reg  [1:0] kind_4;
    reg  [1:0] kind_5;
    reg  [1:0] kind_6;

    assign next_tag = {kind_6, valid_6};

    requantizer requantizer_0 (
        .clk(clk),
        .accumulator(bus_waiting_2),
        .bias(word),
        .result(results)
    );

    always_ff @(posedge clk) begin
        bus_waiting_1 <= bus;
        bus_waiting_2 <= bus_waiting_1;
        kind_1 <= tag[2:1];
        kind_2 <= kind_1;
        kind_3 <= kind_2;
        kind_4 <= kind_3;
        kind_5 <= kind_4;
        kind_6 <= kind_5;
        if (rst) begin
            address <= 4'd0;
            valid_1 <= 1'b0;
            valid_2 <= 1'b0;
            valid_3 <= 1'b0;
            valid_4 <= 1'b0;
            valid_5 <= 1'b0;
            valid_6 <= 1'b0;
        end else begin
            valid_1 <= tag[0];
            valid_2 <= valid_1;
            valid_3 <= valid_2;
            valid_4 <= valid_3;
            valid_5 <= valid_4;
            valid_6 <= valid_5;
            if (tag[0]) begin
                if (tag[2]) address <= 4'd0;
                else address <= address + 4'd1;
            end
        end
    end
endmodule
