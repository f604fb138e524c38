"""A design with AXI4-Stream and AXI4-Lite."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import module_border
from fcgen.hardware.design_top import DesignTop
from fcgen.hardware.interfaces.axi_lite import AxiLiteSlave, lite_ports
from fcgen.hardware.interfaces.axi_streams import AxiStreams
from fcgen.hardware.interfaces.interface_top import InterfaceTop
from fcgen.hardware.interfaces.plan import InterfacePlan
from fcgen.hardware.interfaces.register_map import register_map

STREAM = ("tdata", "tvalid", "tready", "tlast")


class AxiTop(InterfaceTop):
    """A design with AXI4-Stream for its vectors and AXI4-Lite for its registers.

    Latency and initiation interval: those of the design. Reset: ``aresetn`` low for at least one
    cycle, at any time, and once before the first use; run-time weights stay, but for words that are
    still on their way, for which a soft reset waits.

    Parameters
    ----------
    plan : InterfacePlan

    Ports
    -----
    aclk, aresetn : In(1)
        Clock, rising edge; synchronous reset, active low.
    s_axis_tdata, s_axis_tvalid, s_axis_tready, s_axis_tlast
        Vectors that come in, see `AxiStreams`.
    m_axis_tdata, m_axis_tvalid, m_axis_tready, m_axis_tlast
        Vectors that leave.
    s_axil_awaddr, s_axil_awvalid, s_axil_awready, s_axil_wdata, s_axil_wstrb, s_axil_wvalid,
    s_axil_wready, s_axil_bresp, s_axil_bvalid, s_axil_bready, s_axil_araddr, s_axil_arvalid,
    s_axil_arready, s_axil_rdata, s_axil_rresp, s_axil_rvalid, s_axil_rready
        Registers, see `RegisterBank`.
    """

    def __init__(self, plan: InterfacePlan) -> None:
        lite = lite_ports(register_map(plan).address_bits)
        super().__init__(
            plan,
            {
                "aclk": In(1),
                "aresetn": In(1),
                "s_axis_tdata": In(8 * plan.source.octets * plan.simd),
                "s_axis_tvalid": In(1),
                "s_axis_tready": Out(1),
                "s_axis_tlast": In(1),
                "m_axis_tdata": Out(8 * plan.target.octets * plan.lanes),
                "m_axis_tvalid": Out(1),
                "m_axis_tready": In(1),
                "m_axis_tlast": Out(1),
                **{f"s_axil_{name}": port for name, port in lite.items()},
            },
        )

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        plan = self.plan
        reset = Signal()
        m.d.comb += reset.eq(~self.aresetn)
        self._domain(m, self.aclk, reset)
        design = self._design(m)
        m.submodules.registers = slave = AxiLiteSlave(self.registers.address_bits)
        self._bus(m, slave)
        m.d.comb += slave.failed.eq(self.bank.failed)
        for name, port in lite_ports(self.registers.address_bits).items():
            inside, outside = getattr(slave, name), getattr(self, f"s_axil_{name}")
            m.d.comb += inside.eq(outside) if port.flow == In else outside.eq(inside)
        m.submodules.streams = streams = AxiStreams(
            plan.simd, plan.lanes, plan.source, plan.target, plan.input_beats
        )
        self._streams(m, streams, design)
        self._finish(m, streams.vector_end, {"frame_length": streams.frame_length})
        return m

    def _streams(self, m: Module, streams: AxiStreams, design: DesignTop) -> None:
        """Connect the streams on both sides."""
        m.d.comb += streams.clear.eq(self.status.soft_reset)
        for name in STREAM:
            sink = (getattr(self, f"s_axis_{name}"), getattr(streams, f"s_{name}"))
            source = (getattr(streams, f"m_{name}"), getattr(self, f"m_axis_{name}"))
            if name == "tready":
                sink, source = sink[::-1], source[::-1]
            m.d.comb += [sink[1].eq(sink[0]), source[1].eq(source[0])]
        for name in ("payload", "valid", "first", "last"):
            m.d.comb += getattr(design, f"in_{name}").eq(getattr(streams, f"in_{name}"))
        for name in ("payload", "valid", "last"):
            m.d.comb += getattr(streams, f"out_{name}").eq(getattr(design, f"out_{name}"))
        m.d.comb += [
            streams.in_ready.eq(design.in_ready),
            design.out_ready.eq(streams.out_ready),
        ]
