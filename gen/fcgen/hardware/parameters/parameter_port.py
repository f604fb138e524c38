"""Parameter port: the host's access to run-time parameters while the layers are held."""

from __future__ import annotations

from functools import reduce
from itertools import groupby
from operator import or_

from amaranth import Const, Module, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.parameters.parameter_space import AddressSpace
from fcgen.hardware.parameters.parameter_tap import HOST_BITS
from fcgen.hardware.registers import register


class ParameterPort(wiring.Component):
    """Holds the layers while parameters change, and lets only legal requests onto the chain.

    ``hold`` asks them to finish every vector whose first beat was accepted before and to take
    no other; ``held`` says that this is so. Requests act only while ``held``: otherwise, or when
    the address does not exist, or when write and read come together, ``refused`` is set in the
    next cycle and nothing happens. So a vector is computed with the old parameters or with the
    new ones in all layers, never with some of both. After ``hold`` falls, the input stays closed
    until the last write has reached its memory.

    Latency: 1 cycle from a request to the chain. Initiation interval: 1 cycle.
    Reset: not held.

    Parameters
    ----------
    space : AddressSpace
        The memories on the chain, in order.
    drain_cycles : int
        Cycles from the end of a fold of the last layer until its results no longer depend on any
        parameter.
    settle_cycles : int
        Cycles from an accepted request until it has reached the last memory.

    Ports
    -----
    parameter_hold, parameter_held : In, Out(1)
    parameter_address : In
        Memory number above the word's, see `AddressSpace`.
    parameter_write, parameter_read : In(1)
    parameter_write_data, parameter_read_data : In, Out(32)
    parameter_read_valid : Out(1)
        Data of a read, in the order of the reads, a fixed number of cycles after each.
    parameter_refused : Out(1)
    hold_input : Out(1)
        No first beat is to be accepted.
    input_empty : In(1)
        No vector is in the first vector memory, or on its way from there to the last layer's
        elements.
    fold_end : In(1)
        The last beat of a fold of the last layer has been issued.
    index, word, data, write, read, answer, answered : Out
        Requests for the first tap, and the empty answers that precede it.
    answer_back, answered_back : In(32), In(1)
        Answers of the last tap.
    """

    def __init__(self, *, space: AddressSpace, drain_cycles: int, settle_cycles: int) -> None:
        self.space = space
        self.drain_cycles = drain_cycles
        self.settle_cycles = settle_cycles
        super().__init__(
            space.host_ports
            | {
                "hold_input": Out(1),
                "input_empty": In(1),
                "fold_end": In(1),
                "index": Out(space.index_width),
                "word": Out(space.word_width),
                "data": Out(HOST_BITS),
                "write": Out(1),
                "read": Out(1),
                "answer": Out(HOST_BITS),
                "answered": Out(1),
                "answer_back": In(HOST_BITS),
                "answered_back": In(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two ports the same module."""
        return {
            "memory_depths": self.space.depths,
            "word_width": self.space.word_width,
            "drain_cycles": self.drain_cycles,
            "settle_cycles": self.settle_cycles,
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        write, read = self.parameter_write, self.parameter_read
        accepted = Signal()
        draining = self._countdown(m, "draining", self.drain_cycles, self.fold_end)
        settling = self._countdown(m, "settling", self.settle_cycles, accepted)
        quiet = Signal()
        m.d.comb += quiet.eq(self.hold_input & self.input_empty & ~self.fold_end & ~draining)
        m.d.sync += [
            self.hold_input.eq(self.parameter_hold | settling),
            self.parameter_held.eq(quiet & self.parameter_hold),
        ]

        allowed = self.parameter_held & self.parameter_hold & (write ^ read)
        m.d.comb += accepted.eq(allowed & self._exists())
        m.d.sync += [
            self.parameter_refused.eq((write | read) & ~accepted),
            self.write.eq(accepted & write),
            self.read.eq(accepted & read),
        ]
        index, word = self._split_address()
        m.d.comb += [
            self.index.eq(register(m, index, "index_register")),
            self.word.eq(register(m, word, "word_register")),
            self.data.eq(register(m, self.parameter_write_data, "data_register")),
            self.parameter_read_data.eq(self.answer_back),
            self.parameter_read_valid.eq(self.answered_back),
        ]
        return m

    def _countdown(self, m: Module, name: str, cycles: int, start: Value) -> Value:
        """Return whether fewer than ``cycles`` cycles have passed since ``start``."""
        left = Signal(range(cycles + 1), name=name)
        with m.If(start):
            m.d.sync += left.eq(cycles)
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        return left != 0

    def _split_address(self) -> tuple[Value, Value]:
        address, word_width = self.parameter_address, self.space.word_width
        return address[word_width:], address[:word_width]

    def _exists(self) -> Value:
        """Compare the address with the memories; a run of equal depths shares its comparisons.

        The runs are compared in parallel: the depth of the logic does not grow with the network.
        """
        index, word = self._split_address()
        found: list[Value] = []
        number = 0
        for depth, run in groupby(self.space.depths):
            end = number + len(tuple(run))
            fits: Value = Const(1) if depth == 1 << len(word) else word < depth
            from_start: Value = Const(1) if number == 0 else index >= number
            found.append(from_start & (index < end) & fits)
            number = end
        return reduce(or_, found)
