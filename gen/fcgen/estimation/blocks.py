"""What hand-written modules take beside their blocks."""

from __future__ import annotations

from typing import Any

from fcgen.devices.costs import Costs
from fcgen.estimation.module import Logic
from fcgen.hardware.weight_memory import MEMORY_LATENCY

IN_LOGIC = ("parameterMemory", "writableParameterMemory")
IN_BLOCKS = ("weightMemory", "writableWeightMemory", "vectorStore")


def block_logic(component: Any, module: str, costs: Costs) -> Logic:
    """Count the logic of a hand-written module; multipliers take none.

    Parameters
    ----------
    component : wiring.Component
        With ``depth`` and ``width`` where it is a memory.
    module : str
        Name of the hand-written text.
    costs : Costs
    """
    if module in IN_LOGIC:
        words = -(-component.depth // costs.ram_words)
        return Logic(words * component.width, MEMORY_LATENCY * component.width)
    if module in IN_BLOCKS and not costs.ram_register:
        return Logic(0, component.width)
    return Logic(0, 0)
