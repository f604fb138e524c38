// A family's multiplier for all signs: operands of 8 bits, of 18, and of widths between. Results have
// ports of their own: Icarus takes long for wide vectors whose bits are driven one by one.
module top (
    input clk, input [7:0] a, b, input [17:0] c, d,
    output [15:0] narrow_00, narrow_01, narrow_10, narrow_11,
    output [35:0] wide_00, wide_01, wide_10, wide_11,
    output [27:0] between
);
    MULTIPLIER #(8, 8, 0, 0) n00 (clk, a, b, narrow_00);
    MULTIPLIER #(8, 8, 0, 1) n01 (clk, a, b, narrow_01);
    MULTIPLIER #(8, 8, 1, 0) n10 (clk, a, b, narrow_10);
    MULTIPLIER #(8, 8, 1, 1) n11 (clk, a, b, narrow_11);
    MULTIPLIER #(18, 18, 0, 0) w00 (clk, c, d, wide_00);
    MULTIPLIER #(18, 18, 0, 1) w01 (clk, c, d, wide_01);
    MULTIPLIER #(18, 18, 1, 0) w10 (clk, c, d, wide_10);
    MULTIPLIER #(18, 18, 1, 1) w11 (clk, c, d, wide_11);
    MULTIPLIER #(17, 11, 1, 0) b10 (clk, c[16:0], d[10:0], between);
endmodule
