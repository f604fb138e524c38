"""Top component on a board: a design behind a serial line."""

from __future__ import annotations

from amaranth import Cat, Const, Module, ResetSignal, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.design_top import DesignTop
from fcgen.hardware.host.command_processor import CommandProcessor
from fcgen.hardware.host.flash_reader import FlashReader
from fcgen.hardware.host.frame_buffer import FrameBuffer
from fcgen.hardware.host.frame_receiver import FrameReceiver
from fcgen.hardware.host.frame_transmitter import FrameTransmitter
from fcgen.hardware.host.identity_memory import IdentityMemory
from fcgen.hardware.host.link_plan import LinkPlan
from fcgen.hardware.host.link_status import LinkStatus
from fcgen.hardware.host.parameter_bridge import ParameterBridge
from fcgen.hardware.host.protocol import Code, Request
from fcgen.hardware.host.request_check import RequestCheck
from fcgen.hardware.host.uart import UartReceiver, UartTransmitter
from fcgen.hardware.host.vector_drainer import VectorDrainer
from fcgen.hardware.host.vector_feeder import VectorFeeder
from fcgen.hardware.host.weight_loader import WeightLoader

FLASH_OUTPUTS, FLASH_INPUT = ("sck", "cs_n", "mosi"), "miso"
STREAM = ("payload", "valid", "first", "last")


