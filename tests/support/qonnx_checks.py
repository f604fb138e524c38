"""Certified networks of QONNX graphs beside qonnx's executor: every code, every listed value."""

from dataclasses import astuple, dataclass

import numpy as np

import fcgen
import qonnx_runtime
from certificate_lists import (
    CONSTANTS,
    Listed,
    codes_of,
    every_accumulator,
    tricky_inputs,
    ways,
)
from fcgen.certification.certify import certify
from fcgen.network.network import Network
from fcgen.network.reference import requantize, run
from onnx_examples import save

AIMED_MAX = 60
"""Listed accumulators of a graph that inputs are sought for."""
ALONE = 3


@dataclass
class Counts:
    """What was compared, and what was found.

    Attributes
    ----------
    outputs : int
        Codes that were compared with the executor's, inputs included.
    swept : int
        Accumulators for which the executor's nodes behind the sums were run.
    listed : int
        Accumulators that certificates list.
    realised : int
        Codes among them that differ, as the certificate says.
    wrong : int
        Codes that differ from the executor's, and not as the certificate says.
    unlisted, unconfirmed : int
        Accumulators that differ and are not listed with that number of steps, or the reverse.
    """

    outputs: int = 0
    swept: int = 0
    listed: int = 0
    realised: int = 0
    wrong: int = 0
    unlisted: int = 0
    unconfirmed: int = 0

    def __add__(self, other):
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def faults(self):
        """How many findings there should not be."""
        return self.wrong + self.unlisted + self.unconfirmed


class QonnxListed(Listed):
    """What the certificate says of accumulators, and what it allows."""

    def allows(self, difference):
        """Say of each difference of codes whether it is as listed."""
        # Where the source's order is open, it may be the one that gives the network's codes.
        right = (difference == self.constants) | (self.open & (difference == 0))
        for one in self.found:
            right[:, one.output] |= self.inside(one) & (difference[:, one.output] == one.steps)
        return right


