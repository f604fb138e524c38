"""Everything that is known of a design: read from its files, nothing synthesised or simulated."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fcgen import devices
from fcgen.design.design import Design
from fcgen.devices.device import Device
from fcgen.errors import InputError
from fcgen.estimation.estimate import Estimate
from fcgen.estimation.stored import ESTIMATE
from fcgen.estimation.stored import read as read_estimate
from fcgen.files.document import read_json
from fcgen.hardware.accelerator_timing import AcceleratorTiming
from fcgen.network.network import Network
from fcgen.quantization.accuracy import ACCURACY, Accuracy
from fcgen.report.bitstream import Bitstream, bitstream_of
from fcgen.report.simulations import records
from fcgen.report.synthesis import Synthesis, syntheses
from fcgen.schedule.schedule import Schedule
from fcgen.simulation.record import SimulationRecord

CERTIFICATE = "certificate.json"
BYTES_MAX = 1 << 26
SUGGESTED = "ecp5-25k"
"""A device for designs that have none."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """A design and what was found out about it.

    Attributes
    ----------
    design : Design
    simulations : tuple of SimulationRecord
        The last one on each engine, of the design as it is.
    outdated : tuple of str
        Files of results that are those of an earlier design, and are not used.
    syntheses : tuple of Synthesis
        Of the design as it is, that of its bitstream first, then the newest.
    certificate : mapping, optional
    accuracy : Accuracy, optional
    stored : Estimate, optional
        Made when the design was compiled.
    bitstream : Bitstream, optional
        Where the design stands in a build.
    """

    design: Design
    simulations: tuple[SimulationRecord, ...]
    outdated: tuple[str, ...]
    syntheses: tuple[Synthesis, ...]
    certificate: dict[str, Any] | None
    accuracy: Accuracy | None
    stored: Estimate | None = None
    bitstream: Bitstream | None = None

    @property
    def network(self) -> Network:
        """The network of integers."""
        return self.design.network

    @property
    def schedule(self) -> Schedule:
        """How it is folded."""
        return self.design.schedule

    @property
    def directory(self) -> str:
        """The design's directory, as it was given."""
        return str(self.design.directory)

    @property
    def synth_command(self) -> str:
        """The command that would place and route the design."""
        words = ["fcgen", "synth", self.directory]
        return shlex.join(words if self.device else [*words, "--device", SUGGESTED])

    @property
    def synthesis(self) -> Synthesis | None:
        """That of the bitstream, else the newest one."""
        return self.syntheses[0] if self.syntheses else None

    @property
    def checked(self) -> tuple[SimulationRecord, ...]:
        """Simulations that were compared with the reference."""
        return tuple(one for one in self.simulations if one.checked and one.engine != "reference")

    @property
    def mismatches(self) -> int:
        """Outputs that differed from the reference, over all simulations."""
        return sum(one.mismatches for one in self.checked)

    @cached_property
    def timing(self) -> AcceleratorTiming:
        """The cycles of the design, as formulas."""
        return AcceleratorTiming.of(self.network, self.schedule, self.design.mappings)

    @cached_property
    def device(self) -> Device | None:
        """The device of the newest synthesis, or else of the mapping; None for a generic one."""
        name = self.synthesis.device if self.synthesis else self.design.manifest.device
        _, device = devices.find(name)
        return device if device.luts else None

    @property
    def excess(self) -> str:
        """Why the design does not fit, by the estimate; empty where it does or was routed."""
        found = self.estimate.excess if self.estimate and not self.synthesis else None
        return str(found) if found else ""

    @cached_property
    def estimate(self) -> Estimate | None:
        """What the design should take on the device; None where there are no figures for it."""
        from fcgen.estimation.for_design import estimate_design

        if self.device is None:
            return None
        speed = self.synthesis.speed if self.synthesis else None
        stored = self.stored
        if stored and stored.device == self.device and speed in (None, stored.speed):
            return stored
        try:
            return estimate_design(self.design, self.device.name, speed or None)
        except InputError:
            return None


def gather(directory: Path, force: bool = False) -> Evidence:
    """Read a design and all results that belong to it.

    Raises
    ------
    InputError
        When the design, or a file of results, is not what fcgen wrote.
    """
    design = Design.open(directory, force)
    (simulations, old), (made, older) = records(design), syntheses(design)
    bitstream, other = bitstream_of(design)
    if bitstream is not None:
        made.insert(0, bitstream.synthesis)
    accuracy = certificate = estimate = None
    if ACCURACY in design.manifest.files:
        path = directory / ACCURACY
        accuracy = Accuracy.from_json(path.read_bytes(), str(path))
    if CERTIFICATE in design.manifest.files:
        certificate = read_json(directory / CERTIFICATE, BYTES_MAX, "compile the model again")
    if ESTIMATE in design.manifest.files:
        path = directory / ESTIMATE
        estimate = read_estimate(path.read_bytes(), str(path), len(design.network.layers))
    return Evidence(
        design,
        tuple(simulations),
        tuple(map(str, (*old, *older, *other))),
        tuple(made),
        certificate,
        accuracy,
        estimate,
        bitstream,
    )
