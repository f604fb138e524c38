"""Number of multiplier blocks and block RAMs of a network, without building its hardware."""

from __future__ import annotations

from fcgen.hardware.ends.soft_max import SoftMaxPlan, rings
from fcgen.hardware.layer.layer_memories import LayerMemories
from fcgen.hardware.layer.layer_parts import input_store
from fcgen.hardware.layer.layer_timing import LayerTiming
from fcgen.hardware.memories.table_memory import TablePlan
from fcgen.hardware.requantization.requantizer_column import result_plan
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import Network
from fcgen.numerics.softmax_table import SoftmaxTable
from fcgen.schedule.folding import Folding
from fcgen.schedule.mapping import Mapping, ProductUnit
from fcgen.schedule.memory_cut import chosen_rams, rams_of


def element_blocks(folding: Folding, mapping: Mapping) -> int:
    """Return the multiplier blocks of all elements; some serve several neurons."""
    if mapping.unit.block is None:
        return 0
    first_soft = folding.pe - mapping.soft_elements
    hard = (sum(p < first_soft for p in group.elements) for group in folding.groups)
    return folding.simd * sum(-(-count // mapping.unit.weights) for count in hard)


def requantizer_blocks(dense: DenseLayer, folding: Folding, unit: ProductUnit) -> int:
    """Return the multiplier blocks of all requantizers, if they multiply with ``unit``."""
    product = result_plan(dense, unit).product
    return folding.columns * folding.column_lanes * (product.blocks if product else 0)


def multiplier_blocks(dense: DenseLayer, folding: Folding, mapping: Mapping) -> int:
    """Return the multiplier blocks of a layer."""
    own = requantizer_blocks(dense, folding, mapping.requantizer)
    return element_blocks(folding, mapping) + own


def cascades(dense: DenseLayer, folding: Folding, mapping: Mapping) -> bool:
    """Return whether any memory of a layer is cut in depth into several block RAMs."""
    memories = _memories(dense, folding, mapping)
    cuts = (memories.cut(bank) for bank in memories.banks)
    return any(cut is not None and len(cut.depths) > 1 for cut in cuts)


def block_rams(dense: DenseLayer, folding: Folding, mapping: Mapping) -> int:
    """Return the block RAMs of a layer on a device whose RAM shapes the mapping has."""
    memories = _memories(dense, folding, mapping)
    cuts = (memories.cut(bank) for bank in memories.banks)
    own = _vector_rams(dense, folding, mapping) + sum(cut.rams for cut in cuts if cut)
    found = TablePlan.of(dense.table, mapping).cut if dense.table else None
    return own + (folding.output_lanes * found.rams if found else 0)


def constant_bits(dense: DenseLayer, folding: Folding, mapping: Mapping) -> tuple[int, int]:
    """Return words and bits of a word of all memories of constants of a layer, side by side."""
    plan = result_plan(dense, mapping.requantizer)
    return folding.parameter_words, folding.columns * folding.column_lanes * plan.word_width


def block_rams_in_use(dense: DenseLayer, folding: Folding, mapping: Mapping) -> int:
    """Return the block RAMs of a layer with these weights, as synthesis leaves them.

    Synthesis removes bits that are the same in all words, as those of neurons that only pad a
    fold. Of several bits that are equal in all words it keeps one.
    """
    memories = _memories(dense, folding, mapping)
    total = _queue_rams(dense, folding, mapping)
    if memories.writable:
        return total + block_rams(dense, folding, mapping)
    for bank in memories.banks:
        if memories.cut(bank) is not None:
            for name, depth in memories.parts(bank):
                width = memories.images[name].distinct
                total += rams_of(depth, width, mapping.ram_shapes)
    if dense.table is not None:
        plan = TablePlan.of(dense.table, mapping)
        total += folding.output_lanes * plan.rams_in_use(mapping.ram_shapes)
    return total + _vector_rams(dense, folding, mapping)


def end_block_rams(network: Network, mapping: Mapping) -> int:
    """Return the block RAMs behind the last layer; ``mapping`` is that of the last layer."""
    if network.softmax is None:
        return 0
    cut = SoftMaxPlan.of(network.softmax, mapping).powers.cut
    return (cut.rams if cut else 0) + _ring_rams(network.softmax, mapping)


def end_block_rams_in_use(network: Network, mapping: Mapping) -> int:
    """Return the block RAMs behind the last layer, as synthesis leaves them."""
    if network.softmax is None:
        return 0
    plan = SoftMaxPlan.of(network.softmax, mapping)
    return plan.powers.rams_in_use(mapping.ram_shapes) + _ring_rams(network.softmax, mapping)


def _ring_rams(table: SoftmaxTable, mapping: Mapping) -> int:
    cuts = (mapping.ring_cut(*ring) for ring in rings(table))
    return sum(cut.rams for cut in cuts if cut)


def _memories(dense: DenseLayer, folding: Folding, mapping: Mapping) -> LayerMemories:
    plan = result_plan(dense, mapping.requantizer)
    return LayerMemories(dense, folding, plan, mapping)


def _vector_rams(dense: DenseLayer, folding: Folding, mapping: Mapping) -> int:
    depth, width = input_store(dense, folding)
    cut = mapping.vector_cut(depth, width)
    return cut.rams if cut else _left_to_yosys(mapping, depth, width)


def _queue_rams(dense: DenseLayer, folding: Folding, mapping: Mapping) -> int:
    """Return the block RAMs of the result queue; 0 where it is in look-up tables."""
    timing, plan = LayerTiming.of(dense, folding, mapping), result_plan(dense)
    return timing.word_lanes * _left_to_yosys(mapping, timing.queue_words, plan.output_bits)


def _left_to_yosys(mapping: Mapping, depth: int, width: int) -> int:
    """Return the block RAMs of a memory whose kind Yosys chooses."""
    if mapping.lut_memories or not mapping.ram_shapes:
        return 0
    return chosen_rams(depth, width, mapping.ram_shapes)
