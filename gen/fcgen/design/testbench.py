"""``tb.sv``: a plain test bench that runs with a Verilog simulator alone."""

from collections.abc import Sequence
from pathlib import Path
from string import Template

import numpy as np

from fcgen.design.beats import StreamFormat
from fcgen.design.design import Design
from fcgen.design.stimuli import stimuli
from fcgen.design.testbench_load import PARAMETERS, loading
from fcgen.network.reference import run

TEST_BENCH = "tb.sv"
INPUTS = "tb_inputs.hex"
OUTPUTS = "tb_outputs.hex"
VECTORS = 8

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
    load = loading(manifest, writes)
    if load.data:
        names += (manifest.prefix + PARAMETERS,)
        (folder / names[2]).write_text(load.data)
    text = Template(_TEMPLATE.read_text()).substitute(
        top=manifest.top,
        prefix=manifest.prefix,
        vectors=VECTORS,
        input_width=input_.width,
        input_beats=input_.beats,
        output_width=output.width,
        output_beats=output.beats,
        patience=100 * (manifest.latency + manifest.initiation_interval) + 10_000,
        ties=load.ports,
        declarations=load.declarations,
        statements=load.statements,
        running=load.running,
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
