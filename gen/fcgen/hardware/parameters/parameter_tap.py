"""Tap of a memory on the parameter chain."""

from __future__ import annotations

from amaranth import Module, Mux, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.memories.weight_memory import MEMORY_LATENCY
from fcgen.hardware.registers import delay, register

HOST_BITS = 32


def answer_latency(memory_latency: int) -> int:
    """Return the cycles from a read at a tap's input to the answer at its output."""
    return memory_latency + 1


def chain_widths(index_width: int, word_width: int) -> dict[str, int]:
    """Return the widths of the links from tap to tap, by name."""
    return {
        "index": index_width,
        "word": word_width,
        "data": HOST_BITS,
        "write": 1,
        "read": 1,
        "answer": HOST_BITS,
        "answered": 1,
    }


class ParameterTap(wiring.Component):
    """Connects a writable memory to the parameter chain.

    A request carries the number of the memory it is for, counted down on its way; the tap that
    sees zero takes it. The answer to a read travels on beside the requests, at a fixed distance,
    so that answers leave the chain in the order of their requests and never meet.

    Latency: a request passes in 1 cycle, an answer in 1 cycle; a read is answered one cycle more
    than the memory's latency after its request arrived. Initiation interval: 1 cycle. Requests
    come only while the layer is held, when nothing else uses the memory. Reset: drops requests
    and answers.

    Parameters
    ----------
    index_width : int
        Bits of the memory number.
    word_width : int
        Bits of the word address on the chain.
    address_width : int, at most word_width
        Bits of the memory's own address.
    data_width : int, 1 to 32
        Bits of the memory.
    memory_latency : int
        Cycles from an address to its word.

    Ports
    -----
    index, next_index : In, Out(index_width)
        Memories still to pass.
    word, next_word : In, Out(word_width)
    data, next_data : In, Out(32)
    write, next_write : In, Out(1)
    read, next_read : In, Out(1)
    answer, next_answer : In, Out(32)
    answered, next_answered : In, Out(1)
    layer_address : In(address_width)
        Address that the layer reads when it computes.
    memory_address, memory_write_address : Out(address_width)
    memory_write : Out(1)
    memory_data : Out(data_width)
    memory_word : In(data_width)
        The memory's word, ``memory_latency`` cycles after its address.
    """

    def __init__(
        self,
        *,
        index_width: int,
        word_width: int,
        address_width: int,
        data_width: int,
        memory_latency: int = MEMORY_LATENCY,
    ) -> None:
        if not 1 <= data_width <= HOST_BITS or address_width > word_width:
            raise ValueError("the memory does not fit the chain")
        self.index_width = index_width
        self.word_width = word_width
        self.address_width = address_width
        self.data_width = data_width
        self.memory_latency = memory_latency
        self.chain = chain_widths(index_width, word_width)
        super().__init__(
            {name: In(width) for name, width in self.chain.items()}
            | {f"next_{name}": Out(width) for name, width in self.chain.items()}
            | {
                "layer_address": In(address_width),
                "memory_address": Out(address_width),
                "memory_write": Out(1),
                "memory_write_address": Out(address_width),
                "memory_data": Out(data_width),
                "memory_word": In(data_width),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two taps the same module."""
        return {
            "index_width": self.index_width,
            "word_width": self.word_width,
            "address_width": self.address_width,
            "data_width": self.data_width,
            "memory_latency": self.memory_latency,
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [
            self.next_index.eq(register(m, self.index - 1, "index_register")),
            self.next_word.eq(register(m, self.word, "word_register")),
            self.next_data.eq(register(m, self.data, "data_register")),
            self.next_write.eq(register(m, self.write, "write_register", reset=True)),
            self.next_read.eq(register(m, self.read, "read_register", reset=True)),
        ]

        mine = Signal()
        reading = Signal()
        m.d.comb += [
            mine.eq(self.index == 0),
            reading.eq(mine & self.read),
            self.memory_address.eq(
                Mux(reading, self.word[: self.address_width], self.layer_address)
            ),
            # Registers power up with unknown values: nothing is written before the reset is over.
            self.memory_write.eq(mine & self.write & ~ResetSignal()),
            self.memory_write_address.eq(self.word[: self.address_width]),
            self.memory_data.eq(self.data[: self.data_width]),
        ]

        arrived = delay(m, reading, self.memory_latency, "arrived", reset=True)
        answer = Mux(arrived, self.memory_word, self.answer)
        m.d.comb += [
            self.next_answer.eq(register(m, answer, "answer_register")),
            self.next_answered.eq(
                register(m, arrived | self.answered, "answered_register", reset=True)
            ),
        ]
        return m
