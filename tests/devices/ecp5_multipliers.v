// ecp5Multiplier for all signs: operands of 8 bits, of 18, and of widths between.
module top (
    input clk, input [7:0] a, b, input [17:0] wide_a, wide_b,
    output [63:0] narrow, output [143:0] wide, output [27:0] uneven
);
    genvar k;
    generate for (k = 0; k < 4; k = k + 1) begin : signs
        ecp5Multiplier #(8, 8, k / 2, k % 2) octets (clk, a, b, narrow[16*k +: 16]);
        ecp5Multiplier #(18, 18, k / 2, k % 2) full (clk, wide_a, wide_b, wide[36*k +: 36]);
    end endgenerate
    ecp5Multiplier #(17, 11, 1, 0) between (clk, wide_a[16:0], wide_b[10:0], uneven);
endmodule
