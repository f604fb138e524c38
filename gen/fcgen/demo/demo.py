"""The demonstration: trained weights to Verilog, held to the reference over real images."""

import shlex
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fcgen import accelerator
from fcgen.demo.digit_picture import draw
from fcgen.demo.digits import Digits
from fcgen.errors import InputError
from fcgen.network.reference import forward
from fcgen.quantization.accuracy import ACCURACY, Accuracy
from fcgen.schedule.folding import Folding
from fcgen.simulation.record import store
from fcgen.simulation.result import MISMATCHES_SHOWN, SimulationResult
from fcgen.summary.layer import Summary, summarise

DIRECTORY = Path("build/demo")
# 20 multipliers; both folds divide, so that the cycles are easy to follow: 16 x 2 a digit.
PE, SIMD = 5, 4
ENGINES = {
    "compiled": "the emitted Verilog, compiled",
    "icarus": "the emitted Verilog in Icarus",
    "verilator": "the emitted Verilog in Verilator",
    "amaranth": "the components in Amaranth's simulator",
    "reference": "NumPy; no hardware was run",
}


@dataclass(frozen=True, eq=False)
class DemoResult:
    """What the demonstration found.

    Attributes
    ----------
    directory : Path
        Where the design is.
    float_accuracy, quantised_accuracy, hardware_accuracy : float
        Part of the held-out images that the weights as trained, the NumPy reference in integers,
        and the hardware recognise.
    simulation : SimulationResult
    summary : Summary
    shown : int
        Number of the image that is drawn.
    image : ndarray of uint8, shape (8, 8)
    label : int
        What it shows.
    """

    directory: Path
    float_accuracy: float
    quantised_accuracy: float
    hardware_accuracy: float
    simulation: SimulationResult
    summary: Summary
    shown: int
    image: np.ndarray
    label: int

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines worth telling: why another engine than usual ran."""
        return self.simulation.notes

    @property
    def equal(self) -> bool:
        """Whether every integer of the hardware equals the reference's."""
        return not self.simulation.mismatches

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "directory": str(self.directory),
            "images": self.simulation.vectors,
            "float_accuracy": self.float_accuracy,
            "quantised_accuracy": self.quantised_accuracy,
            "hardware_accuracy": self.hardware_accuracy,
            **self.simulation.as_dict(),
            **self.summary.as_dict(),
        }

    def lines(self) -> list[str]:
        """Return the result as lines for a reader."""
        scores = self.simulation.outputs[self.shown]
        return [
            f"Handwritten digits: {self.simulation.vectors} images that training never saw",
            f"  {'weights as trained, float':<34} {self.float_accuracy:7.2%} recognised",
            f"  {'int8 weights, NumPy reference':<34} {self.quantised_accuracy:7.2%} recognised",
            f"  {f'hardware, engine {self.simulation.engine}':<34} "
            f"{self.hardware_accuracy:7.2%} recognised",
            *self._comparison(),
            "",
            f"Image {self.shown} shows a {self.label}; the hardware's ten scores say "
            f"{scores.argmax()}:",
            *draw(self.image, scores),
            "",
            *self._files(),
        ]

    def _comparison(self) -> list[str]:
        simulation = self.simulation
        measured = simulation.initiation_interval_measured
        pace = f", {measured:g} cycles an image" if measured is not None else ""
        ran = f"{ENGINES[simulation.engine]}{pace}"
        if self.equal:
            return [f"  all {simulation.outputs.size:,} integers equal the reference ({ran})"]
        wrong = simulation.mismatches
        return [
            f"  {len(wrong):,} of {simulation.outputs.size:,} integers differ from the reference "
            f"({ran})",
            *(f"  {mismatch}" for mismatch in wrong[:MISMATCHES_SHOWN]),
            f"  repeat with: fcgen demo -o {shlex.quote(str(self.directory))} "
            f"--engine {simulation.engine}",
        ]

    def _files(self) -> list[str]:
        folding, typed = self.summary.folding, shlex.quote(str(self.directory))
        return [
            f"Verilog of the 64 -> 10 layer on {folding.pe} PE x {folding.simd} SIMD, images, "
            f"test bench, README: {self.directory}",
            f"Next: fcgen summary {typed}, or fcgen simulate {typed} --stall 0.3",
        ]


def run(
    directory: Path = DIRECTORY,
    *,
    engine: str | None = None,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> DemoResult:
    """Quantise the trained digits layer, emit it, and run it over every held-out image.

    Parameters
    ----------
    directory : Path
        Where the design goes.
    engine : str, optional
        As for :func:`fcgen.simulation.simulate.simulate`.
    seed : int
        Picks the image that is drawn.
    progress : callable
        Gets a line before each step.

    Raises
    ------
    InputError
        When ``directory`` cannot be replaced.
    ToolError
        When a tool is missing or fails.
    """
    digits = Digits.load()
    vectors = digits.vectors
    layer, _ = digits.quantised()
    folding = Folding(layer.inputs, layer.outputs, PE, SIMD, weight_bits=layer.weight_format.bits)
    accuracy = Accuracy.of(
        digits.labels,
        digits.float_scores().argmax(axis=1),
        forward(layer, vectors).argmax(axis=1),
        layer.outputs,
    )
    made = accelerator.write(
        layer,
        folding,
        directory,
        name="digits",
        seed=seed,
        extra={ACCURACY: accuracy.to_json()},
        progress=progress,
    )
    progress(f"running {len(vectors)} images")
    simulation = made.simulate(vectors, engine=engine, seed=seed)
    with suppress(InputError):  # the report does without it
        typed = shlex.join(["fcgen", "demo", "-o", str(directory), "--engine", simulation.engine])
        store(made.design, replace(simulation, repeat=typed), given=True)
    shown = seed % len(vectors)
    assert accuracy.float_model is not None
    return DemoResult(
        directory=directory,
        float_accuracy=accuracy.float_model,
        quantised_accuracy=accuracy.quantised,
        hardware_accuracy=digits.accuracy(simulation.outputs),
        simulation=simulation,
        summary=summarise(layer, folding, made.design.manifest),
        shown=shown,
        image=digits.images[shown],
        label=int(digits.labels[shown]),
    )
