"""Weights and biases of a layer: from files, from arrays, or seeded random codes."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from fcgen.errors import bad_input
from fcgen.load.arrays.raw_weights import RawWeights, Wanted
from fcgen.load.arrays.weight_file import read_bias, read_weights
from fcgen.quantization.layer_request import BIAS_FORMAT, LayerRequest


def gather_weights(
    request: LayerRequest, weights: Path | RawWeights | None, bias: Path | RawWeights | None
) -> RawWeights:
    """Bring weights and bias together, conforming to the layer; random where there are none.

    Parameters
    ----------
    request : LayerRequest
        Its notes get what was filled in.
    weights, bias : Path or RawWeights, optional
        A file, or arrays.

    Raises
    ------
    InputError
        For a file that cannot be read, and where the two do not go together.
    """
    if isinstance(weights, Path):
        weights = read_weights(weights, request.shape, request.outputs, request.weight_format)
    if isinstance(bias, Path):
        bias = read_bias(bias, request.outputs)
    values = RawWeights() if weights is None else weights
    if bias is not None and bias.bias is not None:
        if values.bias is not None:
            rule = f"{values.source} holds a bias too"
            raise bad_input("--bias", bias.source, rule, "leave one of the two out")
        values = replace(values, bias=bias.bias, bias_source=bias.source)
    values = values.conform(Wanted(request.shape, request.outputs))
    if values.weight is not None:
        return _with_bias(request, values)
    if weights is not None:
        raise bad_input(values.source, "weight", "is missing", "save an entry of this name")
    return _random(request, values)


def _with_bias(request: LayerRequest, values: RawWeights) -> RawWeights:
    assert values.weight is not None
    if values.bias is None:
        request.notes.append("bias: none given, zeros")
        return replace(values, bias=np.zeros(request.outputs, values.weight.dtype))
    if (values.bias.dtype.kind == "f") != (values.weight.dtype.kind == "f"):
        rule = f"the weights are {values.weight.dtype}"
        found = f"dtype {values.bias.dtype}"
        raise bad_input(values.subject("bias"), found, rule, "give both as codes or both as floats")
    return values


def _random(request: LayerRequest, values: RawWeights) -> RawWeights:
    """Fill in random codes: the whole range of weights, biases as large as typical sums."""
    if values.bias is not None and values.bias.dtype.kind == "f":
        rule = "there are no weights that it could belong to"
        found = f"dtype {values.bias.dtype}"
        raise bad_input(values.subject("bias"), found, rule, "give --weights too")
    generator = np.random.default_rng(request.seed)
    weights = request.weight_format
    inputs = Wanted(request.shape, request.outputs).inputs
    codes = generator.integers(
        weights.minimum, weights.maximum, (request.outputs, inputs), weights.dtype, endpoint=True
    )
    typical = int(inputs**0.5) * weights.magnitude * request.activation_format.magnitude
    bound = min(typical, BIAS_FORMAT.maximum // 2)
    bias = generator.integers(-bound, bound, request.outputs, np.int64, endpoint=True)
    if request.runtime_weights:
        bias = _foldable(bias, request.input_zero_point * codes.sum(axis=1, dtype=np.int64))
    request.notes.append(
        f"weights: seeded random {weights.name} (seed {request.seed}); "
        "give --weights FILE for trained ones"
    )
    return replace(values, weight=codes, bias=bias if values.bias is None else values.bias)


def _foldable(bias: np.ndarray, folded: np.ndarray) -> np.ndarray:
    """Bring random biases as near to what is folded into them as the hardware's 32 bits need."""
    low, high = BIAS_FORMAT.minimum, BIAS_FORMAT.maximum
    near: np.ndarray = np.clip(bias, folded + low, folded + high).clip(low, high)
    return near
