"""Hand-written layers that break the stream protocol, one way each, for the tests of the checks."""

from pathlib import Path
from types import SimpleNamespace

from fcgen.design.beats import StreamFormat

INPUTS = 4

# A register between the streams: two beats of two lanes go through unchanged.
_TEXT = """
module layer (
    input wire clk, input wire rst,
    input wire [15:0] in_payload, input wire in_valid, output wire in_ready,
    input wire in_first, input wire in_last,
    output wire [15:0] out_payload, output wire out_valid, input wire out_ready,
    output wire out_first, output wire out_last, output wire error
);
    reg [15:0] payload;
    reg full, first, last;
    reg [15:0] beats;
    reg stalled;
    wire valid = full VALID;
    assign in_ready = (!full || (valid && out_ready)) READY;
    assign out_valid = valid;
    assign out_payload = payload PAYLOAD;
    assign out_first = first FIRST;
    assign out_last = last;
    assign error = 1'b0 ERROR;
    always @(posedge clk) begin
        stalled <= valid && !out_ready;
        if (valid && out_ready) full <= 1'b0;
        if (in_valid && in_ready) begin
            full <= 1'b1; payload <= in_payload; first <= in_first; last <= in_last;
            beats <= beats + 1'b1;
            FINISH
        end
        if (rst) begin full <= 1'b0; beats <= 16'd0; stalled <= 1'b0; end
    end
endmodule
"""

# name -> (what is put where, what the check says)
FAULTS = {
    "changing": ({"PAYLOAD": "^ {15'd0, stalled}"}, "the output changed while it was stalled"),
    "dropping": ({"VALID": "&& !stalled"}, "out_valid fell before the beat was accepted"),
    "framing": ({"FIRST": "&& beats < 16'd6"}, "out_first or out_last stands on the wrong beat"),
    "error": ({"ERROR": "| (beats > 16'd6)"}, "the error flag rose although"),
    "hanging": ({"READY": "&& beats < 16'd5"}, "nothing was accepted on either side for"),
    "surplus": ({"VALID": "|| beats == 16'd40"}, "more came out than was asked for"),
}
ENDINGS = {
    "finish": "if (beats == 16'd6) $finish;",
    "fatal": 'if (beats == 16\'d6) $fatal(1, "too many cooks");',
}


def write_layer(folder: Path, **changes: str) -> SimpleNamespace:
    """Write the layer with some changes, and return what engines need of a design."""
    text = _TEXT
    for place in ("VALID", "READY", "PAYLOAD", "FIRST", "ERROR", "FINISH"):
        text = text.replace(f" {place}", f" {changes.get(place, '')}")
    path = folder / "layer.sv"
    path.write_text(text)
    stream = StreamFormat(INPUTS, 2, 8, signed=True)
    return SimpleNamespace(
        directory=folder,
        sources=(path,),
        images=(),
        netlist=(),
        macros=(),
        top="layer",
        network=SimpleNamespace(runtime_weights=False, outputs=INPUTS),
        output_lanes=2,
        input_stream=stream,
        output_stream=stream,
        written_at_start=False,
        parameter_port=False,
        place=None,
        idle_inputs=(),
        initiation_interval=2,
        latency=2,
    )
