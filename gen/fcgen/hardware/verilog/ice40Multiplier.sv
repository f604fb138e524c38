// Products of one operand with one or two others, every cycle: one SB_MAC16 of an iCE40 UltraPlus.
//
// Latency: 2 cycles from the operands to their products: the block's input registers, and those
// behind its 8 × 8 multipliers. For 16 × 16 bits the products of the halves are added behind the
// second register. No reset.
//
//   COUNT               2: two products of up to 8 × 8 bits, 1: one of up to 16 × 16
//   A_WIDTH, B_WIDTH    bits of the operands; ``b`` holds COUNT of them, the first one lowest
//   A_SIGNED, B_SIGNED  1: two's complement, 0: unsigned
//
// Synthesis tools define SYNTHESIS by themselves; for one that does not, define it. All others
// read the plain description, which a test holds equal to the block. Yosys' synth_ice40 must run
// without -dsp, which replaces the block (YosysHQ/yosys issue 2922).
module ice40Multiplier #(
    parameter A_WIDTH  = 8,
    parameter B_WIDTH  = 8,
    parameter A_SIGNED = 1,
    parameter B_SIGNED = 1,
    parameter COUNT    = 1
) (
    input  wire                               clk,
    input  wire [A_WIDTH-1:0]                 a,
    input  wire [COUNT*B_WIDTH-1:0]           b,
    output wire [COUNT*(A_WIDTH+B_WIDTH)-1:0] product
);
    localparam WIDTH = A_WIDTH + B_WIDTH;
    genvar k;

`ifdef SYNTHESIS
    localparam HALF = COUNT == 2 ? 8 : 16;
    wire [15:0] x, y;
    wire [31:0] p;
    generate
        for (k = 0; k < COUNT; k = k + 1) begin : operands
            assign x[HALF*k +: HALF] = {{16{A_SIGNED != 0 && a[A_WIDTH-1]}}, a};
            wire [B_WIDTH-1:0] one = b[B_WIDTH*k +: B_WIDTH];
            assign y[HALF*k +: HALF] = {{16{B_SIGNED != 0 && one[B_WIDTH-1]}}, one};
            assign product[WIDTH*k +: WIDTH] = p[2*HALF*k +: WIDTH];
        end
    endgenerate

    SB_MAC16 #(
        .NEG_TRIGGER(1'b0), .A_REG(1'b1), .B_REG(1'b1), .C_REG(1'b0), .D_REG(1'b0),
        .TOP_8x8_MULT_REG(1'b1), .BOT_8x8_MULT_REG(1'b1),
        .PIPELINE_16x16_MULT_REG1(COUNT == 1), .PIPELINE_16x16_MULT_REG2(1'b0),
        .TOPOUTPUT_SELECT(COUNT == 2 ? 2'b10 : 2'b11), .TOPADDSUB_LOWERINPUT(2'b00),
        .TOPADDSUB_UPPERINPUT(1'b0), .TOPADDSUB_CARRYSELECT(2'b00),
        .BOTOUTPUT_SELECT(COUNT == 2 ? 2'b10 : 2'b11), .BOTADDSUB_LOWERINPUT(2'b00),
        .BOTADDSUB_UPPERINPUT(1'b0), .BOTADDSUB_CARRYSELECT(2'b00),
        .MODE_8x8(COUNT == 2), .A_SIGNED(A_SIGNED != 0), .B_SIGNED(B_SIGNED != 0)
    ) block (
        .CLK(clk), .CE(1'b1), .A(x), .B(y), .C(16'd0), .D(16'd0), .O(p),
        .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0),
        .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0),
        .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0),
        .OHOLDTOP(1'b0), .OHOLDBOT(1'b0), .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0),
        .CO(), .ACCUMCO(), .SIGNEXTOUT()
    );
`else
    reg [A_WIDTH-1:0] x;
    reg [COUNT*B_WIDTH-1:0] y;
    always @(posedge clk) begin
        x <= a;
        y <= b;
    end

    // Extended to the product's width, the operands multiply modulo that width: exactly, for
    // every mix of signs.
    wire [WIDTH-1:0] wide_x = {{B_WIDTH{A_SIGNED != 0 && x[A_WIDTH-1]}}, x};
    generate
        for (k = 0; k < COUNT; k = k + 1) begin : products
            wire [B_WIDTH-1:0] one = y[B_WIDTH*k +: B_WIDTH];
            wire [WIDTH-1:0] wide_y = {{A_WIDTH{B_SIGNED != 0 && one[B_WIDTH-1]}}, one};
            reg [WIDTH-1:0] result;
            always @(posedge clk) result <= wide_x * wide_y;
            assign product[WIDTH*k +: WIDTH] = result;
        end
    endgenerate
`endif
endmodule
