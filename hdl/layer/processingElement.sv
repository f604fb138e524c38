// Multiply-accumulate unit: S multipliers, a registered adder tree, an accumulator.
//
// Sums weights[s] * activations[s] over the S lanes and over the cycles of a synapse fold:
//
//     total = accumulator + sum(products)
//     last:      result <- total, accumulator <- 0
//     otherwise: accumulator <- total
//
// Clearing on last lets the next sum begin in the very next cycle, so that no cycle is lost
// between two neurons and only last has to travel with the data. Where a device's adder can
// load or clear by itself (accumulator), the sum is restarted by the next one's first product,
// and goes to result a cycle later. Where a multiplier of the device makes the products of
// several weights at once (unit.weights), the element has an adder tree and an accumulator for
// each of these neurons.
//
// Latency: the products take unit.latency cycles (2 where they are behavioural: operands are
// registered, then multiplied), their sum ceil(log2 S), the accumulator result_delay, 1 or 2.
// last comes last_delay cycles after the operands that it ends; result shows the sum
// result_delay cycles after last and holds it until the next. Initiation interval: 1
// cycle. No handshake: idle cycles carry activations of zero.
// No reset: asserting last clears the accumulator, which the controller does after a reset.
//
// Parameters of this module:
//     simd = 3
//     activation = int8
//     weight = int8
//     accumulator_width = 20
//
// Ports:
//     activations : In(simd * activation.computed.bits)
//         Lane 0 in the least significant bits; bipolar ones in two bits, so that idle lanes are 0.
//     weights : In(neurons * simd * weight.bits)
//         Neuron behind neuron, lane 0 of neuron 0 in the least significant bits.
//     last : In(1)
//         The sum that now reaches the accumulator is the neuron's last.
//     result : Out(signed(accumulator_width)), of several neurons Out(neurons * accumulator_width)
//         Finished sums, neuron 0 in the least significant bits.
//
// Notes:
//     The restart by clearing costs one LUT where a multiplexer on first costs one a bit.
module processingElement (
    input  wire               clk,
    input  wire [23:0]        activations,
    input  wire [23:0]        weights,
    input  wire               last,
    output reg  signed [19:0] result
);
    reg  signed [19:0] accumulator;
    reg  signed [7:0] activation_0;
    reg  signed [7:0] weight_0;
    reg  signed [15:0] product_0;
    reg  signed [7:0] activation_1;
    reg  signed [7:0] weight_1;
    reg  signed [15:0] product_1;
    reg  signed [16:0] sum_1_0;
    reg  signed [7:0] activation_2;
    reg  signed [7:0] weight_2;
    reg  signed [15:0] product_2;
    reg  signed [15:0] sum_1_1;
    reg  signed [17:0] sum_2_0;

    wire signed [19:0] total = accumulator + 20'(sum_2_0);

    always_ff @(posedge clk) begin
        activation_0 <= activations[7:0];
        weight_0 <= weights[7:0];
        product_0 <= activation_0 * weight_0;
        activation_1 <= activations[15:8];
        weight_1 <= weights[15:8];
        product_1 <= activation_1 * weight_1;
        sum_1_0 <= 17'(product_0) + 17'(product_1);
        activation_2 <= activations[23:16];
        weight_2 <= weights[23:16];
        product_2 <= activation_2 * weight_2;
        sum_1_1 <= product_2;
        sum_2_0 <= 18'(sum_1_0) + 18'(sum_1_1);
        if (last) begin
            accumulator <= 20'd0;
            result <= total;
        end else begin
            accumulator <= total;
        end
    end
endmodule
