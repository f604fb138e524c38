"""The engine ``amaranth``: the components in Amaranth's own simulator, built anew from a design."""

import warnings
from collections.abc import Awaitable, Callable

import numpy as np
from amaranth.hdl import ClockDomain, Module, UnusedElaboratable
from amaranth.sim import Simulator, SimulatorContext

from fcgen.design.design import Design
from fcgen.hardware.accelerator import Accelerator, top_of
from fcgen.hardware.layer.layer import Layer
from fcgen.simulation.engines.case import Case
from fcgen.simulation.engines.clockwork import Pins
from fcgen.simulation.engines.scenarios import (
    Arrays,
    broken_framing,
    framing_run,
    stream_run,
    whole_vectors,
)
from fcgen.simulation.engines.streaming import ParameterUpdate, StreamOptions, StreamRun

Scenario = Callable[[Pins, Case], Awaitable[Arrays]]


class AmaranthPins:
    """The ports of a layer in Amaranth's simulator."""

    def __init__(
        self, context: SimulatorContext, layer: Layer | Accelerator, reset: object
    ) -> None:
        self._context, self._layer, self._reset = context, layer, reset

    def get(self, name: str) -> int:
        """Return the value of an output."""
        return int(self._context.get(getattr(self._layer, name)))

    def put(self, name: str, value: int) -> None:
        """Drive an input."""
        port = self._reset if name == "rst" else getattr(self._layer, name)
        self._context.set(port, value)

    async def settle(self) -> None:
        """Do nothing: values settle at once."""

    async def edge(self) -> None:
        """Go on to just after the next rising edge."""
        await self._context.tick()


def run(
    design: Design,
    inputs: np.ndarray,
    options: StreamOptions,
    update: ParameterUpdate | None = None,
) -> StreamRun:
    """Stream vectors (V, N) through the layer; see `fcgen.simulation.engines.compiled.run`."""
    case = Case.of(design, inputs, options, update)
    return stream_run(case, _simulate(design, whole_vectors, case))


def run_broken_framing(
    design: Design, inputs: np.ndarray, options: StreamOptions
) -> tuple[np.ndarray, np.ndarray]:
    """Stream wrongly framed vectors; see :meth:`Cosimulation.broken_framing`."""
    case = Case.of(design, inputs, options)
    return framing_run(case, _simulate(design, broken_framing, case))


def _simulate(design: Design, scenario: Scenario, case: Case) -> Arrays:
    with warnings.catch_warnings():
        # The layer makes components only to ask them for their latency.
        warnings.simplefilter("ignore", UnusedElaboratable)
        hardware = top_of(design.network, design.schedule, design.mappings, place=design.place)
        return _run(hardware, scenario, case)


def _run(layer: Layer | Accelerator, scenario: Scenario, case: Case) -> Arrays:
    top = Module()
    top.domains.sync = domain = ClockDomain()
    top.submodules.layer = layer
    results: Arrays = {}

    async def bench(context: SimulatorContext) -> None:
        results.update(await scenario(AmaranthPins(context, layer, domain.rst), case))

    simulator = Simulator(top)
    simulator.add_clock(1e-8)
    simulator.add_testbench(bench)
    simulator.run()
    return results
