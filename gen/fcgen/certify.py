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
from itertools import product
from typing import Any

import numpy as np

from fcgen import document
from fcgen.certify_table import jump, of_orders
from fcgen.dense_layer import DenseLayer, ThresholdList
from fcgen.errors import bad_input
from fcgen.fixed import BIAS_BITS, ROUNDINGS
from fcgen.integer_model import IntegerLayer, IntegerModel
from fcgen.network import End, Network
from fcgen.reference import requantize
from fcgen.requantization import Requantization
from fcgen.softmax_table import SoftmaxTable
from fcgen.source_step import Int64Array, LikeStep, Step
from fcgen.threshold_choice import cost, threshold_list
from fcgen.thresholds import Constants, inside, nominal, shortest, thresholds

LISTED_MAX = 1000
"""Differences that are listed one by one."""
BIAS_MAX = (1 << (BIAS_BITS - 1)) - 1


@dataclass(frozen=True)
class Difference:
    """Accumulators of an output for which the network and the source differ.

    Attributes
    ----------
    layer : str
    output : int
    first, last : int
        Range of accumulators.
    steps : int
        Codes that the network gives more than the source.
    reason : str
    """

    layer: str
    output: int
    first: int
    last: int
    steps: int
    reason: str


@dataclass(frozen=True, eq=False)
class LayerCertificate:
    """Constants of a layer and what was checked.

    Attributes
    ----------
    name : str
    thresholds : ndarray of int64, shape (M,)
        Thresholds of each output inside of its reach, all of them checked.
    exact : ndarray of bool, shape (M,)
    differences : tuple of Difference
    form : str
        How the outputs are made: a line for people.
    """

    name: str
    thresholds: Int64Array
    exact: np.ndarray
    differences: tuple[Difference, ...] = ()
    form: str = "raw accumulators"


@dataclass(frozen=True, eq=False)
class Certificate:
    """What is proven of a network.

    Attributes
    ----------
    model, target : str
        The file and the runtime whose integers these are.
    layers : tuple of LayerCertificate
    softmax : SoftmaxTable, optional
        Of a network that ends in one: equal are the outputs that go into it.
    """

    model: str
    target: str
    layers: tuple[LayerCertificate, ...]
    softmax: SoftmaxTable | None = None

    @property
    def exact(self) -> bool:
        """Whether every output of every layer equals the source's for every input."""
        return all(bool(layer.exact.all()) for layer in self.layers)

    @property
    def thresholds(self) -> int:
        """How many thresholds were compared."""
        return int(sum(layer.thresholds.sum() for layer in self.layers))

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All accumulators for which something differs."""
        return tuple(found for layer in self.layers for found in layer.differences)

    def line(self) -> str:
        """Return the verdict for people."""
        outputs = sum(len(layer.exact) for layer in self.layers)
        if self.exact:
            return (
                f"certificate: equal to {self.target} for every input: {self.thresholds:,} "
                f"thresholds of {outputs:,} outputs checked"
            )
        wrong = sum(int((~layer.exact).sum()) for layer in self.layers)
        values = sum(found.last - found.first + 1 for found in self.differences)
        worst = max(abs(found.steps) for found in self.differences)
        return (
            f"certificate: not equal to {self.target}: {wrong:,} of {outputs:,} outputs differ for "
            f"{values:,} accumulator values, by at most {worst}"
        )

    def text(self) -> str:
        """Return the JSON text, ended by a newline; the same model gives the same text."""
        return document.dump(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Return the certificate as JSON values: constants and the verdict of each output."""
        return {
            "model": self.model,
            "target": self.target,
            "exact": self.exact,
            "thresholds": self.thresholds,
            "differences": [vars(found) for found in self.differences[:LISTED_MAX]],
            "differences_in_all": len(self.differences),
            **({"softmax": self.softmax.describe()} if self.softmax else {}),
            "layers": [
                {
                    "name": layer.name,
                    "outputs": len(layer.exact),
                    "form": layer.form,
                    "thresholds": layer.thresholds.tolist(),
                    "exact": layer.exact.tolist(),
                }
                for layer in self.layers
            ],
        }


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
    network = Network(model.name, tuple(layers), end or End(), model.input, model.output)
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
        bias, scheme, own = _closest(source, changes, least, most)
        made = _dense(layer, bias, scheme)
        if other is None or ((own == changes).all() and cost(made) <= cost(other)):
            return made, own
    assert other is not None
    assert listed is not None
    return other, thresholds(_Scheme(source, listed, none), least, most)


