"""New parameters for a design with runtime weights, as writes to its parameter port."""

import numpy as np

from fcgen.design import Design
from fcgen.engines.streaming import ParameterUpdate
from fcgen.hardware.parameter_chain import ParameterChain
from fcgen.network import Network


def update(design: Design, network: Network, *, after: int, refusals: int = 4) -> ParameterUpdate:
    """Return the writes that make a design compute ``network``, and the reads that check them.

    Parameters
    ----------
    design : Design
    network : Network
        Of the same structure as the design's.
    after, refusals : int
        See :class:`ParameterUpdate`.
    """
    chain = ParameterChain.of(design.network, design.schedule, design.mappings)
    writes = np.array(list(chain.writes(network.layers)), np.uint32).reshape(-1, 2)
    return ParameterUpdate(after=after, writes=writes, reads=writes[:, 0], refusals=refusals)
