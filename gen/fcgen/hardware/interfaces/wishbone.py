"""Wishbone slave in front of the register bank."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.interfaces.register_bank import BYTE_ADDRESS_BITS, DATA_BITS

SELECTS = DATA_BITS // 8


class WishboneSlave(wiring.Component):
    """Takes the accesses of a Wishbone B4 classic master to the registers.

    Single and block cycles of 32 bits, a byte the finest unit. Every access is acknowledged, and
    none by ``err``, which not every bus has: what went wrong stands in the register errors. One
    that the master gives up is done all the same, and its acknowledgement is not given to another.
    The lowest two bits of an address are ignored.

    Latency: 3 cycles and that of the register from the strobe to the acknowledgement, which lasts
    one cycle. Reset: no access.

    Parameters
    ----------
    address_bits : int
        Of a byte address.

    Ports
    -----
    cyc_i, stb_i, we_i, adr_i, sel_i, dat_i, dat_o, ack_o : see Wishbone B4
    request, write, whole, address, data, done, read_data
        The access: see `RegisterBank`.
    """

    def __init__(self, address_bits: int) -> None:
        self.address_bits = address_bits
        super().__init__(
            wishbone_ports(address_bits)
            | {
                "request": Out(1),
                "write": Out(1),
                "whole": Out(1),
                "address": Out(address_bits - BYTE_ADDRESS_BITS),
                "data": Out(DATA_BITS),
                "done": In(1),
                "read_data": In(DATA_BITS),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two slaves the same module."""
        return {"address_bits": self.address_bits}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        waiting = Signal()
        asked = Signal()
        m.d.comb += [self.dat_o.eq(self.read_data), asked.eq(self.cyc_i & self.stb_i)]
        with m.FSM():
            with m.State("IDLE"), m.If(asked):
                m.d.sync += [
                    waiting.eq(1),
                    self.write.eq(self.we_i),
                    self.whole.eq(self.sel_i.all()),
                    self.address.eq(self.adr_i[BYTE_ADDRESS_BITS:]),
                    self.data.eq(self.dat_i),
                ]
                m.next = "ACCESS"
            with m.State("ACCESS"):
                m.d.comb += self.request.eq(1)
                # A request after the master gave up is a new access.
                m.d.sync += waiting.eq(waiting & asked)
                with m.If(self.done):
                    m.next = "ACKNOWLEDGE"
            with m.State("ACKNOWLEDGE"):
                m.d.comb += self.ack_o.eq(asked & waiting)
                m.next = "IDLE"
        return m


def wishbone_ports(address_bits: int) -> dict[str, In | Out]:
    """Return the ports of a Wishbone slave, by their names in the standard."""
    return {
        "cyc_i": In(1),
        "stb_i": In(1),
        "we_i": In(1),
        "adr_i": In(address_bits),
        "sel_i": In(SELECTS),
        "dat_i": In(DATA_BITS),
        "dat_o": Out(DATA_BITS),
        "ack_o": Out(1),
    }
