// Models of the ECP5's blocks, for the simulation of synthesised netlists.
//
// NEVER SEEN ON HARDWARE. Written from the open tools' sources; what a model does not know, it
// refuses at time 0. Lattice's technical notes (sysDSP, memory usage) were not at hand.
//
// Sources, named by letter below:
//   [M] Yosys 0.70   techlibs/lattice/brams_map_16kd.v and brams_16kd.txt
//   [D] Yosys 0.70   techlibs/lattice/dsp_map_18x18.v, and the box MULT18X18D in cells_bb_ecp5.v
//   [N] nextpnr      ecp5/bitstream.cc, the branches for DP16KD and MULT18X18D
//   [T] prjtrellis   fuzzers/ECP5/041-ebr_config and 073-mult18_config, fuzzer.py: legal values
//   [P] prjtrellis   docs/dsp_support/dsp_support.rst: a multiplier of 0 to 4 cycles of latency

// One of the multiplier's registers: bypassed, or with one of four clocks, enables and resets.
module fcgenEcp5Register #(
    parameter WIDTH = 18,
    parameter CLK = "NONE",  // [T] regs × clks: NONE, CLK0 to CLK3; [N] default NONE
    parameter CE = "CE0",    // [T] cens: CE0 to CE3; [N] default CE0
    parameter RST = "RST0"   // [T] rsts: RST0 to RST3; [N] default RST0
) (
    input  wire [3:0]       clk,
    input  wire [3:0]       ce,
    input  wire [3:0]       rst,
    input  wire [WIDTH-1:0] d,
    output wire [WIDTH-1:0] q
);
    generate
        if (CLK == "NONE") begin : bypassed
            assign q = d;
        end else begin : clocked
            wire clock = CLK == "CLK3" ? clk[3] : CLK == "CLK2" ? clk[2]
                : CLK == "CLK1" ? clk[1] : clk[0];
            wire enable = CE == "CE3" ? ce[3] : CE == "CE2" ? ce[2]
                : CE == "CE1" ? ce[1] : ce[0];
            wire reset = RST == "RST3" ? rst[3] : RST == "RST2" ? rst[2]
                : RST == "RST1" ? rst[1] : rst[0];
            reg [WIDTH-1:0] state;
            initial state = 0;
            always @(posedge clock)
                if (reset) state <= 0;
                else if (enable) state <= d;
            assign q = state;
        end
    endgenerate
endmodule

