"""Proof that a network of integers equals its source runtime, or where it does not.

Requantisation is a monotone step function of the accumulator. It has at most one threshold for each
output code, so that two steps with equal thresholds over the accumulators that can occur are equal
for every input: nothing is sampled. For each output the thresholds of the source are found by
bisection, in the source's own arithmetic, and then integer constants with the same ones. Outputs of
at most 4 bits can end in the thresholds themselves, which are always exact: they do where no
constants are, or where `fcgen.threshold_choice.cost` says that they take less. Where the source's
arithmetic leaves the order of evaluation open, all orders must agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from fcgen.certificate import Certificate, Difference, LayerCertificate
from fcgen.certify_constants import BIAS_MAX, SchemeStep, closest_constants
from fcgen.certify_table import jump, of_orders
from fcgen.dense_layer import DenseLayer, ThresholdList
from fcgen.errors import bad_input
from fcgen.fixed import BIAS_BITS
from fcgen.integer_model import IntegerLayer, IntegerModel
from fcgen.network import End, Network
from fcgen.requantization import Requantization
from fcgen.source_step import Int64Array, LikeStep, Step
from fcgen.threshold_choice import cost, threshold_list
from fcgen.thresholds import inside, thresholds


def certify(model: IntegerModel, end: End | None = None) -> tuple[Network, Certificate]:
    """Make the network of a quantised model, and prove what holds of it.

    Parameters
    ----------
    model : IntegerModel
    end : End, optional
        What leaves the network; default all outputs.

    Raises
    ------
    InputError
        When a layer has constants that the hardware does not have.
    """
    made = [_layer(layer) for layer in model.layers]
    layers = [layer for layer, _ in made]
    layers[0] = replace(layers[0], input_shape=model.input_shape)
    network = Network(
        model.name,
        tuple(layers),
        end or End(),
        model.input,
        model.output,
        model.tail,
        model.takes_codes,
        model.shape,
    )
    proofs = tuple(proof for _, proof in made)
    return network, Certificate(model.name, model.target, proofs, network.softmax)


def _layer(layer: IntegerLayer) -> tuple[DenseLayer, LayerCertificate]:
    step = layer.step
    if step is None:
        none, exact = np.zeros(layer.outputs, np.int64), np.ones(layer.outputs, bool)
        return _dense(layer, layer.bias, None), LayerCertificate(layer.name, none, exact)
    # The constants take up the bias: thresholds are those of the sums without it.
    least, most = (bound - layer.bias for bound in layer.reach)
    source = _Biased(step, layer.bias)
    changes = thresholds(source, least, most)
    made, own = _chosen(layer, source, changes, least, most)
    differences = [*_compare(layer, changes, own, "no short constants have these thresholds")]
    for order in source.orders:
        other = thresholds(order, least, most)
        differences += _compare(layer, changes, other, "the order of float operations decides")
    differences += [
        Difference(layer.name, *found) for found in of_orders(layer, changes, least, most)
    ]
    checked = inside(step, changes, least, most).sum(axis=0)
    exact = np.ones(layer.outputs, bool)
    exact[[found.output for found in differences]] = False
    assert made.requantization is not None
    form = made.requantization.line()
    return made, LayerCertificate(layer.name, checked, exact, tuple(differences), form)


def _chosen(
    layer: IntegerLayer, source: Step, changes: Int64Array, least: Int64Array, most: Int64Array
) -> tuple[DenseLayer, Int64Array]:
    """Return the layer with constants or with thresholds, and where its outputs change."""
    listed = threshold_list(source, changes, least, most)
    none = np.zeros_like(layer.bias)
    other = None if listed is None else _dense(layer, none, listed)
    if not source.output.bipolar:
        bias, scheme, own = closest_constants(source, changes, least, most)
        made = _dense(layer, bias, scheme)
        if other is None or ((own == changes).all() and cost(made) <= cost(other)):
            return made, own
    assert other is not None
    assert listed is not None
    return other, thresholds(SchemeStep(source, listed, none), least, most)


@dataclass(frozen=True, eq=False)
class _Biased(LikeStep):
    """A step of sums without their bias."""

    bias: Int64Array

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        return self.step(accumulator + self.bias)

    @property
    def intercept(self) -> np.ndarray:
        return self.step.intercept + self.bias * self.step.slope

    @property
    def orders(self) -> tuple[Step, ...]:
        return tuple(_Biased(order, self.bias) for order in self.step.orders)


def _dense(
    layer: IntegerLayer, bias: Int64Array, scheme: Requantization | ThresholdList | None
) -> DenseLayer:
    if np.abs(bias).max(initial=0) > BIAS_MAX:
        rule = f"a bias has at most {BIAS_BITS} bits"
        raise bad_input(layer.name, int(np.abs(bias).max()), rule, "quantise it with larger scales")
    return DenseLayer(
        name=layer.name,
        input_shape=(layer.inputs,),
        weight=layer.weight,
        bias=bias,
        weight_format=layer.weight_format,
        activation_format=layer.activation_format,
        input_zero_point=layer.input_zero_point,
        requantization=scheme,
        table=layer.table,
    )


def _compare(
    layer: IntegerLayer, changes: Int64Array, other: Int64Array, reason: str
) -> Iterator[Difference]:
    """Give the accumulators between two thresholds of the same code: there the outputs differ."""
    assert layer.step is not None
    falls = layer.step.slope < 0
    for row, output in np.argwhere(changes != other).tolist():
        source, own = int(changes[row, output]), int(other[row, output])
        ends = min(source, own), max(source, own) - 1
        first, last = (-ends[1], -ends[0]) if falls[output] else ends
        bias = int(layer.bias[output])
        more = (1 if own < source else -1) * jump(layer, row)
        if not more:
            continue
        yield Difference(layer.name, output, first + bias, last + bias, more, reason)
