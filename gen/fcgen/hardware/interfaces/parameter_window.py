"""Run-time parameters through two registers: an address and the word there."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.interfaces.register_bank import DATA_BITS


class ParameterWindow(wiring.Component):
    """The registers parameter_address and parameter_data, in front of the parameter port.

    An access that does something moves the address on by 1, so that the words of a memory are
    written or read one behind the other. It fails where the port refuses it, or where the address
    has bits that the port has not. A write is answered before it has reached its memory, as a reset
    of the design would drop it then: ``landing`` says so.

    Latency: 1 cycle of a write, that of the port of a read. Reset: address 0.

    Parameters
    ----------
    address_width : int, at most 32
        Bits of the port's address.
    landing_cycles : int
        Cycles from a write at the port until it has reached its memory, or more.

    Ports
    -----
    data : In(32)
        Of a write.
    parameter_address_write, parameter_data_write, parameter_data_read : In(1)
    parameter_address_value, parameter_data_value : Out(32)
    parameter_data_done, parameter_data_failed : Out(1)
    refused : Out(1)
        One cycle for each access that did nothing.
    landing : Out(1)
        A write may not have reached its memory yet.
    parameter_address, parameter_write, parameter_write_data, parameter_read, parameter_refused,
    parameter_read_data, parameter_read_valid
        Of the design: see `ParameterPort`.
    """

    def __init__(self, address_width: int, landing_cycles: int) -> None:
        self.address_width, self.landing_cycles = address_width, landing_cycles
        super().__init__(
            {
                "data": In(DATA_BITS),
                "parameter_address_write": In(1),
                "parameter_data_write": In(1),
                "parameter_data_read": In(1),
                "parameter_address_value": Out(DATA_BITS),
                "parameter_data_value": Out(DATA_BITS),
                "parameter_data_done": Out(1),
                "parameter_data_failed": Out(1),
                "refused": Out(1),
                "landing": Out(1),
                "parameter_address": Out(address_width),
                "parameter_write": Out(1),
                "parameter_write_data": Out(DATA_BITS),
                "parameter_read": Out(1),
                "parameter_refused": In(1),
                "parameter_read_data": In(DATA_BITS),
                "parameter_read_valid": In(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two windows the same module."""
        return {"address_width": self.address_width, "landing_cycles": self.landing_cycles}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        address = self.parameter_address_value
        reading = Signal()
        known = Signal()
        m.d.comb += [
            known.eq(~address[self.address_width :].any()),
            self.parameter_address.eq(address[: self.address_width]),
            self.parameter_write.eq(self.parameter_data_write & known),
            self.parameter_read.eq(self.parameter_data_read & known),
            self.parameter_write_data.eq(self.data),
            self.parameter_data_failed.eq(self.refused),
        ]
        left = Signal(range(self.landing_cycles + 1))
        m.d.comb += self.landing.eq(left != 0)
        with m.If(self.parameter_write):
            m.d.sync += left.eq(self.landing_cycles)
        with m.Elif(self.landing):
            m.d.sync += left.eq(left - 1)
        with m.If(self.parameter_address_write):
            m.d.sync += address.eq(self.data)
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += reading.eq(self.parameter_data_read)
                with m.If(self.parameter_data_write | self.parameter_data_read):
                    m.next = "ANSWER"
            with m.State("ANSWER"):
                refused = ~known | self.parameter_refused
                finished = refused | ~reading | self.parameter_read_valid
                m.d.comb += [self.refused.eq(refused), self.parameter_data_done.eq(finished)]
                with m.If(finished):
                    m.next = "IDLE"
                    with m.If(~refused):
                        m.d.sync += address.eq(address + 1)
        # A write, and a read that was refused, read as 0.
        with m.If(self.parameter_read_valid):
            m.d.comb += self.parameter_data_value.eq(self.parameter_read_data)
        return m
