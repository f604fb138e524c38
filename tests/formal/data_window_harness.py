"""No access to the words of vectors waits for the design, loses a word, or makes one up."""

from __future__ import annotations

from amaranth import Module, Mux, ResetSignal, Signal
from amaranth.asserts import Initial
from amaranth.hdl import Assert, Assume, Cover, Elaboratable, Value

from fcgen.hardware.interfaces.data_window import DataWindow
from fcgen.hardware.interfaces.plan import InterfacePlan
from formal.inside import Bench, any_inputs, register_since_start

READ_CYCLES_MAX = 4


class DataWindowHarness(Elaboratable):
    """A window between any master and any design, cleared and reset at any time.

    The bank before it asks for one read at a time. That the queues keep words in order is proven of
    them alone, where a write to a full one is not allowed: here it is asserted that none is.
    """

    def __init__(
        self,
        plan: InterfacePlan,
        dut: type[DataWindow] = DataWindow,
        *,
        invariants: bool = True,
    ) -> None:
        self.dut = dut(plan)
        self.invariants = invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        self.inside = platform.open(dut)
        any_inputs(m, dut)
        self.cleared = register_since_start(m, dut.clear | ResetSignal(), "cleared")
        self._writes(m)
        self._reads(m)
        return m

    def _writes(self, m: Module) -> None:
        """Follow a word into the window."""
        dut, queue = self.dut, self.inside.module.submodules.input_queue
        full = queue.level == queue.depth
        written = register_since_start(m, dut.input_data_write & ~ResetSignal(), "written")
        refused = register_since_start(m, dut.overflow & ~ResetSignal(), "refused")
        with m.If(~Initial()):
            m.d.comb += [
                Assert(dut.input_data_done == written, "a write is answered in the next cycle"),
                Assert(dut.input_data_failed == refused, "a write that is refused fails"),
                Assert(dut.overflow == (dut.input_data_write & full), "a full queue refuses"),
                Assert(queue.write == (dut.input_data_write & ~full), "others are taken"),
                Assert(
                    written | (dut.input_space_value <= queue.depth - queue.level),
                    "there is the space that is told",
                ),
            ]

    def _reads(self, m: Module) -> None:
        """Follow a read of a word."""
        dut, queue = self.dut, self.inside.module.submodules.output_queue
        reading, waited = Signal(), Signal(range(READ_CYCLES_MAX + 2))
        done, failed = dut.output_data_done, dut.output_data_failed
        taken = queue.valid & queue.ready
        m.d.comb += Assume(~(dut.output_data_read & reading))
        m.d.sync += reading.eq(dut.output_data_read | (reading & ~done))
        m.d.sync += waited.eq(Mux(dut.output_data_read | (reading & ~done), waited + 1, 0))
        taken_before = register_since_start(m, taken, "taken_before")
        with m.If(~Initial()):
            m.d.comb += [
                Assert(~done | reading, "an answer has its read"),
                Assert(taken == (done & ~failed), "a word leaves by a read that succeeds"),
                Assert(~taken | (dut.output_data_value == queue.payload), "it is what is read"),
                Assert(~done | (failed == (queue.level == 0)), "only without a word a read fails"),
                Assert(dut.underflow == (done & failed), "a read that fails is said"),
                Assert(waited <= READ_CYCLES_MAX, "a read is answered in time"),
                Assert(~queue.write | (queue.level != queue.depth), "an output has its place"),
                Assert(
                    taken_before | self.cleared | (dut.output_level_value <= queue.level),
                    "there are the words that are told",
                ),
            ]
            if self.invariants:
                self._assert_invariants(m, reading)
        late = (waited > 2) & taken
        m.d.comb += Cover(~Initial() & late, "a read waits for its word")

    def _assert_invariants(self, m: Module, reading: Value) -> None:
        """State what the induction needs of the queues and of the reads."""
        parts = self.inside.module.submodules
        m.d.comb += [
            Assert(self.inside.states("IDLE", "ANSWER")),
            Assert(self.inside.states("ANSWER") == reading),
        ]
        for queue in (parts.input_queue, parts.output_queue):
            m.d.comb += [
                Assert(~queue.valid | (queue.level != 0)),
                Assert(queue.level <= queue.depth),
            ]
