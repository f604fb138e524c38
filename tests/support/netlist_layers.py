"""Small layers, one for each way in which a family builds its parts, for tests of netlists."""

from dataclasses import dataclass

import numpy as np

from fcgen import accelerator
from fcgen.devices.device import MappingOptions
from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding

INT8 = IntegerFormat(8, True)


@dataclass(frozen=True)
class NetlistLayer:
    """A layer, how it is folded, and with which multipliers.

    Attributes
    ----------
    inputs, outputs, pe, simd : int
    weight, activation : IntegerFormat
    raw, runtime : bool
    pack, soft_macs
        See `MappingOptions`.
    vectors : int
        How many show every weight at work.
    """

    inputs: int = 8
    outputs: int = 4
    pe: int = 2
    simd: int = 2
    weight: IntegerFormat = INT8
    activation: IntegerFormat = INT8
    raw: bool = False
    runtime: bool = False
    pack: str = "1"
    soft_macs: int = 0
    vectors: int = 10

    def network(self, seed=0):
        """Return the layer; seeds differ in the weights only."""
        random = np.random.default_rng(seed)
        low, high = self.weight.minimum, self.weight.maximum
        reach = self.inputs << (self.weight.bits + self.activation.bits - 2)
        scheme = Requantization.make(
            self.outputs,
            INT8,
            multiplier=random.integers(50, 100, self.outputs),
            shift=max(6, reach.bit_length() - 3),
        )
        return DenseLayer(
            name="layer",
            input_shape=(self.inputs,),
            weight=random.integers(low, high, (self.outputs, self.inputs), endpoint=True),
            bias=random.integers(-100, 100, self.outputs),
            weight_format=self.weight,
            activation_format=self.activation,
            requantization=None if self.raw else scheme,
            runtime_weights=self.runtime,
        )

    def write(self, out, device):
        """Write the design for a device."""
        folding = Folding(self.inputs, self.outputs, self.pe, self.simd, 1, self.weight.bits)
        options = MappingOptions(self.pack, self.soft_macs)
        return accelerator.write(self.network(), folding, out, device=device, options=options)


LAYERS = {
    "block": NetlistLayer(),
    "packed": NetlistLayer(outputs=6, pe=3, pack="2"),
    "soft-macs": NetlistLayer(soft_macs=2),
    "ternary": NetlistLayer(simd=4, weight=IntegerFormat(2, True), pack="auto"),
    "raw": NetlistLayer(inputs=6, simd=3, raw=True),
    "runtime": NetlistLayer(outputs=2, pe=1, runtime=True),
    "cascaded": NetlistLayer(inputs=128, outputs=33, pe=1, simd=4, vectors=2),
}
