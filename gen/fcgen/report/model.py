"""The network, layer by layer."""

from __future__ import annotations

from fcgen.design.host_inputs import scaled_one_by_one
from fcgen.network.dense_layer import DenseLayer
from fcgen.report.content import Section, Table
from fcgen.report.evidence import Evidence
from fcgen.schedule.folding import Folding
from fcgen.summary.layer import kind_of
from fcgen.summary.network import ENDS
from fcgen.text.wording import count

KEY, TITLE = "model", "Model"
HEAD = (
    *("Layer", "Inputs", "Outputs", "Parameters", "Formats", "PE × SIMD", "Cycles"),
    *("Accumulator", "Outputs are made by"),
)


def section(evidence: Evidence) -> Section:
    """Return the table of the layers."""
    network, schedule = evidence.network, evidence.schedule
    rows = [_row(*pair) for pair in zip(network.layers, schedule, strict=True)]
    ends = ENDS[network.end.kind].format(count=network.end.count)
    lead: tuple[str, ...] = (
        f"{count(len(rows), 'layer')}, {count(network.parameters, 'parameter')}, "
        f"{count(network.macs, 'multiplication')} a vector on "
        f"{count(schedule.multipliers, 'multiplier')}; what leaves: {ends}.",
    )
    if (grid := scaled_one_by_one(network)) is not None:
        steps = count(len(grid.before.steps), "operation")
        lead += (
            f"The host scales each input by itself, {steps} in float32, before it makes a code of "
            "it; the README of the design has the numbers.",
        )
    if network.runtime_weights:
        lead += ("All trainable values can be written on the chip.",)
    if network.softmax is not None:
        lead += (f"Probabilities: {network.softmax.line()}.",)
    return Section(KEY, TITLE, lead, tables=(Table("Layers", HEAD, tuple(rows)),), wide=True)


def _row(layer: DenseLayer, folding: Folding) -> tuple[str, ...]:
    scheme = layer.requantization
    made = "raw accumulators" if scheme is None else scheme.line()
    return (
        f"{layer.name} ({kind_of(layer)})",
        " × ".join(f"{size:,}" for size in layer.frame_shape),
        " × ".join(f"{size:,}" for size in layer.frame_output_shape),
        f"{layer.parameters:,}",
        f"{layer.weight_format.name} × {layer.activation_format.name} → {layer.output_format.name}",
        f"{folding.pe:,} × {folding.simd:,}",
        f"{folding.initiation_interval:,}",
        f"{layer.accumulator_width} bits",
        made if layer.table is None else f"{made}; {layer.table.line()}",
    )
