"""Small networks that several tests use."""

from itertools import pairwise

import numpy as np

from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import End, Network
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.requantization import Requantization

INT8 = IntegerFormat(8, signed=True)


def dense(inputs, outputs, name="fc", seed=0, raw=False, **fields):
    """A layer of int8 whose outputs use their range."""
    random = np.random.default_rng(seed)
    given = {
        "name": name,
        "input_shape": (inputs,),
        "weight": random.integers(-127, 128, (outputs, inputs)),
        "bias": random.integers(-500, 500, outputs),
        "weight_format": INT8,
        "activation_format": INT8,
        "requantization": None
        if raw
        else Requantization.make(
            outputs, INT8, multiplier=random.integers(80, 200, outputs), shift=14
        ),
    }
    return DenseLayer(**{**given, **fields})


def network(*widths, end=None, raw=False, names=None, **fields):
    """A network of int8 layers of these widths."""
    layers = tuple(
        dense(
            inputs,
            outputs,
            names[number] if names else f"fc{number + 1}",
            seed=number,
            raw=raw and number == len(widths) - 2,
        )
        for number, (inputs, outputs) in enumerate(pairwise(widths))
    )
    return Network("net", layers, end or End(), **fields)
