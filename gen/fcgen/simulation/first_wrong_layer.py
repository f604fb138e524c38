"""Where a network that gave wrong outputs goes wrong first: each layer by itself."""

import numpy as np

from fcgen.design.design import Design
from fcgen.network.reference import inputs_of, trace
from fcgen.simulation.engines.choice import Engine
from fcgen.simulation.engines.streaming import StreamOptions, StreamRun


def blamed(
    design: Design, inputs: np.ndarray, wrong: np.ndarray, run: StreamRun, engine: Engine
) -> str:
    """Look for the first wrong layer, where the weights of the images are those of the run.

    Parameters
    ----------
    design : Design
        Of a network.
    inputs : ndarray of int64, shape (V, N)
        All of the run.
    wrong : ndarray of int
        Vectors whose outputs differ.
    run : StreamRun
    engine : callable
        Runs each layer.

    Returns
    -------
    str
        A line that names layer, neuron and value, or says why there is none.
    """
    if run.read_back is not None and len(run.read_back):
        wrong = wrong[wrong < (0 if design.written_at_start else run.held_after)]
    if not len(wrong):
        return "the weights were written at run time: no layer is looked at by itself"
    return _first_wrong_layer(design, inputs[wrong], engine)


def _first_wrong_layer(design: Design, inputs: np.ndarray, engine: Engine) -> str:
    """Say which layer by itself differs first from the reference, given what it should be given."""
    layers, edges = design.network.layers, design.network.edges
    outputs = trace(design.network, inputs)
    for number, layer in enumerate(layers):
        given = np.asarray(inputs_of(design.network, edges[number], inputs, outputs))
        run = engine(design.part(number), given, StreamOptions(), None)
        wrong = np.argwhere(run.outputs != outputs[number])
        if len(wrong):
            vector, neuron = wrong[0]
            return (
                f"the first wrong layer is {layer.name} ({number + 1} of {len(layers)}), neuron "
                f"{neuron}: expected {outputs[number][vector, neuron]}, "
                f"got {run.outputs[vector, neuron]}"
            )
    return "each layer by itself equals the reference: what connects them is wrong"
