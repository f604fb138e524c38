"""Helpers of the tests that run Amaranth components."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from amaranth.sim import Simulator

Inputs = dict[str, int]


def run(dut: Any, testbench: Callable[[Any], Any]) -> None:
    """Simulate a component with one clocked test bench."""
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


def observe(dut: Any, stimuli: Iterable[Inputs], outputs: Iterable[str]) -> list[Inputs]:
    """Apply inputs cycle by cycle; return the named outputs as they stand before each edge."""
    seen: list[Inputs] = []
    names = list(outputs)

    async def bench(ctx: Any) -> None:
        for inputs in stimuli:
            for name, value in inputs.items():
                ctx.set(getattr(dut, name), value)
            seen.append({name: ctx.get(getattr(dut, name)) for name in names})
            await ctx.tick()

    run(dut, bench)
    return seen


def pack(values: Iterable[int], bits: int) -> int:
    """Join integers in two's complement, the first one in the least significant bits."""
    return sum((int(v) & ((1 << bits) - 1)) << (i * bits) for i, v in enumerate(values))


def unpack(word: int, bits: int, count: int, *, signed: bool) -> list[int]:
    """Split a word into integers; inverse of `pack`."""
    fields = [(word >> (i * bits)) & ((1 << bits) - 1) for i in range(count)]
    return [f - (1 << bits) if signed and f >> (bits - 1) else f for f in fields]
