// Product of two operands of up to 18 bits, every cycle: one multiplier block of a Gowin device,
// MULT9X9 where both operands have up to 9 bits, otherwise MULT18X18.
//
// Latency: 3 cycles from the operands to their product, in the block's own input, pipeline and
// output registers. No reset.
//
//   A_WIDTH, B_WIDTH    bits of the operands, 1 to 18
//   A_SIGNED, B_SIGNED  1: two's complement, 0: unsigned
//
// Synthesis tools define SYNTHESIS by themselves; for one that does not, define it. All others
// read the plain description, which a test holds equal to the block.
module gowinMultiplier #(
    parameter A_WIDTH  = 18,
    parameter B_WIDTH  = 18,
    parameter A_SIGNED = 1,
    parameter B_SIGNED = 1
) (
    input  wire                       clk,
    input  wire [A_WIDTH-1:0]         a,
    input  wire [B_WIDTH-1:0]         b,
    output wire [A_WIDTH+B_WIDTH-1:0] product
);
`ifdef SYNTHESIS
    wire [35:0] p;
    wire [17:0] x = {{18{A_SIGNED != 0 && a[A_WIDTH-1]}}, a};
    wire [17:0] y = {{18{B_SIGNED != 0 && b[B_WIDTH-1]}}, b};

    generate
        if (A_WIDTH <= 9 && B_WIDTH <= 9) begin : narrow
            assign p[35:18] = 18'd0;
            MULT9X9 #(
                .AREG(1'b1), .BREG(1'b1), .PIPE_REG(1'b1), .OUT_REG(1'b1),
                .ASIGN_REG(1'b0), .BSIGN_REG(1'b0), .SOA_REG(1'b0), .MULT_RESET_MODE("SYNC")
            ) block (
                .CLK(clk), .CE(1'b1), .RESET(1'b0), .A(x[8:0]), .B(y[8:0]), .SIA(9'd0), .SIB(9'd0),
                .ASIGN(A_SIGNED != 0), .BSIGN(B_SIGNED != 0), .ASEL(1'b0), .BSEL(1'b0),
                .DOUT(p[17:0]), .SOA(), .SOB()
            );
        end else begin : wide
            MULT18X18 #(
                .AREG(1'b1), .BREG(1'b1), .PIPE_REG(1'b1), .OUT_REG(1'b1),
                .ASIGN_REG(1'b0), .BSIGN_REG(1'b0), .SOA_REG(1'b0), .MULT_RESET_MODE("SYNC")
            ) block (
                .CLK(clk), .CE(1'b1), .RESET(1'b0), .A(x), .B(y), .SIA(18'd0), .SIB(18'd0),
                .ASIGN(A_SIGNED != 0), .BSIGN(B_SIGNED != 0), .ASEL(1'b0), .BSEL(1'b0),
                .DOUT(p), .SOA(), .SOB()
            );
        end
    endgenerate
    assign product = p[A_WIDTH+B_WIDTH-1:0];
`else
    reg [A_WIDTH-1:0] x;
    reg [B_WIDTH-1:0] y;
    reg [A_WIDTH+B_WIDTH-1:0] pipeline, result;

    // Extended to the product's width, the operands multiply modulo that width: exactly, for
    // every mix of signs.
    wire [A_WIDTH+B_WIDTH-1:0] wide_x = {{B_WIDTH{A_SIGNED != 0 && x[A_WIDTH-1]}}, x};
    wire [A_WIDTH+B_WIDTH-1:0] wide_y = {{A_WIDTH{B_SIGNED != 0 && y[B_WIDTH-1]}}, y};

    always @(posedge clk) begin
        x        <= a;
        y        <= b;
        pipeline <= wide_x * wide_y;
        result   <= pipeline;
    end
    assign product = result;
`endif
endmodule
