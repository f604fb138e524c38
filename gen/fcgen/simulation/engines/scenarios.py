"""What a bench does with a layer: whole vectors, broken framing, new parameters on the way."""

import random

import numpy as np

from fcgen.simulation.engines.case import Case, from_integers
from fcgen.simulation.engines.clockwork import Clockwork, Pins, Watchdog
from fcgen.simulation.engines.framing import FramingRules, broken_stream, framed
from fcgen.simulation.engines.streaming import StreamRun, used_lanes
from fcgen.simulation.engines.updater import Updater

ERROR_DELAY = 8  # cycles after a wrong beat, at most, until the error flag is up
Arrays = dict[str, np.ndarray]


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
    for name in case.idle_inputs:
        pins.put(name, 0)
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
