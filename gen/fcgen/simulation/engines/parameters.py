"""New parameters for a design with runtime weights, as writes to its parameter port."""

from fcgen.design.design import Design
from fcgen.design.parameter_image import parameter_writes
from fcgen.network.network import Network
from fcgen.simulation.engines.streaming import ParameterUpdate


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
    writes = parameter_writes(design, network)
    return ParameterUpdate(after=after, writes=writes, reads=writes[:, 0], refusals=refusals)
