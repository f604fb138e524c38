"""Decoder of a register map: one access at a time, independent of the bus."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.interfaces.plan import WORD_BYTES
from fcgen.hardware.interfaces.register_map import Register, RegisterMap
from fcgen.hardware.registers import select

DATA_BITS = 32
BYTE_ADDRESS_BITS = 2  # low bits of a byte address


class RegisterBank(wiring.Component):
    """Answers reads and writes of registers, one at a time.

    A read of a register that does not exist or cannot be read gives 0 and fails; a write fails
    where the register cannot be written or not all four bytes are; such a write changes nothing.
    What fails otherwise is said by the unit that answers.

    Latency: 1 cycle from ``request`` to ``done``, or 1 after the unit's answer. Handshake: the
    access stays as it is from ``request`` to ``done``, which is high for one cycle; ``read_data``
    and ``failed`` hold until the next request. Reset: no access.

    Parameters
    ----------
    registers : RegisterMap

    Ports
    -----
    request, write, whole : In(1)
        There is an access; it is a write; it takes all four bytes.
    address : In
        Number of the register, a quarter of its offset.
    done, failed : Out(1)
    read_data : Out(32)
    access_failed : Out(1)
        One cycle for each access that fails here.
    NAME_value : In(32)
        What a read of the register NAME gives.
    NAME_write, NAME_read : Out(1)
        One cycle for each access; the bus still has the data of a write then.
    NAME_done, NAME_failed : In(1)
        Answer of the unit behind NAME, no sooner than one cycle after the access.
    """

    def __init__(self, registers: RegisterMap) -> None:
        self.registers = registers
        ports = {
            "request": In(1),
            "write": In(1),
            "whole": In(1),
            "address": In(registers.address_bits - BYTE_ADDRESS_BITS),
            "done": Out(1),
            "failed": Out(1),
            "read_data": Out(DATA_BITS),
            "access_failed": Out(1),
        }
        for register in registers.registers:
            ports |= _ports(register)
        super().__init__(ports)

    @property
    def parameters(self) -> Parameters:
        """The register map: name and access by offset; a design has one."""
        return {f"{r.offset:#04x}": f"{r.name}, {r.access}" for r in self.registers.registers}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        start = Signal()
        # Constants and hardware values have a multiplexer each; their registers are ORed.
        constant = Signal(DATA_BITS)
        value = Signal(DATA_BITS)
        chosen_value = Signal(DATA_BITS)
        legal = Signal()
        waits: list[Value] = []
        answers: list[Value] = []
        places = self._places()
        failures: list[Value] = []
        m.d.comb += [
            chosen_value.eq(self._select([self._value(register) for register, _ in places])),
            legal.eq(self._select([self._legal(register) for register, _ in places])),
            self.read_data.eq(constant | value),
            self.access_failed.eq(start & ~legal),
        ]
        for register in self.registers.registers:
            if register.access == "constant":
                continue
            chosen = Signal(name=f"is_{register.name}")
            m.d.comb += chosen.eq(self.address == register.offset // WORD_BYTES)
            self._strobe(m, register, start & chosen)
            if register.waits:
                waits.append(chosen)
                answers.append(chosen & getattr(self, f"{register.name}_done"))
                failures.append(chosen & getattr(self, f"{register.name}_failed"))
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += start.eq(self.request)
                with m.If(start):
                    m.d.sync += [
                        constant.eq(self._select([self._constant(*place) for place in places])),
                        value.eq(chosen_value),
                        self.failed.eq(~legal),
                    ]
                    with m.If(legal & Cat(waits).any()):
                        m.next = "WAIT"
                    with m.Else():
                        m.next = "DONE"
            with m.State("WAIT"), m.If(Cat(answers).any()):
                m.d.sync += [value.eq(chosen_value), self.failed.eq(Cat(failures).any())]
                m.next = "DONE"
            with m.State("DONE"):
                m.d.comb += self.done.eq(1)
                m.next = "IDLE"
        return m

    def _places(self) -> list[tuple[Register, int]]:
        """Return the register of each address, and which word of it; zeros fill the gaps."""
        nothing = Register("", 0, "push", "")
        found = [(nothing, 0)] * (1 << len(self.address))
        for register in self.registers.registers:
            for word in range(register.words):
                found[register.offset // WORD_BYTES + word] = (register, word)
        return found

    def _select(self, values: list[Value]) -> Value:
        return select(values, self.address)

    def _constant(self, register: Register, word: int) -> Value:
        """Return what a read of a constant gives."""
        return Const(register.values[word] if register.values else 0, DATA_BITS)

    def _value(self, register: Register) -> Value:
        """Return what a read of anything else gives."""
        if register.access == "constant" or not register.readable:
            return Const(0, DATA_BITS)
        found: Value = getattr(self, f"{register.name}_value")
        return found

    def _legal(self, register: Register) -> Value:
        """Return whether the access is one that the register allows."""
        if not register.name:
            return Const(0, 1)
        if register.writable and register.readable:
            return ~self.write | self.whole
        return self.write & self.whole if register.writable else ~self.write

    def _strobe(self, m: Module, register: Register, start: Value) -> None:
        """Tell the unit behind a register of an access."""
        if register.writable:
            strobe = getattr(self, f"{register.name}_write")
            m.d.comb += strobe.eq(start & self.write & self.whole)
        if register.tells or (register.waits and register.readable):
            m.d.comb += getattr(self, f"{register.name}_read").eq(start & ~self.write)


def _ports(register: Register) -> dict[str, In | Out]:
    """Return the ports of a register that is not a constant."""
    name = register.name
    found: dict[str, In | Out] = {}
    if register.access == "constant":
        return found
    if register.readable:
        found[f"{name}_value"] = In(DATA_BITS)
    if register.writable:
        found[f"{name}_write"] = Out(1)
    if register.tells or (register.waits and register.readable):
        found[f"{name}_read"] = Out(1)
    if register.waits:
        found |= {f"{name}_done": In(1), f"{name}_failed": In(1)}
    return found
