// Packs beats of R results, some of them partial, into output beats of L lanes.
//
// A word of the store has word_lanes (K) lanes: L, or the next multiple of L where more than
// L results arrive at once. Results are appended at the lane where the last one ended; the end of
// a vector fills up its word, so that every vector begins a word. The writer never asks for room:
// the layer controller's credits guarantee it.
//
// Latency: a result that completes a word is at the output latency cycles later: two, or three
// from a store of several memories in look-up tables.
// Initiation interval: 1 cycle a beat on either side. Handshake: none at the input, valid/ready
// at the output. Reset: the queue is empty.
//
// Parameters of this module:
//     result_lanes = 1
//     output_lanes = 1
//     outputs = 10
//     pe = 8
//     width = 8
//     words = 33
//
// Ports:
//     results : In(result_lanes * width)
//         Lane 0 in the least significant bits.
//     tag : In(3)
//         Valid, last beat of a fold, last beat of a vector: see DrainController.
//     word_taken : Out(1)
//         A word leaves the store.
//     out_payload : Out(output_lanes * width)
//         Lane 0 in the least significant bits; unused lanes of a vector's last beat are 0.
//     out_valid, out_ready : Out, In(1)
//     out_first, out_last : Out(1)
//         First and last beat of a vector.
// Some bits are not needed with these parameters: tag.
// verilator lint_off UNUSEDSIGNAL
module resultQueue (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] results,
    input  wire [2:0] tag,
    output wire       word_taken,
    output reg  [7:0] out_payload,
    output reg        out_valid,
    input  wire       out_ready,
    output reg        out_first,
    output reg        out_last
);
    reg  [5:0] lane_0_write_address;
    reg  [5:0] stored;
    reg  any_stored;
    reg  [5:0] lane_0_read_address;
    reg  [3:0] position;
    (* no_rw_check *)
    reg  [7:0] lane_0 [0:32];

    wire [5:0] next_word = (lane_0_write_address == 6'd32) ? 6'd0 : lane_0_write_address + 6'd1;
    wire completed = tag[0];
    wire advance = !out_valid | out_ready;
    assign word_taken = advance & any_stored;
    wire presented = advance & word_taken;

    always_ff @(posedge clk) begin
        if (rst) begin
            lane_0_write_address <= 6'd0;
            out_valid <= 1'b0;
            stored <= 6'd0;
            any_stored <= 1'b0;
            lane_0_read_address <= 6'd0;
            position <= 4'd0;
            out_first <= 1'b0;
            out_last <= 1'b0;
        end else begin
            stored <= stored + 6'(completed) - 6'(word_taken);
            any_stored <= completed | (stored > 6'd1) | (any_stored & !word_taken);
            if (completed) lane_0_write_address <= next_word;
            if (advance) out_valid <= word_taken;
            if (word_taken) begin
                if (lane_0_read_address == 6'd32) lane_0_read_address <= 6'd0;
                else lane_0_read_address <= lane_0_read_address + 6'd1;
            end
            if (presented) begin
                out_first <= position == 4'd0;
                out_last <= position == 4'd9;
                if (position == 4'd9) position <= 4'd0;
                else position <= position + 4'd1;
            end
        end
        if (tag[0]) lane_0[lane_0_write_address] <= results;
        if (word_taken) out_payload <= lane_0[lane_0_read_address];
    end
endmodule
// verilator lint_on UNUSEDSIGNAL