// 18 × 18 bits: input, pipeline and output register, in this order.
//
// SIGNEDA and SIGNEDB must not change while operands are under way. Not modelled: operands from
// the shift chain (SOURCEA, SOURCEB = 1), the operand C, the chain's outputs.
module MULT18X18D (
    input A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11,
    A12, A13, A14, A15, A16, A17,
    input B0, B1, B2, B3, B4, B5, B6, B7, B8, B9, B10, B11,
    B12, B13, B14, B15, B16, B17,
    input C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11,
    C12, C13, C14, C15, C16, C17,
    input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
    input CLK0, CLK1, CLK2, CLK3, CE0, CE1, CE2, CE3, RST0, RST1, RST2, RST3,
    output P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11,
    P12, P13, P14, P15, P16, P17, P18, P19, P20, P21, P22, P23,
    P24, P25, P26, P27, P28, P29, P30, P31, P32, P33, P34, P35,
    output SIGNEDP
);
    parameter REG_INPUTA_CLK = "NONE";
    parameter REG_INPUTA_CE = "CE0";
    parameter REG_INPUTA_RST = "RST0";
    parameter REG_INPUTB_CLK = "NONE";
    parameter REG_INPUTB_CE = "CE0";
    parameter REG_INPUTB_RST = "RST0";
    parameter REG_INPUTC_CLK = "NONE";
    parameter REG_INPUTC_CE = "CE0";
    parameter REG_INPUTC_RST = "RST0";
    parameter REG_PIPELINE_CLK = "NONE";
    parameter REG_PIPELINE_CE = "CE0";
    parameter REG_PIPELINE_RST = "RST0";
    parameter REG_OUTPUT_CLK = "NONE";
    parameter REG_OUTPUT_CE = "CE0";
    parameter REG_OUTPUT_RST = "RST0";
    parameter CLK0_DIV = "ENABLED";       // [N] default; a divided clock is for HIGHSPEED only
    parameter CLK1_DIV = "ENABLED";
    parameter CLK2_DIV = "ENABLED";
    parameter CLK3_DIV = "ENABLED";
    parameter HIGHSPEED_CLK = "NONE";     // [D] default
    parameter GSR = "ENABLED";            // [N] default; without effect where no GSR block stands
    parameter CAS_MATCH_REG = "FALSE";    // [D] default; shift chain only
    parameter SOURCEB_MODE = "B_SHIFT";   // [T] values; [N] default: operand B or the shift chain
    parameter MULT_BYPASS = "DISABLED";   // [T] values; [D] default
    parameter RESETMODE = "SYNC";         // [T] values; [N] default

    wire [3:0] clk = {CLK3, CLK2, CLK1, CLK0};
    wire [3:0] ce = {CE3, CE2, CE1, CE0};
    wire [3:0] rst = {RST3, RST2, RST1, RST0};
    wire [17:0] a = {
        A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6,
        A5, A4, A3, A2, A1, A0
    };
    wire [17:0] b = {
        B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6,
        B5, B4, B3, B2, B1, B0
    };
    wire [17:0] x, y;
    wire [35:0] pipeline, p;

    fcgenEcp5Register #(18, REG_INPUTA_CLK, REG_INPUTA_CE, REG_INPUTA_RST)
        register_a (clk, ce, rst, a, x);
    fcgenEcp5Register #(18, REG_INPUTB_CLK, REG_INPUTB_CE, REG_INPUTB_RST)
        register_b (clk, ce, rst, b, y);

    // [D] SIGNEDA belongs to A and SIGNEDB to B. Modulo 2^36 the product is exact for all signs.
    wire [35:0] wide_x = {{18{SIGNEDA & x[17]}}, x};
    wire [35:0] wide_y = {{18{SIGNEDB & y[17]}}, y};

    fcgenEcp5Register #(36, REG_PIPELINE_CLK, REG_PIPELINE_CE, REG_PIPELINE_RST)
        register_pipeline (clk, ce, rst, wide_x * wide_y, pipeline);
    fcgenEcp5Register #(36, REG_OUTPUT_CLK, REG_OUTPUT_CE, REG_OUTPUT_RST)
        register_output (clk, ce, rst, pipeline, p);

    assign {
        P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24,
        P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12,
        P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
    } = p;
    assign SIGNEDP = SIGNEDA | SIGNEDB;

    initial begin
        if (SOURCEB_MODE != "B_SHIFT" || MULT_BYPASS != "DISABLED" || RESETMODE != "SYNC" ||
            HIGHSPEED_CLK != "NONE" || CAS_MATCH_REG != "FALSE")
            $fatal(1, "%m: MULT18X18D: a parameter has a value that is not modelled");
    end
    always @(SOURCEA, SOURCEB)
        if (SOURCEA === 1'b1 || SOURCEB === 1'b1)
            $fatal(1, "%m: MULT18X18D: the shift chain is not modelled");
endmodule