def _closest(
    source: Step, changes: Int64Array, least: Int64Array, most: Int64Array
) -> tuple[Int64Array, Requantization, Int64Array]:
    """Return bias, requantization and its thresholds: equal to the source's wherever possible.

    A floor with an offset of one half or near it is what most sources come to; one that rounds
    halves to even, and meets them, needs its own rounding.
    """
    own = nominal(source)
    constants = shortest(source, changes, least, most).completed(own)
    best: tuple[tuple[int, int], Int64Array, Requantization, Int64Array] | None = None
    roundings = (("floor", constants), *((mode, own) for mode in ROUNDINGS[:3]))
    for (rounding, tried), bounds in product(roundings, _bounds(source, least, most)):
        bias, scheme = _scheme(source, tried, rounding, changes, bounds, least, most)
        found = thresholds(_Scheme(source, scheme, bias), least, most)
        # First as few outputs as possible, then as few accumulators.
        apart = np.abs(found - changes).sum(axis=0)
        wrong = int((apart > 0).sum()), int(apart.sum())
        if best is None or wrong < best[0]:
            best = wrong, bias, scheme, found
        if not any(wrong):
            break
    assert best is not None
    return best[1:]


def _bounds(
    source: Step, least: Int64Array, most: Int64Array
) -> Iterator[tuple[Int64Array, Int64Array]]:
    """Give bounds that leave all outputs as they are: the same for all as long as that works."""
    ends = source(np.stack([least, most]))
    lo, hi = ends.min(axis=0), ends.max(axis=0)
    every = np.ones_like(lo)
    yield every * source.lo, every * source.hi
    yield every * lo.min(), every * hi.max()
    yield lo, hi


def _scheme(
    source: Step,
    constants: Constants,
    rounding: str,
    changes: Int64Array,
    bounds: tuple[Int64Array, Int64Array],
    least: Int64Array,
    most: Int64Array,
) -> tuple[Int64Array, Requantization]:
    """Return the bias and the requantization of constants; outputs that never change need none."""
    multiplier, offset, shift = constants.multiplier, constants.offset, constants.shift
    limit = np.int64(1) << shift
    # An offset that the format does not hold is for the most part a bias of whole multiples of M.
    bias = np.where(np.abs(offset) <= limit, 0, np.floor_divide(offset, multiplier))
    rest = offset - bias * multiplier
    legal = (np.abs(rest) <= limit) & (np.abs(bias) <= BIAS_MAX)
    never = ~inside(source, changes, least, most).any(axis=0)
    value, plain = source(least[None, :])[0], never | ~legal
    return np.where(plain, 0, bias), Requantization.make(
        len(bias),
        source.output,
        multiplier=np.where(plain, 1, multiplier),
        offset=np.where(plain, 0, rest),
        shift=np.where(plain, 0, shift),
        zero_point=source.zero_point,
        lo=np.where(never, value, bounds[0]),
        hi=np.where(never, value, bounds[1]),
        rounding=rounding,
    )


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


@dataclass(frozen=True, eq=False)
class _Scheme(LikeStep):
    """The step of the hardware's constants, with the codes and the direction of the source's."""

    scheme: Requantization | ThresholdList
    bias: Int64Array

    def __call__(self, accumulator: Int64Array) -> Int64Array:
        # The specification itself, so that what is proven is what is built.
        return requantize(self.scheme, accumulator + self.bias)


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
