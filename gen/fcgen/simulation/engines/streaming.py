"""What every engine takes and gives back when it streams vectors through a layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fcgen.design.beats import StreamFormat
from fcgen.design.design import Design
from fcgen.errors import CheckError

STALL_LIMIT = 0.99  # above it a run would hardly move


@dataclass(frozen=True)
class StreamOptions:
    """How the two sides of a layer behave during a run.

    Parameters
    ----------
    gap, stall : float
        Probability a cycle that the producer offers nothing new, and that the consumer is not
        ready.
    seed : int
        Seed of all random choices.
    period : int
        The producer has one new beat every ``period`` cycles.
    resets : int
        Resets at random moments; vectors that a reset loses are offered again.
    """

    gap: float = 0.0
    stall: float = 0.0
    seed: int = 0
    period: int = 1
    resets: int = 0

    @property
    def undisturbed(self) -> bool:
        """Whether neither side ever waits, so that cycles measure the layer itself."""
        return self.gap == 0 and self.stall == 0 and self.resets == 0


def watchdog(design: Design, options: StreamOptions) -> int:
    """Return the cycles without an accepted beat that count as a hang."""
    pace = max(1 - max(options.gap, options.stall), 0.01)
    quiet = design.latency + design.initiation_interval + options.period
    return int(4 * quiet + 1_000 / pace)


def start_cycle(design: Design, options: StreamOptions) -> int:
    """Return the cycle of the first offer.

    Disturbed runs begin at once, to meet the layer while it still recovers from the reset; others
    wait until it is idle, as the latency is defined. Where weights are written at start, the layer
    must be held before the first beat.
    """
    idle = options.undisturbed or design.written_at_start
    return min(design.latency, 1_000) if idle else 0


def tail(design: Design) -> int:
    """Return the cycles to look for surplus beats after the last one."""
    return min(design.latency, 10_000) + 64


def reset_chance(design: Design, options: StreamOptions, vectors: int) -> float:
    """Return the probability a cycle of a reset, so that most of them fall into the run."""
    return min(0.5, options.resets / max(1, vectors * design.initiation_interval))


@dataclass(frozen=True, eq=False)
class ParameterUpdate:
    """Words to write to a layer with runtime weights in the middle of a stream.

    Parameters
    ----------
    after : int
        Vectors that have begun when the layer is asked to hold.
    writes : ndarray of uint32, shape (W, 2)
        Addresses and data.
    reads : ndarray of uint32, shape (R,)
        Addresses that are read back after the writes.
    refusals : int
        Writes that are tried before, while the layer is not held, and must be refused; only
        simulators driven by Python do so.
    """

    after: int
    writes: np.ndarray
    reads: np.ndarray
    refusals: int = 0


@dataclass(frozen=True, eq=False)
class StreamRun:
    """What left the layer, and when.

    Attributes
    ----------
    outputs : ndarray of int64, shape (V, M)
    first_input : ndarray of int64, shape (V,)
        Cycle in which the first beat of each vector was accepted.
    output_cycles : ndarray of int64, shape (V, output beats)
        Cycle in which each output beat was accepted.
    cycles : int
        Simulated cycles, over all workers.
    streams : tuple of int
        Vectors of each worker's stream, one stream after the other; intervals between vectors mean
        nothing across streams.
    held_after : int
        Vectors that were computed with the parameters before the update.
    read_back : ndarray of uint32
        Data of the update's reads.
    """

    outputs: np.ndarray
    first_input: np.ndarray
    output_cycles: np.ndarray
    cycles: int
    streams: tuple[int, ...]
    held_after: int = 0
    read_back: np.ndarray | None = None

    @classmethod
    def join(cls, runs: "Sequence[StreamRun]") -> "StreamRun":
        """Return one run made of several that worked on consecutive parts of the vectors."""
        return cls(
            outputs=np.concatenate([run.outputs for run in runs]),
            first_input=np.concatenate([run.first_input for run in runs]),
            output_cycles=np.concatenate([run.output_cycles for run in runs]),
            cycles=sum(run.cycles for run in runs),
            streams=tuple(count for run in runs for count in run.streams),
            held_after=runs[0].held_after,
            read_back=runs[0].read_back,
        )

    def intervals(self) -> np.ndarray:
        """Return the cycles from each vector's last output beat to the next one's."""
        ends = np.cumsum(self.streams)[:-1]
        parts = np.split(self.output_cycles[:, -1], ends)
        return np.concatenate([np.diff(part) for part in parts])


class StreamFault(CheckError):
    """The layer broke the stream protocol; the line says how, where and when."""

    def __init__(self, what: str, vector: int, beat: int, cycle: int) -> None:
        super().__init__(f"vector {vector}, output beat {beat}, cycle {cycle}: {what}")
        self.what, self.vector, self.beat, self.cycle = what, vector, beat, cycle

    def record(self) -> dict[str, str | int]:
        """Return the arguments that make this error again."""
        return {"what": self.what, "vector": self.vector, "beat": self.beat, "cycle": self.cycle}


def used_lanes(
    stream: StreamFormat, beats: np.ndarray, start: int, cycles: np.ndarray
) -> np.ndarray:
    """Return the lanes that carry results, shape (V, M), after a look at the others.

    Parameters
    ----------
    stream : StreamFormat
        The output stream.
    beats : ndarray of uint32, shape (V, beats, words)
    start : int
        Number of the first of these vectors.
    cycles : ndarray of int64, shape (V, beats)
        When each beat was accepted.

    Raises
    ------
    StreamFault
        When an unused lane is not 0.
    """
    lanes = stream.unpack(beats)
    wrong = np.argwhere(lanes[:, stream.length :])
    if len(wrong):
        vector = int(wrong[0, 0])
        what = "an unused output lane is not 0"
        raise StreamFault(what, start + vector, stream.beats - 1, int(cycles[vector, -1]))
    return lanes[:, : stream.length]
