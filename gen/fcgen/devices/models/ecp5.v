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
            wire clock = CLK == "CLK3" ? clk[3] : CLK == "CLK2" ? clk[2] : CLK == "CLK1" ? clk[1] : clk[0];
            wire enable = CE == "CE3" ? ce[3] : CE == "CE2" ? ce[2] : CE == "CE1" ? ce[1] : ce[0];
            wire reset = RST == "RST3" ? rst[3] : RST == "RST2" ? rst[2] : RST == "RST1" ? rst[1] : rst[0];
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
// CLKA and CLKB must be the same clock, or one port idle. A word that one port reads while the
// other one writes it is undefined [M: no rdwr between ports]: here it is the old word inverted,
// which is a known value and the wrong one. Not modelled: asynchronous resets, chip selects.
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
    parameter RESETMODE = "SYNC";            // [T] SYNC, ASYNC
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

    // [N] 2,048 words of 9 bits; word 32 i + 2 j + k lies in INITVAL_i from bit 20 j + 9 k on.
    reg [8:0] store [0:2047];
    integer slice;
    task load(input integer index, input [319:0] values);
        for (slice = 0; slice < 16; slice = slice + 1) begin
            store[32 * index + 2 * slice]     = values[20 * slice +: 9];
            store[32 * index + 2 * slice + 1] = values[20 * slice + 9 +: 9];
        end
    endtask
    initial begin
        load(0, INITVAL_00);
        load(1, INITVAL_01);
        load(2, INITVAL_02);
        load(3, INITVAL_03);
        load(4, INITVAL_04);
        load(5, INITVAL_05);
        load(6, INITVAL_06);
        load(7, INITVAL_07);
        load(8, INITVAL_08);
        load(9, INITVAL_09);
        load(10, INITVAL_0A);
        load(11, INITVAL_0B);
        load(12, INITVAL_0C);
        load(13, INITVAL_0D);
        load(14, INITVAL_0E);
        load(15, INITVAL_0F);
        load(16, INITVAL_10);
        load(17, INITVAL_11);
        load(18, INITVAL_12);
        load(19, INITVAL_13);
        load(20, INITVAL_14);
        load(21, INITVAL_15);
        load(22, INITVAL_16);
        load(23, INITVAL_17);
        load(24, INITVAL_18);
        load(25, INITVAL_19);
        load(26, INITVAL_1A);
        load(27, INITVAL_1B);
        load(28, INITVAL_1C);
        load(29, INITVAL_1D);
        load(30, INITVAL_1E);
        load(31, INITVAL_1F);
        load(32, INITVAL_20);
        load(33, INITVAL_21);
        load(34, INITVAL_22);
        load(35, INITVAL_23);
        load(36, INITVAL_24);
        load(37, INITVAL_25);
        load(38, INITVAL_26);
        load(39, INITVAL_27);
        load(40, INITVAL_28);
        load(41, INITVAL_29);
        load(42, INITVAL_2A);
        load(43, INITVAL_2B);
        load(44, INITVAL_2C);
        load(45, INITVAL_2D);
        load(46, INITVAL_2E);
        load(47, INITVAL_2F);
        load(48, INITVAL_30);
        load(49, INITVAL_31);
        load(50, INITVAL_32);
        load(51, INITVAL_33);
        load(52, INITVAL_34);
        load(53, INITVAL_35);
        load(54, INITVAL_36);
        load(55, INITVAL_37);
        load(56, INITVAL_38);
        load(57, INITVAL_39);
        load(58, INITVAL_3A);
        load(59, INITVAL_3B);
        load(60, INITVAL_3C);
        load(61, INITVAL_3D);
        load(62, INITVAL_3E);
        load(63, INITVAL_3F);
    end

    // [M] Addresses count bits for 1, 2 and 4, which leave the ninth bit alone, and from bit 3 on
    // words of 9 bits; the bits below the word of 18 or 36 enable its bytes on a write.
    function [2:0] place(input integer width, input [13:0] address);
        case (width)
            1: place = address[2:0];
            2: place = {address[2:1], 1'b0};
            4: place = {address[2], 2'b00};
            default: place = 3'd0;
        endcase
    endfunction

    function [8:0] mask(input integer width);
        mask = (9'd1 << width) - 9'd1;
    endfunction

    function [35:0] read(input integer width, input [13:0] address);
        case (width)
            36: read = {store[{address[13:5], 2'd3}], store[{address[13:5], 2'd2}],
                        store[{address[13:5], 2'd1}], store[{address[13:5], 2'd0}]};
            18: read = {18'd0, store[{address[13:4], 1'b1}], store[{address[13:4], 1'b0}]};
            default: read = {27'd0, store[address[13:3]] >> place(width, address) & mask(width)};
        endcase
    endfunction

    task write(input integer width, input [13:0] address, input [35:0] data);
        case (width)
            36: begin
                if (address[0]) store[{address[13:5], 2'd0}] <= data[8:0];
                if (address[1]) store[{address[13:5], 2'd1}] <= data[17:9];
                if (address[2]) store[{address[13:5], 2'd2}] <= data[26:18];
                if (address[3]) store[{address[13:5], 2'd3}] <= data[35:27];
            end
            18: begin
                if (address[0]) store[{address[13:4], 1'b0}] <= data[8:0];
                if (address[1]) store[{address[13:4], 1'b1}] <= data[17:9];
            end
            default: store[address[13:3]] <=
                store[address[13:3]] & ~(mask(width) << place(width, address))
                | (data[8:0] & mask(width)) << place(width, address);
        endcase
    endtask

    function [3:0] enables(input integer width);
        enables = width == 36 ? 4'b1111 : 4'b0011;
    endfunction

    // Whether two words share a bit: whether their addresses agree above the wider one.
    function overlap(input [13:0] first, input [13:0] second);
        case (DATA_WIDTH_A > DATA_WIDTH_B ? DATA_WIDTH_A : DATA_WIDTH_B)
            1: overlap = first == second;
            2: overlap = first[13:1] == second[13:1];
            4: overlap = first[13:2] == second[13:2];
            9: overlap = first[13:3] == second[13:3];
            18: overlap = first[13:4] == second[13:4];
            default: overlap = first[13:5] == second[13:5];
        endcase
    endfunction

    // The word as it is after the port's own write: [M] rdwr new.
    function [35:0] through(input integer width, input [13:0] address, input [17:0] data);
        through = width != 18 ? {18'd0, data} & {27'd0, mask(width)}
            : {18'd0, address[1] ? data[17:9] : store[{address[13:4], 1'b1}],
               address[0] ? data[8:0] : store[{address[13:4], 1'b0}]};
    endfunction

    // [M] A write needs CE and WE; a reset blocks it, and acts without CE.
    wire write_a = CEA & WEA & ~RSTA & (DATA_WIDTH_A < 18 || |(ada[3:0] & enables(DATA_WIDTH_A)));
    wire write_b = CEB & WEB & ~RSTB & (DATA_WIDTH_B < 18 || |(adb[3:0] & enables(DATA_WIDTH_B)));
    wire clash = overlap(ada, adb);

    reg [17:0] latch_a, output_a;
    reg [35:0] latch_b, output_b;
    initial begin
        latch_a = 0;
        latch_b = 0;
        output_a = 0;
        output_b = 0;
    end

    always @(posedge clka) begin
        if (write_a) write(DATA_WIDTH_A, ada, {dib, dia});
        if (RSTA) latch_a <= 0;
        else if (CEA & ~WEA)
            latch_a <= read(DATA_WIDTH_A, ada) ^ {18{write_b & clash}};
        else if (CEA & WRITEMODE_A == "WRITETHROUGH")
            latch_a <= through(DATA_WIDTH_A, ada, dia);
        else if (CEA & WRITEMODE_A == "READBEFOREWRITE")
            latch_a <= read(DATA_WIDTH_A, ada);
        if (RSTA) output_a <= 0;
        else if (OCEA) output_a <= latch_a;
    end

    always @(posedge clkb) begin
        if (write_b & !PAIRED) write(DATA_WIDTH_B, adb, {18'd0, dib});
        if (RSTB) latch_b <= 0;
        else if (CEB & ~WEB)
            latch_b <= read(DATA_WIDTH_B, adb) ^ {36{write_a & clash}};
        else if (CEB & WRITEMODE_B == "WRITETHROUGH")
            latch_b <= through(DATA_WIDTH_B, adb, dib);
        else if (CEB & WRITEMODE_B == "READBEFOREWRITE")
            latch_b <= read(DATA_WIDTH_B, adb);
        if (RSTB) output_b <= 0;
        else if (OCEB) output_b <= latch_b;
    end

    // [M] Of 36 bits the lower ones leave through DOA; fewer bits leave through DOB. One clock
    // enable serves both halves: OCEB (nextpnr ecp5/arch.cc: "In PDP mode, all read signals are in
    // CLKB domain").
    wire [17:0] word_a = REGMODE_A == "OUTREG" ? output_a : latch_a;
    wire [35:0] word_b = REGMODE_B == "OUTREG" ? output_b : latch_b;
    wire [17:0] doa = PAIRED ? word_b[17:0] : word_a;
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
        if (RESETMODE != "SYNC" || CSDECODE_A != "0b000" || CSDECODE_B != "0b000" ||
            (DATA_WIDTH_B == 36 && !PAIRED) || (PAIRED && REGMODE_A != REGMODE_B))
            $fatal(1, "%m: DP16KD: a parameter has a value that is not modelled");
    end
    always @(CSA0, CSA1, CSA2, CSB0, CSB1, CSB2)
        if ((CSA0 | CSA1 | CSA2 | CSB0 | CSB1 | CSB2) === 1'b1)
            $fatal(1, "%m: DP16KD: chip selects are not modelled");
endmodule
