"""Reset, hold, error flags and counters behind the registers."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.interfaces.register_bank import DATA_BITS

CYCLE_BITS = 64


class ControlStatus(wiring.Component):
    """What the registers control, status, errors, vectors, cycles_low and cycles_high stand for.

    An error flag stays until 1 is written to it, or the reset; raised in the same cycle, it stays.
    The soft reset lasts one cycle and takes the counters back; flags and hold stay as they are.

    Latency: 1 cycle from a write to what follows from it. Reset: no flag, not held, counters 0.

    Parameters
    ----------
    flags : tuple of int
        Bit of each error flag in its register.
    holds : bool
        There are parameters, so that the design can be held.

    Ports
    -----
    data : In(32)
        Of a write.
    control_write, errors_write, cycles_low_read : In(1)
    control_value, status_value, errors_value, vectors_value, cycles_low_value, cycles_high_value :
        Out(32)
    raised : In
        An error, a bit for each flag.
    design_error : In(1)
    vector_end : In(1)
        A vector has left.
    soft_reset : Out(1)
    parameter_hold, parameter_held : Out, In(1)
        Only where the design can be held.
    """

    def __init__(self, flags: tuple[int, ...], holds: bool) -> None:
        self.flags, self.holds = flags, holds
        values = ("control", "status", "errors", "vectors", "cycles_low", "cycles_high")
        super().__init__(
            {
                "data": In(DATA_BITS),
                "control_write": In(1),
                "errors_write": In(1),
                "cycles_low_read": In(1),
                **{f"{name}_value": Out(DATA_BITS) for name in values},
                "raised": In(len(flags)),
                "design_error": In(1),
                "vector_end": In(1),
                "soft_reset": Out(1),
            }
            | ({"parameter_hold": Out(1), "parameter_held": In(1)} if holds else {})
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two of them the same module."""
        return {"flags": self.flags, "holds": self.holds}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        self._errors(m)
        self._counters(m)
        m.d.sync += self.soft_reset.eq(self.control_write & self.data[0])
        m.d.comb += self.status_value[0].eq(self.design_error)
        if self.holds:
            with m.If(self.control_write):
                m.d.sync += self.parameter_hold.eq(self.data[1])
            m.d.comb += [
                self.control_value[1].eq(self.parameter_hold),
                self.status_value[1].eq(self.parameter_held),
            ]
        return m

    def _errors(self, m: Module) -> None:
        for number, bit in enumerate(self.flags):
            flag = Signal(name=f"flag_{bit}")
            with m.If(self.raised[number]):
                m.d.sync += flag.eq(1)
            with m.Elif(self.errors_write & self.data[bit]):
                m.d.sync += flag.eq(0)
            m.d.comb += self.errors_value[bit].eq(flag)

    def _counters(self, m: Module) -> None:
        cycles = Signal(CYCLE_BITS)
        m.d.sync += cycles.eq(cycles + 1)
        with m.If(self.vector_end):
            m.d.sync += self.vectors_value.eq(self.vectors_value + 1)
        with m.If(self.cycles_low_read):
            m.d.sync += self.cycles_high_value.eq(cycles[DATA_BITS:])
        with m.If(self.soft_reset):
            m.d.sync += [cycles.eq(0), self.vectors_value.eq(0), self.cycles_high_value.eq(0)]
        m.d.comb += self.cycles_low_value.eq(cycles[:DATA_BITS])
