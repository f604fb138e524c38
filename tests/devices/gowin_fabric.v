// Every cell of gowin_fabric.v in every mode, for two sets of models to be proven equal.
`define REGISTER(number, kind, pin) \
    DFF``kind r``number (.Q(state[number]), .CLK(clk), .D(i[0]), .pin(i[2])); \
    DFF``kind``E e``number (.Q(state[number + 1]), .CLK(clk), .D(i[0]), .CE(i[1]), .pin(i[2])); \
    DFFN``kind n``number (.Q(state[number + 2]), .CLK(clk), .D(i[0]), .pin(i[2])); \
    DFFN``kind``E m``number (.Q(state[number + 3]), .CLK(clk), .D(i[0]), .CE(i[1]), .pin(i[2]));

module top (
    input clk, input [8:0] i, output [3:0] lut, output [3:0] mux, output [13:0] alu,
    output [19:0] state, output [3:0] word, output [3:0] other
);
    LUT1 #(.INIT(2'b01)) lut1 (.F(lut[0]), .I0(i[0]));
    LUT2 #(.INIT(4'h9)) lut2 (.F(lut[1]), .I0(i[0]), .I1(i[1]));
    LUT3 #(.INIT(8'h6b)) lut3 (.F(lut[2]), .I0(i[0]), .I1(i[1]), .I2(i[2]));
    LUT4 #(.INIT(16'h8e6b)) lut4 (.F(lut[3]), .I0(i[0]), .I1(i[1]), .I2(i[2]), .I3(i[3]));
    MUX2_LUT5 mux5 (.O(mux[0]), .I0(i[0]), .I1(i[1]), .S0(i[2]));
    MUX2_LUT6 mux6 (.O(mux[1]), .I0(i[0]), .I1(i[1]), .S0(i[2]));
    MUX2_LUT7 mux7 (.O(mux[2]), .I0(i[0]), .I1(i[1]), .S0(i[2]));
    MUX2_LUT8 mux8 (.O(mux[3]), .I0(i[0]), .I1(i[1]), .S0(i[2]));

    genvar k;
    generate for (k = 0; k < 7; k = k + 1) begin : alus
        ALU #(.ALU_MODE(k < 6 ? k : 9)) stage (
            .SUM(alu[2*k]), .COUT(alu[2*k+1]), .I0(i[0]), .I1(i[1]), .I3(i[2]), .CIN(i[3])
        );
    end endgenerate

    DFF r (.Q(state[0]), .CLK(clk), .D(i[0]));
    DFFE e (.Q(state[1]), .CLK(clk), .D(i[0]), .CE(i[1]));
    DFFN n (.Q(state[2]), .CLK(clk), .D(i[0]));
    DFFNE m (.Q(state[3]), .CLK(clk), .D(i[0]), .CE(i[1]));
    `REGISTER(4, S, SET)
    `REGISTER(8, R, RESET)
    `REGISTER(12, P, PRESET)
    `REGISTER(16, C, CLEAR)

    RAM16SDP4 #(.INIT_0(16'h0123), .INIT_1(16'h4567), .INIT_2(16'h89ab), .INIT_3(16'hcdef)) ram (
        .DO(word), .DI(i[7:4]), .WAD(i[3:0]), .RAD(i[5:2]), .WRE(i[8]), .CLK(clk)
    );
    VCC vcc (.V(other[0]));
    GND gnd (.G(other[1]));
    IBUF ibuf (.O(other[2]), .I(i[0]));
    OBUF obuf (.O(other[3]), .I(i[0]));
endmodule