class Checked:
    """A drawn graph, its network and its certificate.

    Parameters
    ----------
    drawn : qonnx_random.Drawn
    folder : Path
    """

    def __init__(self, drawn, folder):
        self.drawn = drawn
        self.model = fcgen.load(save(drawn.model, folder / "m.onnx"))
        self.network, self.certificate = certify(self.model)
        self.counts = Counts()

    def listed(self, number, sums):
        """Return what is listed of a layer's accumulators (K, M)."""
        return QonnxListed(self.certificate, self.model.layers[number].name, sums)

    def codes(self, tensors, name):
        """Return the codes of reals that a Quant gave."""
        return codes_of(tensors[name].reshape(len(tensors[name]), -1), self.drawn.grids[name])

    def compare(self, x, tensors):
        """Compare all codes of all layers with the executor's tensors of the same vectors."""
        counts, ends = self.counts, self.drawn.ends
        codes, _ = self.network.quantize(x)
        running = self.codes(tensors, self.drawn.entry)
        counts.outputs += codes.size
        counts.wrong += int((codes != running).sum())
        for number, layer in enumerate(self.model.layers):
            alone = Network.single(self.network.layers[number])
            own, sums = run(alone, running), layer.accumulate(running)
            if layer.step is None:
                self.compare_open(own, sums, tensors)
                return
            theirs = self.codes(tensors, ends[number])
            listed = self.listed(number, sums)
            counts.outputs += own.size
            right = listed.allows(own - theirs)
            counts.realised += int((right & (own != theirs)).sum())
            counts.wrong += int((~right).sum())
            running = theirs

    def compare_open(self, own, sums, tensors):
        """Compare what a last layer without a Quant is worth, where floats of sums are exact."""
        self.counts.outputs += own.size
        self.counts.wrong += int((own != sums).sum())
        scales = [scale for scale, _ in self.drawn.grids.values()]
        if not self.drawn.gemms[-1] and (np.frexp(np.concatenate(
            [np.ravel(scale) for scale in scales]))[0] == 0.5).all():  # fmt: skip
            theirs = tensors["y"].reshape(own.shape)
            self.counts.wrong += int((self.network.output(own) != theirs).sum())

    def sweep(self, number):
        """Try all accumulators of a layer, in its model's step and in the executor's nodes."""
        layer, dense = self.model.layers[number], self.network.layers[number]
        every = None if layer.step is None else every_accumulator(layer)
        if every is None:
            return
        sums, fresh = every
        own = requantize(dense.requantization, sums - layer.bias + dense.bias)
        if dense.table is not None:
            own = dense.table.entries[own - dense.table.index.minimum]
        source, *orders = ways(layer, sums)
        listed = self.listed(number, sums)
        counts, differ = self.counts, (own - source) * fresh
        counts.listed += int((listed.any & fresh).sum())
        counts.unlisted += int(((differ != listed.constants) & (differ != 0)).sum())
        counts.unconfirmed += int(((differ != listed.constants * fresh) & (differ == 0)).sum())
        # An order that parts from the first one, and from the network, is listed, and no other is.
        apart = np.any([(o != source) & (o != own) for o in orders], axis=0) & fresh
        counts.unlisted += int((apart & ~listed.open).sum())
        counts.unconfirmed += int((listed.open & fresh & ~apart).sum())
        for one in listed.found:
            if one.reason != CONSTANTS:
                inside = listed.inside(one) & fresh[:, one.output]
                found = [own[inside, one.output] - o[inside, one.output] for o in orders]
                counts.unconfirmed += int((~np.any(np.array(found) == one.steps, axis=0)).sum())
        if self.drawn.gemms[number] or layer.step.error.any():
            return
        _, scale = layer.step.operations[0]
        values = (sums - layer.bias).astype(np.float32) * scale
        theirs = self.codes(
            qonnx_runtime.tensors(self.drawn.model, values, self.drawn.sums[number]),
            self.drawn.ends[number],
        )
        right = np.any([theirs == source, *(theirs == order for order in orders)], axis=0)
        counts.swept += int(fresh.sum())
        counts.wrong += int((~right & fresh).sum())

    def aimed(self, random):
        """Return inputs that have listed accumulators in the first layer, as far as found."""
        layer, grid = self.model.layers[0], self.network.input
        if grid.before.steps or grid.rounding == "BIPOLAR":
            return np.zeros((0, self.network.inputs), np.float32)
        found = []
        for one in self.certificate.differences:
            if one.layer != layer.name or len(found) >= AIMED_MAX:
                continue
            weight = layer.weight[one.output]
            target = int(random.integers(one.first, one.last, endpoint=True))
            codes = aim(random, weight, target - int(layer.bias[one.output]), grid)
            if codes is not None:
                found.append(codes)
        return grid.reals(np.array(found, np.int64).reshape(-1, self.network.inputs))


def aim(random, weight, target, grid):
    """Return codes whose product with a row of weights is a number; None where none are found."""
    low, high = grid.lo - grid.zero_point, grid.hi - grid.zero_point
    order = np.argsort(-np.abs(weight), kind="stable")
    for _ in range(8):
        codes = random.integers(low, high, len(weight), endpoint=True)
        for n in order:
            if weight[n]:
                rest = target - int(codes @ weight)
                codes[n] = np.clip(codes[n] + round(rest / int(weight[n])), low, high)
        if int(codes @ weight) == target:
            return codes + grid.zero_point
    return None


def check(drawn, folder, random, vectors=200):
    """Compare a drawn graph with the executor in all these ways; return the `Checked`."""
    checked = Checked(drawn, folder)
    x = np.concatenate([tricky_inputs(random, checked.network, vectors), checked.aimed(random)])
    checked.compare(x, qonnx_runtime.tensors(drawn.model, x))
    for vector in (*x[2 : 2 + ALONE], *x[vectors : vectors + ALONE]):
        # Kernels for one vector are others.
        checked.compare(vector[None], qonnx_runtime.tensors(drawn.model, vector[None]))
    for number in range(len(checked.model.layers)):
        checked.sweep(number)
    return checked
