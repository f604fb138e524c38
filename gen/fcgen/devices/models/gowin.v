// Models of Gowin's multipliers and block RAMs (GW1N, GW2A), for the simulation of netlists.
//
// NEVER SEEN ON HARDWARE. Written from the open tools' sources; what a model does not know, it
// refuses at time 0. Gowin's guides (UG285 block RAM, UG287 DSP) were not at hand.
//
// Sources, named by letter below:
//   [M] Yosys 0.70    techlibs/gowin/brams_map.v and brams.txt
//   [D] Yosys 0.70    techlibs/gowin/dsp_map.v, and the boxes in cells_xtra_gw1n.v
//   [A] Apicula 0.32  gowin_pack.py: set_bsram_attrs (lines 1193 to 1330), set_mult9x9_attrs (line
//                     2546 on), set_dsp_regs_0 (line 1340: a register that is not named is off)
//   [S] Yosys 0.70    techlibs/gowin/cells_sim.v, comments in the boxes SP and SPX9
//
// nextpnr does not use the output register (READ_MODE = 1) of every device and width: of the
// GW1N-9C and the GW2A-18C only for 32 and 36 bits, otherwise registers of the fabric stand in for
// it (himbaechel/uarch/gowin, bsram_fix_outreg; Apicula's flag NEED_BSRAM_OUTREG_FIX).

// 9 × 9 bits: input, pipeline and output register, in this order.
//
// ASIGN and BSIGN must not change while operands are under way, so that their own registers make
// no difference. Not modelled: operands from the shift chain (ASEL, BSEL = 1), the chain's outputs.
module MULT9X9 #(
    // [A] 0 bypasses the operand's register; [D] default 0
    parameter AREG = 1'b0,
    parameter BREG = 1'b0,
    parameter PIPE_REG = 1'b0,            // [A] 0 bypasses the register behind the multiplier
    parameter OUT_REG = 1'b0,             // [A] 0 bypasses the register before the output
    parameter ASIGN_REG = 1'b0,
    parameter BSIGN_REG = 1'b0,
    parameter SOA_REG = 1'b0,             // of the shift chain
    parameter MULT_RESET_MODE = "SYNC"    // [A] SYNC; [D] default
) (
    input [8:0] A, SIA, B, SIB,
    input ASIGN, BSIGN, ASEL, BSEL, CE, CLK, RESET,
    output [17:0] DOUT,
    output [8:0] SOA, SOB
);
    reg [8:0] register_a, register_b;
    reg [17:0] pipeline, result;
    wire [8:0] x = AREG ? register_a : A;
    wire [8:0] y = BREG ? register_b : B;

    // [D] ASIGN belongs to A and BSIGN to B. Modulo 2^18 the product is exact for all signs.
    wire [17:0] wide_x = {{9{ASIGN & x[8]}}, x};
    wire [17:0] wide_y = {{9{BSIGN & y[8]}}, y};
    wire [17:0] product = wide_x * wide_y;
    wire [17:0] piped = PIPE_REG ? pipeline : product;

    initial {register_a, register_b, pipeline, result} = 0;
    always @(posedge CLK)
        if (RESET) {register_a, register_b, pipeline, result} <= 0;
        else if (CE) begin
            register_a <= A;
            register_b <= B;
            pipeline <= product;
            result <= piped;
        end
    assign DOUT = OUT_REG ? result : piped;

    initial if (MULT_RESET_MODE != "SYNC")
        $fatal(1, "%m: MULT9X9: asynchronous resets are not modelled");
    always @(ASEL, BSEL)
        if (ASEL === 1'b1 || BSEL === 1'b1)
            $fatal(1, "%m: MULT9X9: the shift chain is not modelled");
endmodule

// 18 × 18 bits: input, pipeline and output register, in this order.
//
// ASIGN and BSIGN must not change while operands are under way, so that their own registers make
// no difference. Not modelled: operands from the shift chain (ASEL, BSEL = 1), the chain's outputs.
module MULT18X18 #(
    // [A] 0 bypasses the operand's register; [D] default 0
    parameter AREG = 1'b0,
    parameter BREG = 1'b0,
    parameter PIPE_REG = 1'b0,            // [A] 0 bypasses the register behind the multiplier
    parameter OUT_REG = 1'b0,             // [A] 0 bypasses the register before the output
    parameter ASIGN_REG = 1'b0,
    parameter BSIGN_REG = 1'b0,
    parameter SOA_REG = 1'b0,             // of the shift chain
    parameter MULT_RESET_MODE = "SYNC"    // [A] SYNC; [D] default
) (
    input [17:0] A, SIA, B, SIB,
    input ASIGN, BSIGN, ASEL, BSEL, CE, CLK, RESET,
    output [35:0] DOUT,
    output [17:0] SOA, SOB
);
    reg [17:0] register_a, register_b;
    reg [35:0] pipeline, result;
    wire [17:0] x = AREG ? register_a : A;
    wire [17:0] y = BREG ? register_b : B;

    // [D] ASIGN belongs to A and BSIGN to B. Modulo 2^36 the product is exact for all signs.
    wire [35:0] wide_x = {{18{ASIGN & x[17]}}, x};
    wire [35:0] wide_y = {{18{BSIGN & y[17]}}, y};
    wire [35:0] product = wide_x * wide_y;
    wire [35:0] piped = PIPE_REG ? pipeline : product;

    initial {register_a, register_b, pipeline, result} = 0;
    always @(posedge CLK)
        if (RESET) {register_a, register_b, pipeline, result} <= 0;
        else if (CE) begin
            register_a <= A;
            register_b <= B;
            pipeline <= product;
            result <= piped;
        end
    assign DOUT = OUT_REG ? result : piped;

    initial if (MULT_RESET_MODE != "SYNC")
        $fatal(1, "%m: MULT18X18: asynchronous resets are not modelled");
    always @(ASEL, BSEL)
        if (ASEL === 1'b1 || BSEL === 1'b1)
            $fatal(1, "%m: MULT18X18: the shift chain is not modelled");
endmodule

