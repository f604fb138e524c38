"""Base of the tops: the design, its registers and its parameter window."""

from __future__ import annotations

from typing import Any

from amaranth import Cat, ClockDomain, Module, ResetSignal, Signal
from amaranth.lib import wiring

from fcgen.hardware.border import Parameters
from fcgen.hardware.design_top import DesignTop
from fcgen.hardware.interfaces.control_status import ControlStatus
from fcgen.hardware.interfaces.parameter_window import ParameterWindow
from fcgen.hardware.interfaces.plan import WORD_BYTES, InterfacePlan
from fcgen.hardware.interfaces.register_bank import DATA_BITS, RegisterBank
from fcgen.hardware.interfaces.register_map import ERRORS, error_names, register_map

ACCESS = ("write", "whole", "address")
_TO_UNIT = ("write", "read")
_FROM_UNIT = ("value", "done", "failed")


class InterfaceTop(wiring.Component):
    """A design behind a bus; subclasses are its tops.

    Parameters
    ----------
    plan : InterfacePlan
    ports : dict
        Ports of the top.
    """

    def __init__(self, plan: InterfacePlan, ports: dict[str, Any]) -> None:
        self.plan = plan
        self.registers = register_map(plan)
        self.write_data = Signal(DATA_BITS)
        self._landing = Signal()
        super().__init__(ports)

    @property
    def parameters(self) -> Parameters:
        """Parameters that the header of the Verilog names."""
        plan = self.plan
        return {
            "design": plan.module,
            "inputs": plan.inputs,
            "outputs": plan.outputs,
            "structure_hash": plan.structure_hash.hex(),
        }

    def _domain(self, m: Module, clock: Signal, reset: Signal) -> None:
        """Make two ports of the top the clock and the reset of its contents."""
        m.domains.sync = domain = ClockDomain()
        domain.clk, domain.rst = clock, reset

    def _design(self, m: Module) -> DesignTop:
        """Add the design and the registers; the bus and the streams are still to be connected."""
        plan = self.plan
        m.submodules.bank = self.bank = RegisterBank(self.registers)
        bits = tuple(ERRORS[name][0] for name in error_names(plan))
        m.submodules.status = self.status = ControlStatus(bits, plan.runtime_weights)
        reset = Signal()
        m.d.comb += reset.eq(ResetSignal() | self.status.soft_reset)
        m.submodules.core = design = DesignTop(plan.module, plan.ports, reset)
        m.d.comb += self.status.design_error.eq(design.error)
        self._errors: dict[str, Any] = {"access": self.bank.access_failed}
        self._connect(m, self.status)
        if plan.runtime_weights:
            self._parameters(m, design)
        return design

    def _parameters(self, m: Module, design: DesignTop) -> None:
        plan = self.plan
        window = ParameterWindow(plan.width("parameter_address"), plan.landing_cycles)
        m.submodules.parameters = window
        self._connect(m, window)
        m.d.comb += self._landing.eq(window.landing)
        for name, direction, _ in plan.ports:
            if name in ("parameter_hold", "parameter_held"):
                continue
            if name.startswith("parameter_"):
                inside, outside = getattr(window, name), getattr(design, name)
                m.d.comb += outside.eq(inside) if direction == "input" else inside.eq(outside)
        m.d.comb += [
            design.parameter_hold.eq(self.status.parameter_hold),
            self.status.parameter_held.eq(design.parameter_held),
        ]
        self._errors["parameter_refused"] = window.refused

    def _connect(self, m: Module, unit: wiring.Component) -> None:
        """Connect the ports of a unit to those of its registers, which have the same names."""
        m.d.comb += unit.data.eq(self.write_data)
        for register in self.registers.registers:
            for suffix in (*_TO_UNIT, *_FROM_UNIT):
                name = f"{register.name}_{suffix}"
                if hasattr(unit, name) and hasattr(self.bank, name):
                    ours, theirs = getattr(self.bank, name), getattr(unit, name)
                    m.d.comb += theirs.eq(ours) if suffix in _TO_UNIT else ours.eq(theirs)

    def _bus(self, m: Module, slave: wiring.Component) -> None:
        """Connect the bus to the registers."""
        m.d.comb += self.write_data.eq(slave.data)
        for name in ACCESS:
            m.d.comb += getattr(self.bank, name).eq(getattr(slave, name))
        request = slave.request
        if self.plan.runtime_weights:
            # A soft reset would drop parameters on their way to the memories.
            control = slave.address == self.registers["control"].offset // WORD_BYTES
            request &= ~(control & self._landing)
        m.d.comb += self.bank.request.eq(request)
        for name in ("done", "read_data"):
            m.d.comb += getattr(slave, name).eq(getattr(self.bank, name))

    def _finish(self, m: Module, vector_end: Signal, raised: dict[str, Any]) -> None:
        """Connect the error flags and the end of vectors to the status."""
        self._errors |= raised
        flags = Cat(self._errors[name] for name in error_names(self.plan))
        m.d.comb += [self.status.raised.eq(flags), self.status.vector_end.eq(vector_end)]
