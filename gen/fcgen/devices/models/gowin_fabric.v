// Models of Gowin's look-up tables, carry chains and registers, as synth_gowin uses them.
//
// NEVER SEEN ON HARDWARE. Yosys' own models (techlibs/gowin/cells_sim.v) stand in one file with
// empty boxes of the block RAMs, which a simulator would take for ours; a test proves that these
// compute what Yosys 0.70 says there, from which they have the meaning of every parameter.

// An unknown input of a look-up table only counts where it makes a difference.
module LUT4 #(
    parameter [15:0] INIT = 0
) (
    input I0, I1, I2, I3,
    output F
);
    wire [7:0] of_3 = I3 ? INIT[15:8] : INIT[7:0];
    wire [3:0] of_2 = I2 ? of_3[7:4] : of_3[3:0];
    wire [1:0] of_1 = I1 ? of_2[3:2] : of_2[1:0];
    assign F = I0 ? of_1[1] : of_1[0];
endmodule

module LUT3 #(
    parameter [7:0] INIT = 0
) (
    input I0, I1, I2,
    output F
);
    LUT4 #({2{INIT}}) lut (I0, I1, I2, 1'b0, F);
endmodule

module LUT2 #(
    parameter [3:0] INIT = 0
) (
    input I0, I1,
    output F
);
    LUT4 #({4{INIT}}) lut (I0, I1, 1'b0, 1'b0, F);
endmodule

module LUT1 #(
    parameter [1:0] INIT = 0
) (
    input I0,
    output F
);
    assign F = I0 ? INIT[1] : INIT[0];
endmodule

// Multiplexers of two look-up tables, and of two multiplexers.
module MUX2_LUT5 (
    output O,
    input I0, I1, S0
);
    assign O = S0 ? I1 : I0;
endmodule

module MUX2_LUT6 (
    output O,
    input I0, I1, S0
);
    assign O = S0 ? I1 : I0;
endmodule

module MUX2_LUT7 (
    output O,
    input I0, I1, S0
);
    assign O = S0 ? I1 : I0;
endmodule

module MUX2_LUT8 (
    output O,
    input I0, I1, S0
);
    assign O = S0 ? I1 : I0;
endmodule

// A stage of a carry chain: the modes that arith_map.v and users of the operators can lead to.
module ALU #(
    parameter ALU_MODE = 0  // 0 I0 + I1, 1 I0 − I1, 2 by I3 one of them, 3 to 5 comparisons, 9 AND
) (
    output SUM, COUT,
    input I0, I1, I3, CIN
);
    wire add = ALU_MODE == 0 || ALU_MODE == 2 && I3;
    wire propagate = ALU_MODE == 9 ? (I0 & I1) ^ I3
        : ALU_MODE == 5 ? ~I0 ^ I1 : add ? I0 ^ I1 : I0 ^ ~I1;
    wire carry = ALU_MODE == 9 ? I0 & I1 : ALU_MODE == 3 ? 1'b1 : ALU_MODE == 5 ? I1 : I0;
    assign SUM = propagate ^ CIN;
    assign COUT = propagate ? CIN : carry;

    initial if (ALU_MODE > 5 && ALU_MODE != 9) $fatal(1, "%m: ALU: ALU_MODE is not modelled");
endmodule

// What the registers have in common: clock enable, set or reset at the clock or at once.
module fcgenGowinRegister #(
    parameter VALUE = 0,  // after a set or reset
    parameter ASYNCHRONOUS = 0,
    parameter INIT = 0
) (
    output reg Q,
    input D, CLK, CE, FORCE
);
    initial Q = INIT;
    generate
        if (ASYNCHRONOUS) begin : asynchronous
            always @(posedge CLK, posedge FORCE)
                if (FORCE) Q <= VALUE;
                else if (CE) Q <= D;
        end else begin : synchronous
            always @(posedge CLK)
                if (FORCE) Q <= VALUE;
                else if (CE) Q <= D;
        end
    endgenerate
endmodule

// N: falling edge; E: clock enable; S, R: set, reset at the clock; P, C: preset, clear at once.
module DFF #(parameter [0:0] INIT = 0) (output Q, input D, CLK);
    fcgenGowinRegister #(0, 0, INIT) register (Q, D, CLK, 1'b1, 1'b0);
endmodule

module DFFE #(parameter [0:0] INIT = 0) (output Q, input D, CLK, CE);
    fcgenGowinRegister #(0, 0, INIT) register (Q, D, CLK, CE, 1'b0);
endmodule

module DFFS #(parameter [0:0] INIT = 1) (output Q, input D, CLK, SET);
    fcgenGowinRegister #(1, 0, INIT) register (Q, D, CLK, 1'b1, SET);
endmodule

module DFFSE #(parameter [0:0] INIT = 1) (output Q, input D, CLK, CE, SET);
    fcgenGowinRegister #(1, 0, INIT) register (Q, D, CLK, CE, SET);
endmodule

