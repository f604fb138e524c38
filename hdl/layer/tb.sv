// Self-checking test bench of layer, for any Verilog simulator. In this directory:
//
//     iverilog -g2012 -o tb.vvp -f files.f tb.sv && vvp tb.vvp
//
// 8 vectors (all-minimum, all-maximum, the two alternations, random over the full range, so
// that every weight meets values other than 0) with random gaps and stalls; every output beat is
// compared, and has to hold while it waits. Requantization can hide a changed weight from any
// vectors, so the sums of the memory images are compared too. Ends with PASS, or with FAIL and
// an exit code.
module tb;
    localparam VECTORS      = 8;
    localparam INPUT_BEATS  = 15;
    localparam OUTPUT_BEATS = 10;
    localparam INPUTS       = VECTORS * INPUT_BEATS;
    localparam OUTPUTS      = VECTORS * OUTPUT_BEATS;
    localparam PATIENCE     = 19300;

    reg                      clk = 1'b0;
    reg                      rst = 1'b1;
    reg  [24-1:0]  in_payload = 0;
    reg                      in_valid = 1'b0;
    wire                     in_ready;
    reg                      in_first = 1'b0;
    reg                      in_last = 1'b0;
    wire [8-1:0] out_payload;
    wire                     out_valid;
    reg                      out_ready = 1'b0;
    wire                     out_first;
    wire                     out_last;
    wire                     error;

    layer dut (
        .clk(clk), .rst(rst),
        .in_payload(in_payload), .in_valid(in_valid), .in_ready(in_ready),
        .in_first(in_first), .in_last(in_last),
        .out_payload(out_payload), .out_valid(out_valid), .out_ready(out_ready),
        .out_first(out_first), .out_last(out_last), .error(error)
    );

    reg [24-1:0]  inputs   [0:INPUTS-1];
    reg [8-1:0] expected [0:OUTPUTS-1];
    reg [8-1:0] held;
    reg                     waiting = 1'b0;
    integer seed  = 1;
    integer given = 0;  // input beats accepted
    integer taken = 0;  // output beats accepted
    integer quiet = 0;  // cycles in which nothing moved

    task check_image(input string name, input [31:0] expected_a, input [31:0] expected_b);
        integer file, character;
        reg [31:0] a, b;
        begin
            a = 0;
            b = 0;
            file = $fopen(name, "r");
            if (file == 0) $fatal(1, "FAIL: %0s cannot be read", name);
            character = $fgetc(file);
            while (character >= 0) begin
                if (character > 32) begin
                    a = a + character;
                    b = b + a;
                end
                character = $fgetc(file);
            end
            $fclose(file);
            if (a != expected_a || b != expected_b)
                $fatal(1, "FAIL: %0s is not the image that this design was made with", name);
        end
    endtask

    initial begin
        $readmemh("tb_inputs.hex", inputs);
        $readmemh("tb_outputs.hex", expected);
        check_image("weights_0.hex", 32'h0000b5af, 32'h010af387);
        check_image("weights_1.hex", 32'h0000a5d2, 32'h00fff9a9);
        check_image("parameters_0.hex", 32'h00000d3b, 32'h000153c8);
        repeat (2) @(negedge clk);
        rst = 1'b0;
    end

    always #5 clk = ~clk;

    always @(posedge clk) if (!rst) begin
        quiet = quiet + 1;
        if (in_valid && in_ready) begin
            given = given + 1;
            quiet = 0;
        end
        if (!in_valid || in_ready) begin
            if (given < INPUTS && $random(seed) % 4 != 0) begin
                in_valid   <= 1'b1;
                in_payload <= inputs[given];
                in_first   <= given % INPUT_BEATS == 0;
                in_last    <= given % INPUT_BEATS == INPUT_BEATS - 1;
            end else begin
                in_valid <= 1'b0;
            end
        end

        out_ready <= $random(seed) % 4 != 0;
        if (waiting && (!out_valid || out_payload !== held))
            $fatal(1, "FAIL: output beat %0d changed while it waited", taken);
        waiting = out_valid && !out_ready;
        held = out_payload;
        if (out_valid && out_ready) begin
            if (out_payload !== expected[taken])
                $fatal(1, "FAIL: vector %0d, output beat %0d: expected %h, got %h",
                    taken / OUTPUT_BEATS, taken % OUTPUT_BEATS, expected[taken], out_payload);
            if (out_first !== (taken % OUTPUT_BEATS == 0) ||
                out_last !== (taken % OUTPUT_BEATS == OUTPUT_BEATS - 1))
                $fatal(1, "FAIL: output beat %0d is framed wrongly", taken);
            taken = taken + 1;
            quiet = 0;
        end
        if (error !== 1'b0) $fatal(1, "FAIL: the error flag is up");
        if (quiet > PATIENCE) $fatal(1, "FAIL: nothing moves after %0d output beats", taken);
        if (taken == OUTPUTS) begin
            $display("PASS: %0d vectors, %0d output beats", VECTORS, OUTPUTS);
            $finish;
        end
    end
endmodule
