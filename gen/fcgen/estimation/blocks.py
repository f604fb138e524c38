"""What hand-written modules take beside their blocks."""

from __future__ import annotations

from fcgen.devices.costs import Costs
from fcgen.estimation.module import Logic
from fcgen.estimation.registers import store_cells
from fcgen.hardware.memories.weight_memory import MEMORY_LATENCY

IN_LOGIC = ("parameterMemory", "writableParameterMemory")
ACCUMULATORS = ("accumulator", "ecp5Accumulator")
IN_BLOCKS = ("weightMemory", "writableWeightMemory", "vectorStore")


def block_logic(module: str, depth: int, width: int, costs: Costs) -> Logic:
    """Count the logic of a hand-written module, or an accumulator; multipliers take none.

    Parameters
    ----------
    module : str
        Name of the hand-written text.
    depth, width : int
        Of a memory; the width of a sum.
    costs : Costs
    """
    if module in IN_LOGIC:
        words = -(-depth // costs.ram_words)
        return Logic(words * width, MEMORY_LATENCY * width)
    if module in ACCUMULATORS:
        return Logic(costs.chain(width), width)
    if module == "vectorStore" and costs.in_registers(depth, width):
        return Logic(*store_cells(depth, width))
    if module in IN_BLOCKS and not costs.ram_register:
        return Logic(0, width)
    return Logic(0, 0)
