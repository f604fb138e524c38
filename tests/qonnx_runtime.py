"""qonnx's own executor, on all vectors at once: the oracle of QONNX graphs."""

import copy
import warnings

import numpy as np


def tensors(model, x, start=None):
    """Run vectors through a graph, given with a batch of one; return all its tensors by name.

    Parameters
    ----------
    model : onnx.ModelProto
    x : ndarray of float32, shape (V, …)
    start : str, optional
        Tensor that has the values ``x``; only what stands behind it runs. Default the input.
    """
    with warnings.catch_warnings():
        # Of qonnx's own code, and of what it imports; shapes that it warns of are compared below.
        warnings.simplefilter("ignore")
        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.core.onnx_exec import execute_onnx
        from qonnx.transformation.infer_shapes import InferShapes

        batched = copy.deepcopy(model)
        constants = {tensor.name for tensor in batched.graph.initializer}
        for entry in batched.graph.input:
            if entry.name not in constants:
                entry.type.tensor_type.shape.dim[0].dim_value = len(x)
                name = entry.name
        wrapped = ModelWrapper(batched).transform(InferShapes())
        nodes = {node.output[0]: place for place, node in enumerate(wrapped.graph.node)}
        first = None if start is None else wrapped.graph.node[nodes[start] + 1]
        given = {start or name: np.asarray(x, np.float32)}
        return execute_onnx(wrapped, given, return_full_exec_context=True, start_node=first)


def execute(model, x, upto="y"):
    """Return one tensor, (V, …), of vectors that run at once."""
    found = tensors(model, x)[upto]
    assert len(found) == len(x)
    return found


def execute_alone(model, x, upto="y"):
    """Return one tensor, (V, …), of vectors that run one by one."""
    return np.concatenate([tensors(model, vector[None])[upto] for vector in x])
