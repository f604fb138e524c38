"""What a bench needs to know of a run, in a form that reaches the simulator's process."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np

from fcgen.design.beats import StreamFormat
from fcgen.design.design import Design
from fcgen.simulation.engines.agents import Consumer, Producer
from fcgen.simulation.engines.clockwork import Clockwork
from fcgen.simulation.engines.framing import Beat
from fcgen.simulation.engines.streaming import (
    ParameterUpdate,
    StreamOptions,
    reset_chance,
    start_cycle,
    tail,
    watchdog,
)


@dataclass(frozen=True, eq=False)
class Case:
    """All that a bench needs to know, and nothing that only this process has.

    Attributes
    ----------
    input, output : StreamFormat
    vectors : ndarray of int64, shape (V, N)
    options : StreamOptions
    start, watchdog, tail : int
        Cycles: before the first offer, without movement that count as a hang, after the end.
    reset_chance : float
        Probability a cycle of a reset, while some are left.
    update : ParameterUpdate, optional
    idle_inputs : sequence of str
        Inputs that stay at 0.
    """

    input: StreamFormat
    output: StreamFormat
    vectors: np.ndarray
    options: StreamOptions
    start: int
    watchdog: int
    tail: int
    reset_chance: float
    update: ParameterUpdate | None = None
    idle_inputs: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        design: Design,
        vectors: np.ndarray,
        options: StreamOptions,
        update: ParameterUpdate | None = None,
    ) -> Self:
        """Return the case of streaming vectors through a design."""
        return cls(
            input=design.input_stream,
            output=design.output_stream,
            vectors=vectors,
            options=options,
            start=start_cycle(design, options),
            watchdog=watchdog(design, options),
            tail=tail(design),
            reset_chance=reset_chance(design, options, len(vectors)),
            update=update,
            idle_inputs=design.idle_inputs,
        )

    def save(self, path: Path) -> None:
        """Write the case to one file without pickled objects."""
        record = {field.name: getattr(self, field.name) for field in fields(self)}
        update, vectors = record.pop("update"), record.pop("vectors")
        for name in ("input", "output", "options"):
            record[name] = asdict(record[name])
        arrays = {"vectors": vectors, "record": np.array(json.dumps(record))}
        if update is not None:
            arrays |= {field.name: getattr(update, field.name) for field in fields(update)}
        np.savez(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote."""
        with np.load(path) as file:
            arrays = dict(file)
        record = json.loads(str(arrays.pop("record")))
        record["input"] = StreamFormat(**record["input"])
        record["output"] = StreamFormat(**record["output"])
        record["options"] = StreamOptions(**record["options"])
        vectors = arrays.pop("vectors")
        update = ParameterUpdate(**arrays) if arrays else None
        return cls(**record, vectors=vectors, update=update)

    def words(self) -> list[list[int]]:
        """Return the payloads of each vector; unused lanes carry noise that must not matter."""
        noise = np.random.default_rng(self.options.seed)
        return to_integers(self.input.pack(self.vectors, noise))

    def producer(self, clockwork: Clockwork, beats: Sequence[Beat]) -> Producer:
        """Return the producer of these beats."""
        options = self.options
        return Producer(
            clockwork,
            beats,
            self.input.width,
            gap=options.gap,
            period=options.period,
            start=self.start,
            seed=options.seed,
        )

    def consumer(self, clockwork: Clockwork, limit: int | None = None) -> Consumer:
        """Return the consumer, of ``limit`` beats in all if that is known."""
        options = self.options
        return Consumer(clockwork, stall=options.stall, seed=options.seed, limit=limit)


def to_integers(beats: np.ndarray) -> list[list[int]]:
    """Return beats of 32-bit words, shape (V, beats, words), as integers, one list a vector."""
    octets = beats.shape[-1] * 4
    data = np.ascontiguousarray(beats, "<u4").tobytes()
    words = [
        int.from_bytes(data[start : start + octets], "little")
        for start in range(0, len(data), octets)
    ]
    return [words[start : start + beats.shape[1]] for start in range(0, len(words), beats.shape[1])]


def from_integers(words: Sequence[int], stream: StreamFormat) -> np.ndarray:
    """Return the inverse of :func:`to_integers`, of all beats in one list."""
    data = b"".join(word.to_bytes(stream.words * 4, "little") for word in words)
    return np.frombuffer(data, "<u4").reshape(-1, stream.beats, stream.words)