// One port of 1, 2, 4, 8, 16, 32 bits; a ROM where nothing is written.
module SP (
    input CLK, CE, WRE, RESET, OCE,
    input [2:0] BLKSEL,
    input [13:0] AD,
    input [31:0] DI,
    output [31:0] DO
);
    parameter READ_MODE = 1'b0;     // [A] 1: REGMODE OUTREG; [S] enables output pipeline registers
    parameter WRITE_MODE = 2'b00;   // [A] 1: WT, 2: RBW; [M] rdwr no_change, new, old
    parameter BIT_WIDTH = 32;       // [S] 1, 2, 4, 8, 16, 32
    parameter BLK_SEL = 3'b000;     // [M] always selected
    parameter RESET_MODE = "SYNC";  // [A] ASYNC; [M] either without a reset
    parameter [255:0] INIT_RAM_00 = 256'h0;
    parameter [255:0] INIT_RAM_01 = 256'h0;
    parameter [255:0] INIT_RAM_02 = 256'h0;
    parameter [255:0] INIT_RAM_03 = 256'h0;
    parameter [255:0] INIT_RAM_04 = 256'h0;
    parameter [255:0] INIT_RAM_05 = 256'h0;
    parameter [255:0] INIT_RAM_06 = 256'h0;
    parameter [255:0] INIT_RAM_07 = 256'h0;
    parameter [255:0] INIT_RAM_08 = 256'h0;
    parameter [255:0] INIT_RAM_09 = 256'h0;
    parameter [255:0] INIT_RAM_0A = 256'h0;
    parameter [255:0] INIT_RAM_0B = 256'h0;
    parameter [255:0] INIT_RAM_0C = 256'h0;
    parameter [255:0] INIT_RAM_0D = 256'h0;
    parameter [255:0] INIT_RAM_0E = 256'h0;
    parameter [255:0] INIT_RAM_0F = 256'h0;
    parameter [255:0] INIT_RAM_10 = 256'h0;
    parameter [255:0] INIT_RAM_11 = 256'h0;
    parameter [255:0] INIT_RAM_12 = 256'h0;
    parameter [255:0] INIT_RAM_13 = 256'h0;
    parameter [255:0] INIT_RAM_14 = 256'h0;
    parameter [255:0] INIT_RAM_15 = 256'h0;
    parameter [255:0] INIT_RAM_16 = 256'h0;
    parameter [255:0] INIT_RAM_17 = 256'h0;
    parameter [255:0] INIT_RAM_18 = 256'h0;
    parameter [255:0] INIT_RAM_19 = 256'h0;
    parameter [255:0] INIT_RAM_1A = 256'h0;
    parameter [255:0] INIT_RAM_1B = 256'h0;
    parameter [255:0] INIT_RAM_1C = 256'h0;
    parameter [255:0] INIT_RAM_1D = 256'h0;
    parameter [255:0] INIT_RAM_1E = 256'h0;
    parameter [255:0] INIT_RAM_1F = 256'h0;
    parameter [255:0] INIT_RAM_20 = 256'h0;
    parameter [255:0] INIT_RAM_21 = 256'h0;
    parameter [255:0] INIT_RAM_22 = 256'h0;
    parameter [255:0] INIT_RAM_23 = 256'h0;
    parameter [255:0] INIT_RAM_24 = 256'h0;
    parameter [255:0] INIT_RAM_25 = 256'h0;
    parameter [255:0] INIT_RAM_26 = 256'h0;
    parameter [255:0] INIT_RAM_27 = 256'h0;
    parameter [255:0] INIT_RAM_28 = 256'h0;
    parameter [255:0] INIT_RAM_29 = 256'h0;
    parameter [255:0] INIT_RAM_2A = 256'h0;
    parameter [255:0] INIT_RAM_2B = 256'h0;
    parameter [255:0] INIT_RAM_2C = 256'h0;
    parameter [255:0] INIT_RAM_2D = 256'h0;
    parameter [255:0] INIT_RAM_2E = 256'h0;
    parameter [255:0] INIT_RAM_2F = 256'h0;
    parameter [255:0] INIT_RAM_30 = 256'h0;
    parameter [255:0] INIT_RAM_31 = 256'h0;
    parameter [255:0] INIT_RAM_32 = 256'h0;
    parameter [255:0] INIT_RAM_33 = 256'h0;
    parameter [255:0] INIT_RAM_34 = 256'h0;
    parameter [255:0] INIT_RAM_35 = 256'h0;
    parameter [255:0] INIT_RAM_36 = 256'h0;
    parameter [255:0] INIT_RAM_37 = 256'h0;
    parameter [255:0] INIT_RAM_38 = 256'h0;
    parameter [255:0] INIT_RAM_39 = 256'h0;
    parameter [255:0] INIT_RAM_3A = 256'h0;
    parameter [255:0] INIT_RAM_3B = 256'h0;
    parameter [255:0] INIT_RAM_3C = 256'h0;
    parameter [255:0] INIT_RAM_3D = 256'h0;
    parameter [255:0] INIT_RAM_3E = 256'h0;
    parameter [255:0] INIT_RAM_3F = 256'h0;

    wire [35:0] word, unused;
    fcgenBlockRam #(
        .BYTE(8), .WIDTH_A(BIT_WIDTH), .REGISTER_A(READ_MODE), .WRITE_MODE_A(WRITE_MODE),
        .INIT({
            INIT_RAM_3F, INIT_RAM_3E, INIT_RAM_3D, INIT_RAM_3C,
            INIT_RAM_3B, INIT_RAM_3A, INIT_RAM_39, INIT_RAM_38,
            INIT_RAM_37, INIT_RAM_36, INIT_RAM_35, INIT_RAM_34,
            INIT_RAM_33, INIT_RAM_32, INIT_RAM_31, INIT_RAM_30,
            INIT_RAM_2F, INIT_RAM_2E, INIT_RAM_2D, INIT_RAM_2C,
            INIT_RAM_2B, INIT_RAM_2A, INIT_RAM_29, INIT_RAM_28,
            INIT_RAM_27, INIT_RAM_26, INIT_RAM_25, INIT_RAM_24,
            INIT_RAM_23, INIT_RAM_22, INIT_RAM_21, INIT_RAM_20,
            INIT_RAM_1F, INIT_RAM_1E, INIT_RAM_1D, INIT_RAM_1C,
            INIT_RAM_1B, INIT_RAM_1A, INIT_RAM_19, INIT_RAM_18,
            INIT_RAM_17, INIT_RAM_16, INIT_RAM_15, INIT_RAM_14,
            INIT_RAM_13, INIT_RAM_12, INIT_RAM_11, INIT_RAM_10,
            INIT_RAM_0F, INIT_RAM_0E, INIT_RAM_0D, INIT_RAM_0C,
            INIT_RAM_0B, INIT_RAM_0A, INIT_RAM_09, INIT_RAM_08,
            INIT_RAM_07, INIT_RAM_06, INIT_RAM_05, INIT_RAM_04,
            INIT_RAM_03, INIT_RAM_02, INIT_RAM_01, INIT_RAM_00
        })
    ) ram (
        .clock_a(CLK), .enable_a(CE), .write_a(WRE), .reset_a(RESET), .output_enable_a(OCE),
        .address_a(AD), .data_a({4'd0, DI}), .word_a(word),
        .clock_b(1'b0), .enable_b(1'b0), .write_b(1'b0), .reset_b(1'b0), .output_enable_b(1'b0),
        .address_b(14'd0), .data_b(36'd0), .word_b(unused)
    );
    assign DO = word[31:0];

    always @(RESET)
        if (RESET_MODE != "SYNC" && RESET === 1'b1)
            $fatal(1, "%m: SP: asynchronous resets are not modelled");
    always @(BLKSEL)
        if (BLKSEL !== BLK_SEL) $fatal(1, "%m: SP: block selects are not modelled");
endmodule

// One port that writes, in every cycle with CEA, and one that reads: 1, 2, 4, 8, 16, 32 bits.
module SDPB (
    input CLKA, CEA, RESETA, CLKB, CEB, RESETB, OCE,
    input [2:0] BLKSELA, BLKSELB,
    input [13:0] ADA, ADB,
    input [31:0] DI,
    output [31:0] DO
);
    parameter READ_MODE = 1'b0;       // [A] 1: REGMODE OUTREG
    parameter BIT_WIDTH_0 = 32;       // [M] of the port that writes
    parameter BIT_WIDTH_1 = 32;       // [M] of the port that reads
    parameter BLK_SEL_0 = 3'b000;     // [M] always selected
    parameter BLK_SEL_1 = 3'b000;
    parameter RESET_MODE = "SYNC";    // [A] ASYNC; [M] either without a reset
    parameter [255:0] INIT_RAM_00 = 256'h0;
    parameter [255:0] INIT_RAM_01 = 256'h0;
    parameter [255:0] INIT_RAM_02 = 256'h0;
    parameter [255:0] INIT_RAM_03 = 256'h0;
    parameter [255:0] INIT_RAM_04 = 256'h0;
    parameter [255:0] INIT_RAM_05 = 256'h0;
    parameter [255:0] INIT_RAM_06 = 256'h0;
    parameter [255:0] INIT_RAM_07 = 256'h0;
    parameter [255:0] INIT_RAM_08 = 256'h0;
    parameter [255:0] INIT_RAM_09 = 256'h0;
    parameter [255:0] INIT_RAM_0A = 256'h0;
    parameter [255:0] INIT_RAM_0B = 256'h0;
    parameter [255:0] INIT_RAM_0C = 256'h0;
    parameter [255:0] INIT_RAM_0D = 256'h0;
    parameter [255:0] INIT_RAM_0E = 256'h0;
    parameter [255:0] INIT_RAM_0F = 256'h0;
    parameter [255:0] INIT_RAM_10 = 256'h0;
    parameter [255:0] INIT_RAM_11 = 256'h0;
    parameter [255:0] INIT_RAM_12 = 256'h0;
    parameter [255:0] INIT_RAM_13 = 256'h0;
    parameter [255:0] INIT_RAM_14 = 256'h0;
    parameter [255:0] INIT_RAM_15 = 256'h0;
    parameter [255:0] INIT_RAM_16 = 256'h0;
    parameter [255:0] INIT_RAM_17 = 256'h0;
    parameter [255:0] INIT_RAM_18 = 256'h0;
    parameter [255:0] INIT_RAM_19 = 256'h0;
    parameter [255:0] INIT_RAM_1A = 256'h0;
    parameter [255:0] INIT_RAM_1B = 256'h0;
    parameter [255:0] INIT_RAM_1C = 256'h0;
    parameter [255:0] INIT_RAM_1D = 256'h0;
    parameter [255:0] INIT_RAM_1E = 256'h0;
    parameter [255:0] INIT_RAM_1F = 256'h0;
    parameter [255:0] INIT_RAM_20 = 256'h0;
    parameter [255:0] INIT_RAM_21 = 256'h0;
    parameter [255:0] INIT_RAM_22 = 256'h0;
    parameter [255:0] INIT_RAM_23 = 256'h0;
    parameter [255:0] INIT_RAM_24 = 256'h0;
    parameter [255:0] INIT_RAM_25 = 256'h0;
    parameter [255:0] INIT_RAM_26 = 256'h0;
    parameter [255:0] INIT_RAM_27 = 256'h0;
    parameter [255:0] INIT_RAM_28 = 256'h0;
    parameter [255:0] INIT_RAM_29 = 256'h0;
    parameter [255:0] INIT_RAM_2A = 256'h0;
    parameter [255:0] INIT_RAM_2B = 256'h0;
    parameter [255:0] INIT_RAM_2C = 256'h0;
    parameter [255:0] INIT_RAM_2D = 256'h0;
    parameter [255:0] INIT_RAM_2E = 256'h0;
    parameter [255:0] INIT_RAM_2F = 256'h0;
    parameter [255:0] INIT_RAM_30 = 256'h0;
    parameter [255:0] INIT_RAM_31 = 256'h0;
    parameter [255:0] INIT_RAM_32 = 256'h0;
    parameter [255:0] INIT_RAM_33 = 256'h0;
    parameter [255:0] INIT_RAM_34 = 256'h0;
    parameter [255:0] INIT_RAM_35 = 256'h0;
    parameter [255:0] INIT_RAM_36 = 256'h0;
    parameter [255:0] INIT_RAM_37 = 256'h0;
    parameter [255:0] INIT_RAM_38 = 256'h0;
    parameter [255:0] INIT_RAM_39 = 256'h0;
    parameter [255:0] INIT_RAM_3A = 256'h0;
    parameter [255:0] INIT_RAM_3B = 256'h0;
    parameter [255:0] INIT_RAM_3C = 256'h0;
    parameter [255:0] INIT_RAM_3D = 256'h0;
    parameter [255:0] INIT_RAM_3E = 256'h0;
    parameter [255:0] INIT_RAM_3F = 256'h0;

    wire [35:0] word, unused;
    fcgenBlockRam #(
        .BYTE(8), .WIDTH_A(BIT_WIDTH_0), .WIDTH_B(BIT_WIDTH_1), .REGISTER_B(READ_MODE),
        .INIT({
            INIT_RAM_3F, INIT_RAM_3E, INIT_RAM_3D, INIT_RAM_3C,
            INIT_RAM_3B, INIT_RAM_3A, INIT_RAM_39, INIT_RAM_38,
            INIT_RAM_37, INIT_RAM_36, INIT_RAM_35, INIT_RAM_34,
            INIT_RAM_33, INIT_RAM_32, INIT_RAM_31, INIT_RAM_30,
            INIT_RAM_2F, INIT_RAM_2E, INIT_RAM_2D, INIT_RAM_2C,
            INIT_RAM_2B, INIT_RAM_2A, INIT_RAM_29, INIT_RAM_28,
            INIT_RAM_27, INIT_RAM_26, INIT_RAM_25, INIT_RAM_24,
            INIT_RAM_23, INIT_RAM_22, INIT_RAM_21, INIT_RAM_20,
            INIT_RAM_1F, INIT_RAM_1E, INIT_RAM_1D, INIT_RAM_1C,
            INIT_RAM_1B, INIT_RAM_1A, INIT_RAM_19, INIT_RAM_18,
            INIT_RAM_17, INIT_RAM_16, INIT_RAM_15, INIT_RAM_14,
            INIT_RAM_13, INIT_RAM_12, INIT_RAM_11, INIT_RAM_10,
            INIT_RAM_0F, INIT_RAM_0E, INIT_RAM_0D, INIT_RAM_0C,
            INIT_RAM_0B, INIT_RAM_0A, INIT_RAM_09, INIT_RAM_08,
            INIT_RAM_07, INIT_RAM_06, INIT_RAM_05, INIT_RAM_04,
            INIT_RAM_03, INIT_RAM_02, INIT_RAM_01, INIT_RAM_00
        })
    ) ram (
        .clock_a(CLKA), .enable_a(CEA), .write_a(1'b1), .reset_a(RESETA), .output_enable_a(1'b0),
        .address_a(ADA), .data_a({4'd0, DI}), .word_a(unused),
        .clock_b(CLKB), .enable_b(CEB), .write_b(1'b0), .reset_b(RESETB), .output_enable_b(OCE),
        .address_b(ADB), .data_b(36'd0), .word_b(word)
    );
    assign DO = word[31:0];

    always @(RESETA, RESETB)
        if (RESET_MODE != "SYNC" && (RESETA | RESETB) === 1'b1)
            $fatal(1, "%m: SDPB: asynchronous resets are not modelled");
    always @(BLKSELA, BLKSELB)
        if (BLKSELA !== BLK_SEL_0 || BLKSELB !== BLK_SEL_1)
            $fatal(1, "%m: SDPB: block selects are not modelled");
endmodule

// Two ports that read and write: 1, 2, 4, 8, 16 bits.
module DPB (
    input CLKA, CEA, WREA, RESETA, OCEA, CLKB, CEB, WREB, RESETB, OCEB,
    input [2:0] BLKSELA, BLKSELB,
    input [13:0] ADA, ADB,
    input [15:0] DIA, DIB,
    output [15:0] DOA, DOB
);
    parameter READ_MODE0 = 1'b0;      // [A] 1: A_REGMODE OUTREG
    parameter READ_MODE1 = 1'b0;      // [A] 1: B_REGMODE OUTREG
    parameter WRITE_MODE0 = 2'b00;    // [A] 1: WT, 2: RBW; [M] rdwr no_change, new
    parameter WRITE_MODE1 = 2'b00;
    parameter BIT_WIDTH_0 = 16;
    parameter BIT_WIDTH_1 = 16;
    parameter BLK_SEL_0 = 3'b000;     // [M] always selected
    parameter BLK_SEL_1 = 3'b000;
    parameter RESET_MODE = "SYNC";    // [A] ASYNC; [M] either without a reset
    parameter [255:0] INIT_RAM_00 = 256'h0;
    parameter [255:0] INIT_RAM_01 = 256'h0;
    parameter [255:0] INIT_RAM_02 = 256'h0;
    parameter [255:0] INIT_RAM_03 = 256'h0;
    parameter [255:0] INIT_RAM_04 = 256'h0;
    parameter [255:0] INIT_RAM_05 = 256'h0;
    parameter [255:0] INIT_RAM_06 = 256'h0;
    parameter [255:0] INIT_RAM_07 = 256'h0;
    parameter [255:0] INIT_RAM_08 = 256'h0;
    parameter [255:0] INIT_RAM_09 = 256'h0;
    parameter [255:0] INIT_RAM_0A = 256'h0;
    parameter [255:0] INIT_RAM_0B = 256'h0;
    parameter [255:0] INIT_RAM_0C = 256'h0;
    parameter [255:0] INIT_RAM_0D = 256'h0;
    parameter [255:0] INIT_RAM_0E = 256'h0;
    parameter [255:0] INIT_RAM_0F = 256'h0;
    parameter [255:0] INIT_RAM_10 = 256'h0;
    parameter [255:0] INIT_RAM_11 = 256'h0;
    parameter [255:0] INIT_RAM_12 = 256'h0;
    parameter [255:0] INIT_RAM_13 = 256'h0;
    parameter [255:0] INIT_RAM_14 = 256'h0;
    parameter [255:0] INIT_RAM_15 = 256'h0;
    parameter [255:0] INIT_RAM_16 = 256'h0;
    parameter [255:0] INIT_RAM_17 = 256'h0;
    parameter [255:0] INIT_RAM_18 = 256'h0;
    parameter [255:0] INIT_RAM_19 = 256'h0;
    parameter [255:0] INIT_RAM_1A = 256'h0;
    parameter [255:0] INIT_RAM_1B = 256'h0;
    parameter [255:0] INIT_RAM_1C = 256'h0;
    parameter [255:0] INIT_RAM_1D = 256'h0;
    parameter [255:0] INIT_RAM_1E = 256'h0;
    parameter [255:0] INIT_RAM_1F = 256'h0;
    parameter [255:0] INIT_RAM_20 = 256'h0;
    parameter [255:0] INIT_RAM_21 = 256'h0;
    parameter [255:0] INIT_RAM_22 = 256'h0;
    parameter [255:0] INIT_RAM_23 = 256'h0;
    parameter [255:0] INIT_RAM_24 = 256'h0;
    parameter [255:0] INIT_RAM_25 = 256'h0;
    parameter [255:0] INIT_RAM_26 = 256'h0;
    parameter [255:0] INIT_RAM_27 = 256'h0;
    parameter [255:0] INIT_RAM_28 = 256'h0;
    parameter [255:0] INIT_RAM_29 = 256'h0;
    parameter [255:0] INIT_RAM_2A = 256'h0;
    parameter [255:0] INIT_RAM_2B = 256'h0;
    parameter [255:0] INIT_RAM_2C = 256'h0;
    parameter [255:0] INIT_RAM_2D = 256'h0;
    parameter [255:0] INIT_RAM_2E = 256'h0;
    parameter [255:0] INIT_RAM_2F = 256'h0;
    parameter [255:0] INIT_RAM_30 = 256'h0;
    parameter [255:0] INIT_RAM_31 = 256'h0;
    parameter [255:0] INIT_RAM_32 = 256'h0;
    parameter [255:0] INIT_RAM_33 = 256'h0;
    parameter [255:0] INIT_RAM_34 = 256'h0;
    parameter [255:0] INIT_RAM_35 = 256'h0;
    parameter [255:0] INIT_RAM_36 = 256'h0;
    parameter [255:0] INIT_RAM_37 = 256'h0;
    parameter [255:0] INIT_RAM_38 = 256'h0;
    parameter [255:0] INIT_RAM_39 = 256'h0;
    parameter [255:0] INIT_RAM_3A = 256'h0;
    parameter [255:0] INIT_RAM_3B = 256'h0;
    parameter [255:0] INIT_RAM_3C = 256'h0;
    parameter [255:0] INIT_RAM_3D = 256'h0;
    parameter [255:0] INIT_RAM_3E = 256'h0;
    parameter [255:0] INIT_RAM_3F = 256'h0;

    wire [35:0] word_a, word_b;
    fcgenBlockRam #(
        .BYTE(8), .WIDTH_A(BIT_WIDTH_0), .WIDTH_B(BIT_WIDTH_1),
        .REGISTER_A(READ_MODE0), .REGISTER_B(READ_MODE1),
        .WRITE_MODE_A(WRITE_MODE0), .WRITE_MODE_B(WRITE_MODE1),
        .INIT({
            INIT_RAM_3F, INIT_RAM_3E, INIT_RAM_3D, INIT_RAM_3C,
            INIT_RAM_3B, INIT_RAM_3A, INIT_RAM_39, INIT_RAM_38,
            INIT_RAM_37, INIT_RAM_36, INIT_RAM_35, INIT_RAM_34,
            INIT_RAM_33, INIT_RAM_32, INIT_RAM_31, INIT_RAM_30,
            INIT_RAM_2F, INIT_RAM_2E, INIT_RAM_2D, INIT_RAM_2C,
            INIT_RAM_2B, INIT_RAM_2A, INIT_RAM_29, INIT_RAM_28,
            INIT_RAM_27, INIT_RAM_26, INIT_RAM_25, INIT_RAM_24,
            INIT_RAM_23, INIT_RAM_22, INIT_RAM_21, INIT_RAM_20,
            INIT_RAM_1F, INIT_RAM_1E, INIT_RAM_1D, INIT_RAM_1C,
            INIT_RAM_1B, INIT_RAM_1A, INIT_RAM_19, INIT_RAM_18,
            INIT_RAM_17, INIT_RAM_16, INIT_RAM_15, INIT_RAM_14,
            INIT_RAM_13, INIT_RAM_12, INIT_RAM_11, INIT_RAM_10,
            INIT_RAM_0F, INIT_RAM_0E, INIT_RAM_0D, INIT_RAM_0C,
            INIT_RAM_0B, INIT_RAM_0A, INIT_RAM_09, INIT_RAM_08,
            INIT_RAM_07, INIT_RAM_06, INIT_RAM_05, INIT_RAM_04,
            INIT_RAM_03, INIT_RAM_02, INIT_RAM_01, INIT_RAM_00
        })
    ) ram (
        .clock_a(CLKA), .enable_a(CEA), .write_a(WREA), .reset_a(RESETA), .output_enable_a(OCEA),
        .address_a(ADA), .data_a({20'd0, DIA}), .word_a(word_a),
        .clock_b(CLKB), .enable_b(CEB), .write_b(WREB), .reset_b(RESETB), .output_enable_b(OCEB),
        .address_b(ADB), .data_b({20'd0, DIB}), .word_b(word_b)
    );
    assign DOA = word_a[15:0];
    assign DOB = word_b[15:0];

    always @(RESETA, RESETB)
        if (RESET_MODE != "SYNC" && (RESETA | RESETB) === 1'b1)
            $fatal(1, "%m: DPB: asynchronous resets are not modelled");
    always @(BLKSELA, BLKSELB)
        if (BLKSELA !== BLK_SEL_0 || BLKSELB !== BLK_SEL_1)
            $fatal(1, "%m: DPB: block selects are not modelled");
endmodule

// One port of 9, 18, 36 bits; a ROM where nothing is written.
module SPX9 (
    input CLK, CE, WRE, RESET, OCE,
    input [2:0] BLKSEL,
    input [13:0] AD,
    input [35:0] DI,
    output [35:0] DO
);
    parameter READ_MODE = 1'b0;     // [A] 1: REGMODE OUTREG; [S] enables output pipeline registers
    parameter WRITE_MODE = 2'b00;   // [A] 1: WT, 2: RBW; [M] rdwr no_change, new, old
    parameter BIT_WIDTH = 36;       // [S] 9, 18, 36
    parameter BLK_SEL = 3'b000;     // [M] always selected
    parameter RESET_MODE = "SYNC";  // [A] ASYNC; [M] either without a reset
    parameter [287:0] INIT_RAM_00 = 288'h0;
    parameter [287:0] INIT_RAM_01 = 288'h0;
    parameter [287:0] INIT_RAM_02 = 288'h0;
    parameter [287:0] INIT_RAM_03 = 288'h0;
    parameter [287:0] INIT_RAM_04 = 288'h0;
    parameter [287:0] INIT_RAM_05 = 288'h0;
    parameter [287:0] INIT_RAM_06 = 288'h0;
    parameter [287:0] INIT_RAM_07 = 288'h0;
    parameter [287:0] INIT_RAM_08 = 288'h0;
    parameter [287:0] INIT_RAM_09 = 288'h0;
    parameter [287:0] INIT_RAM_0A = 288'h0;
    parameter [287:0] INIT_RAM_0B = 288'h0;
    parameter [287:0] INIT_RAM_0C = 288'h0;
    parameter [287:0] INIT_RAM_0D = 288'h0;
    parameter [287:0] INIT_RAM_0E = 288'h0;
    parameter [287:0] INIT_RAM_0F = 288'h0;
    parameter [287:0] INIT_RAM_10 = 288'h0;
    parameter [287:0] INIT_RAM_11 = 288'h0;
    parameter [287:0] INIT_RAM_12 = 288'h0;
    parameter [287:0] INIT_RAM_13 = 288'h0;
    parameter [287:0] INIT_RAM_14 = 288'h0;
    parameter [287:0] INIT_RAM_15 = 288'h0;
    parameter [287:0] INIT_RAM_16 = 288'h0;
    parameter [287:0] INIT_RAM_17 = 288'h0;
    parameter [287:0] INIT_RAM_18 = 288'h0;
    parameter [287:0] INIT_RAM_19 = 288'h0;
    parameter [287:0] INIT_RAM_1A = 288'h0;
    parameter [287:0] INIT_RAM_1B = 288'h0;
    parameter [287:0] INIT_RAM_1C = 288'h0;
    parameter [287:0] INIT_RAM_1D = 288'h0;
    parameter [287:0] INIT_RAM_1E = 288'h0;
    parameter [287:0] INIT_RAM_1F = 288'h0;
    parameter [287:0] INIT_RAM_20 = 288'h0;
    parameter [287:0] INIT_RAM_21 = 288'h0;
    parameter [287:0] INIT_RAM_22 = 288'h0;
    parameter [287:0] INIT_RAM_23 = 288'h0;
    parameter [287:0] INIT_RAM_24 = 288'h0;
    parameter [287:0] INIT_RAM_25 = 288'h0;
    parameter [287:0] INIT_RAM_26 = 288'h0;
    parameter [287:0] INIT_RAM_27 = 288'h0;
    parameter [287:0] INIT_RAM_28 = 288'h0;
    parameter [287:0] INIT_RAM_29 = 288'h0;
    parameter [287:0] INIT_RAM_2A = 288'h0;
    parameter [287:0] INIT_RAM_2B = 288'h0;
    parameter [287:0] INIT_RAM_2C = 288'h0;
    parameter [287:0] INIT_RAM_2D = 288'h0;
    parameter [287:0] INIT_RAM_2E = 288'h0;
    parameter [287:0] INIT_RAM_2F = 288'h0;
    parameter [287:0] INIT_RAM_30 = 288'h0;
    parameter [287:0] INIT_RAM_31 = 288'h0;
    parameter [287:0] INIT_RAM_32 = 288'h0;
    parameter [287:0] INIT_RAM_33 = 288'h0;
    parameter [287:0] INIT_RAM_34 = 288'h0;
    parameter [287:0] INIT_RAM_35 = 288'h0;
    parameter [287:0] INIT_RAM_36 = 288'h0;
    parameter [287:0] INIT_RAM_37 = 288'h0;
    parameter [287:0] INIT_RAM_38 = 288'h0;
    parameter [287:0] INIT_RAM_39 = 288'h0;
    parameter [287:0] INIT_RAM_3A = 288'h0;
    parameter [287:0] INIT_RAM_3B = 288'h0;
    parameter [287:0] INIT_RAM_3C = 288'h0;
    parameter [287:0] INIT_RAM_3D = 288'h0;
    parameter [287:0] INIT_RAM_3E = 288'h0;
    parameter [287:0] INIT_RAM_3F = 288'h0;

    wire [35:0] word, unused;
    fcgenBlockRam #(
        .BYTE(9), .WIDTH_A(BIT_WIDTH), .REGISTER_A(READ_MODE), .WRITE_MODE_A(WRITE_MODE),
        .INIT({
            INIT_RAM_3F, INIT_RAM_3E, INIT_RAM_3D, INIT_RAM_3C,
            INIT_RAM_3B, INIT_RAM_3A, INIT_RAM_39, INIT_RAM_38,
            INIT_RAM_37, INIT_RAM_36, INIT_RAM_35, INIT_RAM_34,
            INIT_RAM_33, INIT_RAM_32, INIT_RAM_31, INIT_RAM_30,
            INIT_RAM_2F, INIT_RAM_2E, INIT_RAM_2D, INIT_RAM_2C,
            INIT_RAM_2B, INIT_RAM_2A, INIT_RAM_29, INIT_RAM_28,
            INIT_RAM_27, INIT_RAM_26, INIT_RAM_25, INIT_RAM_24,
            INIT_RAM_23, INIT_RAM_22, INIT_RAM_21, INIT_RAM_20,
            INIT_RAM_1F, INIT_RAM_1E, INIT_RAM_1D, INIT_RAM_1C,
            INIT_RAM_1B, INIT_RAM_1A, INIT_RAM_19, INIT_RAM_18,
            INIT_RAM_17, INIT_RAM_16, INIT_RAM_15, INIT_RAM_14,
            INIT_RAM_13, INIT_RAM_12, INIT_RAM_11, INIT_RAM_10,
            INIT_RAM_0F, INIT_RAM_0E, INIT_RAM_0D, INIT_RAM_0C,
            INIT_RAM_0B, INIT_RAM_0A, INIT_RAM_09, INIT_RAM_08,
            INIT_RAM_07, INIT_RAM_06, INIT_RAM_05, INIT_RAM_04,
            INIT_RAM_03, INIT_RAM_02, INIT_RAM_01, INIT_RAM_00
        })
    ) ram (
        .clock_a(CLK), .enable_a(CE), .write_a(WRE), .reset_a(RESET), .output_enable_a(OCE),
        .address_a(AD), .data_a(DI), .word_a(word),
        .clock_b(1'b0), .enable_b(1'b0), .write_b(1'b0), .reset_b(1'b0), .output_enable_b(1'b0),
        .address_b(14'd0), .data_b(36'd0), .word_b(unused)
    );
    assign DO = word;

    always @(RESET)
        if (RESET_MODE != "SYNC" && RESET === 1'b1)
            $fatal(1, "%m: SPX9: asynchronous resets are not modelled");
    always @(BLKSEL)
        if (BLKSEL !== BLK_SEL) $fatal(1, "%m: SPX9: block selects are not modelled");
endmodule

// One port that writes, in every cycle with CEA, and one that reads: 9, 18, 36 bits.
module SDPX9B (
    input CLKA, CEA, RESETA, CLKB, CEB, RESETB, OCE,
    input [2:0] BLKSELA, BLKSELB,
    input [13:0] ADA, ADB,
    input [35:0] DI,
    output [35:0] DO
);
    parameter READ_MODE = 1'b0;       // [A] 1: REGMODE OUTREG
    parameter BIT_WIDTH_0 = 36;       // [M] of the port that writes
    parameter BIT_WIDTH_1 = 36;       // [M] of the port that reads
    parameter BLK_SEL_0 = 3'b000;     // [M] always selected
    parameter BLK_SEL_1 = 3'b000;
    parameter RESET_MODE = "SYNC";    // [A] ASYNC; [M] either without a reset
    parameter [287:0] INIT_RAM_00 = 288'h0;
    parameter [287:0] INIT_RAM_01 = 288'h0;
    parameter [287:0] INIT_RAM_02 = 288'h0;
    parameter [287:0] INIT_RAM_03 = 288'h0;
    parameter [287:0] INIT_RAM_04 = 288'h0;
    parameter [287:0] INIT_RAM_05 = 288'h0;
    parameter [287:0] INIT_RAM_06 = 288'h0;
    parameter [287:0] INIT_RAM_07 = 288'h0;
    parameter [287:0] INIT_RAM_08 = 288'h0;
    parameter [287:0] INIT_RAM_09 = 288'h0;
    parameter [287:0] INIT_RAM_0A = 288'h0;
    parameter [287:0] INIT_RAM_0B = 288'h0;
    parameter [287:0] INIT_RAM_0C = 288'h0;
    parameter [287:0] INIT_RAM_0D = 288'h0;
    parameter [287:0] INIT_RAM_0E = 288'h0;
    parameter [287:0] INIT_RAM_0F = 288'h0;
    parameter [287:0] INIT_RAM_10 = 288'h0;
    parameter [287:0] INIT_RAM_11 = 288'h0;
    parameter [287:0] INIT_RAM_12 = 288'h0;
    parameter [287:0] INIT_RAM_13 = 288'h0;
    parameter [287:0] INIT_RAM_14 = 288'h0;
    parameter [287:0] INIT_RAM_15 = 288'h0;
    parameter [287:0] INIT_RAM_16 = 288'h0;
    parameter [287:0] INIT_RAM_17 = 288'h0;
    parameter [287:0] INIT_RAM_18 = 288'h0;
    parameter [287:0] INIT_RAM_19 = 288'h0;
    parameter [287:0] INIT_RAM_1A = 288'h0;
    parameter [287:0] INIT_RAM_1B = 288'h0;
    parameter [287:0] INIT_RAM_1C = 288'h0;
    parameter [287:0] INIT_RAM_1D = 288'h0;
    parameter [287:0] INIT_RAM_1E = 288'h0;
    parameter [287:0] INIT_RAM_1F = 288'h0;
    parameter [287:0] INIT_RAM_20 = 288'h0;
    parameter [287:0] INIT_RAM_21 = 288'h0;
    parameter [287:0] INIT_RAM_22 = 288'h0;
    parameter [287:0] INIT_RAM_23 = 288'h0;
    parameter [287:0] INIT_RAM_24 = 288'h0;
    parameter [287:0] INIT_RAM_25 = 288'h0;
    parameter [287:0] INIT_RAM_26 = 288'h0;
    parameter [287:0] INIT_RAM_27 = 288'h0;
    parameter [287:0] INIT_RAM_28 = 288'h0;
    parameter [287:0] INIT_RAM_29 = 288'h0;
    parameter [287:0] INIT_RAM_2A = 288'h0;
    parameter [287:0] INIT_RAM_2B = 288'h0;
    parameter [287:0] INIT_RAM_2C = 288'h0;
    parameter [287:0] INIT_RAM_2D = 288'h0;
    parameter [287:0] INIT_RAM_2E = 288'h0;
    parameter [287:0] INIT_RAM_2F = 288'h0;
    parameter [287:0] INIT_RAM_30 = 288'h0;
    parameter [287:0] INIT_RAM_31 = 288'h0;
    parameter [287:0] INIT_RAM_32 = 288'h0;
    parameter [287:0] INIT_RAM_33 = 288'h0;
    parameter [287:0] INIT_RAM_34 = 288'h0;
    parameter [287:0] INIT_RAM_35 = 288'h0;
    parameter [287:0] INIT_RAM_36 = 288'h0;
    parameter [287:0] INIT_RAM_37 = 288'h0;
    parameter [287:0] INIT_RAM_38 = 288'h0;
    parameter [287:0] INIT_RAM_39 = 288'h0;
    parameter [287:0] INIT_RAM_3A = 288'h0;
    parameter [287:0] INIT_RAM_3B = 288'h0;
    parameter [287:0] INIT_RAM_3C = 288'h0;
    parameter [287:0] INIT_RAM_3D = 288'h0;
    parameter [287:0] INIT_RAM_3E = 288'h0;
    parameter [287:0] INIT_RAM_3F = 288'h0;

    wire [35:0] word, unused;
    fcgenBlockRam #(
        .BYTE(9), .WIDTH_A(BIT_WIDTH_0), .WIDTH_B(BIT_WIDTH_1), .REGISTER_B(READ_MODE),
        .INIT({
            INIT_RAM_3F, INIT_RAM_3E, INIT_RAM_3D, INIT_RAM_3C,
            INIT_RAM_3B, INIT_RAM_3A, INIT_RAM_39, INIT_RAM_38,
            INIT_RAM_37, INIT_RAM_36, INIT_RAM_35, INIT_RAM_34,
            INIT_RAM_33, INIT_RAM_32, INIT_RAM_31, INIT_RAM_30,
            INIT_RAM_2F, INIT_RAM_2E, INIT_RAM_2D, INIT_RAM_2C,
            INIT_RAM_2B, INIT_RAM_2A, INIT_RAM_29, INIT_RAM_28,
            INIT_RAM_27, INIT_RAM_26, INIT_RAM_25, INIT_RAM_24,
            INIT_RAM_23, INIT_RAM_22, INIT_RAM_21, INIT_RAM_20,
            INIT_RAM_1F, INIT_RAM_1E, INIT_RAM_1D, INIT_RAM_1C,
            INIT_RAM_1B, INIT_RAM_1A, INIT_RAM_19, INIT_RAM_18,
            INIT_RAM_17, INIT_RAM_16, INIT_RAM_15, INIT_RAM_14,
            INIT_RAM_13, INIT_RAM_12, INIT_RAM_11, INIT_RAM_10,
            INIT_RAM_0F, INIT_RAM_0E, INIT_RAM_0D, INIT_RAM_0C,
            INIT_RAM_0B, INIT_RAM_0A, INIT_RAM_09, INIT_RAM_08,
            INIT_RAM_07, INIT_RAM_06, INIT_RAM_05, INIT_RAM_04,
            INIT_RAM_03, INIT_RAM_02, INIT_RAM_01, INIT_RAM_00
        })
    ) ram (
        .clock_a(CLKA), .enable_a(CEA), .write_a(1'b1), .reset_a(RESETA), .output_enable_a(1'b0),
        .address_a(ADA), .data_a(DI), .word_a(unused),
        .clock_b(CLKB), .enable_b(CEB), .write_b(1'b0), .reset_b(RESETB), .output_enable_b(OCE),
        .address_b(ADB), .data_b(36'd0), .word_b(word)
    );
    assign DO = word;

    always @(RESETA, RESETB)
        if (RESET_MODE != "SYNC" && (RESETA | RESETB) === 1'b1)
            $fatal(1, "%m: SDPX9B: asynchronous resets are not modelled");
    always @(BLKSELA, BLKSELB)
        if (BLKSELA !== BLK_SEL_0 || BLKSELB !== BLK_SEL_1)
            $fatal(1, "%m: SDPX9B: block selects are not modelled");
endmodule

// Two ports that read and write: 9, 18 bits.
module DPX9B (
    input CLKA, CEA, WREA, RESETA, OCEA, CLKB, CEB, WREB, RESETB, OCEB,
    input [2:0] BLKSELA, BLKSELB,
    input [13:0] ADA, ADB,
    input [17:0] DIA, DIB,
    output [17:0] DOA, DOB
);
    parameter READ_MODE0 = 1'b0;      // [A] 1: A_REGMODE OUTREG
    parameter READ_MODE1 = 1'b0;      // [A] 1: B_REGMODE OUTREG
    parameter WRITE_MODE0 = 2'b00;    // [A] 1: WT, 2: RBW; [M] rdwr no_change, new
    parameter WRITE_MODE1 = 2'b00;
    parameter BIT_WIDTH_0 = 18;
    parameter BIT_WIDTH_1 = 18;
    parameter BLK_SEL_0 = 3'b000;     // [M] always selected
    parameter BLK_SEL_1 = 3'b000;
    parameter RESET_MODE = "SYNC";    // [A] ASYNC; [M] either without a reset
    parameter [287:0] INIT_RAM_00 = 288'h0;
    parameter [287:0] INIT_RAM_01 = 288'h0;
    parameter [287:0] INIT_RAM_02 = 288'h0;
    parameter [287:0] INIT_RAM_03 = 288'h0;
    parameter [287:0] INIT_RAM_04 = 288'h0;
    parameter [287:0] INIT_RAM_05 = 288'h0;
    parameter [287:0] INIT_RAM_06 = 288'h0;
    parameter [287:0] INIT_RAM_07 = 288'h0;
    parameter [287:0] INIT_RAM_08 = 288'h0;
    parameter [287:0] INIT_RAM_09 = 288'h0;
    parameter [287:0] INIT_RAM_0A = 288'h0;
    parameter [287:0] INIT_RAM_0B = 288'h0;
    parameter [287:0] INIT_RAM_0C = 288'h0;
    parameter [287:0] INIT_RAM_0D = 288'h0;
    parameter [287:0] INIT_RAM_0E = 288'h0;
    parameter [287:0] INIT_RAM_0F = 288'h0;
    parameter [287:0] INIT_RAM_10 = 288'h0;
    parameter [287:0] INIT_RAM_11 = 288'h0;
    parameter [287:0] INIT_RAM_12 = 288'h0;
    parameter [287:0] INIT_RAM_13 = 288'h0;
    parameter [287:0] INIT_RAM_14 = 288'h0;
    parameter [287:0] INIT_RAM_15 = 288'h0;
    parameter [287:0] INIT_RAM_16 = 288'h0;
    parameter [287:0] INIT_RAM_17 = 288'h0;
    parameter [287:0] INIT_RAM_18 = 288'h0;
    parameter [287:0] INIT_RAM_19 = 288'h0;
    parameter [287:0] INIT_RAM_1A = 288'h0;
    parameter [287:0] INIT_RAM_1B = 288'h0;
    parameter [287:0] INIT_RAM_1C = 288'h0;
    parameter [287:0] INIT_RAM_1D = 288'h0;
    parameter [287:0] INIT_RAM_1E = 288'h0;
    parameter [287:0] INIT_RAM_1F = 288'h0;
    parameter [287:0] INIT_RAM_20 = 288'h0;
    parameter [287:0] INIT_RAM_21 = 288'h0;
    parameter [287:0] INIT_RAM_22 = 288'h0;
    parameter [287:0] INIT_RAM_23 = 288'h0;
    parameter [287:0] INIT_RAM_24 = 288'h0;
    parameter [287:0] INIT_RAM_25 = 288'h0;
    parameter [287:0] INIT_RAM_26 = 288'h0;
    parameter [287:0] INIT_RAM_27 = 288'h0;
    parameter [287:0] INIT_RAM_28 = 288'h0;
    parameter [287:0] INIT_RAM_29 = 288'h0;
    parameter [287:0] INIT_RAM_2A = 288'h0;
    parameter [287:0] INIT_RAM_2B = 288'h0;
    parameter [287:0] INIT_RAM_2C = 288'h0;
    parameter [287:0] INIT_RAM_2D = 288'h0;
    parameter [287:0] INIT_RAM_2E = 288'h0;
    parameter [287:0] INIT_RAM_2F = 288'h0;
    parameter [287:0] INIT_RAM_30 = 288'h0;
    parameter [287:0] INIT_RAM_31 = 288'h0;
    parameter [287:0] INIT_RAM_32 = 288'h0;
    parameter [287:0] INIT_RAM_33 = 288'h0;
    parameter [287:0] INIT_RAM_34 = 288'h0;
    parameter [287:0] INIT_RAM_35 = 288'h0;
    parameter [287:0] INIT_RAM_36 = 288'h0;
    parameter [287:0] INIT_RAM_37 = 288'h0;
    parameter [287:0] INIT_RAM_38 = 288'h0;
    parameter [287:0] INIT_RAM_39 = 288'h0;
    parameter [287:0] INIT_RAM_3A = 288'h0;
    parameter [287:0] INIT_RAM_3B = 288'h0;
    parameter [287:0] INIT_RAM_3C = 288'h0;
    parameter [287:0] INIT_RAM_3D = 288'h0;
    parameter [287:0] INIT_RAM_3E = 288'h0;
    parameter [287:0] INIT_RAM_3F = 288'h0;

    wire [35:0] word_a, word_b;
    fcgenBlockRam #(
        .BYTE(9), .WIDTH_A(BIT_WIDTH_0), .WIDTH_B(BIT_WIDTH_1),
        .REGISTER_A(READ_MODE0), .REGISTER_B(READ_MODE1),
        .WRITE_MODE_A(WRITE_MODE0), .WRITE_MODE_B(WRITE_MODE1),
        .INIT({
            INIT_RAM_3F, INIT_RAM_3E, INIT_RAM_3D, INIT_RAM_3C,
            INIT_RAM_3B, INIT_RAM_3A, INIT_RAM_39, INIT_RAM_38,
            INIT_RAM_37, INIT_RAM_36, INIT_RAM_35, INIT_RAM_34,
            INIT_RAM_33, INIT_RAM_32, INIT_RAM_31, INIT_RAM_30,
            INIT_RAM_2F, INIT_RAM_2E, INIT_RAM_2D, INIT_RAM_2C,
            INIT_RAM_2B, INIT_RAM_2A, INIT_RAM_29, INIT_RAM_28,
            INIT_RAM_27, INIT_RAM_26, INIT_RAM_25, INIT_RAM_24,
            INIT_RAM_23, INIT_RAM_22, INIT_RAM_21, INIT_RAM_20,
            INIT_RAM_1F, INIT_RAM_1E, INIT_RAM_1D, INIT_RAM_1C,
            INIT_RAM_1B, INIT_RAM_1A, INIT_RAM_19, INIT_RAM_18,
            INIT_RAM_17, INIT_RAM_16, INIT_RAM_15, INIT_RAM_14,
            INIT_RAM_13, INIT_RAM_12, INIT_RAM_11, INIT_RAM_10,
            INIT_RAM_0F, INIT_RAM_0E, INIT_RAM_0D, INIT_RAM_0C,
            INIT_RAM_0B, INIT_RAM_0A, INIT_RAM_09, INIT_RAM_08,
            INIT_RAM_07, INIT_RAM_06, INIT_RAM_05, INIT_RAM_04,
            INIT_RAM_03, INIT_RAM_02, INIT_RAM_01, INIT_RAM_00
        })
    ) ram (
        .clock_a(CLKA), .enable_a(CEA), .write_a(WREA), .reset_a(RESETA), .output_enable_a(OCEA),
        .address_a(ADA), .data_a({18'd0, DIA}), .word_a(word_a),
        .clock_b(CLKB), .enable_b(CEB), .write_b(WREB), .reset_b(RESETB), .output_enable_b(OCEB),
        .address_b(ADB), .data_b({18'd0, DIB}), .word_b(word_b)
    );
    assign DOA = word_a[17:0];
    assign DOB = word_b[17:0];

    always @(RESETA, RESETB)
        if (RESET_MODE != "SYNC" && (RESETA | RESETB) === 1'b1)
            $fatal(1, "%m: DPX9B: asynchronous resets are not modelled");
    always @(BLKSELA, BLKSELB)
        if (BLKSELA !== BLK_SEL_0 || BLKSELB !== BLK_SEL_1)
            $fatal(1, "%m: DPX9B: block selects are not modelled");
endmodule
