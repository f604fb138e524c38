"""Which engines there are, the one for those who name none, and the function that runs each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fcgen.design.design import Design
from fcgen.errors import FcgenError
from fcgen.simulation.engines.streaming import ParameterUpdate, StreamOptions, StreamRun
from fcgen.tools import programs as tools

ENGINES = ("reference", "amaranth", "icarus", "verilator", "compiled")
NETLIST_ENGINES = ("compiled", "verilator", "icarus")
_NETLIST_OPTIMISE = 1
"""Netlists are wide and short: building takes longer than running."""
Engine = Callable[[Design, np.ndarray, StreamOptions, ParameterUpdate | None], StreamRun]


def default_engine(netlist: bool = False) -> tuple[str, str | None]:
    """Return the engine for those who name none, and a line where it is not the usual one.

    Parameters
    ----------
    netlist : bool
        Of a netlist of Yosys, not of the emitted Verilog.
    """
    other = "icarus" if netlist else "amaranth"
    try:
        tools.verilator()
        tools.compiler()
    except FcgenError as error:
        return other, f"engine {other}, because compiled is not available: {error}"
    return "compiled", None


def runner(engine: str, waves: Path | None, workers: int | None) -> Engine:
    """Return the function that runs an engine; the heavy imports wait until it is needed.

    Parameters
    ----------
    engine : str
        One of `ENGINES`, but not the reference.
    waves : Path, optional
        File of the waveform, with icarus and verilator.
    workers : int, optional
        Models of the compiled engine that share the vectors; default one a processor.
    """
    if engine == "compiled":
        from fcgen.simulation.engines import compiled

        def compile_and_run(design: Design, *rest: Any) -> StreamRun:
            optimise = _NETLIST_OPTIMISE if design.netlist else 3
            return compiled.run(design, *rest, workers=workers, optimise=optimise)

        return compile_and_run
    if engine == "amaranth":
        from fcgen.simulation.engines import amaranth_engine

        return amaranth_engine.run
    from fcgen.simulation.engines.cosimulation import Cosimulation

    def cosimulate(
        design: Design, inputs: np.ndarray, options: StreamOptions, update: ParameterUpdate | None
    ) -> StreamRun:
        with Cosimulation(design, engine, waves) as bench:
            return bench.stream(inputs, options, update)

    return cosimulate
