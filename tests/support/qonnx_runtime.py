"""qonnx's own executor, on all vectors at once: the oracle of QONNX graphs."""

import copy
import warnings

import numpy as np
from onnx import TensorProto, helper


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
        # Of what qonnx imports, and of shapes, which are those of ONNX's own inference here.
        warnings.simplefilter("ignore")
        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.core.onnx_exec import execute_onnx
        from qonnx.transformation.infer_shapes import InferShapes

        batched = copy.deepcopy(model)
        constants = {tensor.name for tensor in batched.graph.initializer}
        (entry,) = (one for one in batched.graph.input if one.name not in constants)
        name = start or entry.name
        if start is not None:
            _cut(batched.graph, entry.name, start)
        entry.CopyFrom(helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape))
        wrapped = ModelWrapper(batched).transform(InferShapes())
        given = {name: np.asarray(x, np.float32)}
        return execute_onnx(wrapped, given, return_full_exec_context=True)


def _cut(graph, entry, start):
    """Remove the nodes between the input and a tensor."""
    before = {entry}
    for node in list(graph.node):
        if before & set(node.input):
            graph.node.remove(node)
            before |= set(node.output) - {start}


def execute(model, x, upto="y"):
    """Return one tensor, (V, …), of vectors that run at once."""
    found = tensors(model, x)[upto]
    assert len(found) == len(x)
    return found


def execute_alone(model, x, upto="y"):
    """Return one tensor, (V, …), of vectors that run one by one."""
    return np.concatenate([tensors(model, vector[None])[upto] for vector in x])
