"""Multipliers and block RAMs of a layer, counted without building it."""

from __future__ import annotations

from amaranth.utils import ceil_log2

from fcgen.folding import Folding
from fcgen.hardware.layer_memories import LayerMemories
from fcgen.hardware.requantizer_plan import RequantizerPlan
from fcgen.mapping import Mapping, ProductUnit
from fcgen.network import DenseLayer


def element_blocks(folding: Folding, mapping: Mapping) -> int:
    """Return the multiplier blocks of all elements: in each group some serve two neurons."""
    if mapping.unit.block is None:
        return 0
    first_soft = folding.pe - mapping.soft_elements
    hard = (sum(p < first_soft for p in group.elements) for group in folding.groups)
    return folding.simd * sum(-(-count // mapping.unit.weights) for count in hard)


def requantizer_blocks(network: DenseLayer, folding: Folding, unit: ProductUnit) -> int:
    """Return the multiplier blocks of all requantizers, if they multiply with ``unit``."""
    product = RequantizerPlan.of(network, unit).product
    return folding.columns * folding.column_lanes * (product.blocks if product else 0)


def multiplier_blocks(network: DenseLayer, folding: Folding, mapping: Mapping) -> int:
    """Return the multiplier blocks of a layer."""
    own = requantizer_blocks(network, folding, mapping.requantizer)
    return element_blocks(folding, mapping) + own


def block_rams(network: DenseLayer, folding: Folding, mapping: Mapping) -> int:
    """Return the block RAMs of a layer, on a device whose shapes the mapping knows."""
    plan = RequantizerPlan.of(network, mapping.requantizer)
    memories = LayerMemories(network, folding, plan, mapping)
    cuts = [memories.cut(bank) for bank in memories.banks]
    width = folding.simd * network.activation_format.bits
    cuts.append(mapping.vector_cut(2 << ceil_log2(folding.synapse_folds), width))
    return sum(cut.rams for cut in cuts if cut is not None)
