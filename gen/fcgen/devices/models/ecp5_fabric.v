// Models of the ECP5's look-up tables, carry chains and registers, as synth_ecp5 uses them.
//
// NEVER SEEN ON HARDWARE. Icarus 11 cannot read Yosys' own models (it knows no $error outside of
// procedures: techlibs/lattice/common_sim.vh, TRELLIS_COMB); a test proves that these compute what
// Yosys 0.70 says in techlibs/lattice/common_sim.vh and ccu2c_sim.vh, from which they have the
// meaning of every parameter.

// INIT[{D, C, B, A}]; an unknown input only counts where it makes a difference.
module LUT4 #(
    parameter [15:0] INIT = 16'h0000
) (
    input A, B, C, D,
    output Z
);
    wire [7:0] of_d = D ? INIT[15:8] : INIT[7:0];
    wire [3:0] of_c = C ? of_d[7:4] : of_d[3:0];
    wire [1:0] of_b = B ? of_c[3:2] : of_c[1:0];
    assign Z = A ? of_b[1] : of_b[0];
endmodule

// Two stages of a carry chain. The upper look-up table of a stage generates its sum, and the lower
// half of the same INIT its carry where the sum does not propagate one.
module CCU2C #(
    parameter [15:0] INIT0 = 16'h0000,
    parameter [15:0] INIT1 = 16'h0000,
    parameter INJECT1_0 = "YES",  // YES: the sum ignores the carry
    parameter INJECT1_1 = "YES"
) (
    input CIN, A0, B0, C0, D0, A1, B1, C1, D1,
    output S0, S1, COUT
);
    wire propagate_0, propagate_1, low_0, low_1;
    LUT4 #(INIT0) upper_0 (A0, B0, C0, D0, propagate_0);
    LUT4 #(INIT1) upper_1 (A1, B1, C1, D1, propagate_1);
    LUT4 #(INIT0) lower_0 (A0, B0, 1'b0, 1'b0, low_0);
    LUT4 #(INIT1) lower_1 (A1, B1, 1'b0, 1'b0, low_1);
    wire carry = propagate_0 ? CIN : low_0 & INJECT1_0 != "YES";

    assign S0 = propagate_0 ^ (CIN & INJECT1_0 != "YES");
    assign S1 = propagate_1 ^ (carry & INJECT1_1 != "YES");
    assign COUT = propagate_1 ? carry : low_1 & INJECT1_1 != "YES";
endmodule

// Multiplexer of two look-up tables.
module PFUMX (
    input ALUT, BLUT, C0,
    output Z
);
    assign Z = C0 ? ALUT : BLUT;
endmodule

// Multiplexer of two multiplexers.
module L6MUX21 (
    input D0, D1, SD,
    output Z
);
    assign Z = SD ? D1 : D0;
endmodule

// A register: clock edge, clock enable, set or reset.
module TRELLIS_FF #(
    parameter GSR = "ENABLED",           // without effect where no GSR block stands
    parameter CEMUX = "1",               // 1, 0: constant; CE, INV: the pin
    parameter CLKMUX = "CLK",            // INV: the falling edge
    parameter LSRMUX = "LSR",            // INV: active low
    parameter SRMODE = "LSR_OVER_CE",    // ASYNC; the other one is synchronous and ignores CE
    parameter REGSET = "RESET",          // SET: starts with 1 and is set, not reset
    parameter LSRMODE = "LSR"            // PRLD, a value from M, is not modelled
) (
    input CLK, LSR, CE, DI, M,
    output reg Q
);
    wire clock = CLKMUX == "INV" ? ~CLK : CLK;
    wire force_it = LSRMUX == "INV" ? ~LSR : LSR;
    wire enable = CEMUX == "1" ? 1'b1 : CEMUX == "0" ? 1'b0 : CEMUX == "INV" ? ~CE : CE;

    initial Q = REGSET == "SET";
    generate
        if (SRMODE == "ASYNC") begin : asynchronous
            always @(posedge clock, posedge force_it)
                if (force_it) Q <= REGSET == "SET";
                else if (enable) Q <= DI;
        end else begin : synchronous
            always @(posedge clock)
                if (force_it) Q <= REGSET == "SET";
                else if (enable) Q <= DI;
        end
    endgenerate

    initial if (LSRMODE != "LSR") $fatal(1, "%m: TRELLIS_FF: LSRMODE is not modelled");
endmodule

// 16 words of 4 bits: written at the clock, read at once.
module TRELLIS_DPR16X4 #(
    parameter WCKMUX = "WCK",  // INV: the falling edge
    parameter WREMUX = "WRE",  // 1, 0: constant; INV: active low
    parameter [63:0] INITVAL = 64'h0000000000000000
) (
    input [3:0] DI, WAD, RAD,
    input WRE, WCK,
    output [3:0] DO
);
    wire clock = WCKMUX == "INV" ? ~WCK : WCK;
    wire write = WREMUX == "1" ? 1'b1 : WREMUX == "0" ? 1'b0 : WREMUX == "INV" ? ~WRE : WRE;
    reg [3:0] mem [0:15];  // its name is that of Yosys' model: the proof pairs them by it

    integer k;
    initial for (k = 0; k < 16; k = k + 1) mem[k] = INITVAL[4*k +: 4];
    always @(posedge clock) if (write) mem[WAD] <= DI;
    assign DO = mem[RAD];
endmodule
