"""Vectors that pass through two registers, one for inputs and one for outputs."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.vector_drainer import VectorDrainer
from fcgen.hardware.host.vector_feeder import VectorFeeder
from fcgen.hardware.interfaces.padding import padded
from fcgen.hardware.interfaces.plan import InterfacePlan
from fcgen.hardware.interfaces.register_bank import DATA_BITS
from fcgen.hardware.interfaces.word_joiner import WordJoiner
from fcgen.hardware.interfaces.word_queue import WordQueue
from fcgen.hardware.interfaces.word_splitter import WordSplitter


class DataWindow(wiring.Component):
    """The registers input_data, input_space, output_data and output_level, and what is behind them.

    Words wait in a queue on either side. No access waits for the design: a word for which there is
    no space, or a read where nothing is, fails. Space and level are those of the cycle before,
    which is no more than there is.

    Latency: 1 cycle of a write, at most 4 of a read. Reset, and ``clear``: queues empty, the next
    word begins a vector.

    Parameters
    ----------
    plan : InterfacePlan

    Ports
    -----
    data : In(32)
        Of a write.
    input_data_write, output_data_read : In(1)
    input_data_done, input_data_failed, output_data_done, output_data_failed : Out(1)
    output_data_value, input_space_value, output_level_value : Out(32)
    clear : In(1)
    overflow, underflow, fault, vector_end : Out(1)
        A write or a read failed; the design's output lost its frame; a vector has left it.
    in_payload, in_valid, in_ready, in_first, in_last : the design's input
    out_payload, out_valid, out_ready, out_first, out_last : the design's output
    """

    def __init__(self, plan: InterfacePlan) -> None:
        self.plan = plan
        super().__init__(
            {
                "data": In(DATA_BITS),
                "input_data_write": In(1),
                "input_data_done": Out(1),
                "input_data_failed": Out(1),
                "output_data_read": In(1),
                "output_data_done": Out(1),
                "output_data_failed": Out(1),
                "output_data_value": Out(DATA_BITS),
                "input_space_value": Out(DATA_BITS),
                "output_level_value": Out(DATA_BITS),
                "clear": In(1),
                "overflow": Out(1),
                "underflow": Out(1),
                "fault": Out(1),
                "vector_end": Out(1),
                "in_payload": Out(plan.width("in_payload")),
                "in_valid": Out(1),
                "in_ready": In(1),
                "in_first": Out(1),
                "in_last": Out(1),
                "out_payload": In(plan.width("out_payload")),
                "out_valid": In(1),
                "out_ready": Out(1),
                "out_first": In(1),
                "out_last": In(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """What makes two windows the same module."""
        plan = self.plan
        return {
            "inputs": plan.inputs,
            "outputs": plan.outputs,
            "input_bytes": plan.source.octets,
            "output_bytes": plan.target.octets,
            "input_words": plan.input_words,
            "output_words": plan.output_words,
        }

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        # As long as one cycle after the reset: what follows sets its first beat apart by it.
        starting = Signal(init=1)
        clear = Signal()
        m.d.sync += starting.eq(0)
        m.d.comb += clear.eq(self.clear | starting)
        self._inputs(m, clear)
        self._outputs(m, clear)
        return m

    def _inputs(self, m: Module, clear: Signal) -> None:
        plan = self.plan
        m.submodules.input_queue = queue = WordQueue(plan.input_depth)
        octets = plan.inputs * plan.source.octets
        m.submodules.splitter = splitter = WordSplitter(octets)
        m.submodules.feeder = feeder = VectorFeeder(plan.inputs, plan.simd, plan.source.bits)
        full = Signal()
        m.d.comb += [
            full.eq(queue.level == plan.input_depth),
            queue.write.eq(self.input_data_write & ~full),
            queue.write_data.eq(self.data),
            self.overflow.eq(self.input_data_write & full),
            *(unit.clear.eq(clear) for unit in (queue, splitter, feeder)),
            splitter.payload.eq(queue.payload),
            splitter.valid.eq(queue.valid),
            queue.ready.eq(splitter.ready),
            feeder.payload.eq(splitter.out_payload),
            feeder.valid.eq(splitter.out_valid),
            splitter.out_ready.eq(feeder.ready),
            feeder.out_ready.eq(self.in_ready),
        ]
        for name in ("payload", "valid", "first", "last"):
            m.d.comb += getattr(self, f"in_{name}").eq(getattr(feeder, f"out_{name}"))
        m.d.sync += [
            self.input_space_value.eq((plan.input_depth - queue.level)[: len(queue.level)]),
            self.input_data_done.eq(self.input_data_write),
            self.input_data_failed.eq(self.overflow),
        ]

    def _outputs(self, m: Module, clear: Signal) -> None:
        plan = self.plan
        m.submodules.output_queue = queue = WordQueue(plan.output_depth)
        m.submodules.joiner = joiner = WordJoiner()
        m.submodules.drainer = drainer = VectorDrainer(
            plan.outputs, plan.lanes, 8 * plan.target.octets, plan.target.extends_sign
        )
        for name in ("valid", "first", "last"):
            m.d.comb += getattr(drainer, f"in_{name}").eq(getattr(self, f"out_{name}"))
        m.d.comb += [
            drainer.in_payload.eq(padded(self.out_payload, plan.lanes, plan.target)),
            self.out_ready.eq(drainer.in_ready),
            self.fault.eq(drainer.fault),
            self.vector_end.eq(drainer.vector_end),
            joiner.payload.eq(drainer.out_payload),
            joiner.valid.eq(drainer.out_valid),
            joiner.vector_end.eq(drainer.vector_end),
            drainer.out_ready.eq(joiner.ready),
            queue.write.eq(joiner.write),
            queue.write_data.eq(joiner.write_data),
            *(unit.clear.eq(clear) for unit in (queue, joiner, drainer)),
        ]
        m.d.sync += [
            self.output_level_value.eq(queue.level),
            # A cycle late, so that one word must still find its place when it falls.
            joiner.room.eq(queue.level < plan.output_depth - 1),
        ]
        self._read(m, queue)

    def _read(self, m: Module, queue: WordQueue) -> None:
        """Answer a read with the next word, or flag an underflow."""
        empty = Signal()
        m.d.comb += [
            empty.eq(queue.level == 0),
            self.output_data_failed.eq(empty),
        ]
        with m.If(queue.valid):
            m.d.comb += self.output_data_value.eq(queue.payload)
        with m.FSM():
            with m.State("IDLE"), m.If(self.output_data_read):
                m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += [
                    self.output_data_done.eq(queue.valid | empty),
                    self.underflow.eq(empty),
                    queue.ready.eq(1),
                ]
                with m.If(self.output_data_done):
                    m.next = "IDLE"
