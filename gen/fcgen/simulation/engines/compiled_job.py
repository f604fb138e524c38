"""What the compiled engine and its library share: the job of one run and the arrays behind it."""

import ctypes

import numpy as np

from fcgen.design.beats import StreamFormat
from fcgen.design.design import Design
from fcgen.simulation.engines.streaming import (
    ParameterUpdate,
    StreamOptions,
    StreamRun,
    reset_chance,
    start_cycle,
    tail,
    used_lanes,
    watchdog,
)


class Job(ctypes.Structure):
    """Struct Job of harness.cpp."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("input", "output")),
        *((name, ctypes.c_void_p) for name in ("first_input", "output_cycles")),
        ("vectors", ctypes.c_int64),
        *((name, ctypes.c_int64) for name in ("input_beats", "input_words")),
        *((name, ctypes.c_int64) for name in ("output_beats", "output_words")),
        *((name, ctypes.c_int64) for name in ("start", "period", "watchdog", "tail", "resets")),
        ("seed", ctypes.c_uint64),
        *((name, ctypes.c_uint32) for name in ("gap", "stall", "reset_chance", "reserved")),
        *((name, ctypes.c_void_p) for name in ("write_address", "write_data")),
        *((name, ctypes.c_void_p) for name in ("read_address", "read_data")),
        *((name, ctypes.c_int64) for name in ("writes", "reads", "update_after")),
        *((name, ctypes.c_int64) for name in ("begun_before_update", "cycles", "vector", "beat")),
    )


class Buffers:
    """The arrays of one run; they live as long as the library writes to them.

    Parameters
    ----------
    design : Design
    inputs : ndarray of int64, shape (V, N)
    update : ParameterUpdate, optional
    seed : int
        Of what stands in unused lanes.
    """

    def __init__(
        self, design: Design, inputs: np.ndarray, update: ParameterUpdate | None, seed: int
    ) -> None:
        vectors = len(inputs)
        self.format: StreamFormat = design.output_stream
        noise = np.random.default_rng(seed)
        self.input = np.ascontiguousarray(design.input_stream.pack(inputs, noise))
        self.output = np.zeros((vectors, self.format.beats, self.format.words), np.uint32)
        self.first_input = np.full(vectors, -1, np.int64)
        self.output_cycles = np.full((vectors, self.format.beats), -1, np.int64)
        self.update = update
        reads = update.reads if update else np.zeros(0, np.uint32)
        writes = update.writes if update else np.zeros((0, 2), np.uint32)
        self.addresses = np.ascontiguousarray(writes[:, 0], np.uint32)
        self.data = np.ascontiguousarray(writes[:, 1], np.uint32)
        self.reads = np.ascontiguousarray(reads, np.uint32)
        self.read_back = np.zeros(len(reads), np.uint32)

    def job(self, design: Design, options: StreamOptions, seed: int) -> Job:
        """Return what the library is asked for; ``seed`` is that of its gaps and stalls."""
        vectors = len(self.first_input)
        return Job(
            input=self.input.ctypes.data,
            output=self.output.ctypes.data,
            first_input=self.first_input.ctypes.data,
            output_cycles=self.output_cycles.ctypes.data,
            vectors=vectors,
            input_beats=design.input_stream.beats,
            input_words=design.input_stream.words,
            output_beats=self.format.beats,
            output_words=self.format.words,
            start=start_cycle(design, options),
            period=options.period,
            watchdog=watchdog(design, options),
            tail=tail(design),
            resets=options.resets,
            seed=seed % 2**64,
            gap=_probability(options.gap),
            stall=_probability(options.stall),
            reset_chance=_probability(reset_chance(design, options, vectors)),
            write_address=self.addresses.ctypes.data,
            write_data=self.data.ctypes.data,
            read_address=self.reads.ctypes.data,
            read_data=self.read_back.ctypes.data,
            writes=len(self.addresses),
            reads=len(self.reads),
            update_after=self.update.after if self.update else 0,
        )

    def result(self, job: Job, start: int) -> StreamRun:
        """Return what the library has written of a job whose vectors count from ``start``."""
        return StreamRun(
            outputs=used_lanes(self.format, self.output, start, self.output_cycles),
            first_input=self.first_input,
            output_cycles=self.output_cycles,
            cycles=job.cycles,
            streams=(len(self.first_input),),
            held_after=job.begun_before_update,
            read_back=self.read_back,
        )


def _probability(chance: float) -> int:
    return min(int(chance * 2**32), 2**32 - 1)
