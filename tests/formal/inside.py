"""What a harness needs to look inside a component and to speak about its past."""

from __future__ import annotations

from collections.abc import Callable

from amaranth import Array, Cat, Module, ResetSignal, Signal
from amaranth.asserts import AnyConst, AnySeq, Initial
from amaranth.hdl import Assume, Value
from amaranth.lib import wiring

from fcgen.hardware.border import Parameters
from fcgen.hardware.memories.text_memory import TextMemory
from fcgen.hardware.memories.weight_memory import WeightMemory
from fcgen.hardware.registers import delay, register


class Inside:
    """An elaborated component: the registers and memories that invariants speak about."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self._signals = {signal.name: signal for signal in module._driving}

    def __getitem__(self, name: str) -> Signal:
        """Return the signal of this name that the component drives."""
        return self._signals[name]

    def states(self, *names: str) -> Value:
        """Return whether the component's state machine is in one of these states."""
        machine = self.module._generated["fsm"]
        return Cat(machine.ongoing(name) for name in names).any()

    def memory(self, name: str, address: Value) -> Value:
        """Return what a memory holds at ``address``."""
        port = getattr(self.module.submodules, name).read_port(domain="comb")
        self.module.d.comb += port.addr.eq(address)
        return port.data


class Bench:
    """Platform of a proof: it keeps what components elaborate to, for the harness to look at."""

    def __init__(self) -> None:
        self._modules: dict[int, Module] = {}
        self._images: dict[str, list[Signal]] = {}

    def border(self, component: wiring.Component, build: Callable[[], Module]) -> Module:
        """Elaborate a component once: see `fcgen.hardware.border`."""
        if id(component) not in self._modules:
            self._modules[id(component)] = build()
        return self._modules[id(component)]

    def words(self, image: str, depth: int, width: int) -> list[Signal]:
        """Return the words of the memory with this image: any words, which never change."""
        names = (f"word_{number}" for number in range(depth))
        return self._images.setdefault(image, [Signal(width, name=name) for name in names])

    def handwritten(
        self, memory: WeightMemory | TextMemory, text: str, parameters: Parameters
    ) -> Module:
        """Stand in for a memory: with an image one with any image, else its description."""
        if isinstance(memory, TextMemory):
            return self.border(memory, lambda: memory.elaborate(None))
        m = Module()
        words = self.words(memory.image, memory.depth, memory.width)
        m.d.comb += [word.eq(AnyConst(memory.width)) for word in words]
        m.d.comb += memory.word.eq(delay(m, Array(words)[memory.address], 2, "output"))
        return m

    def open(self, component: wiring.Component) -> Inside:
        """Return the inside of a component that stands in the harness's tree."""
        return Inside(component.elaborate(self))


def any_inputs(m: Module, component: wiring.Component) -> None:
    """Let every input of a component be anything in every cycle, after a reset in the first one."""
    for name, member in component.signature.members.items():
        if member.flow is wiring.In:
            port = getattr(component, name)
            m.d.comb += port.eq(AnySeq(len(port)))
    with m.If(Initial()):
        m.d.comb += Assume(ResetSignal())


def ring(m: Module, width: int, step: Value, name: str) -> Signal:
    """Count the cycles with ``step`` since the reset, modulo ``2**width``."""
    count = Signal(width, name=name)
    with m.If(step):
        m.d.sync += count.eq(count + 1)
    return count


def since_start(m: Module, value: Value, cycles: int, name: str) -> Value:
    """Return a bit ``cycles`` cycles later, 0 for what was before the first cycle."""
    for cycle in range(1, cycles + 1):
        value = register(m, value, f"{name}_{cycle}")
        with m.If(Initial()):
            m.d.comb += Assume(~value)
    return value


def register_since_start(m: Module, value: Value, name: str) -> Signal:
    """Return ``value`` one cycle later, 0 in the first cycle."""
    later = register(m, value, name)
    with m.If(Initial()):
        m.d.comb += Assume(later == 0)
    return later
