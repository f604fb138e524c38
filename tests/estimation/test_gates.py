import pytest

from fcgen.estimation.cover import look_up_tables
from fcgen.estimation.gates import FALSE, TRUE, Gates


@pytest.fixture
def gates():
    return Gates()


def tables(gates, *roots, wide_mux=False):
    return look_up_tables(gates, roots, wide_mux)


def test_gates_of_constants_are_constants_or_wires(gates):
    a = gates.leaf()
    assert gates.both(a, FALSE) == FALSE
    assert gates.both(a, TRUE) == a
    assert gates.either(a, a ^ 1) == TRUE
    assert gates.differ(a, TRUE) == a ^ 1
    assert gates.choose(a, TRUE, FALSE) == a
    assert gates.choose(TRUE, a, FALSE) == a


def test_equal_gates_are_one(gates):
    a, b = gates.leaf(), gates.leaf()
    assert gates.both(a, b) == gates.both(b, a)
    assert gates.differ(a, b ^ 1) == gates.differ(a ^ 1, b)
    assert gates.choose(a, b, b ^ 1) == gates.differ(a, b) ^ 1


def test_both_halves_of_a_case_are_the_whole(gates):
    a, b = gates.leaf(), gates.leaf()
    assert gates.either(gates.both(a, b), gates.both(a, b ^ 1)) == a


def test_a_tree_of_nothing_is_0(gates):
    assert gates.tree(gates.either, []) == FALSE


def test_a_wire_takes_no_table_and_an_inverter_one(gates):
    a = gates.leaf()
    assert tables(gates, a) == 0
    assert tables(gates, a ^ 1) == 1


@pytest.mark.parametrize(("inputs", "expected"), [(2, 1), (4, 1), (5, 2), (7, 2), (8, 3), (16, 5)])
def test_a_wide_gate_takes_a_tree_of_tables(gates, inputs, expected):
    assert tables(gates, gates.tree(gates.both, [gates.leaf() for _ in range(inputs)])) == expected


def test_a_choice_of_four_takes_two_tables_with_a_multiplexer_behind_them(gates):
    values, index = [gates.leaf() for _ in range(4)], [gates.leaf(), gates.leaf()]
    chosen = gates.pick(values, index)
    assert tables(gates, chosen, wide_mux=True) == 2
    assert tables(gates, chosen) == 3


def test_what_two_outputs_read_is_made_once(gates):
    shared = gates.tree(gates.differ, [gates.leaf() for _ in range(4)])
    outputs = [gates.tree(gates.both, [shared, *(gates.leaf() for _ in range(3))]) for _ in "ab"]
    assert tables(gates, *outputs) == 3
