"""What a simulation gives back: outputs, mismatches, measured cycles."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np

from fcgen.simulation.engines.streaming import StreamRun
from fcgen.text.wording import count

MISMATCHES_SHOWN = 10


@dataclass(frozen=True)
class Mismatch:
    """One wrong output.

    ``cycle`` is the one in which its beat left the layer, counted from the reset.
    """

    vector: int
    neuron: int
    expected: int
    got: int
    cycle: int

    def __str__(self) -> str:
        return (
            f"vector {self.vector}, neuron {self.neuron}: expected {self.expected}, "
            f"got {self.got}, cycle {self.cycle}"
        )


class Mismatches(Sequence[Mismatch]):
    """All wrong outputs, by vector and neuron.

    Parameters
    ----------
    expected, got : ndarray of int64, shape (V, M)
    cycles : ndarray of int64, shape (V, beats)
        Cycle of each output beat.
    lanes : int
        Outputs a beat.
    """

    def __init__(
        self, expected: np.ndarray, got: np.ndarray, cycles: np.ndarray, lanes: int
    ) -> None:
        self._expected, self._got, self._cycles, self._lanes = expected, got, cycles, lanes
        self._places = np.argwhere(expected != got)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Mismatch: ...
    @overload
    def __getitem__(self, index: slice) -> list[Mismatch]: ...
    def __getitem__(self, index: int | slice) -> Mismatch | list[Mismatch]:
        if isinstance(index, slice):
            return [self._at(place) for place in self._places[index]]
        return self._at(self._places[index])

    def _at(self, place: np.ndarray) -> Mismatch:
        vector, neuron = int(place[0]), int(place[1])
        return Mismatch(
            vector=vector,
            neuron=neuron,
            expected=int(self._expected[vector, neuron]),
            got=int(self._got[vector, neuron]),
            cycle=int(self._cycles[vector, neuron // self._lanes]),
        )


@dataclass(frozen=True, eq=False)
class SimulationResult:
    """Outcome of one simulation.

    Attributes
    ----------
    engine : str
    inputs : ndarray of int64, shape (V, N)
    outputs : ndarray of int64, shape (V, M)
    mismatches : sequence of Mismatch
        Against the reference; empty when nothing was checked.
    checked : bool
    undisturbed : bool
        Whether neither side stalled, so that the measured cycles are the layer's own.
    repeat : str
        Command that runs the same again.
    netlist : bool
        Whether it was the netlist that was simulated, not the emitted Verilog.
    classes : bool
        Whether the outputs are class indices, one a vector.
    notes : tuple of str
        Lines worth telling: the engine that was chosen, files that have changed.
    run : StreamRun, optional
        Cycles of everything; None for the reference.
    waves : str, optional
        File with the waveform.
    """

    engine: str
    inputs: np.ndarray
    outputs: np.ndarray
    mismatches: Sequence[Mismatch]
    checked: bool
    undisturbed: bool
    repeat: str
    netlist: bool = False
    classes: bool = False
    notes: tuple[str, ...] = ()
    run: StreamRun | None = None
    waves: str | None = field(default=None)

    @property
    def vectors(self) -> int:
        """Number of vectors."""
        return len(self.outputs)

    @property
    def shaped(self) -> np.ndarray:
        """Outputs as users see them: class indices as (V,)."""
        return self.outputs[:, 0] if self.classes else self.outputs

    @property
    def cycles(self) -> int:
        """Simulated cycles, over all workers; 0 for the reference."""
        return self.run.cycles if self.run else 0

    @property
    def initiation_interval_measured(self) -> float | None:
        """Mean cycles from a vector to the next; None where nothing was measured undisturbed."""
        if self.run is None or not self.undisturbed:
            return None
        intervals = self.run.intervals()
        return float(intervals.mean()) if len(intervals) else None

    @property
    def latency_measured(self) -> int | None:
        """Cycles from the first input beat to the last output beat of vector 0, undisturbed."""
        return self._latency(-1)

    @property
    def latency_first_measured(self) -> int | None:
        """Cycles from the first input beat to the first output beat of vector 0, undisturbed."""
        return self._latency(0)

    def _latency(self, beat: int) -> int | None:
        if self.run is None or not self.undisturbed or not self.vectors:
            return None
        return int(self.run.output_cycles[0, beat] - self.run.first_input[0])

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "engine": self.engine,
            "netlist": self.netlist,
            "vectors": self.vectors,
            "checked": self.checked,
            "mismatches": len(self.mismatches),
            "first_mismatches": [
                {
                    "vector": wrong.vector,
                    "neuron": wrong.neuron,
                    "expected": wrong.expected,
                    "got": wrong.got,
                    "cycle": wrong.cycle,
                }
                for wrong in self.mismatches[:MISMATCHES_SHOWN]
            ],
            "cycles": self.cycles,
            "initiation_interval_measured": self.initiation_interval_measured,
            "latency_measured": self.latency_measured,
            "latency_first_measured": self.latency_first_measured,
            "waves": self.waves,
            "notes": list(self.notes),
            "repeat": self.repeat,
        }

    def lines(self) -> list[str]:
        """Return the result as lines for a reader."""
        lines = list(self.notes)
        measured = f", {count(self.cycles, 'cycle')}" if self.run else ""
        what = " on the netlist" if self.netlist else ""
        lines.append(f"{self.engine}{what}: {count(self.vectors, 'vector')}{measured}")
        if self.initiation_interval_measured is not None:
            lines.append(
                f"initiation interval {self.initiation_interval_measured:g} "
                f"cycle{'' if self.initiation_interval_measured == 1 else 's'} measured"
            )
        if not self.checked:
            lines.append("not compared with the reference")
        elif not self.mismatches:
            lines.append(f"0 mismatches in {count(self.outputs.size, 'output')}")
        else:
            wrong = count(len(self.mismatches), "mismatch", "es")
            lines.append(f"{wrong} in {count(self.outputs.size, 'output')}")
            lines += [str(mismatch) for mismatch in self.mismatches[:MISMATCHES_SHOWN]]
            lines.append(f"repeat with: {self.repeat}")
        return lines
