"""A design behind a Wishbone bus."""

from __future__ import annotations

from amaranth import Module
from amaranth.lib.wiring import In

from fcgen.hardware.border import module_border
from fcgen.hardware.interfaces.data_window import DataWindow
from fcgen.hardware.interfaces.interface_top import InterfaceTop
from fcgen.hardware.interfaces.plan import InterfacePlan
from fcgen.hardware.interfaces.register_map import register_map
from fcgen.hardware.interfaces.wishbone import WishboneSlave, wishbone_ports


class WishboneTop(InterfaceTop):
    """A design whose vectors and registers are behind a Wishbone B4 classic bus of 32 bits.

    Latency and initiation interval: those of the bus and of the design. Reset: one cycle of
    ``rst_i``, at any time, and once before the first use; run-time weights stay, but for words that
    are still on their way, for which a soft reset waits.

    Parameters
    ----------
    plan : InterfacePlan

    Ports
    -----
    clk_i, rst_i : In(1)
        Clock, rising edge; synchronous reset, active high.
    wb_cyc_i, wb_stb_i, wb_we_i, wb_adr_i, wb_sel_i, wb_dat_i, wb_dat_o, wb_ack_o
        Registers, see `WishboneSlave` and `RegisterBank`; ``wb_adr_i`` counts bytes.
    """

    def __init__(self, plan: InterfacePlan) -> None:
        bus = wishbone_ports(register_map(plan).address_bits)
        ports = {"clk_i": In(1), "rst_i": In(1)}
        super().__init__(plan, ports | {f"wb_{name}": port for name, port in bus.items()})

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        self._domain(m, self.clk_i, self.rst_i)
        design = self._design(m)
        m.submodules.bus = slave = WishboneSlave(self.registers.address_bits)
        self._bus(m, slave)
        for name, port in wishbone_ports(self.registers.address_bits).items():
            inside, outside = getattr(slave, name), getattr(self, f"wb_{name}")
            m.d.comb += inside.eq(outside) if port.flow == In else outside.eq(inside)
        m.submodules.vectors = window = DataWindow(self.plan)
        self._connect(m, window)
        m.d.comb += window.clear.eq(self.status.soft_reset)
        for name in ("payload", "valid", "first", "last"):
            m.d.comb += getattr(design, f"in_{name}").eq(getattr(window, f"in_{name}"))
            m.d.comb += getattr(window, f"out_{name}").eq(getattr(design, f"out_{name}"))
        m.d.comb += [
            window.in_ready.eq(design.in_ready),
            design.out_ready.eq(window.out_ready),
        ]
        raised = {
            "input_overflow": window.overflow,
            "output_underflow": window.underflow,
            "output_frame": window.fault,
        }
        self._finish(m, window.vector_end, raised)
        return m