module DFFR #(parameter [0:0] INIT = 0) (output Q, input D, CLK, RESET);
    fcgenGowinRegister #(0, 0, INIT) register (Q, D, CLK, 1'b1, RESET);
endmodule

module DFFRE #(parameter [0:0] INIT = 0) (output Q, input D, CLK, CE, RESET);
    fcgenGowinRegister #(0, 0, INIT) register (Q, D, CLK, CE, RESET);
endmodule

module DFFP #(parameter [0:0] INIT = 1) (output Q, input D, CLK, PRESET);
    fcgenGowinRegister #(1, 1, INIT) register (Q, D, CLK, 1'b1, PRESET);
endmodule

module DFFPE #(parameter [0:0] INIT = 1) (output Q, input D, CLK, CE, PRESET);
    fcgenGowinRegister #(1, 1, INIT) register (Q, D, CLK, CE, PRESET);
endmodule

module DFFC #(parameter [0:0] INIT = 0) (output Q, input D, CLK, CLEAR);
    fcgenGowinRegister #(0, 1, INIT) register (Q, D, CLK, 1'b1, CLEAR);
endmodule

module DFFCE #(parameter [0:0] INIT = 0) (output Q, input D, CLK, CE, CLEAR);
    fcgenGowinRegister #(0, 1, INIT) register (Q, D, CLK, CE, CLEAR);
endmodule

module DFFN #(parameter [0:0] INIT = 0) (output Q, input D, CLK);
    fcgenGowinRegister #(0, 0, INIT) register (Q, D, ~CLK, 1'b1, 1'b0);
endmodule

module DFFNE #(parameter [0:0] INIT = 0) (output Q, input D, CLK, CE);
    fcgenGowinRegister #(0, 0, INIT) register (Q, D, ~CLK, CE, 1'b0);
endmodule

module DFFNS #(parameter [0:0] INIT = 1) (output Q, input D, CLK, SET);
    fcgenGowinRegister #(1, 0, INIT) register (Q, D, ~CLK, 1'b1, SET);
endmodule

module DFFNSE #(parameter [0:0] INIT = 1) (output Q, input D, CLK, CE, SET);
    fcgenGowinRegister #(1, 0, INIT) register (Q, D, ~CLK, CE, SET);
endmodule

module DFFNR #(parameter [0:0] INIT = 0) (output Q, input D, CLK, RESET);
    fcgenGowinRegister #(0, 0, INIT) register (Q, D, ~CLK, 1'b1, RESET);
endmodule

module DFFNRE #(parameter [0:0] INIT = 0) (output Q, input D, CLK, CE, RESET);
    fcgenGowinRegister #(0, 0, INIT) register (Q, D, ~CLK, CE, RESET);
endmodule

module DFFNP #(parameter [0:0] INIT = 1) (output Q, input D, CLK, PRESET);
    fcgenGowinRegister #(1, 1, INIT) register (Q, D, ~CLK, 1'b1, PRESET);
endmodule

module DFFNPE #(parameter [0:0] INIT = 1) (output Q, input D, CLK, CE, PRESET);
    fcgenGowinRegister #(1, 1, INIT) register (Q, D, ~CLK, CE, PRESET);
endmodule

module DFFNC #(parameter [0:0] INIT = 0) (output Q, input D, CLK, CLEAR);
    fcgenGowinRegister #(0, 1, INIT) register (Q, D, ~CLK, 1'b1, CLEAR);
endmodule

module DFFNCE #(parameter [0:0] INIT = 0) (output Q, input D, CLK, CE, CLEAR);
    fcgenGowinRegister #(0, 1, INIT) register (Q, D, ~CLK, CE, CLEAR);
endmodule

// 16 words of 4 bits: written at the clock, read at once. INIT_k holds bit k of all words.
module RAM16SDP4 #(
    parameter [15:0] INIT_0 = 0,
    parameter [15:0] INIT_1 = 0,
    parameter [15:0] INIT_2 = 0,
    parameter [15:0] INIT_3 = 0
) (
    output [3:0] DO,
    input [3:0] DI, WAD, RAD,
    input WRE, CLK
);
    reg [15:0] mem0, mem1, mem2, mem3;  // named as in Yosys' model: the proof pairs them by it
    initial begin
        mem0 = INIT_0;
        mem1 = INIT_1;
        mem2 = INIT_2;
        mem3 = INIT_3;
    end
    always @(posedge CLK) if (WRE) begin
        mem0[WAD] <= DI[0];
        mem1[WAD] <= DI[1];
        mem2[WAD] <= DI[2];
        mem3[WAD] <= DI[3];
    end
    assign DO = {mem3[RAD], mem2[RAD], mem1[RAD], mem0[RAD]};
endmodule

module VCC (output V);
    assign V = 1'b1;
endmodule

module GND (output G);
    assign G = 1'b0;
endmodule

module IBUF (output O, input I);
    assign O = I;
endmodule

module OBUF (output O, input I);
    assign O = I;
endmodule