// 18 Kbit of block RAM: two ports of up to 18 bits, or one that writes and one that reads 36.
//
// Not modelled: asynchronous resets, chip selects.
module DP16KD (
    input DIA0, DIA1, DIA2, DIA3, DIA4, DIA5, DIA6, DIA7, DIA8, DIA9, DIA10, DIA11,
    DIA12, DIA13, DIA14, DIA15, DIA16, DIA17,
    input ADA0, ADA1, ADA2, ADA3, ADA4, ADA5, ADA6, ADA7, ADA8, ADA9, ADA10, ADA11,
    ADA12, ADA13,
    input CEA, OCEA, CLKA, WEA, RSTA, CSA0, CSA1, CSA2,
    output DOA0, DOA1, DOA2, DOA3, DOA4, DOA5, DOA6, DOA7, DOA8, DOA9, DOA10, DOA11,
    DOA12, DOA13, DOA14, DOA15, DOA16, DOA17,
    input DIB0, DIB1, DIB2, DIB3, DIB4, DIB5, DIB6, DIB7, DIB8, DIB9, DIB10, DIB11,
    DIB12, DIB13, DIB14, DIB15, DIB16, DIB17,
    input ADB0, ADB1, ADB2, ADB3, ADB4, ADB5, ADB6, ADB7, ADB8, ADB9, ADB10, ADB11,
    ADB12, ADB13,
    input CEB, OCEB, CLKB, WEB, RSTB, CSB0, CSB1, CSB2,
    output DOB0, DOB1, DOB2, DOB3, DOB4, DOB5, DOB6, DOB7, DOB8, DOB9, DOB10, DOB11,
    DOB12, DOB13, DOB14, DOB15, DOB16, DOB17
);
    // [T] 1, 2, 4, 9, 18, and 36 in the mode PDPW16KD, which [N] takes for 36 bits.
    parameter DATA_WIDTH_A = 18;
    parameter DATA_WIDTH_B = 18;
    parameter REGMODE_A = "NOREG";           // [T] NOREG, OUTREG: a register behind the outputs
    parameter REGMODE_B = "NOREG";
    parameter RESETMODE = "SYNC";            // [T] SYNC, ASYNC; [M] either without a reset
    parameter ASYNC_RESET_RELEASE = "SYNC";  // [T]; only for asynchronous resets
    parameter CSDECODE_A = "0b000";          // [M] CSA = CSDECODE_A = 0: selected
    parameter CSDECODE_B = "0b000";
    // [T] NORMAL, WRITETHROUGH, READBEFOREWRITE; [M] rdwr no_change, new, old
    parameter WRITEMODE_A = "NORMAL";
    parameter WRITEMODE_B = "NORMAL";
    parameter CLKAMUX = "CLKA";              // [M] INV: the falling edge
    parameter CLKBMUX = "CLKB";
    parameter GSR = "ENABLED";               // without effect where no GSR block stands
    parameter INIT_DATA = "STATIC";
    parameter WID = 0;                       // [N] number of the contents in the bitstream
    parameter [319:0] INITVAL_00 = 320'h0;
    parameter [319:0] INITVAL_01 = 320'h0;
    parameter [319:0] INITVAL_02 = 320'h0;
    parameter [319:0] INITVAL_03 = 320'h0;
    parameter [319:0] INITVAL_04 = 320'h0;
    parameter [319:0] INITVAL_05 = 320'h0;
    parameter [319:0] INITVAL_06 = 320'h0;
    parameter [319:0] INITVAL_07 = 320'h0;
    parameter [319:0] INITVAL_08 = 320'h0;
    parameter [319:0] INITVAL_09 = 320'h0;
    parameter [319:0] INITVAL_0A = 320'h0;
    parameter [319:0] INITVAL_0B = 320'h0;
    parameter [319:0] INITVAL_0C = 320'h0;
    parameter [319:0] INITVAL_0D = 320'h0;
    parameter [319:0] INITVAL_0E = 320'h0;
    parameter [319:0] INITVAL_0F = 320'h0;
    parameter [319:0] INITVAL_10 = 320'h0;
    parameter [319:0] INITVAL_11 = 320'h0;
    parameter [319:0] INITVAL_12 = 320'h0;
    parameter [319:0] INITVAL_13 = 320'h0;
    parameter [319:0] INITVAL_14 = 320'h0;
    parameter [319:0] INITVAL_15 = 320'h0;
    parameter [319:0] INITVAL_16 = 320'h0;
    parameter [319:0] INITVAL_17 = 320'h0;
    parameter [319:0] INITVAL_18 = 320'h0;
    parameter [319:0] INITVAL_19 = 320'h0;
    parameter [319:0] INITVAL_1A = 320'h0;
    parameter [319:0] INITVAL_1B = 320'h0;
    parameter [319:0] INITVAL_1C = 320'h0;
    parameter [319:0] INITVAL_1D = 320'h0;
    parameter [319:0] INITVAL_1E = 320'h0;
    parameter [319:0] INITVAL_1F = 320'h0;
    parameter [319:0] INITVAL_20 = 320'h0;
    parameter [319:0] INITVAL_21 = 320'h0;
    parameter [319:0] INITVAL_22 = 320'h0;
    parameter [319:0] INITVAL_23 = 320'h0;
    parameter [319:0] INITVAL_24 = 320'h0;
    parameter [319:0] INITVAL_25 = 320'h0;
    parameter [319:0] INITVAL_26 = 320'h0;
    parameter [319:0] INITVAL_27 = 320'h0;
    parameter [319:0] INITVAL_28 = 320'h0;
    parameter [319:0] INITVAL_29 = 320'h0;
    parameter [319:0] INITVAL_2A = 320'h0;
    parameter [319:0] INITVAL_2B = 320'h0;
    parameter [319:0] INITVAL_2C = 320'h0;
    parameter [319:0] INITVAL_2D = 320'h0;
    parameter [319:0] INITVAL_2E = 320'h0;
    parameter [319:0] INITVAL_2F = 320'h0;
    parameter [319:0] INITVAL_30 = 320'h0;
    parameter [319:0] INITVAL_31 = 320'h0;
    parameter [319:0] INITVAL_32 = 320'h0;
    parameter [319:0] INITVAL_33 = 320'h0;
    parameter [319:0] INITVAL_34 = 320'h0;
    parameter [319:0] INITVAL_35 = 320'h0;
    parameter [319:0] INITVAL_36 = 320'h0;
    parameter [319:0] INITVAL_37 = 320'h0;
    parameter [319:0] INITVAL_38 = 320'h0;
    parameter [319:0] INITVAL_39 = 320'h0;
    parameter [319:0] INITVAL_3A = 320'h0;
    parameter [319:0] INITVAL_3B = 320'h0;
    parameter [319:0] INITVAL_3C = 320'h0;
    parameter [319:0] INITVAL_3D = 320'h0;
    parameter [319:0] INITVAL_3E = 320'h0;
    parameter [319:0] INITVAL_3F = 320'h0;

    localparam PAIRED = DATA_WIDTH_A == 36;  // A writes, B reads; the halves share their pins

    wire clka = CLKAMUX == "INV" ? ~CLKA : CLKA;
    wire clkb = CLKBMUX == "INV" ? ~CLKB : CLKB;
    wire [17:0] dia = {
        DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6,
        DIA5, DIA4, DIA3, DIA2, DIA1, DIA0
    };
    wire [17:0] dib = {
        DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6,
        DIB5, DIB4, DIB3, DIB2, DIB1, DIB0
    };
    wire [13:0] ada = {
        ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0
    };
    wire [13:0] adb = {
        ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0
    };

    // [N] Byte 32 i + 2 j + k of 9 bits lies in INITVAL_i from bit 20 j + 9 k on.
    function [287:0] words(input [319:0] values);
        integer j;
        for (j = 0; j < 16; j = j + 1) words[18*j +: 18] = values[20*j +: 18];
    endfunction
    localparam [18431:0] INIT = {
        words(INITVAL_3F), words(INITVAL_3E), words(INITVAL_3D), words(INITVAL_3C),
        words(INITVAL_3B), words(INITVAL_3A), words(INITVAL_39), words(INITVAL_38),
        words(INITVAL_37), words(INITVAL_36), words(INITVAL_35), words(INITVAL_34),
        words(INITVAL_33), words(INITVAL_32), words(INITVAL_31), words(INITVAL_30),
        words(INITVAL_2F), words(INITVAL_2E), words(INITVAL_2D), words(INITVAL_2C),
        words(INITVAL_2B), words(INITVAL_2A), words(INITVAL_29), words(INITVAL_28),
        words(INITVAL_27), words(INITVAL_26), words(INITVAL_25), words(INITVAL_24),
        words(INITVAL_23), words(INITVAL_22), words(INITVAL_21), words(INITVAL_20),
        words(INITVAL_1F), words(INITVAL_1E), words(INITVAL_1D), words(INITVAL_1C),
        words(INITVAL_1B), words(INITVAL_1A), words(INITVAL_19), words(INITVAL_18),
        words(INITVAL_17), words(INITVAL_16), words(INITVAL_15), words(INITVAL_14),
        words(INITVAL_13), words(INITVAL_12), words(INITVAL_11), words(INITVAL_10),
        words(INITVAL_0F), words(INITVAL_0E), words(INITVAL_0D), words(INITVAL_0C),
        words(INITVAL_0B), words(INITVAL_0A), words(INITVAL_09), words(INITVAL_08),
        words(INITVAL_07), words(INITVAL_06), words(INITVAL_05), words(INITVAL_04),
        words(INITVAL_03), words(INITVAL_02), words(INITVAL_01), words(INITVAL_00)
    };

    // [M] A reset blocks a write (block_wr). Where A writes 36 bits, B has no write port.
    wire [35:0] word_a, word_b;
    fcgenBlockRam #(
        .BYTE(9),
        .WIDTH_A(DATA_WIDTH_A),
        .WIDTH_B(DATA_WIDTH_B),
        .REGISTER_A(REGMODE_A == "OUTREG"),
        .REGISTER_B(REGMODE_B == "OUTREG"),
        .WRITE_MODE_A(WRITEMODE_A == "WRITETHROUGH" ? 1 : WRITEMODE_A == "READBEFOREWRITE" ? 2 : 0),
        .WRITE_MODE_B(WRITEMODE_B == "WRITETHROUGH" ? 1 : WRITEMODE_B == "READBEFOREWRITE" ? 2 : 0),
        .INIT(INIT)
    ) ram (
        .clock_a(clka), .enable_a(CEA), .write_a(WEA & ~RSTA), .reset_a(RSTA),
        .output_enable_a(OCEA), .address_a(ada), .data_a({dib, dia}), .word_a(word_a),
        .clock_b(clkb), .enable_b(CEB), .write_b(WEB & ~RSTB & !PAIRED), .reset_b(RSTB),
        .output_enable_b(OCEB), .address_b(adb), .data_b({18'd0, dib}), .word_b(word_b)
    );

    // [M] Of 36 bits the lower ones leave through DOA; fewer bits leave through DOB. One clock
    // enable serves both halves: OCEB (nextpnr ecp5/arch.cc: "In PDP mode, all read signals are in
    // CLKB domain").
    wire [17:0] doa = PAIRED ? word_b[17:0] : word_a[17:0];
    wire [17:0] dob = DATA_WIDTH_B == 36 ? word_b[35:18] : word_b[17:0];
    assign {
        DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6,
        DOA5, DOA4, DOA3, DOA2, DOA1, DOA0
    } = doa;
    assign {
        DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6,
        DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
    } = dob;

    initial begin
        if (CSDECODE_A != "0b000" || CSDECODE_B != "0b000" ||
            (DATA_WIDTH_B == 36 && !PAIRED) || (PAIRED && REGMODE_A != REGMODE_B))
            $fatal(1, "%m: DP16KD: a parameter has a value that is not modelled");
    end
    always @(CSA0, CSA1, CSA2, CSB0, CSB1, CSB2)
        if ((CSA0 | CSA1 | CSA2 | CSB0 | CSB1 | CSB2) === 1'b1)
            $fatal(1, "%m: DP16KD: chip selects are not modelled");
    always @(RSTA, RSTB)
        if (RESETMODE != "SYNC" && (RSTA | RSTB) === 1'b1)
            $fatal(1, "%m: DP16KD: asynchronous resets are not modelled");
endmodule
