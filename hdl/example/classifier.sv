// Which of ten classes? The layer of this folder in a design of your own.
//
// 45 bytes come in one by one, 10 numbers leave the layer one by one, and the number of the largest
// one is the answer; of equal ones the first. Written by hand, to show all that there is to do:
// pack as many values as a beat has lanes, mark the first and the last beat of a vector, and take
// the outputs. Bytes of the next vector may come while the layer works.
module classifier (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] value,        // a signed byte, x[0] first
    input  wire       value_valid,
    output wire       value_ready,
    output reg  [3:0] best,         // holds until the next one
    output reg        best_valid    // one cycle
);
    localparam [1:0] LANES = 2'd3;      // SIMD of the layer: values a beat
    localparam [3:0] LAST_BEAT = 4'd14; // beats 0 to 14 make a vector

    // Inputs: three bytes make a beat, the first one in the least significant bits.
    reg [8*LANES-1:0] beat;
    reg [1:0] lane;                 // bytes that are there
    reg [3:0] number;               // of the beat
    wire beat_valid = lane == LANES;
    wire beat_ready;
    assign value_ready = !beat_valid;

    always @(posedge clk) begin
        if (rst) begin
            lane <= 2'd0;
            number <= 4'd0;
        end else if (beat_valid) begin
            if (beat_ready) begin
                lane <= 2'd0;
                number <= number == LAST_BEAT ? 4'd0 : number + 4'd1;
            end
        end else if (value_valid) begin
            beat <= {value, beat[8*LANES-1:8]};
            lane <= lane + 2'd1;
        end
    end

    wire signed [7:0] score;        // one output a beat
    wire score_valid, score_first, score_last;
    // verilator lint_off UNUSEDSIGNAL
    wire broken;
    // verilator lint_on UNUSEDSIGNAL

    layer u_layer (
        .clk(clk),
        .rst(rst),
        .in_payload(beat),
        .in_valid(beat_valid),
        .in_ready(beat_ready),
        .in_first(number == 4'd0),
        .in_last(number == LAST_BEAT),
        .out_payload(score),
        .out_valid(score_valid),
        .out_ready(1'b1),           // always: the answer is no slower than the layer
        .out_first(score_first),
        .out_last(score_last),
        .error(broken)              // framing is wrong: never, as the beats are counted here
    );

    // Outputs: the largest one so far, and where it was.
    reg signed [7:0] largest;
    reg [3:0] leader, position;
    wire better = score_first || score > largest;

    always @(posedge clk) begin
        best_valid <= 1'b0;
        if (rst) begin
            position <= 4'd0;
        end else if (score_valid) begin
            position <= score_last ? 4'd0 : position + 4'd1;
            if (better) begin
                largest <= score;
                leader <= position;
            end
            if (score_last) begin
                best <= better ? position : leader;
                best_valid <= 1'b1;
            end
        end
    end
endmodule
