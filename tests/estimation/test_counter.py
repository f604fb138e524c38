import pytest
from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.devices.costs import Costs
from fcgen.devices.ecp5 import BLOCK
from fcgen.estimation.counter import LogicCounter
from fcgen.hardware.elements.processing_element import ProcessingElement
from fcgen.numerics.fixed import IntegerFormat

INT8 = IntegerFormat(8, True)
COSTS = Costs(adder_bits=5, chain_step=2, chain_ends=4)


class Thing(wiring.Component):
    def __init__(self, width, build):
        self.build, self.parameters = build, {}
        super().__init__({"a": In(width), "b": In(width), "s": In(1), "y": Out(width)})

    def elaborate(self, platform):
        m = Module()
        self.build(m, self)
        return m


def count(build, width=8, **ports):
    return LogicCounter(COSTS).count(Thing(width, build), **ports)


def test_a_sum_is_a_chain_with_two_ends():
    logic = count(lambda m, t: m.d.comb.__iadd__(t.y.eq(t.a + t.b)))
    assert (logic.lut, logic.ff) == (12, 0)


def test_a_narrow_sum_is_made_of_tables():
    logic = count(lambda m, t: m.d.comb.__iadd__(t.y.eq(t.a + t.b)), width=2)
    assert logic.lut == 2


def enabled(m, t):
    with m.If(t.s):
        m.d.sync += t.y.eq(t.a)


def test_a_register_has_its_enable_and_its_reset_itself():
    assert (count(enabled).lut, count(enabled).ff) == (0, 8)


def test_a_choice_before_a_register_takes_a_table_a_bit():
    logic = count(lambda m, t: m.d.sync.__iadd__(t.y.eq(Mux(t.s, t.a, t.b))))
    assert (logic.lut, logic.ff) == (8, 8)


def test_a_register_that_nothing_reads_does_not_exist():
    unread = frozenset(("y", bit) for bit in range(4))
    assert count(enabled, unread=unread).ff == 4


def test_a_register_of_a_constant_does_not_exist():
    zero = frozenset(("a", bit, 0) for bit in range(8))

    def build(m, t):
        kept = Signal(8, reset_less=True)
        m.d.sync += kept.eq(t.a)
        m.d.comb += t.y.eq(kept)

    assert count(build).ff == 8
    assert count(build, fixed=zero).ff == 0


def test_inputs_on_which_nothing_depends_are_told():
    assert ("b", 0) in count(enabled).unread
    assert ("a", 0) not in count(enabled).unread


@pytest.mark.parametrize("simd", [1, 2, 4])
def test_the_registers_of_an_element_are_counted(simd):
    element = ProcessingElement(
        simd=simd, activation=INT8, weight=INT8, accumulator_width=24, unit=BLOCK
    )
    tree = {1: 0, 2: 17, 4: 2 * 17 + 18}[simd]
    assert LogicCounter(COSTS).count(element).ff == 16 * simd + tree + 2 * 24


@pytest.mark.parametrize("signed", [False, True])
def test_comparisons_with_the_ends_of_the_range_take_nothing(signed):
    def build(m, t):
        a = t.a.as_signed() if signed else t.a
        least, most = (-128, 127) if signed else (0, 255)
        m.d.comb += t.y.eq(Mux((a > most) | (a < least), t.b, t.a))

    assert count(build).lut == 0


def test_a_comparison_with_another_number_is_a_chain():
    assert count(lambda m, t: m.d.comb.__iadd__(t.y.eq(t.a > 100))).lut == 12
