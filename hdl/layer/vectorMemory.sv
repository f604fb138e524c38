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
// frees the vector in use and must only come while it is available. Where SF > 1 the last beat
// must not be read in the very cycle in which a vector becomes available. Reset: both vectors
// and a part of one are dropped.
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
    output reg         in_ready,
    input  wire        in_first,
    input  wire        in_last,
    output reg         available,
    input  wire        vector_end,
    input  wire [3:0]  address,
    output reg  [23:0] word,
    output reg         error
);
    reg  between;
    reg  [3:0] beat;
    reg  last_next;
    reg  write_bank;
    reg  [4:0] store_write_address;
    reg  [23:0] store_write_data;
    reg  store_write_enable;
    reg  read_bank;
    reg  [23:0] store_read_data;
    (* no_rw_check *)
    reg  [23:0] store [0:31];

    wire accept = in_valid & in_ready;
    wire at_end = !in_first & last_next;
    wire goes_on = (in_first | !between) & !at_end & !in_last;
    wire complete = accept & at_end & in_last;
    wire [3:0] position = in_first ? 4'd0 : beat;
    wire wrong = (in_first != between) | (in_last != at_end);

    always_ff @(posedge clk) begin
        store_write_address <= {write_bank, position};
        store_write_data <= in_payload;
        store_read_data <= store[{read_bank, address}];
        word <= store_read_data;
        if (rst) begin
            available <= 1'b0;
            in_ready <= 1'b1;
            between <= 1'b1;
            beat <= 4'd0;
            last_next <= 1'b0;
            write_bank <= 1'b0;
            store_write_enable <= 1'b0;
            read_bank <= 1'b0;
            error <= 1'b0;
        end else begin
            available <= complete | !in_ready | (available & !vector_end);
            in_ready <= !(available & !vector_end & (complete | !in_ready));
            store_write_enable <= accept;
            if (accept) begin
                between <= !goes_on;
                last_next <= goes_on & !in_first & (beat == 4'd13);
                error <= error | wrong;
                if (goes_on) begin
                    if (in_first) beat <= 4'd1;
                    else beat <= beat + 4'd1;
                end else begin
                    beat <= 4'd0;
                end
            end
            if (complete) write_bank <= !write_bank;
            if (vector_end) read_bank <= !read_bank;
        end
        if (store_write_enable) store[store_write_address] <= store_write_data;
    end
endmodule
