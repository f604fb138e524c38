// The classifier with the layer's own test vectors. In hdl/layer:
//
//     iverilog -g2012 -s classifier_tb -o classifier.vvp -f files.f \
//         ../example/classifier.sv ../example/classifier_tb.sv && vvp classifier.vvp
module classifier_tb;
    localparam VECTORS = 8, BEATS = 15, LANES = 3, OUTPUTS = 10;

    reg clk = 1'b0, rst = 1'b1;
    reg [7:0] value = 8'd0;
    reg value_valid = 1'b0;
    wire value_ready, best_valid;
    wire [3:0] best;
    classifier dut (
        .clk(clk), .rst(rst), .value(value), .value_valid(value_valid), .value_ready(value_ready),
        .best(best), .best_valid(best_valid)
    );
    always #5 clk = !clk;

    reg [8*LANES-1:0] inputs [0:VECTORS*BEATS-1];
    reg [7:0] outputs [0:VECTORS*OUTPUTS-1];
    integer sent, answers = 0, wrong = 0;

    // A byte, a pause of some cycles now and then.
    initial begin
        $readmemh("tb_inputs.hex", inputs);
        $readmemh("tb_outputs.hex", outputs);
        repeat (2) @(negedge clk);
        rst = 1'b0;
        for (sent = 0; sent < VECTORS * BEATS * LANES; sent = sent + 1) begin
            repeat ($urandom % 4 == 0 ? 2 : 0) @(negedge clk);
            value = inputs[sent / LANES][8*(sent % LANES) +: 8];
            value_valid = 1'b1;
            while (!value_ready) @(negedge clk);
            @(negedge clk);
            value_valid = 1'b0;
        end
        repeat (1000) @(negedge clk);
        $display("FAIL: %0d of %0d answers", answers, VECTORS);
        $finish;
    end

    // The largest of the expected outputs of a vector, the first one of equal ones.
    function [3:0] expected(input integer vector);
        integer m;
        begin
            expected = 4'd0;
            for (m = 1; m < OUTPUTS; m = m + 1)
                if ($signed(outputs[vector*OUTPUTS + m]) >
                        $signed(outputs[vector*OUTPUTS + {28'd0, expected}]))
                    expected = m[3:0];
        end
    endfunction

    always @(negedge clk) if (best_valid) begin
        if (best !== expected(answers)) begin
            wrong = wrong + 1;
            $display("vector %0d: class %0d, not %0d", answers, best, expected(answers));
        end
        answers = answers + 1;
        if (answers == VECTORS) begin
            $display("%s: %0d classes, %0d wrong", wrong == 0 ? "PASS" : "FAIL", answers, wrong);
            $finish;
        end
    end
endmodule
