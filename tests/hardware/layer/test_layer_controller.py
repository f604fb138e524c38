import random

import pytest

from amaranth_bench import observe
from fcgen.hardware.layer.layer_controller import LayerController

PARAMETERS = [
    # SF, NF, fold, last fold, word, capacity
    (1, 1, 1, 1, 1, 2),
    (1, 1, 3, 4, 4, 8),
    (1, 4, 2, 2, 1, 5),
    (3, 1, 5, 6, 2, 12),
    (4, 3, 5, 2, 1, 9),
    (5, 2, 4, 8, 4, 20),
    (2, 5, 7, 3, 1, 7),
]
FLUSH = 4
OUTPUTS = ["issue", "fold_end", "vector_end", "synapse_fold", "address", "flushing"]


class Model:
    """The controller, cycle by cycle, written from its contract."""

    def __init__(self, folds, neurons, fold, last_fold, word, capacity):
        self.folds, self.neurons = folds, neurons
        self.costs = [fold] * (neurons - 1) + [last_fold]
        self.word, self.free, self.known = word, capacity, capacity
        self.threshold = max(fold, last_fold) * (2 if folds == 1 else 1)
        self.synapse = self.neuron = self.cycle = 0

    def outputs(self, available):
        flushing = self.cycle < FLUSH
        last = self.synapse == self.folds - 1
        issue = available and not flushing and (not last or self.known >= self.threshold)
        fold_end = issue and last
        return {
            "issue": int(issue),
            "fold_end": int(fold_end),
            "vector_end": int(fold_end and self.neuron == self.neurons - 1),
            "synapse_fold": self.synapse,
            "address": self.neuron * self.folds + self.synapse,
            "flushing": int(flushing),
        }

    def clock(self, outputs, taken):
        self.cycle += 1
        self.known = self.free  # a cycle late
        self.free += self.word * taken
        if outputs["fold_end"]:
            self.free -= self.costs[self.neuron]
            self.neuron = (self.neuron + 1) % self.neurons
        if outputs["issue"]:
            self.synapse = (self.synapse + 1) % self.folds


def controller(folds, neurons, fold, last_fold, word, capacity):
    return LayerController(
        synapse_folds=folds,
        neuron_folds=neurons,
        fold_credits=fold,
        last_fold_credits=last_fold,
        word_credits=word,
        capacity=capacity,
        flush=FLUSH,
    )


@pytest.mark.parametrize("parameters", PARAMETERS)
@pytest.mark.parametrize(("arrivals", "departures"), [(1.0, 1.0), (0.7, 0.5), (0.9, 0.06)])
def test_every_output_follows_the_model(parameters, arrivals, departures):
    rng = random.Random(repr(parameters))
    model, stimuli, expected = Model(*parameters), [], []
    capacity, word = parameters[-1], parameters[-2]
    for _ in range(3000):
        available = rng.random() < arrivals
        taken = capacity - model.free >= word and rng.random() < departures
        outputs = model.outputs(available)
        stimuli.append({"available": int(available), "word_taken": int(taken)})
        expected.append(outputs)
        model.clock(outputs, taken)
    assert sum(e["vector_end"] for e in expected) >= 3
    assert observe(controller(*parameters), stimuli, OUTPUTS) == expected


@pytest.mark.parametrize("parameters", PARAMETERS)
def test_without_room_only_the_last_beat_of_a_fold_waits(parameters):
    folds, _, fold, last_fold, _, capacity = parameters
    seen = observe(controller(*parameters), [{"available": 1}] * 400, OUTPUTS)
    granted = sum(s["fold_end"] for s in seen)
    assert granted >= 1
    assert seen[-1]["issue"] == 0
    assert seen[-1]["synapse_fold"] == folds - 1
    assert granted <= capacity // min(fold, last_fold)


def test_nothing_is_issued_while_the_accumulators_are_flushed():
    seen = observe(controller(*PARAMETERS[1]), [{"available": 1}] * 12, OUTPUTS)
    assert [s["flushing"] for s in seen[: FLUSH + 1]] == [1] * FLUSH + [0]
    assert [s["issue"] for s in seen[: FLUSH + 1]] == [0] * FLUSH + [1]


def test_a_queue_smaller_than_a_fold_is_refused():
    with pytest.raises(ValueError, match="must hold the results of a fold"):
        controller(3, 2, 5, 2, 1, 4)


def test_a_queue_smaller_than_two_folds_of_one_beat_is_refused():
    with pytest.raises(ValueError, match="or of two of one beat"):
        controller(1, 2, 5, 2, 1, 9)
