// Processing elements that share a weight bank and one stop of the chain.
//
// Activations, weight address, last and the drain beat arrive from the group before and leave
// for the next one a cycle later, so that no net reaches all elements. Results leave on a bus
// that travels along: the group puts in its own when own says that the beat that passes is
// one of its own, and counts the beat's row down for the group behind it, whose own it finds a
// cycle ahead. All groups are therefore alike, wherever they stand.
//
// Latency: 1 cycle from every input to its next_ output. Initiation interval: 1 cycle.
// No handshake. Reset: clears the valid bit of the tag only.
//
// Parameters of this module:
//     elements = 4
//     lanes = 1
//     beats = 4
//     simd = 3
//     activation = int8
//     weight = int8
//     accumulator_width = 20
//     address_width = 5
//     beat_width = 3
//
// Ports:
//     address, next_address : In, Out(address_width)
//         Word of the weight banks; it runs two cycles, the banks' latency, ahead of its activations.
//     activations, next_activations : In, Out(simd * activation.computed.bits)
//         Lane 0 in the least significant bits; see ProcessingElement.
//     weights : In(elements * simd * weight.bits)
//         Word of the bank, element 0 and lane 0 in the least significant bits.
//     last, next_last : In, Out(1)
//         See ProcessingElement.
//     beat, next_beat : In, Out(beat_width)
//         Beat on the bus, see DrainController; the row is counted from this group.
//     own, next_own : In, Out(1)
//         The beat is one of this group's: its row is 0.
//     tag, next_tag : In, Out(TAG_WIDTH)
//         What the beat is: see DrainController.
//     bus, next_bus : In, Out(lanes * accumulator_width)
//         Results, lane 0 in the least significant bits.
module elementGroup (
    input  wire        clk,
    input  wire        rst,
    input  wire [4:0]  address,
    input  wire [23:0] activations,
    input  wire        last,
    input  wire [2:0]  beat,
    input  wire        own,
    input  wire [2:0]  tag,
    input  wire [19:0] bus,
    input  wire [95:0] weights,
    output reg  [4:0]  next_address,
    output reg  [23:0] next_activations,
    output reg         next_last,
    output reg  [2:0]  next_beat,
    output reg         next_own,
    output wire [2:0]  next_tag,
    output reg  [19:0] next_bus
);
    wire signed [19:0] element_0_result;
    wire signed [19:0] element_1_result;
    wire signed [19:0] element_2_result;
    wire signed [19:0] element_3_result;
    reg  valid_register;
    reg  [1:0] kind_register;

    assign next_tag = {kind_register, valid_register};

    processingElement element_0 (
        .clk(clk),
        .activations(activations),
        .weights(weights[23:0]),
        .last(last),
        .result(element_0_result)
    );
    processingElement element_1 (
        .clk(clk),
        .activations(activations),
        .weights(weights[47:24]),
        .last(last),
        .result(element_1_result)
    );
    processingElement element_2 (
        .clk(clk),
        .activations(activations),
        .weights(weights[71:48]),
        .last(last),
        .result(element_2_result)
    );
    processingElement element_3 (
        .clk(clk),
        .activations(activations),
        .weights(weights[95:72]),
        .last(last),
        .result(element_3_result)
    );

    always_ff @(posedge clk) begin
        next_address <= address;
        next_activations <= activations;
        next_last <= last;
        next_beat <= {!beat[2], beat[1:0]};
        next_own <= beat[2];
        kind_register <= tag[2:1];
        if (own) begin
            if (beat[1]) begin
                if (beat[0]) next_bus <= element_3_result;
                else next_bus <= element_2_result;
            end else if (beat[0]) begin
                next_bus <= element_1_result;
            end else begin
                next_bus <= element_0_result;
            end
        end else begin
            next_bus <= bus;
        end
        if (rst) valid_register <= 1'b0;
        else valid_register <= tag[0];
    end
endmodule
