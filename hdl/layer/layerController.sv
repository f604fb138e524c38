// Walks every synapse fold of every neuron fold, as long as results have a place to go.
//
// A beat is issued in every cycle in which a vector is available; only the last beat of a neuron
// fold may wait, until the result queue has room for the whole fold. The multipliers behind
// therefore never stall: what has been issued always arrives. Room is counted in credits, one a
// result: a fold takes P (the last one of a vector also the places that padding fills), every
// word that leaves the queue gives its places back. The count follows a cycle later, so that no
// path leads from the queue through the counter to the multipliers; folds of a single beat,
// which can end in the very next cycle, therefore need room for two.
//
// After a reset the controller issues nothing for flush cycles and asserts flushing,
// which clears all accumulators as it travels behind the data that was on its way. Meanwhile it
// stands at the last beat of a fold and has no credits, which is what keeps it from issuing.
//
// Latency: none, the outputs belong to the current cycle. Initiation interval: SF*NF cycles a
// vector. Handshake: available/vector_end with the vector memory, credits with the queue.
//
// Parameters of this module:
//     synapse_folds = 15
//     neuron_folds = 2
//     fold_credits = 8
//     last_fold_credits = 2
//     word_credits = 1
//     capacity = 33
//     flush = 8
//
// Ports:
//     available, vector_end : In, Out(1)
//         A vector is there; its last beat is read now.
//     synapse_fold : Out(range(SF))
//         Beat of the vector to read.
//     address : Out(range(SF * NF))
//         Word of the weight banks, neuron fold * SF + synapse fold.
//     issue : Out(1)
//         The addresses are in use in this cycle.
//     fold_end : Out(1)
//         The beat issued is the last one of its neuron fold.
//     word_taken : In(1)
//         A word has left the result queue.
//     flushing : Out(1)
//         The accumulators are being cleared.
module layerController (
    input  wire       clk,
    input  wire       rst,
    input  wire       available,
    output wire       vector_end,
    output reg  [3:0] synapse_fold,
    output reg  [4:0] address,
    output wire       issue,
    output wire       fold_end,
    input  wire       word_taken,
    output reg        flushing
);
    reg  [2:0] count;
    reg  flush_ends;
    reg  last_synapse_fold;
    reg  signed [5:0] change;
    reg  signed [5:0] spare;
    reg  neuron_fold;
    reg  last_neuron_fold;

    wire flush_follows = flushing & (count == 3'd6);
    wire room_for_fold = spare >= 6'sd0;
    assign issue = available & (!last_synapse_fold | room_for_fold);
    assign fold_end = issue & last_synapse_fold;
    assign vector_end = fold_end & last_neuron_fold;

    always_ff @(posedge clk) begin
        if (rst) begin
            flushing <= 1'b1;
            count <= 3'd0;
            flush_ends <= 1'b0;
            synapse_fold <= 4'd0;
            last_synapse_fold <= 1'b1;
            change <= 6'd0;
            spare <= 6'd56;
            neuron_fold <= 1'b0;
            last_neuron_fold <= 1'b0;
            address <= 5'd0;
        end else begin
            flush_ends <= flush_follows;
            spare <= spare + change;
            if (flush_ends) flushing <= 1'b0;
            if (flushing) count <= count + 3'd1;
            if (issue) begin
                if (last_synapse_fold) synapse_fold <= 4'd0;
                else synapse_fold <= synapse_fold + 4'd1;
                if (vector_end) address <= 5'd0;
                else address <= address + 5'd1;
            end
            if (issue | flush_ends) last_synapse_fold <= !flush_ends & (synapse_fold == 4'd13);
            if ({flush_follows, vector_end, word_taken} == 3'd3) change <= 6'd63;
            else if ({flush_follows, vector_end, word_taken} == 3'd2) change <= 6'd62;
            else if ({flush_follows, vector_end, fold_end, word_taken} == 4'd3) change <= 6'd57;
            else if ({flush_follows, vector_end, fold_end, word_taken} == 4'd2) change <= 6'd56;
            else if ({flush_follows, vector_end, fold_end, word_taken} == 4'd1) change <= 6'd1;
            else if (!(flush_follows | vector_end | fold_end | word_taken)) change <= 6'd0;
            else change <= 6'd33;
            if (fold_end) begin
                last_neuron_fold <= !neuron_fold;
                if (last_neuron_fold) neuron_fold <= 1'b0;
                else neuron_fold <= !neuron_fold;
            end
        end
    end
endmodule
