// Every cell of ecp5_fabric.v in every mode, for two sets of models to be proven equal.
module top (
    input clk, input [8:0] i, output lut, pfumx, l6mux21, output [11:0] carry, output [17:0] state,
    output [11:0] words
);
    LUT4 #(.INIT(16'h8e6b)) the_lut (.A(i[0]), .B(i[1]), .C(i[2]), .D(i[3]), .Z(lut));
    PFUMX the_pfumx (.ALUT(i[0]), .BLUT(i[1]), .C0(i[2]), .Z(pfumx));
    L6MUX21 the_l6mux21 (.D0(i[0]), .D1(i[1]), .SD(i[2]), .Z(l6mux21));

    genvar k;
    generate
        for (k = 0; k < 4; k = k + 1) begin : carries
            CCU2C #(
                .INIT0(16'h96aa), .INIT1(16'h8e6b),
                .INJECT1_0(k / 2 ? "YES" : "NO"), .INJECT1_1(k % 2 ? "YES" : "NO")
            ) chain (
                .CIN(i[8]), .A0(i[0]), .B0(i[1]), .C0(i[2]), .D0(i[3]),
                .A1(i[4]), .B1(i[5]), .C1(i[6]), .D1(i[7]),
                .S0(carry[3*k]), .S1(carry[3*k+1]), .COUT(carry[3*k+2])
            );
        end
        for (k = 0; k < 16; k = k + 1) begin : registers
            TRELLIS_FF #(
                .GSR("DISABLED"), .CEMUX(k % 2 ? "CE" : "INV"), .CLKMUX("CLK"),
                .LSRMUX(k / 2 % 2 ? "LSR" : "INV"),
                .SRMODE(k / 4 % 2 ? "ASYNC" : "LSR_OVER_CE"), .REGSET(k / 8 ? "SET" : "RESET")
            ) register (.CLK(clk), .LSR(i[0]), .CE(i[1]), .DI(i[2]), .Q(state[k]));
        end
        for (k = 0; k < 3; k = k + 1) begin : memories
            TRELLIS_DPR16X4 #(
                .WREMUX(k == 0 ? "WRE" : k == 1 ? "INV" : "1"), .INITVAL(64'h0123456789abcdef)
            ) memory (
                .DI(i[7:4]), .WAD(i[3:0]), .RAD(i[5:2]), .WRE(i[8]), .WCK(clk),
                .DO(words[4*k +: 4])
            );
        end
    endgenerate
    TRELLIS_FF #(.CEMUX("1"), .CLKMUX("INV"))
        falling (.CLK(clk), .LSR(1'b0), .CE(1'b0), .DI(i[3]), .Q(state[16]));
    TRELLIS_FF #(.CEMUX("0"), .REGSET("SET"))
        still (.CLK(clk), .LSR(1'b0), .CE(1'b1), .DI(i[3]), .Q(state[17]));
endmodule
