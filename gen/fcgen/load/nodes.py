"""Nodes of a source: what each computes, and the model that a chain of them folds into."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fcgen.errors import InputError, bad_input
from fcgen.load.chain import Chain, Steps
from fcgen.load.model import Activation, Floats, Model, NodeReport
from fcgen.load.model_file import ELEMENTS_MAX
from fcgen.network.tail import Tail
from fcgen.numerics.validation import check_sizes

RELU, RELU6 = Activation(lo=0.0), Activation(lo=0.0, hi=6.0)


class Dense(NamedTuple):
    """``weight · x + bias``: weight (M, N), bias (M,) or none."""

    weight: Floats
    bias: Floats | None = None


class Affine(NamedTuple):
    """``gain · x + offset`` of each feature, (N,) both.

    ``steps`` are the source's own operations, where they are not this product and this sum; see
    `fcgen.load.chain.Steps`.
    """

    gain: Floats
    offset: Floats
    steps: Steps = ()


class Order(NamedTuple):
    """A permutation: feature i is the former feature ``places[i]``."""

    places: npt.NDArray[np.int64]


class Ending(NamedTuple):
    """The tail of a classifier: one of `fcgen.network.tail.TAILS`."""

    tail: str


Operation = Dense | Affine | Order | Activation | Ending | None
"""None changes no value. A sigmoid at the end of the model is its tail, as in an ONNX file."""


@dataclass(frozen=True, eq=False)
class Node:
    """One operation of the source.

    Attributes
    ----------
    kind, name : str
        As the source has them, for messages.
    operation : Operation
    """

    kind: str
    name: str
    operation: Operation


def refuse(kind: str, name: str, rule: str, remedy: str) -> InputError:
    """Return the error that names a layer of the source."""
    return bad_input(f"layer {name}", kind, rule, remedy)


def fold(
    nodes: Iterable[Node], name: str, form: str, input_name: str, input_shape: tuple[int, ...]
) -> Model:
    """Return the model that a chain of nodes makes.

    Parameters
    ----------
    nodes : iterable of Node
        In the order in which they are computed.
    name, form, input_name, input_shape
        Of the model; a shape of another rank than 1 or 3 becomes flat.

    Raises
    ------
    InputError
        One line that names the layer, for one that does not fit or cannot be folded.
    """
    shape = input_shape if len(input_shape) == 3 else (int(np.prod(input_shape, dtype=object)),)
    check_sizes(shape, 1, input_name)
    chain = Chain(int(np.prod(shape)))
    todo, tail, reports = list(nodes), "", []
    for place, node in enumerate(todo):
        last = all(later.operation is None for later in todo[place + 1 :])
        ending = _ending(node.operation)
        if ending and last and chain.layers and not chain.pending:
            tail, became = ending, "after the last layer"
        else:
            with np.errstate(all="ignore"):  # what is not finite is refused by its layer
                became = _apply(chain, node)
        reports.append(NodeReport(node.kind, node.name, became))
    if chain.pending:
        rule = "what follows the last activation cannot be folded into a layer"
        raise refuse(todo[-1].kind, todo[-1].name, rule, "remove it from the model")
    return Model(
        name,
        form,
        input_name,
        shape,
        tuple(chain.layers),
        Tail(tail),
        chain.settled(reports),
        input_shape if len(input_shape) not in (1, 3) else (),
        chain.scaler,
    )


def _ending(operation: Operation) -> str:
    if isinstance(operation, Ending):
        return operation.tail
    return "sigmoid" if operation == Activation("sigmoid") else ""


def _apply(chain: Chain, node: Node) -> str:
    """Put one node into the chain; return what became of it."""
    what = node.operation
    if isinstance(what, Dense):
        return _dense(chain, node, *what)
    if isinstance(what, Affine):
        if what.gain.shape != (chain.features,) or what.offset.shape != (chain.features,):
            rule = f"has {what.gain.size} features, and the layer before gives {chain.features}"
            raise refuse(node.kind, node.name, rule, "correct the model")
        return chain.affine(*what)
    if isinstance(what, Order):
        chain.permute(what.places)
        return "folded into weights: another order of the features"
    if isinstance(what, Activation):
        if not chain.activate(what):
            rule = "an activation must follow a dense layer"
            raise refuse(node.kind, node.name, rule, "put a dense layer before it")
        return f"activation of layer {len(chain.layers)}"
    if isinstance(what, Ending):
        rule = "is supported after the last dense layer alone"
        raise refuse(node.kind, node.name, rule, "remove it")
    return "no change of the values"


def _dense(chain: Chain, node: Node, weight: Floats, bias: Floats | None) -> str:
    if weight.ndim != 2 or weight.size > ELEMENTS_MAX or weight.shape[1] != chain.features:
        rule = f"weights of shape {weight.shape} do not take the {chain.features} values before"
        raise refuse(node.kind, node.name, rule, "correct the model")
    added = np.zeros(len(weight)) if bias is None else bias
    if added.shape != (len(weight),):
        rule = f"has a bias of shape {added.shape} and {len(weight)} outputs"
        raise refuse(node.kind, node.name, rule, "correct the model")
    chain.dense(node.name, weight, added)
    return f"layer {len(chain.layers)}, {weight.shape[1]} → {weight.shape[0]}"
