"""Bridge from bytes of requests to the accelerator's parameter port."""

from __future__ import annotations

from amaranth import Cat, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border

WORD_BYTES = 4


class ParameterBridge(wiring.Component):
    """Writes and reads parameters over a stream of bytes, words of 32 bits, lowest byte first.

    To write, bytes are pairs of an address and a word; to read, they are addresses, and words come
    back. The accelerator is held as long as ``active`` is; nothing is asked of it before it says
    so.

    Latency: that of the accelerator. Handshake: valid/ready on both sides. Reset, and ``active``
    being low: the next byte begins an address.

    Parameters
    ----------
    address_width : int, at most 32
        Bits of the port's address; the address of a request has zeros above.

    Ports
    -----
    active : In(1)
        Bytes are taken.
    reading : In(1)
    payload : In(8)
    valid, ready : In, Out(1)
    out_payload : Out(8)
    out_valid, out_ready : Out, In(1)
    busy : Out(1)
        The last request is still under way.
    refused : Out(1)
        An address does not exist; nothing has changed there.
    parameter_hold, parameter_held, parameter_address, parameter_write, parameter_write_data,
    parameter_read, parameter_refused, parameter_read_data, parameter_read_valid
        Of the accelerator: see `ParameterPort`.
    """

    def __init__(self, address_width: int) -> None:
        self.address_width = address_width
        super().__init__(
            {
                "active": In(1),
                "reading": In(1),
                "payload": In(8),
                "valid": In(1),
                "ready": Out(1),
                "out_payload": Out(8),
                "out_valid": Out(1),
                "out_ready": In(1),
                "busy": Out(1),
                "refused": Out(1),
                "parameter_hold": Out(1),
                "parameter_held": In(1),
                "parameter_address": Out(address_width),
                "parameter_write": Out(1),
                "parameter_write_data": Out(32),
                "parameter_read": Out(1),
                "parameter_refused": In(1),
                "parameter_read_data": In(32),
                "parameter_read_valid": In(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two bridges the same module."""
        return {"address_width": self.address_width}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        word = Signal(32)
        address = Signal(32)
        count = Signal(range(WORD_BYTES))
        has_address = Signal()
        known = Signal()
        m.d.comb += [
            self.parameter_hold.eq(self.active),
            self.parameter_address.eq(address[: self.address_width]),
            self.parameter_write_data.eq(word),
            self.out_payload.eq(word[:8]),
            known.eq(~address[self.address_width :].any()),
        ]
        with m.FSM():
            with m.State("BYTES"):
                m.d.comb += self.ready.eq(self.active & self.parameter_held)
                with m.If(self.valid & self.ready):
                    joined = Cat(word[8:], self.payload)
                    m.d.sync += [word.eq(joined), count.eq(count + 1)]
                    with m.If(count == WORD_BYTES - 1):
                        m.d.sync += has_address.eq(~has_address & ~self.reading)
                        with m.If(~has_address):
                            m.d.sync += address.eq(joined)
                        with m.If(has_address | self.reading):
                            m.next = "REQUEST"
            with m.State("REQUEST"):
                m.d.comb += [
                    self.busy.eq(1),
                    self.parameter_write.eq(known & ~self.reading),
                    self.parameter_read.eq(known & self.reading),
                    self.refused.eq(~known),
                ]
                m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += [self.busy.eq(1), self.refused.eq(self.parameter_refused)]
                with m.If(~self.reading | ~self.active):
                    m.next = "BYTES"
                with m.Elif(self.parameter_read_valid):
                    m.d.sync += word.eq(self.parameter_read_data)
                    m.next = "WORD"
            with m.State("WORD"):
                m.d.comb += [self.busy.eq(1), self.out_valid.eq(1)]
                with m.If(self.out_ready):
                    m.d.sync += [word.eq(word >> 8), count.eq(count + 1)]
                    with m.If(count == WORD_BYTES - 1):
                        m.next = "BYTES"
                with m.If(~self.active):
                    m.next = "BYTES"
        with m.If(~self.active):
            m.d.sync += [count.eq(0), has_address.eq(0)]
        return m