class UartTop(wiring.Component):
    """A design with a serial line in place of its streams, see docs/protocol.md.

    While a request is served the next ones come into the buffer, so that the line is busy both
    ways. Latency and initiation interval: those of the line and of the design. Reset: one cycle of
    ``rst``, which must come first; run-time weights stay.

    Parameters
    ----------
    plan : LinkPlan

    Ports
    -----
    rx, tx : In, Out(1)
        Serial line, 8 data bits, no parity, 1 stop bit.
    led_ready, led_busy, led_error : Out(1)
        Weights are complete; a request is served; something went wrong since the last RESET.
    flash_sck, flash_cs_n, flash_mosi, flash_miso : Out, Out, Out, In(1)
        Of the flash memory from which the weights come, where the plan has one. Until they have
        come the line is not heard.
    """

    def __init__(self, plan: LinkPlan) -> None:
        self.plan = plan
        names = ("tx", "led_ready", "led_busy", "led_error")
        flash = {}
        if plan.flash is not None:
            flash = {f"flash_{name}": Out(1, init=name == "cs_n") for name in FLASH_OUTPUTS}
            flash[f"flash_{FLASH_INPUT}"] = In(1)
        super().__init__({"rx": In(1)} | {name: Out(1) for name in names} | flash)

    @property
    def parameters(self) -> Parameters:
        """Parameters that the header of the Verilog names."""
        info = self.plan.info
        return {
            "design": self.plan.module,
            "clock_hz": info.clock_hz,
            "baud": info.baud,
            "payload_max": info.payload_max,
            "watchdog": info.watchdog,
            **({"flash_offset": self.plan.flash.offset} if self.plan.flash else {}),
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        plan, info = self.plan, self.plan.info
        m.submodules.processor = self.processor = CommandProcessor(
            RequestCheck(info), info.watchdog
        )
        m.submodules.status = self.status = LinkStatus()
        m.submodules.identity = self.identity = IdentityMemory(info, plan.image)
        self._line(m)
        reset = Signal()
        m.d.comb += reset.eq(ResetSignal() | self.processor.reset_accelerator)
        m.submodules.design = design = DesignTop(plan.module, plan.ports, reset)
        feeder, drainer = self._streams(m, design)
        bridge = self._parameters(m, design)
        self._units(m, design, feeder, drainer, bridge)
        m.d.comb += [
            self.led_ready.eq(self.identity.usable),
            self.led_busy.eq(self.processor.active),
            self.led_error.eq(self.status.flags.any()),
        ]
        return m

    def _line(self, m: Module) -> None:
        """Connect the line to the processor: frames in, frames out."""
        plan, info, processor = self.plan, self.plan.info, self.processor
        m.submodules.uart_receiver = receiver = UartReceiver(info.clock_hz, info.baud)
        m.submodules.frame_receiver = frames = FrameReceiver(info.payload_max)
        m.submodules.frame_buffer = buffer = FrameBuffer(plan.address_bits)
        m.submodules.frame_transmitter = replies = FrameTransmitter()
        m.submodules.uart_transmitter = transmitter = UartTransmitter(info.clock_hz, info.baud)
        m.d.comb += [receiver.rx.eq(self.rx), self.tx.eq(transmitter.tx)]
        self.loader = loader = self._loader(m, receiver)
        for name in ("payload", "valid", "broken"):
            m.d.comb += getattr(frames, name).eq(getattr(loader or receiver, name))
        for name in ("write", "write_data", "commit", "drop"):
            m.d.comb += getattr(buffer, name).eq(getattr(frames, name))
        m.d.comb += [
            frames.full.eq(buffer.full),
            processor.damaged.eq(frames.damaged),
            processor.overflow.eq(frames.overflow),
            self.status.damaged.eq(frames.drop),
            processor.frame_payload.eq(buffer.payload),
            processor.frame_valid.eq(buffer.valid & self.identity.known),
            buffer.ready.eq(processor.frame_ready & self.identity.known),
        ]
        for name in ("payload", "valid", "last", "abort"):
            m.d.comb += getattr(replies, name).eq(getattr(processor, name))
        m.d.comb += [
            processor.ready.eq(replies.ready),
            processor.idle.eq(replies.idle),
            transmitter.payload.eq(replies.out_payload),
            transmitter.valid.eq(replies.out_valid),
            replies.out_ready.eq(transmitter.ready),
        ]
        if loader is not None:
            moving = buffer.valid | processor.active | processor.valid | ~replies.idle
            m.d.comb += [loader.full.eq(buffer.full), loader.quiet.eq(~moving)]
            with m.If(loader.loading):  # nobody asked
                m.d.comb += [transmitter.valid.eq(0), replies.out_ready.eq(1)]

    def _loader(self, m: Module, receiver: UartReceiver) -> WeightLoader | None:
        """Add the weight loader to the receiver where there is a flash memory."""
        flash = self.plan.flash
        if flash is None:
            return None
        m.submodules.flash_reader = reader = FlashReader(
            flash.offset, flash.half_period, flash.wake
        )
        m.submodules.weight_loader = loader = WeightLoader(flash.header)
        m.d.comb += [
            reader.active.eq(loader.reading),
            reader.miso.eq(self.flash_miso),
            loader.flash_payload.eq(reader.payload),
            loader.flash_valid.eq(reader.valid),
            reader.ready.eq(loader.flash_ready),
            loader.known.eq(self.identity.known),
            loader.usable.eq(self.identity.usable),
            loader.raised.eq(self.processor.raised.any()),
        ]
        for name in FLASH_OUTPUTS:
            m.d.comb += getattr(self, f"flash_{name}").eq(getattr(reader, name))
        for name in ("payload", "valid", "broken"):
            m.d.comb += getattr(loader, f"line_{name}").eq(getattr(receiver, name))
        return loader

    def _streams(self, m: Module, design: DesignTop) -> tuple[VectorFeeder, VectorDrainer]:
        """Connect the streams of the design to bytes."""
        plan, info = self.plan, self.plan.info
        m.submodules.feeder = feeder = VectorFeeder(info.inputs, plan.simd, info.input_bits)
        m.submodules.drainer = drainer = VectorDrainer(
            info.outputs, plan.lanes, info.output_bits, info.output_signed
        )
        for name in STREAM:
            m.d.comb += getattr(design, f"in_{name}").eq(getattr(feeder, f"out_{name}"))
            m.d.comb += getattr(drainer, f"in_{name}").eq(getattr(design, f"out_{name}"))
        m.d.comb += [feeder.out_ready.eq(design.in_ready), design.out_ready.eq(drainer.in_ready)]
        return feeder, drainer

    def _parameters(self, m: Module, design: DesignTop) -> ParameterBridge | None:
        """Connect the parameter port of a design that has one."""
        if not self.plan.info.writable:
            return None
        m.submodules.bridge = bridge = ParameterBridge(self.plan.width("parameter_address"))
        for name, direction, _ in self.plan.ports:
            if name.startswith("parameter_"):
                inside, outside = getattr(bridge, name), getattr(design, name)
                m.d.comb += outside.eq(inside) if direction == "input" else inside.eq(outside)
        return bridge

    def _units(
        self,
        m: Module,
        design: DesignTop,
        feeder: VectorFeeder,
        drainer: VectorDrainer,
        bridge: ParameterBridge | None,
    ) -> None:
        """Connect the processor to the unit of each kind of request."""
        processor, status, identity = self.processor, self.status, self.identity
        serving = {}
        for request in Request:
            serving[request] = chosen = Signal(name=f"serving_{request.name.lower()}")
            m.d.comb += chosen.eq(processor.active & (processor.kind == request))
        reset, raised = serving[Request.RESET], processor.raised
        if self.loader is not None:
            raised = raised | Cat(Const(0, Code.WEIGHTS - 1), self.loader.failed)
        m.d.comb += [
            feeder.clear.eq(~serving[Request.INFER]),
            drainer.clear.eq(~serving[Request.INFER]),
            identity.reading.eq(serving[Request.INFO]),
            status.reading.eq(serving[Request.STATUS]),
            status.clear.eq(reset),
            status.at_work.eq(serving[Request.INFER]),
            status.vector_end.eq(drainer.vector_end),
            status.raised.eq(raised),
            processor.usable.eq(identity.usable),
            processor.fault.eq(serving[Request.INFER] & (drainer.fault | design.error)),
        ]
        sources: dict[Request, wiring.Component] = {
            Request.INFO: identity,
            Request.STATUS: status,
            Request.INFER: drainer,
        }
        if bridge is not None:
            self._connect_bridge(m, bridge, serving)
            sources[Request.WEIGHTS_READ] = bridge
        self._take(m, feeder, serving[Request.INFER])
        for request, source in sources.items():
            with m.If(serving[request]):
                m.d.comb += [
                    processor.reply_payload.eq(source.out_payload),
                    processor.reply_valid.eq(source.out_valid),
                    source.out_ready.eq(processor.reply_ready),
                ]

    def _connect_bridge(
        self, m: Module, bridge: ParameterBridge, serving: dict[Request, Signal]
    ) -> None:
        """Connect the parameter bridge, and the identity memory that seals the weights."""
        processor, identity = self.processor, self.identity
        m.d.comb += [
            bridge.active.eq(serving[Request.WEIGHTS_WRITE] | serving[Request.WEIGHTS_READ]),
            bridge.reading.eq(serving[Request.WEIGHTS_READ]),
            identity.changing.eq(serving[Request.WEIGHTS_WRITE]),
            identity.sealing.eq(serving[Request.WEIGHTS_SEAL]),
            processor.busy.eq((bridge.busy & bridge.active) | identity.busy),
            processor.refused.eq(bridge.refused & bridge.active),
        ]
        self._take(m, bridge, bridge.active)
        self._take(m, identity, identity.sealing)

    def _take(self, m: Module, unit: wiring.Component, when: Value) -> None:
        """Let a unit take the payload of the request."""
        processor = self.processor
        m.d.comb += unit.payload.eq(processor.frame_payload)
        with m.If(when):
            m.d.comb += [
                unit.valid.eq(processor.body_valid),
                processor.body_ready.eq(unit.ready),
            ]
