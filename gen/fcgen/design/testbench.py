"""``tb.sv``: a plain test bench that runs with a Verilog simulator alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import numpy as np

from fcgen.design.beats import StreamFormat
from fcgen.design.design import Design
from fcgen.design.manifest import Manifest
from fcgen.design.stimuli import stimuli
from fcgen.network.reference import run

TEST_BENCH = "tb.sv"
INPUTS = "tb_inputs.hex"
OUTPUTS = "tb_outputs.hex"
PARAMETERS = "tb_parameters.hex"
VECTORS = 8
DATA_BITS = 32
"""Of a word at the parameter port."""

_WHITE_SPACE = 32
_WORD = 1 << 32
_TEMPLATE = Path(__file__).with_name("testbench.sv.in")


def write(design: Design, writes: Sequence[tuple[int, int]] = ()) -> tuple[str, ...]:
    """Write the test bench with its vectors, and return the names of the files.

    The images must be there already: the bench also checks their sums, because requantization
    may hide the change of a weight from any given set of vectors.

    Parameters
    ----------
    design : Design
        In the folder where its images are; the hashes of its manifest are not needed yet.
    writes : sequence of (address, data)
        What is written to the parameter port at start.
    """
    folder, manifest, network = design.directory, design.manifest, design.network
    input_, output = design.input_stream, design.output_stream
    vectors = stimuli(network.activation_format, network.inputs, VECTORS, manifest.seed)
    expected = run(network, vectors).reshape(VECTORS, -1)
    noise = np.random.default_rng(manifest.seed)
    names: tuple[str, ...] = (manifest.prefix + INPUTS, manifest.prefix + OUTPUTS)
    (folder / names[0]).write_bytes(_hexadecimal(input_, input_.pack(vectors, noise)))
    (folder / names[1]).write_bytes(_hexadecimal(output, output.pack(expected)))
    port = _parameter_port(manifest, writes)
    if port.data:
        names += (manifest.prefix + PARAMETERS,)
        (folder / names[2]).write_text(port.data)
    text = Template(_TEMPLATE.read_text()).substitute(
        top=manifest.top,
        prefix=manifest.prefix,
        vectors=VECTORS,
        input_width=input_.width,
        input_beats=input_.beats,
        output_width=output.width,
        output_beats=output.beats,
        patience=100 * (manifest.latency + manifest.initiation_interval) + 10_000,
        ties=port.connections,
        declarations=port.declarations,
        statements=port.statements,
        running=port.running,
        images="".join(
            f"        check_image(\"{name}\", 32'h{a:08x}, 32'h{b:08x});\n"
            for name in manifest.images
            for a, b in [image_sums((folder / name).read_bytes())]
        ),
    )
    (folder / TEST_BENCH).write_text(text)
    return TEST_BENCH, *names


def _hexadecimal(stream: StreamFormat, packed: np.ndarray) -> bytes:
    """Return a line a beat, as ``$readmemh`` reads it."""
    digits = -(-stream.width // 4)
    beats = packed.reshape(-1, stream.words)
    lines = beats[:, ::-1].astype(">u4").tobytes().hex()
    step = stream.words * 8
    starts = range(step - digits, len(lines), step)
    return "".join(f"{lines[start : start + digits]}\n" for start in starts).encode()


def image_sums(text: bytes) -> tuple[int, int]:
    """Return the two sums that ``check_image`` of the bench forms over an image's digits.

    ``a`` adds up the characters that are not white space, ``b`` the values of ``a``, modulo 2^32:
    a changed digit changes ``a``, exchanged words change ``b``.
    """
    characters = np.frombuffer(text, np.uint8)
    characters = characters[characters > _WHITE_SPACE]
    a = b = 0
    for start in range(0, len(characters), 1 << 20):
        part = characters[start : start + (1 << 20)].astype(np.uint64)
        ranks = np.arange(len(part), 0, -1, dtype=np.uint64)
        b = (b + a * len(part) + int((part * ranks).sum())) % _WORD
        a = (a + int(part.sum())) % _WORD
    return a, b


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
class _ParameterPort:
    """The parts of a test bench that belong to the parameter port.

    Attributes
    ----------
    connections : str
        Of the port, in the instance of the design.
    declarations, statements : str
        Declarations of the module, and statements that run after the reset.
    running : str
        Condition under which vectors are streamed.
    data : str
        Text of the file of writes; empty without writes.
    """

    connections: str
    declarations: str = ""
    statements: str = ""
    running: str = "!rst"
    data: str = ""


def _parameter_port(manifest: Manifest, writes: Sequence[tuple[int, int]] = ()) -> _ParameterPort:
    """Return the parts that make ``writes``, (address, data) each; without any the port is idle."""
    inputs = {
        name: width
        for name, direction, width in manifest.ports
        if name.startswith("parameter_") and direction == "input"
    }
    driven = {f"parameter_{name}" for name in _DRIVEN} if writes else set()
    values = {name: name if name in driven else f"{width}'b0" for name, width in inputs.items()}
    if writes:
        values["parameter_held"] = "parameter_held"
    connections = "".join(f",\n        .{name}({value})" for name, value in values.items())
    if not writes:
        return _ParameterPort(connections)
    fields = {
        "bits": DATA_BITS,
        "top": inputs["parameter_address"] + DATA_BITS - 1,
        "address_width": inputs["parameter_address"],
        "writes": len(writes),
        "file": manifest.prefix + PARAMETERS,
    }
    return _ParameterPort(
        connections,
        _DECLARATIONS.substitute(fields),
        _STATEMENTS.substitute(fields),
        "!rst && loaded",
        "".join(f"{address << DATA_BITS | data:x}\n" for address, data in writes),
    )
