"""PyTorch's ``Sequential`` of dense layers.

Modules are recognised by their classes' names: torch itself is not imported.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fcgen.load.chain import batch_norm
from fcgen.load.model import Activation, Floats, Model
from fcgen.load.nodes import RELU, RELU6, Affine, Dense, Ending, Node, Operation, fold, refuse

_EXPORT = "use nn.Sequential of dense layers, or export the model to ONNX"


def read_torch(module: Any) -> Model:
    """Return the layers of a module in evaluation mode.

    Parameters
    ----------
    module
        An ``nn.Sequential``, nested ones included; its inputs are flat, (N,).

    Raises
    ------
    InputError
        One line with the module's place and class, for one that is not supported.
    """
    kind, nodes = type(module).__name__, list(_nodes("", module))
    found = [s.operation for s in nodes if isinstance(s.operation, Dense | Affine)]
    if not found:
        raise refuse(kind, "model", "no dense layer was found", _EXPORT)
    return fold(nodes, kind, "PyTorch", "x", (found[0][0].shape[-1],))


def _nodes(name: str, module: Any) -> Iterator[Node]:
    kind = _kind(name, module)
    if kind == "Sequential":
        # Not named_children(), which leaves out a module that is there twice.
        for inner, child in module._modules.items():
            yield from _nodes(f"{name}.{inner}" if name else inner, child)
    else:
        yield Node(kind, name or kind, MODULES[kind](name or kind, module))


def _kind(name: str, module: Any) -> str:
    """Return the name of torch's own class that computes a module."""
    own: Any = type(module)
    base = next((c for c in own.__mro__ if c.__module__.startswith("torch.nn.modules.")), own)
    if base.__name__ not in ("Sequential", *MODULES):
        raise refuse(own.__name__, name or "model", "is not supported", _EXPORT)
    if own.forward is not base.forward:
        raise refuse(own.__name__, name or "model", "has a forward of its own", _EXPORT)
    if module._forward_hooks or module._forward_pre_hooks:
        raise refuse(
            own.__name__, name or "model", "has hooks, which may change values", "remove them"
        )
    return str(base.__name__)


def _values(tensor: Any) -> Floats:
    return np.asarray(tensor.detach().cpu().double().numpy())


def _linear(name: str, module: Any) -> Operation:
    return Dense(_values(module.weight), None if module.bias is None else _values(module.bias))


def _batch_norm(name: str, module: Any) -> Operation:
    if module.running_mean is None:
        rule = "has no running statistics, and depends on each batch"
        raise refuse("BatchNorm1d", name, rule, "train it with track_running_stats")
    mean, variance = _values(module.running_mean), _values(module.running_var)
    gamma, beta = np.ones_like(mean), np.zeros_like(mean)
    if module.weight is not None:
        gamma, beta = _values(module.weight), _values(module.bias)
    return Affine(*batch_norm(gamma, beta, mean, variance, module.eps))


def _flatten(name: str, module: Any) -> Operation:
    if module.start_dim != 1:
        raise refuse("Flatten", name, "mixes the vectors of a batch", "use start_dim=1")
    return None


def _ending(name: str, module: Any, tail: str) -> Operation:
    if module.dim not in (None, 1, -1):
        raise refuse(type(module).__name__, name, "is not over the classes", "use dim=1")
    return Ending(tail)


MODULES: dict[str, Callable[[str, Any], Operation]] = {
    "Linear": _linear,
    "BatchNorm1d": _batch_norm,
    "Flatten": _flatten,
    "Softmax": lambda name, module: _ending(name, module, "softmax"),
    "LogSoftmax": lambda name, module: _ending(name, module, "log_softmax"),
    "Sigmoid": lambda name, module: Activation("sigmoid"),
    "Tanh": lambda name, module: Activation("tanh"),
    "ReLU": lambda name, module: RELU,
    "ReLU6": lambda name, module: RELU6,
    "Hardtanh": lambda name, module: Activation(lo=module.min_val, hi=module.max_val),
    "LeakyReLU": lambda name, module: Activation("leaky_relu", slope=module.negative_slope),
    **dict.fromkeys(("Identity", "Dropout", "AlphaDropout"), lambda name, module: None),
}
