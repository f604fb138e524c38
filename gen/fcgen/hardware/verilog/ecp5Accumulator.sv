// Running sum of terms that begins anew on demand, every cycle: one carry chain of an ECP5.
//
//     sum <= (first ? 0 : sum) + term
//
// The look-up tables of the chain (CCU2C) clear the sum that they add to, so that a carry chain and
// its registers are all that there is, in the same slices. No reset.
//
//   WIDTH  bits of the sum, two's complement
//
// Synthesis tools define SYNTHESIS by themselves; for one that does not, define it. All others
// read the plain description, which a test holds equal to the chain.
module ecp5Accumulator #(
    parameter WIDTH = 24
) (
    input  wire             clk,
    input  wire             first,
    input  wire [WIDTH-1:0] term,
    output reg  [WIDTH-1:0] sum
);
`ifdef SYNTHESIS
    localparam LINKS = (WIDTH + 1) / 2;
    // With D at 1, a table propagates a carry where (first ? 0 : sum) and term differ. Otherwise
    // they are alike, and the carry that leaves is the term, which the lowest four bits say.
    localparam [15:0] CLEARED_SUM = 16'hC60C;

    wire [  LINKS:0] carry;
    wire [2*LINKS-1:0] before = sum;
    wire [2*LINKS-1:0] addend = term;
    wire [2*LINKS-1:0] total;

    assign carry[0] = 1'b0;
    genvar link;
    generate
        for (link = 0; link < LINKS; link = link + 1) begin : chain
            CCU2C #(
                .INIT0(CLEARED_SUM),
                .INIT1(CLEARED_SUM),
                .INJECT1_0("NO"),
                .INJECT1_1("NO")
            ) pair (
                .CIN(carry[link]),
                .A0(before[2*link]),
                .B0(addend[2*link]),
                .C0(first),
                .D0(1'b1),
                .A1(before[2*link+1]),
                .B1(addend[2*link+1]),
                .C1(first),
                .D1(1'b1),
                .S0(total[2*link]),
                .S1(total[2*link+1]),
                .COUT(carry[link+1])
            );
        end
    endgenerate
    always @(posedge clk) sum <= total[WIDTH-1:0];
`else
    always @(posedge clk) sum <= (first ? {WIDTH{1'b0}} : sum) + term;
`endif
endmodule
