"""Every access over AXI4-Lite is answered once, and all channels keep the rules of the standard."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.asserts import Initial
from amaranth.hdl import Assert, Assume, Cover, Elaboratable, Value

from fcgen.hardware.interfaces.axi_lite import AxiLiteSlave
from formal.inside import Bench, any_inputs

ADDRESS_BITS = 4
PATIENCE = 9


class AxiLiteHarness(Elaboratable):
    """A slave under any master, before registers that answer whenever they like.

    With ``prompt`` master and registers answer at once, so that how long a response takes has a
    bound, which is asserted.
    """

    def __init__(
        self,
        dut: type[AxiLiteSlave] = AxiLiteSlave,
        *,
        prompt: bool = False,
        invariants: bool = True,
    ) -> None:
        self.dut = dut(ADDRESS_BITS)
        self.prompt, self.invariants = prompt, invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        self.inside = platform.open(dut)
        any_inputs(m, dut)
        self._registers(m)
        self._follow(m)
        self._hold(m)
        return m

    def _registers(self, m: Module) -> None:
        """Answer only what is asked, and keep what was answered."""
        dut = self.dut
        answer = [dut.failed, dut.read_data]
        kept = [Signal.like(port, name=f"kept_{port.name}") for port in answer]
        asked = Signal()
        m.d.sync += [*(k.eq(port) for k, port in zip(kept, answer, strict=True))]
        m.d.sync += asked.eq(dut.request & ~dut.done)
        m.d.comb += Assume(dut.done == asked if self.prompt else ~dut.done | asked)
        with m.If(~dut.request):
            for k, port in zip(kept, answer, strict=True):
                m.d.comb += Assume(Initial() | (port == k))
        if self.prompt:
            m.d.comb += Assume(dut.bready & dut.rready)

    def _follow(self, m: Module) -> None:
        """Count what was accepted of each channel and not yet answered."""
        dut = self.dut
        open_: dict[str, Signal] = {}
        for name, answer in (("aw", "b"), ("w", "b"), ("ar", "r")):
            accepted = getattr(dut, f"{name}valid") & getattr(dut, f"{name}ready")
            answered = getattr(dut, f"{answer}valid") & getattr(dut, f"{answer}ready")
            open_[name] = count = Signal(2, name=f"open_{name}")
            m.d.sync += count.eq(count + accepted - answered)
        self._addresses(m, open_)
        with m.If(~Initial()):
            m.d.comb += [
                Assert(~dut.bvalid | ((open_["aw"] != 0) & (open_["w"] != 0)), "no B before AW, W"),
                Assert(~dut.rvalid | (open_["ar"] != 0), "no R before AR"),
                Assert(~(dut.bvalid & dut.rvalid), "one response at a time"),
                Assert(~dut.bresp[0] & ~dut.rresp[0], "OKAY or SLVERR"),
            ]
        if self.prompt:
            for name, waits in (
                ("write", (open_["aw"] != 0) & (open_["w"] != 0) & ~dut.bvalid),
                ("read", (open_["ar"] != 0) & ~dut.rvalid),
            ):
                self._patience(m, name, waits)
        m.d.comb += Cover(~Initial() & dut.bvalid & (open_["ar"] != 0), "a read waits for a write")

    def _addresses(self, m: Module, open_: dict[str, Signal]) -> None:
        """Check that the access under way is the oldest one that was accepted."""
        dut = self.dut
        for name, channel in (("aw", dut.awaddr), ("ar", dut.araddr)):
            taken = getattr(dut, f"{name}valid") & getattr(dut, f"{name}ready")
            last = Signal.like(channel, name=f"last_{name}")
            answered = (dut.bvalid & dut.bready) if name == "aw" else (dut.rvalid & dut.rready)
            first = Signal.like(channel, name=f"first_{name}")
            alone = (open_[name] == 0) | ((open_[name] == 1) & answered)
            with m.If(taken):
                m.d.sync += last.eq(channel)
            with m.If(taken & alone):
                m.d.sync += first.eq(channel)
            with m.Elif(answered):
                m.d.sync += first.eq(last)
            asks = dut.request & (dut.write if name == "aw" else ~dut.write)
            with m.If(~Initial()):
                message = "accesses are those of the master, in order"
                m.d.comb += Assert(~asks | (dut.address == first[2:]), message)
            held = "write_address" if name == "aw" else "read_address"
            self._assert_invariants(m, name, held, [open_[name], first, last])
        with m.If(~Initial() & int(self.invariants)):
            m.d.comb += [
                Assert(open_["w"] == self.inside["has_w"] + dut.bvalid),
                Assert(~(dut.request & dut.write) | self.inside["has_w"]),
            ]

    def _assert_invariants(self, m: Module, name: str, held: str, ends: list[Value]) -> None:
        """State what the induction needs of one channel with an address."""
        dut, inside = self.dut, self.inside
        count, first, last = ends
        answers = dut.bvalid if name == "aw" else dut.rvalid
        full, address = inside[f"has_{name}"], inside[held]
        asks = dut.request & (dut.write if name == "aw" else ~dut.write)
        with m.If(~Initial() & int(self.invariants)):
            m.d.comb += [
                Assert(count == full + answers),
                Assert(~asks | (full & (dut.address == address))),
                Assert(~full | (last[2:] == address)),
                Assert(~full | answers | (first[2:] == address)),
            ]

    def _patience(self, m: Module, name: str, waits: Value) -> None:
        waited = Signal(range(PATIENCE + 1), name=f"{name}_waited")
        m.d.sync += waited.eq(Mux(waits, waited + 1, 0))
        with m.If(~Initial()):
            m.d.comb += Assert(waited < PATIENCE, f"a {name} is answered")

    def _hold(self, m: Module) -> None:
        """Check that responses hold until they are taken."""
        dut = self.dut
        for channel, contents in (("b", [dut.bresp]), ("r", [dut.rresp, dut.rdata])):
            valid, ready = getattr(dut, f"{channel}valid"), getattr(dut, f"{channel}ready")
            stalled = Signal(name=f"{channel}_stalled")
            m.d.sync += stalled.eq(valid & ~ready)
            for content in contents:
                before = Signal.like(content, name=f"before_{content.name}")
                m.d.sync += before.eq(content)
                with m.If(stalled & ~Initial()):
                    m.d.comb += Assert(valid & (content == before), "a response holds")
