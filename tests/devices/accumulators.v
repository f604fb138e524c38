// Accumulators of several widths, odd and even ones.
module top (
    input  wire        clk,
    input  wire        first,
    input  wire [31:0] term,
    output wire        one,
    output wire [ 3:0] even,
    output wire [22:0] odd
);
    ecp5Accumulator #(.WIDTH(1)) unit_1 (.clk(clk), .first(first), .term(term[0]), .sum(one));
    ecp5Accumulator #(.WIDTH(4)) unit_4 (.clk(clk), .first(first), .term(term[4:1]), .sum(even));
    ecp5Accumulator #(.WIDTH(23)) unit_23 (
        .clk(clk),
        .first(first),
        .term(term[27:5]),
        .sum(odd)
    );
endmodule
