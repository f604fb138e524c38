"""Designs with an interface, their cosimulation, and what is expected of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from fcgen.design.design import Design
from fcgen.design.stimuli import stimuli
from fcgen.network import reference
from fcgen.network.network import Network
from fcgen.numerics.fixed import IntegerFormat
from fcgen.simulation.engines.cosimulation import Cosimulation
from fcgen.simulation.engines.parameters import update
from interface_case import InterfaceCase, Values

HERE = Path(__file__).parent
Result = dict[str, np.ndarray]


def case_of(
    design: Design,
    vectors: int,
    stall: float,
    seed: int,
    other: Network | None = None,
    wrong: bool = False,
) -> InterfaceCase:
    """Return a case of random vectors; with ``wrong`` half of them have a wrong length."""
    network, interface = design.network, design.manifest.interface
    source = Values(
        network.inputs, design.input_stream.lanes, memory_type(network.activation_format)
    )
    target = Values(network.outputs, design.output_stream.lanes, memory_type(network.output_format))
    random = np.random.default_rng(seed)
    lengths = np.full(vectors, source.beats)
    if wrong:
        others = random.integers(1, 2 * source.beats + 2, vectors)
        lengths = np.where(random.random(vectors) < 0.5, others, lengths)
    writes = np.zeros((0, 2), np.int64) if other is None else update(design, other, after=0).writes
    form = network.activation_format
    inputs = form.encode(stimuli(form, network.inputs, vectors, seed))
    registers = [dict(row) for row in interface.registers]
    return InterfaceCase(source, target, registers, stall, seed, inputs, lengths, writes)


def expected(network: Network, case: InterfaceCase) -> np.ndarray:
    """Return the outputs of all vectors of a case, as they stand in memory."""
    inputs = network.activation_format.decode(case.inputs)
    outputs = reference.run(network, inputs).reshape(len(inputs), -1)
    return network.output_format.encode(outputs)


def memory_type(form: IntegerFormat) -> str:
    """Return the NumPy type of the narrowest C type that holds a format, lowest byte first."""
    return "|u1" if form.bipolar else form.dtype.newbyteorder("<").str


@contextmanager
def cosimulation(design: Design, simulator: str) -> Iterator[Cosimulation]:
    """Build the top of a design's interface."""
    manifest = design.manifest
    around = replace(manifest, top=manifest.interface.top, sources=manifest.all_sources)
    with Cosimulation(replace(design, manifest=around), simulator) as built:
        yield built


def run(
    built: Cosimulation, kind: str, scenarios: Sequence[str], case: InterfaceCase, folder: Path
) -> dict[str, Result]:
    """Run scenarios of the bench of an interface one after the other in one simulation."""
    file = folder / "case.npz"
    case.save(file)
    found = {name: folder / f"{name}.npz" for name in scenarios}
    for path in found.values():
        path.unlink(missing_ok=True)
    said = built.bench(f"{kind}_bench", ",".join(scenarios), (file, folder), HERE)
    results = {}
    for name, path in found.items():
        assert path.exists(), f"{name} failed:\n{said[-3000:]}"
        with np.load(path) as file:
            results[name] = dict(file)
    return results
