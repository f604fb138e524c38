import random

import pytest

from fcgen.simulation.engines.framing import Beat, FramingRules, broken_stream, framed

F, L, N, B = (True, False), (False, True), (False, False), (True, True)


def outcome(length, *flags):
    """Indices of the beats of each accepted vector, and whether an error was seen."""
    rules, accepted = FramingRules(length), []
    for index, (first, last) in enumerate(flags):
        vector = rules.accept(Beat(index, first, last))
        if vector:
            accepted.append(vector)
    return accepted, rules.error


@pytest.mark.parametrize(
    ("length", "flags", "accepted", "error"),
    [
        (3, [F, N, L], [[0, 1, 2]], False),
        (3, [F, N, L, F, N, L], [[0, 1, 2], [3, 4, 5]], False),
        (1, [B, B], [[0], [1]], False),
        (3, [F, N, F, N, L], [[2, 3, 4]], True),  # first before the last: a new vector
        (3, [F, L, F, N, L], [[2, 3, 4]], True),  # last too early
        (3, [F, N, N, N, L, F, N, L], [[5, 6, 7]], True),  # too long, swallowed until last
        (3, [F, N, N, N, F, N, L], [[4, 5, 6]], True),  # too long, swallowed until first
        (3, [N, N, L, F, N, L], [[3, 4, 5]], True),  # no first
        (3, [N, F, N, L], [[1, 2, 3]], True),
        (3, [L, F, N, L], [[1, 2, 3]], True),
        (3, [F, B, F, N, L], [[2, 3, 4]], True),  # a vector of one beat is too short
        (1, [F, N, L, B], [[3]], True),
        (1, [N, B], [[1]], True),
        (2, [F, N, F, L], [[2, 3]], True),
        (3, [F, N], [], False),  # not finished, not wrong
    ],
)
def test_vectors_are_accepted_by_the_rules_of_the_stream(length, flags, accepted, error):
    assert outcome(length, *flags) == (accepted, error)


def test_a_reset_forgets_errors_and_partial_vectors():
    rules = FramingRules(2)
    for flags in (N, F):
        rules.accept(Beat(0, *flags))
    rules.reset()
    assert not rules.error
    assert rules.accept(Beat(1, *L)) is None
    assert rules.error


def test_a_framed_vector_begins_and_ends_where_it_should():
    assert framed([5, 6, 7]) == [Beat(5, *F), Beat(6, *N), Beat(7, *L)]
    assert framed([5]) == [Beat(5, *B)]


def test_broken_streams_are_broken_in_every_way_but_not_always():
    beats = broken_stream([[1, 2, 3]] * 4000, random.Random(0))
    rules, accepted = FramingRules(3), 0
    pairs = set()
    for before, beat in zip([Beat(0, *L), *beats], beats, strict=False):
        pairs.add(((before.first, before.last), (beat.first, beat.last)))
        accepted += rules.accept(beat) is not None
    assert 1000 < accepted < 3000
    assert len(pairs) == 16
