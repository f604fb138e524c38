"""Layers and mappings for the tests of device families."""

from dataclasses import replace

import numpy as np

from designs import small_layer
from fcgen import accelerator, devices
from fcgen.devices.device import MappingOptions
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding


def layer_of(inputs=24, outputs=10, *, weight_bits=8, activation_bits=8, runtime=False):
    """A layer with random weights of so many signed bits."""
    activation = IntegerFormat(activation_bits, True)
    layer = small_layer(inputs, outputs, runtime=runtime, activation=activation)
    kind = IntegerFormat(weight_bits, True)
    weight = np.random.default_rng(1).integers(kind.minimum, kind.maximum + 1, (outputs, inputs))
    return replace(layer, weight=weight, weight_format=kind)


def folding_of(layer, pe=4, simd=1, lanes=1):
    return Folding(layer.inputs, layer.outputs, pe, simd, lanes, layer.weight_format.bits)


def mapping_of(device, layer, *, pe=4, simd=1, pack="auto", soft_macs=0):
    options = MappingOptions(pack, soft_macs)
    return devices.mapping(device, layer, folding_of(layer, pe, simd), options)


def written(out, device, layer, *, pe=4, simd=1, lanes=1, pack="auto", soft_macs=0):
    folding = folding_of(layer, pe, simd, lanes)
    options = MappingOptions(pack, soft_macs)
    return accelerator.write(layer, folding, out, device=device, options=options)
