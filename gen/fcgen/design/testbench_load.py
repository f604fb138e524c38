"""What a test bench adds for a design whose weights are written at start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template

from fcgen.design.manifest import Manifest

PARAMETERS = "tb_parameters.hex"
DATA_BITS = 32

_DECLARATIONS = Template("""
    // Weights are written at start: addresses, each above its $bits bits of data.
    reg  [$top:0] accesses [0:$writes-1];
    reg  [$address_width-1:0] parameter_address = 0;
    reg  [$bits-1:0] parameter_write_data = 0;
    reg  parameter_hold = 1'b1;
    reg  parameter_write = 1'b0;
    wire parameter_held;
    reg  loaded = 1'b0;
    integer access;
""")
_STATEMENTS = Template("""\
        $$readmemh("$file", accesses);
        while (parameter_held !== 1'b1) @(negedge clk);
        for (access = 0; access < $writes; access = access + 1) begin
            {parameter_address, parameter_write_data} = accesses[access];
            parameter_write = 1'b1;
            @(negedge clk);
        end
        parameter_write = 1'b0;
        parameter_hold = 1'b0;
        loaded = 1'b1;
""")
_DRIVEN = ("address", "write_data", "hold", "write")


@dataclass(frozen=True)
class Loading:
    """Parts of a test bench around the parameter port.

    Attributes
    ----------
    ports : str
        Connections of the port.
    declarations, statements : str
        What stands in the module, and what is done after the reset.
    running : str
        When vectors are streamed.
    data : str
        Text of the file with what is written; empty where nothing is.
    """

    ports: str
    declarations: str = ""
    statements: str = ""
    running: str = "!rst"
    data: str = ""


def loading(manifest: Manifest, writes: Sequence[tuple[int, int]] = ()) -> Loading:
    """Return the parts for ``writes``, (address, data) each; without any the port is left alone."""
    inputs = {
        name: width
        for name, direction, width in manifest.ports
        if name.startswith("parameter_") and direction == "input"
    }
    driven = {f"parameter_{name}" for name in _DRIVEN} if writes else set()
    values = {name: name if name in driven else f"{width}'b0" for name, width in inputs.items()}
    if writes:
        values["parameter_held"] = "parameter_held"
    ports = "".join(f",\n        .{name}({value})" for name, value in values.items())
    if not writes:
        return Loading(ports)
    fields = {
        "bits": DATA_BITS,
        "top": inputs["parameter_address"] + DATA_BITS - 1,
        "address_width": inputs["parameter_address"],
        "writes": len(writes),
        "file": manifest.prefix + PARAMETERS,
    }
    return Loading(
        ports,
        _DECLARATIONS.substitute(fields),
        _STATEMENTS.substitute(fields),
        "!rst && loaded",
        "".join(f"{address << DATA_BITS | data:x}\n" for address, data in writes),
    )
