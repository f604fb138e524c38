"""AXI4-Lite slave in front of the register bank."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.interfaces.register_bank import BYTE_ADDRESS_BITS, DATA_BITS

STROBES = DATA_BITS // 8


class AxiLiteSlave(wiring.Component):
    """Takes the accesses of an AXI4-Lite master to the registers, one at a time.

    Address and data of a write may come in any order. Where a read and a write wait, they take
    turns. A failed access is answered with SLVERR. The lowest two bits of an address are ignored.

    Latency: 3 cycles and that of the register from the address to the response. Handshake:
    valid/ready on all five channels; a response holds until it is taken. Reset: no access.

    Parameters
    ----------
    address_bits : int
        Of a byte address.

    Ports
    -----
    awaddr, awvalid, awready, wdata, wstrb, wvalid, wready, bresp, bvalid, bready : see AXI4-Lite
    araddr, arvalid, arready, rdata, rresp, rvalid, rready : see AXI4-Lite
    request, write, whole, address, data, done, failed, read_data
        The access: see `RegisterBank`.
    """

    def __init__(self, address_bits: int) -> None:
        self.address_bits = address_bits
        super().__init__(
            lite_ports(address_bits)
            | {
                "request": Out(1),
                "write": Out(1),
                "whole": Out(1),
                "address": Out(address_bits - BYTE_ADDRESS_BITS),
                "data": Out(DATA_BITS),
                "done": In(1),
                "failed": In(1),
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
        write_address = Signal(len(self.address))
        read_address = Signal(len(self.address))
        strobes = Signal(STROBES)
        has_write_address = self._hold(m, "aw", [(write_address, self.awaddr[BYTE_ADDRESS_BITS:])])
        has_data = self._hold(m, "w", [(self.data, self.wdata), (strobes, self.wstrb)])
        has_read_address = self._hold(m, "ar", [(read_address, self.araddr[BYTE_ADDRESS_BITS:])])
        write_waits = Signal()
        write_next = Signal()
        m.d.comb += [
            write_waits.eq(has_write_address & has_data),
            self.whole.eq(strobes.all()),
            self.rdata.eq(self.read_data),
            self.rresp.eq(self.failed << 1),
            self.bresp.eq(self.failed << 1),
        ]
        with m.FSM():
            with m.State("IDLE"):
                with m.If(write_waits & (write_next | ~has_read_address)):
                    m.d.sync += [self.write.eq(1), self.address.eq(write_address)]
                    m.next = "ACCESS"
                with m.Elif(has_read_address):
                    m.d.sync += [self.write.eq(0), self.address.eq(read_address)]
                    m.next = "ACCESS"
            with m.State("ACCESS"):
                m.d.comb += self.request.eq(1)
                with m.If(self.done):
                    m.d.sync += write_next.eq(~self.write)
                    with m.If(self.write):
                        m.d.sync += [has_write_address.eq(0), has_data.eq(0)]
                    with m.Else():
                        m.d.sync += has_read_address.eq(0)
                    m.next = "RESPONSE"
            with m.State("RESPONSE"):
                m.d.comb += [self.bvalid.eq(self.write), self.rvalid.eq(~self.write)]
                with m.If((self.bvalid & self.bready) | (self.rvalid & self.rready)):
                    m.next = "IDLE"
        return m

    def _hold(self, m: Module, channel: str, kept: list[tuple[Signal, Value]]) -> Signal:
        """Hold a channel's payload until the access is done; return whether there is one."""
        full = Signal(name=f"has_{channel}")
        valid, ready = getattr(self, f"{channel}valid"), getattr(self, f"{channel}ready")
        m.d.comb += ready.eq(~full)
        with m.If(valid & ready):
            m.d.sync += [full.eq(1), *(place.eq(value) for place, value in kept)]
        return full


def lite_ports(address_bits: int) -> dict[str, In | Out]:
    """Return the ports of an AXI4-Lite slave, by their names in the standard."""
    return {
        "awaddr": In(address_bits),
        "awvalid": In(1),
        "awready": Out(1),
        "wdata": In(DATA_BITS),
        "wstrb": In(STROBES),
        "wvalid": In(1),
        "wready": Out(1),
        "bresp": Out(2),
        "bvalid": Out(1),
        "bready": In(1),
        "araddr": In(address_bits),
        "arvalid": In(1),
        "arready": Out(1),
        "rdata": Out(DATA_BITS),
        "rresp": Out(2),
        "rvalid": Out(1),
        "rready": In(1),
    }
