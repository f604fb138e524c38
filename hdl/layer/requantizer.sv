// Turns a neuron's sum into its output code, exactly.
//
// :
//
//     v      = (accumulator + bias) * multiplier + offset
//     result = clip(round(v / 2**shift) + zero_point, lo, hi)
//
// Each of the seven constants is a port where it differs between neurons, and built in where it
// does not. With saturation wrap the result is the low bits instead of a clipped value.
//
// Latency: plan.latency, the sum of plan.cycles. Initiation interval: 1 cycle. No
// handshake, no reset: the tag that travels beside it tells what is valid.
//
// Rounding looks at three things that the shift leaves behind: the quotient's lowest bit, the
// half bit just below it, and sticky, whether anything stands below that.
//
// Parameters of this module:
//     accumulator_width = 20
//     value_width = 20
//     quotient_width = 8
//     output_bits = 8
//     rounding = half_even
//     saturation = saturate
//     bias = int18, stored
//     multiplier = 1
//     offset = 0
//     shift = 12
//     zero_point = 0
//     lo = -128
//     hi = 127
//
// Ports:
//     accumulator : In(signed(plan.accumulator_width))
//     bias, multiplier, offset, shift, zero_point, lo, hi : In(field's shape)
//         Only those that the plan stores; all belong to the accumulator of the same cycle.
//     result : Out(plan.output_bits)
// Some bits are not needed with these parameters: quotient.
// verilator lint_off UNUSEDSIGNAL
module requantizer (
    input  wire               clk,
    input  wire signed [19:0] accumulator,
    input  wire signed [17:0] bias,
    output reg  [7:0]         result
);
    reg  signed [19:0] biased;
    wire signed [19:0] quotient;
    reg  half;
    reg  sticky;
    reg  signed [7:0] rounded;
    reg  [7:0] quotient_register;

    assign quotient[7:0] = quotient_register;
    assign quotient[19:8] = {12{quotient[7]}};

    always_ff @(posedge clk) begin
        biased <= accumulator + 20'(bias);
        quotient_register <= biased[19:12];
        half <= biased[11];
        sticky <= |biased[10:0];
        rounded <= quotient[7:0] + {7'd0, half & (sticky | quotient[0])};
        if (rounded < 8'sb10000000) result <= 8'd128;
        else if (rounded > 8'sd127) result <= 8'd127;
        else result <= rounded;
    end
endmodule
// verilator lint_on UNUSEDSIGNAL
