"""What leaves a network, in NumPy: the specification of the stages behind the last layer."""

import numpy as np
import numpy.typing as npt

from fcgen.network.network import Network
from fcgen.numerics.softmax_table import SoftmaxTable

Int64Array = npt.NDArray[np.int64]


def choose(network: Network, outputs: Int64Array) -> Int64Array:
    """Return what leaves the network after the outputs of its last layer, int64 (V, M)."""
    if network.end.kind == "values":
        return outputs
    if network.end.kind == "argmax":
        return np.asarray(outputs.argmax(axis=1), np.int64)
    if network.softmax is not None:
        return probabilities(network.softmax, network.layers[-1].output_format.encode(outputs))
    # Stable, so that of equal outputs the first one wins.
    return np.argsort(-outputs, axis=1, kind="stable")[:, : network.end.count]


def probabilities(table: SoftmaxTable, scores: Int64Array) -> Int64Array:
    """Return the probabilities of scores (V, M) as they are stored, in steps of 1/2^bits."""
    distances: Int64Array = scores.max(axis=1, keepdims=True) - scores
    several = 1 << table.coarseness
    entries = np.minimum(-(-distances // several), len(table.powers) - 1)
    powers: Int64Array = table.powers[entries]
    quotients = (powers << table.bits) // powers.sum(axis=1, keepdims=True)
    found: Int64Array = np.minimum(quotients + (distances == 0), (1 << table.bits) - 1)
    return found
