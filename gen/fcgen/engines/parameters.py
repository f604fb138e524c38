"""New parameters for a design with runtime weights, as writes to its parameter port."""

import numpy as np

from fcgen.dense_layer import DenseLayer
from fcgen.design import Design
from fcgen.engines.streaming import ParameterUpdate
from fcgen.hardware.layer_memories import LayerMemories
from fcgen.hardware.result_plan import result_plan


def update(
    design: Design, network: DenseLayer, *, after: int, refusals: int = 4
) -> ParameterUpdate:
    """Return the writes that make a design compute ``network``, and the reads that check them.

    Parameters
    ----------
    design : Design
    network : DenseLayer
        Of the same structure as the design's layer.
    after, refusals : int
        See :class:`ParameterUpdate`.
    """
    folding, mapping = design.schedule.foldings[0], design.mappings[0]
    plan = result_plan(design.layer, mapping.requantizer)
    memories = LayerMemories(design.layer, folding, plan, mapping)
    writes = np.array(list(memories.writes(network)), np.uint32).reshape(-1, 2)
    return ParameterUpdate(after=after, writes=writes, reads=writes[:, 0], refusals=refusals)
