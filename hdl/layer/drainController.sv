// Counts the beats in which a finished neuron fold leaves the elements.
//
// fold_end loads the results of all elements of the first group; from the next cycle on, beat
// 0, 1, ... drain_beats - 1 of them pass, one a cycle. The number of a beat is the row of its
// group, and below that its place in the group. Each comes with a tag: bit 0 valid, bit 1 last
// beat of its fold, bit 2 last beat of its vector (then bit 1 does not count). In the last fold of
// a vector, beats behind the last neuron are not valid.
//
// Latency: 1 cycle from fold_end to beat 0. Initiation interval: drain_beats cycles, which
// is never more than SF, the distance of two fold ends. Reset: forgets the fold under way.
//
// Parameters of this module:
//     drain_beats = 8
//     last_fold_beats = 2
//     neuron_folds = 2
//     beat_width = 3
//     group_beats = 4
//
// Ports:
//     fold_end : In(1)
//         A fold's results stand in the elements of the first group from the next cycle on.
//     beat : Out(beat_width)
//         Beat that shall pass.
//     own : Out(1)
//         It is one of the first group's: its row is 0.
//     tag : Out(3)
//         What the beat is.
module drainController (
    input  wire       clk,
    input  wire       rst,
    input  wire       fold_end,
    output reg  [2:0] beat,
    output reg        own,
    output wire [2:0] tag
);
    reg  draining;
    reg  last_fold;

    wire last_beat = beat == 3'd7;
    assign tag[0] = draining & (!last_fold | (beat < 3'd2));
    assign tag[2] = last_fold & (beat == 3'd1);
    assign tag[1] = last_beat;

    always_ff @(posedge clk) begin
        if (rst) begin
            beat <= 3'd0;
            own <= 1'b1;
            draining <= 1'b0;
            last_fold <= 1'b0;
        end else begin
            if (fold_end) begin
                beat <= 3'd0;
                own <= 1'b1;
                draining <= 1'b1;
            end else if (last_beat) begin
                draining <= 1'b0;
            end else begin
                beat <= beat + 3'd1;
                if (beat[1:0] == 2'd3) own <= 1'b0;
            end
            if (draining & last_beat) begin
                if (last_fold) last_fold <= 1'b0;
                else last_fold <= !last_fold;
            end
        end
    end
endmodule
