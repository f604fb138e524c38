"""What a bench does with a layer: whole vectors, broken framing, new parameters on the way."""

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np

from fcgen.beats import StreamFormat
from fcgen.design import Design
from fcgen.engines.agents import (
    Beat,
    Clockwork,
    Consumer,
    FramingRules,
    Pins,
    Producer,
    Updater,
    Watchdog,
    framed,
)
from fcgen.engines.streaming import (
    ParameterUpdate,
    StreamOptions,
    StreamRun,
    reset_chance,
    start_cycle,
    tail,
    used_lanes,
    watchdog,
)

ERROR_DELAY = 8  # cycles after a wrong beat, at most, until the error flag is up
Arrays = dict[str, np.ndarray]


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
        """Return the payloads of each vector."""
        return to_integers(self.input.pack(self.vectors))

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


async def whole_vectors(pins: Pins, case: Case) -> Arrays:
    """Stream all vectors; vectors that a random reset loses are offered again.

    Raises
    ------
    StreamFault
        When the layer breaks the protocol or hangs.
    """
    clockwork = Clockwork(pins, case.output.beats)
    words = case.words()
    producer = case.producer(clockwork, [beat for vector in words for beat in framed(vector)])
    consumer = case.consumer(clockwork, limit=len(words) * case.output.beats)
    guard = Watchdog(clockwork, case.watchdog)
    updater = Updater(clockwork, case.update) if case.update else None
    chooser = random.Random(f"reset {case.options.seed}")
    resets, left = case.options.resets, case.tail
    await clockwork.edge()
    await clockwork.reset()
    clockwork.cycle = 0
    while left:
        if resets and chooser.random() < case.reset_chance:
            resets -= 1
            await clockwork.reset()
            consumer.restart()
            producer.rewind(clockwork.drop_partial() * case.input.beats)
        begun = -(-producer.position // case.input.beats)
        producer.drive()
        consumer.drive()
        if updater:
            updater.drive(begun)
        await pins.settle()
        if clockwork.get("error"):
            raise clockwork.fault("the error flag rose although every vector was framed correctly")
        taken, given = consumer.sample(), producer.sample() is not None
        if updater:
            updater.sample(-(-producer.position // case.input.beats))
        if clockwork.vectors == len(words) and (updater is None or updater.over):
            left -= 1
        else:
            guard.tick(taken or given or (updater is not None and updater.busy))
        await clockwork.edge()
    return _results(clockwork, case) | {
        "first_input": np.array(producer.accepted[:: case.input.beats], np.int64),
        "held_after": np.array(updater.begun_before if updater else 0),
        "read_back": np.array(updater.read_back if updater else [], np.uint32),
    }


def _results(clockwork: Clockwork, case: Case) -> Arrays:
    cycles = np.array([cycle for cycle, _ in clockwork.taken], np.int64)
    return {
        "beats": from_integers([payload for _, payload in clockwork.taken], case.output),
        "cycles": cycles.reshape(-1, case.output.beats),
        "total": np.array(clockwork.cycle),
    }


def stream_run(case: Case, arrays: Arrays) -> StreamRun:
    """Return the results of :func:`whole_vectors` as every engine gives them.

    Raises
    ------
    StreamFault
        When an unused lane is not 0.
    """
    return StreamRun(
        outputs=used_lanes(case.output, arrays["beats"], 0, arrays["cycles"]),
        first_input=arrays["first_input"],
        output_cycles=arrays["cycles"],
        cycles=int(arrays["total"]),
        streams=(len(case.vectors),),
        held_after=int(arrays["held_after"]),
        read_back=arrays["read_back"],
    )


def broken_stream(words: Sequence[Sequence[int]], chooser: random.Random) -> list[Beat]:
    """Return the beats of vectors of which about every second one is framed wrongly."""
    beats: list[Beat] = []
    for vector in words:
        burst = framed(vector)
        match chooser.randrange(8):
            case 0:  # cut short, with or without a last
                burst = burst[: chooser.randrange(len(burst) + 1)]
                if burst and chooser.random() < 0.5:
                    burst[-1] = Beat(burst[-1].payload, burst[-1].first, last=True)
            case 1:  # longer than a vector, with or without a last
                burst[-1] = Beat(burst[-1].payload, burst[-1].first, last=False)
                burst += [Beat(word, False, False) for word in vector] * chooser.randrange(1, 4)
                if chooser.random() < 0.5:
                    burst[-1] = Beat(burst[-1].payload, first=False, last=True)
            case 2:  # no first
                burst[0] = Beat(burst[0].payload, first=False, last=burst[0].last)
            case 3:  # flags at random
                burst = [
                    Beat(word, chooser.random() < 0.2, chooser.random() < 0.2) for word in vector
                ]
        beats += burst
    return beats


async def broken_framing(pins: Pins, case: Case) -> Arrays:
    """Stream broken bursts among good ones, with random resets.

    What comes out and the error flag must follow the rules. The accepted vectors are made of the
    beats that were accepted, so their outputs can be computed.

    Raises
    ------
    StreamFault
        When the layer does not follow the rules.
    """
    clockwork = Clockwork(pins, case.output.beats)
    chooser = random.Random(f"framing {case.options.seed}")
    producer = case.producer(clockwork, broken_stream(case.words(), chooser))
    consumer, rules = case.consumer(clockwork), FramingRules(case.input.beats)
    accepted: list[list[int]] = []
    resets, left, late = case.options.resets, case.watchdog, 0
    await clockwork.edge()
    await clockwork.reset()
    clockwork.cycle = 0
    while left:
        if resets and chooser.random() < case.reset_chance:
            resets -= 1
            await clockwork.reset()
            consumer.restart()
            producer.rewind(producer.position)
            rules.reset()
            del accepted[clockwork.drop_partial() :]
            late = 0
        producer.drive()
        consumer.drive()
        await pins.settle()
        flag = clockwork.get("error")
        if flag and not rules.error:
            raise clockwork.fault("the error flag rose without a wrong beat")
        late = late + 1 if rules.error and not flag else 0
        if late > ERROR_DELAY:
            raise clockwork.fault("the error flag is low after a wrong beat")
        taken, beat = consumer.sample(), producer.sample()
        if beat is not None and (vector := rules.accept(beat)):
            accepted.append(vector)
        if clockwork.vectors > len(accepted):
            raise clockwork.fault("a vector came out that was not accepted")
        left = case.watchdog if taken or beat is not None else left - 1
        await clockwork.edge()
    if not producer.done:
        raise clockwork.fault(f"nothing was accepted on either side for {case.watchdog} cycles")
    if len(clockwork.taken) != len(accepted) * clockwork.beats:
        raise clockwork.fault("an accepted vector did not come out")
    payloads = [word for vector in accepted for word in vector]
    return _results(clockwork, case) | {"accepted": from_integers(payloads, case.input)}


def framing_run(case: Case, arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Return the accepted vectors (A, N) and their outputs (A, M) of :func:`broken_framing`.

    Raises
    ------
    StreamFault
        When an unused lane is not 0.
    """
    accepted = case.input.unpack(arrays["accepted"])[:, : case.input.length]
    return accepted, used_lanes(case.output, arrays["beats"], 0, arrays["cycles"])


SCENARIOS = {"whole_vectors": whole_vectors, "broken_framing": broken_framing}
