import random

import pytest

from amaranth_bench import observe
from fcgen.hardware.memories.vector_memory import SLICE_BITS, VectorMemory
from framing_model import Framing


class Model:
    """The vector memory, cycle by cycle, written from its contract."""

    def __init__(self, beats):
        self.framing = Framing(beats)
        self.words = [None, None]
        self.fresh = False

    @property
    def between(self):
        return not self.framing.partial or self.framing.swallowing

    def outputs(self, inputs):
        waiting = len(self.framing.complete)
        held = bool(inputs.get("hold")) and self.between
        return {
            "in_ready": int(waiting < 2 and not held),
            "available": int(waiting > 0),
            "error": int(self.framing.error),
            "empty": int(waiting == 0 and self.between),
            "word": self.words[0],
        }

    def clock(self, inputs, ready):
        complete = self.framing.complete
        read = complete[0][inputs["address"]] if complete else None
        if self.fresh and inputs["address"] == self.framing.beats - 1 > 0:
            read = None  # The one read that the contract rules out.
        self.words = [self.words[1], read]
        before = len(complete)
        if inputs["in_valid"] and ready:
            self.framing.accept(inputs["in_payload"], inputs["in_first"], inputs["in_last"])
        came = len(complete) > before
        if inputs["vector_end"]:
            complete.pop(0)
        self.fresh = came and len(complete) == 1


def framing(beat, beats, rng, faults):
    first, last = beat == 0, beat == beats - 1
    if rng.random() < faults:
        first = rng.random() < 0.5
    if rng.random() < faults:
        last = rng.random() < 0.5
    return int(first), int(last)


def compare(beats, width, seed, *, faults=0.0, gaps=0.3, holds=0.0, cycles=400):
    """Run the component and the model on the same random inputs; compare every cycle."""
    rng = random.Random(seed)
    dut = VectorMemory(beats=beats, width=width, holdable=holds > 0)
    model, stimuli, expected = Model(beats), [], []
    beat, pending = 0, None
    for _ in range(cycles):
        if pending is None and rng.random() >= gaps:
            first, last = framing(beat, beats, rng, faults)
            beat = 0 if last else (beat + 1) % beats
            pending = {"in_payload": rng.getrandbits(width), "in_first": first, "in_last": last}
        inputs = {
            "in_valid": int(pending is not None),
            **(pending or {"in_payload": rng.getrandbits(width), "in_first": 1, "in_last": 1}),
            "address": rng.randrange(beats),
            "vector_end": int(bool(model.framing.complete) and rng.random() < 0.4),
        }
        if holds:
            inputs["hold"] = int(rng.random() < holds)
        outputs = model.outputs(inputs)
        expected.append(outputs)
        if inputs["in_valid"] and outputs["in_ready"]:
            pending = None
        model.clock(inputs, outputs["in_ready"])
        stimuli.append(inputs)
    names = ["in_ready", "available", "error", "word"] + (["empty"] if holds else [])
    seen = observe(dut, stimuli, names)
    for cycle, (got, want) in enumerate(zip(seen, expected, strict=True)):
        for name in names:
            if want[name] is not None:
                assert got[name] == want[name], f"cycle {cycle}: {name}"
    return model.framing


@pytest.mark.parametrize("beats", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("gaps", [0.0, 0.3, 0.9])
def test_every_output_follows_the_model_without_faults(beats, gaps):
    assert not compare(beats, 9, beats, gaps=gaps).error


@pytest.mark.parametrize("beats", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(6))
def test_every_output_follows_the_model_with_framing_faults(beats, seed):
    assert compare(beats, 7, seed, faults=0.15, gaps=0.1).error


@pytest.mark.parametrize("beats", [1, 3])
def test_a_held_memory_takes_no_first_beat_but_finishes_a_vector(beats):
    compare(beats, 6, 1, holds=0.4)
    compare(beats, 6, 2, holds=0.4, faults=0.2)


def test_a_beat_wider_than_a_slice_is_kept_whole():
    compare(2, 2 * SLICE_BITS + 5, 0, cycles=60)


def test_two_vectors_wait_and_a_third_one_is_held_off():
    beats = 2
    vector = [
        {"in_valid": 1, "in_payload": k, "in_first": int(k % 2 == 0), "in_last": k % 2}
        for k in range(4)
    ]
    seen = observe(VectorMemory(beats=beats, width=4), [*vector, *vector[:1] * 3], ["in_ready"])
    assert [s["in_ready"] for s in seen] == [1, 1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize(("beats", "width"), [(0, 8), (1, 0)])
def test_impossible_sizes_are_refused(beats, width):
    with pytest.raises(ValueError, match="must be positive"):
        VectorMemory(beats=beats, width=width)
