"""Benches of an emitted layer under cocotb, on any simulator that cocotb knows.

FCGEN_BENCH names three files: the case, and where results and a fault go. The values are compared
by the caller, who has the reference.
"""

import json
import os
from pathlib import Path

import cocotb
import numpy as np

from fcgen.simulation.engines import scenarios
from fcgen.simulation.engines.case import Case
from fcgen.simulation.engines.streaming import StreamFault
from streams import CocotbPins


async def run(dut, scenario):
    """Run a scenario on the case that FCGEN_BENCH names."""
    case, result, fault = map(Path, os.environ["FCGEN_BENCH"].split(os.pathsep))
    try:
        arrays = await scenario(CocotbPins(dut), Case.load(case))
    except StreamFault as error:
        fault.write_text(json.dumps(error.record()))
        raise
    np.savez(result, **arrays)


@cocotb.test()
async def whole_vectors(dut):
    """All vectors with gaps, stalls, resets, and new parameters on the way."""
    await run(dut, scenarios.whole_vectors)


@cocotb.test()
async def broken_framing(dut):
    """Vectors cut short, too long, without a first: the outputs follow the rules of the stream."""
    await run(dut, scenarios.broken_framing)
