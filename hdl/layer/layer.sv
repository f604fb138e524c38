// Fully connected layer y = requantize(W*x + b) on P elements of S lanes.
//
// The vector memory keeps two input vectors; the controller reads one of them NF times, beat by
// beat. Activations, weight addresses and control pass from group to group of elements, one cycle
// each; a fold's results leave on a bus that travels the same way, while the next fold is summed,
// through requantizers into a queue that forms output beats.
//
// Latency: latency and latency_first, see LayerTiming. Initiation interval:
// max(SF*NF, ceil(M/L)) cycles a vector, for every folding. Handshake: valid/ready on both sides;
// payload, first and last hold while valid and not ready. Reset: one cycle of rst at any time
// drops everything; the sums on their way are flushed before the next vector. Nothing depends
// on power-up values, so that a reset must come first.
//
// Parameters of this module:
//     inputs = 45
//     outputs = 10
//     pe = 8
//     simd = 3
//     output_lanes = 1
//     activation = int8
//     weight = int8
//     initiation_interval = 30
//     latency = 63
//     latency_first = 47
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
//     in_payload : In(S * activation.bits)
//         Beat k carries inputs k*S + lane, lane 0 in the least significant bits; the unused lanes
//         of the last beat are ignored. Bipolar ones are stored: a bit a lane, 1 for +1.
//     in_valid, in_ready, in_first, in_last : In, Out, In, In(1)
//     out_payload : Out(L * output.bits)
//         Beat k carries outputs k*L + lane; unused lanes of the last beat are 0.
//     out_valid, out_ready, out_first, out_last : Out, In, Out, Out(1)
//     error : Out(1)
//         A framing error was seen since the reset: see VectorMemory.
//     parameter_hold, parameter_held, parameter_address, parameter_write, parameter_write_data,
//     parameter_read, parameter_refused, parameter_read_data, parameter_read_valid
//         Only with run-time weights, of a layer that stands alone: see ParameterPort.
//     chain_index, ..., next_index, ..., hold_input, input_empty, fold_end, vector_end
//         Only in a network with run-time weights, of which the last four are those of the first and
//         of the last layer: see ParameterTap, ParameterPort and VectorsInFlight.
// Outputs that nothing reads are left open.
// verilator lint_off PINCONNECTEMPTY
module layer (
    input  wire        clk,
    input  wire        rst,
    input  wire [23:0] in_payload,
    input  wire        in_valid,
    output wire        in_ready,
    input  wire        in_first,
    input  wire        in_last,
    output wire [7:0]  out_payload,
    output wire        out_valid,
    input  wire        out_ready,
    output wire        out_first,
    output wire        out_last,
    output wire        error
);
    wire controller_vector_end;
    wire [3:0] controller_synapse_fold;
    wire controller_available;
    wire [23:0] vector_memory_word;
    reg  controller_word_taken;
    wire [4:0] controller_address;
    wire controller_issue;
    wire controller_fold_end;
    wire controller_flushing;
    reg  drain_fold_end;
    wire [2:0] drain_beat;
    wire drain_own;
    wire [2:0] drain_tag;
    wire [7:0] column_0_results;
    wire [2:0] column_0_next_tag;
    wire queue_word_taken;
    reg  [4:0] address;
    wire [95:0] group_0_weights;
    wire [4:0] group_0_next_address;
    wire [95:0] group_1_weights;
    wire [3:0] column_0_address;
    wire [17:0] column_0_word;
    reg  [23:0] activations;
    wire [23:0] group_0_next_activations;
    wire group_0_next_last;
    wire [2:0] group_0_next_beat;
    wire group_0_next_own;
    wire [2:0] group_0_next_tag;
    wire [19:0] group_0_next_bus;
    wire [2:0] column_0_tag;
    wire [19:0] column_0_bus;
    reg  fold_end_1;
    reg  fold_end_2;
    reg  fold_end_3;
    reg  fold_end_4;
    reg  fold_end_5;
    reg  fold_end_6;
    reg  issued_1;
    reg  issued_2;

    wire group_0_last = drain_fold_end | controller_flushing;

    vectorMemory vector_memory (
        .clk(clk),
        .rst(rst),
        .in_payload(in_payload),
        .in_valid(in_valid),
        .in_first(in_first),
        .in_last(in_last),
        .vector_end(controller_vector_end),
        .address(controller_synapse_fold),
        .in_ready(in_ready),
        .available(controller_available),
        .word(vector_memory_word),
        .error(error)
    );
    layerController controller (
        .clk(clk),
        .rst(rst),
        .available(controller_available),
        .word_taken(controller_word_taken),
        .vector_end(controller_vector_end),
        .synapse_fold(controller_synapse_fold),
        .address(controller_address),
        .issue(controller_issue),
        .fold_end(controller_fold_end),
        .flushing(controller_flushing)
    );
    drainController drain (
        .clk(clk),
        .rst(rst),
        .fold_end(drain_fold_end),
        .beat(drain_beat),
        .own(drain_own),
        .tag(drain_tag)
    );
    resultQueue queue (
        .clk(clk),
        .rst(rst),
        .results(column_0_results),
        .tag(column_0_next_tag),
        .out_ready(out_ready),
        .word_taken(queue_word_taken),
        .out_payload(out_payload),
        .out_valid(out_valid),
        .out_first(out_first),
        .out_last(out_last)
    );
    weightMemory #(
        .WIDTH(96),
        .DEPTH(30),
        .IMAGE("weights_0.hex")
    ) weights_0 (
        .clk(clk),
        .address(address),
        .word(group_0_weights)
    );
    weightMemory #(
        .WIDTH(96),
        .DEPTH(30),
        .IMAGE("weights_1.hex")
    ) weights_1 (
        .clk(clk),
        .address(group_0_next_address),
        .word(group_1_weights)
    );
    parameterMemory #(
        .WIDTH(18),
        .DEPTH(10),
        .IMAGE("parameters_0.hex")
    ) parameters_0 (
        .clk(clk),
        .address(column_0_address),
        .word(column_0_word)
    );
    elementGroup group_0 (
        .clk(clk),
        .rst(rst),
        .address(address),
        .activations(activations),
        .last(group_0_last),
        .beat(drain_beat),
        .own(drain_own),
        .tag(drain_tag),
        .bus(20'd0),
        .weights(group_0_weights),
        .next_address(group_0_next_address),
        .next_activations(group_0_next_activations),
        .next_last(group_0_next_last),
        .next_beat(group_0_next_beat),
        .next_own(group_0_next_own),
        .next_tag(group_0_next_tag),
        .next_bus(group_0_next_bus)
    );
    elementGroup group_1 (
        .clk(clk),
        .rst(rst),
        .address(group_0_next_address),
        .activations(group_0_next_activations),
        .last(group_0_next_last),
        .beat(group_0_next_beat),
        .own(group_0_next_own),
        .tag(group_0_next_tag),
        .bus(group_0_next_bus),
        .weights(group_1_weights),
        .next_address(),
        .next_activations(),
        .next_last(),
        .next_beat(),
        .next_own(),
        .next_tag(column_0_tag),
        .next_bus(column_0_bus)
    );
    requantizerColumn column_0 (
        .clk(clk),
        .rst(rst),
        .bus(column_0_bus),
        .tag(column_0_tag),
        .word(column_0_word),
        .results(column_0_results),
        .next_tag(column_0_next_tag),
        .address(column_0_address)
    );

    always_ff @(posedge clk) begin
        address <= controller_address;
        if (rst) begin
            fold_end_1 <= 1'b0;
            fold_end_2 <= 1'b0;
            fold_end_3 <= 1'b0;
            fold_end_4 <= 1'b0;
            fold_end_5 <= 1'b0;
            fold_end_6 <= 1'b0;
            drain_fold_end <= 1'b0;
            issued_1 <= 1'b0;
            issued_2 <= 1'b0;
            controller_word_taken <= 1'b0;
        end else begin
            fold_end_1 <= controller_fold_end;
            fold_end_2 <= fold_end_1;
            fold_end_3 <= fold_end_2;
            fold_end_4 <= fold_end_3;
            fold_end_5 <= fold_end_4;
            fold_end_6 <= fold_end_5;
            drain_fold_end <= fold_end_6;
            issued_1 <= controller_issue;
            issued_2 <= issued_1;
            controller_word_taken <= queue_word_taken;
        end
        if (issued_2) activations <= vector_memory_word;
        else activations <= 24'd0;
    end
endmodule
// verilator lint_on PINCONNECTEMPTY
