"""Host side of the run-time parameters: when they may change, and which memory is meant."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.parameter_tap import HOST_BITS
from fcgen.hardware.registers import register


def memory_number_width(memories: int) -> int:
    """Return the bits in which a number, counted down past zero, does not meet zero again."""
    return memories.bit_length()


def host_ports(memories: int, word_width: int) -> dict[str, In | Out]:
    """Return the ports that the host sees, of the parameter port and of the layer around it."""
    return {
        "parameter_hold": In(1),
        "parameter_held": Out(1),
        "parameter_address": In(memory_number_width(memories) + word_width),
        "parameter_write": In(1),
        "parameter_write_data": In(HOST_BITS),
        "parameter_read": In(1),
        "parameter_refused": Out(1),
        "parameter_read_data": Out(HOST_BITS),
        "parameter_read_valid": Out(1),
    }


class ParameterPort(wiring.Component):
    """Holds the layer while parameters change, and lets only legal requests onto the chain.

    ``hold`` asks the layer to finish every vector whose first beat was accepted before and to take
    no other; ``held`` says that this is so. Requests act only while ``held``: otherwise, or when
    the address does not exist, or when write and read come together, ``refused`` is set in the
    next cycle and nothing happens. So a vector is computed with the old parameters or with the
    new ones, never with some of both. After ``hold`` falls, the input stays closed until the last
    write has reached its memory.

    Latency: 1 cycle from a request to the chain. Initiation interval: 1 cycle.
    Reset: not held.

    Parameters
    ----------
    memory_depths : tuple of int
        Words of each memory on the chain, in order.
    word_width : int
        Bits of the word address, the low bits of ``address``.
    drain_cycles : int
        Cycles from the end of a fold until its results no longer depend on any parameter.

    Ports
    -----
    parameter_hold, parameter_held : In, Out(1)
    parameter_address : In
        Memory number above ``word_width`` bits of word address.
    parameter_write, parameter_read : In(1)
    parameter_write_data, parameter_read_data : In, Out(32)
    parameter_read_valid : Out(1)
        Data of a read, in the order of the reads, a fixed number of cycles after each.
    parameter_refused : Out(1)
    hold_input : Out(1)
        No first beat is to be accepted.
    input_empty : In(1)
        No vector is in the vector memory.
    fold_end : In(1)
        A fold's last beat has been issued.
    index, word, data, write, read, answer, answered : Out
        Requests for the first tap, and the empty answers that precede it.
    answer_back, answered_back : In(32), In(1)
        Answers of the last tap.
    """

    def __init__(
        self, *, memory_depths: tuple[int, ...], word_width: int, drain_cycles: int
    ) -> None:
        self.memory_depths = memory_depths
        self.word_width = word_width
        self.drain_cycles = drain_cycles
        super().__init__(
            host_ports(len(memory_depths), word_width)
            | {
                "hold_input": Out(1),
                "input_empty": In(1),
                "fold_end": In(1),
                "index": Out(self.index_width),
                "word": Out(word_width),
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
    def index_width(self) -> int:
        """Bits of the memory number."""
        return memory_number_width(len(self.memory_depths))

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two ports the same module."""
        return {
            "memory_depths": self.memory_depths,
            "word_width": self.word_width,
            "drain_cycles": self.drain_cycles,
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        write, read = self.parameter_write, self.parameter_read
        exists = Signal()
        accepted = Signal()
        draining = self._countdown(m, "draining", self.drain_cycles, self.fold_end)
        settling = self._countdown(m, "settling", len(self.memory_depths) + 1, accepted)
        quiet = Signal()
        m.d.comb += quiet.eq(self.hold_input & self.input_empty & ~self.fold_end & ~draining)
        m.d.sync += [
            self.hold_input.eq(self.parameter_hold | settling),
            self.parameter_held.eq(quiet & self.parameter_hold),
        ]

        m.d.comb += accepted.eq(self.parameter_held & self.parameter_hold & (write ^ read) & exists)
        self._look_up(m, exists)
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
        address = self.parameter_address
        return address[self.word_width :], address[: self.word_width]

    def _look_up(self, m: Module, exists: Signal) -> None:
        """Compare the address with the memories: a run of equal depths shares a comparison."""
        index, word = self._split_address()
        for number, depth in enumerate(self.memory_depths):
            if number == 0 or depth != self.memory_depths[number - 1]:
                with m.If(index >= number):
                    m.d.comb += exists.eq(word < depth)
        with m.If(index >= len(self.memory_depths)):
            m.d.comb += exists.eq(0)
