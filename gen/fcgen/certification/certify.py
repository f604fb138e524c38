"""Proof that a network of integers equals its source runtime, or where it does not.

Requantisation is a monotone step function of the accumulator, with at most one threshold for each
output code. Two steps whose thresholds agree over all accumulators that can occur are equal for
every input: nothing is sampled. For each output, bisection in the source's own arithmetic finds the
source's thresholds, and a search finds integer constants that have the same ones. Outputs of at
most 4 bits can end in the thresholds themselves, which are always exact: they do so where there are
no such constants, or where `fcgen.certification.threshold_choice.cost` finds thresholds cheaper.
Where the source's arithmetic leaves the order of evaluation open, all orders must agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fcgen.certification.certificate import Certificate, LayerCertificate
from fcgen.certification.constants import BIAS_MAX, Closest, ConstantSearch, SchemeStep
from fcgen.certification.differences import Reach, Staircase, compare
from fcgen.certification.outward import outward
from fcgen.certification.sums import sum_layer
from fcgen.certification.threshold_choice import cost, threshold_list
from fcgen.errors import bad_input
from fcgen.load.integer_model import IntegerLayer, IntegerModel
from fcgen.load.integer_sum import IntegerSum
from fcgen.network.dense_layer import DenseLayer, ThresholdList
from fcgen.network.network import End, Network
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.fixed import BIAS_BITS
from fcgen.numerics.requantization import Requantization
from fcgen.numerics.source_step import Int64Array, LikeStep, Step, TwiceRounded
from fcgen.numerics.thresholds import inside, oriented, thresholds

SHORT = "no short constants have these thresholds"
ORDER = "the order of float operations decides"


def certify(model: IntegerModel, end: End | None = None) -> tuple[Network, Certificate]:
    """Make the network of a quantised model, and its certificate.

    Parameters
    ----------
    model : IntegerModel
    end : End, optional
        What leaves the network; default all outputs.

    Raises
    ------
    InputError
        When the hardware has no constants in its formats for a layer.
    """
    made = [
        sum_layer(layer) if isinstance(layer, IntegerSum) else _layer(layer)
        for layer in model.layers
    ]
    layers = [layer for layer, _ in made]
    if layers[0].window is None:
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
        model.sources,
    )
    proofs = tuple(proof for _, proof in made)
    return network, Certificate(model.name, model.target, proofs, network.softmax)


def _layer(layer: IntegerLayer) -> tuple[DenseLayer, LayerCertificate]:
    step = layer.step
    if step is None:
        none = np.zeros(layer.outputs, np.int64)
        return _dense(layer, layer.bias, None), LayerCertificate(layer.name, none, none)
    # The search absorbs the bias: thresholds are counted in sums without it.
    least, most = (bound - layer.bias for bound in layer.reach)
    source = _Biased(step, layer.bias)
    changes = thresholds(source, least, most)
    made, own = _chosen(layer, source, changes, least, most)
    entries = _entries(step, layer.table)
    sign = np.where(step.slope < 0, -1, 1)
    orders = [
        thresholds(order, least, most, changes - np.rint(sign * order.lead).astype(np.int64))
        for order in source.orders
    ]
    found = [(_by_output(changes), SHORT), *((_by_output(order), ORDER) for order in orders)]
    sources = [(Staircase(each, entries), reason) for each, reason in found]
    for order in layer.orders:
        assert layer.table is not None
        other = _entries(step, replace(layer.table, entries=order.entries))
        sources += [(Staircase(each, other), order.reason) for each, _ in found]
    reach = Reach(*oriented(step, least, most), np.asarray(step.slope < 0), layer.bias)
    differences, differing = compare(
        layer.name, Staircase(_by_output(own), entries), sources, reach
    )
    checked = inside(step, changes, least, most).sum(axis=0)
    assert made.requantization is not None
    form = made.requantization.line()
    return made, LayerCertificate(layer.name, checked, differing, differences, form)


def _by_output(changes: Int64Array) -> Int64Array:
    return np.ascontiguousarray(changes.T)


def _entries(step: Step, table: ActivationTable | None) -> Int64Array:
    """Return the layer's output for each code of a step, from its smallest to its largest."""
    codes = np.arange(step.lo, step.hi + 1)
    return codes if table is None else table.entries[codes - table.index.minimum]


def _chosen(
    layer: IntegerLayer, source: Step, changes: Int64Array, least: Int64Array, most: Int64Array
) -> tuple[DenseLayer, Int64Array]:
    """Return the layer, with constants or with thresholds, and its own thresholds."""
    listed = threshold_list(source, changes, least, most)
    none = np.zeros_like(layer.bias)
    other = None if listed is None else _dense(layer, none, listed)
    found = None
    if not source.output.bipolar:
        found = ConstantSearch(source, changes, least, most).closest()
        if found is not None and any(found.wrong) and isinstance(layer.step, TwiceRounded):
            symmetric = _symmetric(layer, layer.step, source, changes, least, most)
            found = min(found, symmetric, key=lambda each: each.wrong)
    if found is not None:
        made = _dense(layer, found.bias, found.scheme)
        if other is None or (not any(found.wrong) and cost(made) <= cost(other)):
            return made, found.changes
    if other is None:
        rule = "no constants of its steps are within the hardware's formats"
        raise bad_input(
            layer.name, f"{layer.outputs} outputs", rule, "quantise it with larger scales"
        )
    assert listed is not None
    return other, thresholds(SchemeStep(source, listed, none), least, most, changes)


def _symmetric(
    layer: IntegerLayer,
    step: TwiceRounded,
    source: Step,
    changes: Int64Array,
    least: Int64Array,
    most: Int64Array,
) -> Closest:
    """Return constants that are the same on both sides of an accumulator of zero."""
    bias = layer.bias
    scheme = outward(step, changes + bias, least + bias, most + bias)
    own = thresholds(SchemeStep(source, scheme, bias), least, most, changes)
    return Closest(bias, scheme, own, np.abs(own - changes).sum(axis=0))


@dataclass(frozen=True, eq=False)
class _Biased(LikeStep):
    """A step as a function of sums without the bias."""

    bias: Int64Array

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        return self.step(accumulator + self.bias)

    @property
    def intercept(self) -> np.ndarray:
        return self.step.intercept + self.bias * self.step.slope

    @property
    def lead(self) -> np.ndarray:
        return self.step.lead

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
        window=layer.window,
        depthwise=layer.depthwise,
        maximum=layer.maximum,
    )
