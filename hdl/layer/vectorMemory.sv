// Two whole input vectors: one is used NF times while the next one loads, at any rate.
//
// A vector is taken over when its beat 0 has first, its beat SF - 1 has last and no beat
// between has either. Anything else drops the vector and sets error until reset: first
// always begins a new vector, with that beat; after any other fault beats are swallowed up to and
// including the next last, or up to the next first.
//
// Latency: a vector is available in the cycle after its last beat was accepted; word
// follows address by two cycles (memory, output register). Initiation interval: SF cycles.
// Handshake: valid/ready at the input; available/vector_end at the output: vector_end
// frees the vector in use and must only come while it is available. Reset: both vectors and a
// part of one are dropped.
//
// Parameters of this module:
//     beats = 15
//     width = 24
//     holdable = no
//
// Ports:
//     in_payload : In(width)
//     in_valid, in_ready : In, Out(1)
//     in_first, in_last : In(1)
//         Framing of the vector.
//     available, vector_end : Out, In(1)
//         A whole vector is there; the controller is done with it.
//     address : In(range(beats))
//         Beat to read of the vector in use.
//     word : Out(width)
//         The beat, two cycles later.
//     error : Out(1)
//         A framing error was seen since the reset.
//     hold : In(1), only when holdable
//         Accept no first beat of a vector.
//     empty : Out(1), only when holdable
//         Neither vector is full and none is under way.
module vectorMemory (
    input  wire        clk,
    input  wire        rst,
    input  wire [23:0] in_payload,
    input  wire        in_valid,
    output wire        in_ready,
    input  wire        in_first,
    input  wire        in_last,
    output reg         available,
    input  wire        vector_end,
    input  wire [3:0]  address,
    output reg  [23:0] word,
    output reg         error
);
    reg  read_bank;
    reg  [1:0] full;
    reg  [3:0] beat;
    reg  last_next;
    reg  between;
    reg  write_bank;
    reg  [23:0] store_read_data;
    (* no_rw_check *)
    reg  [23:0] store [0:31];

    assign in_ready = !full[write_bank];
    wire accept = in_valid & in_ready;
    wire at_end = !in_first & last_next;
    wire at_start = in_first | between;
    wire fits = (in_first == at_start) & (in_last == at_end);
    wire goes_on = fits & !at_end;
    wire complete = accept & fits & at_end;
    wire [3:0] position = in_first ? 4'd0 : beat;
    wire full_0_after_vector_end = vector_end ? read_bank & full[0] : full[0];
    wire full_1_after_vector_end = vector_end ? !read_bank & full[1] : full[1];

    always_ff @(posedge clk) begin
        store_read_data <= store[{read_bank, address}];
        word <= store_read_data;
        if (rst) begin
            read_bank <= 1'b0;
            full[0] <= 1'b0;
            full[1] <= 1'b0;
            beat <= 4'd0;
            last_next <= 1'b0;
            between <= 1'b1;
            write_bank <= 1'b0;
            available <= 1'b0;
            error <= 1'b0;
        end else begin
            available <= complete | (full == 2'd3) | (available & !vector_end);
            if (vector_end) read_bank <= !read_bank;
            if (complete) begin
                write_bank <= !write_bank;
                if (write_bank) begin
                    full[0] <= full_0_after_vector_end;
                    full[1] <= 1'b1;
                end else begin
                    full[0] <= 1'b1;
                    full[1] <= full_1_after_vector_end;
                end
            end else begin
                full[0] <= full_0_after_vector_end;
                full[1] <= full_1_after_vector_end;
            end
            if (accept) begin
                last_next <= goes_on & !in_first & (beat == 4'd13);
                between <= !goes_on;
                if (goes_on) begin
                    if (in_first) beat <= 4'd1;
                    else beat <= beat + 4'd1;
                end else begin
                    beat <= 4'd0;
                end
                if (!fits | (in_first & !between)) error <= 1'b1;
            end
        end
        if (accept) store[{write_bank, position}] <= in_payload;
    end
endmodule
