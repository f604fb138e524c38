"""The figures of `fcgen synth` before synthesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fcgen.devices.costs import Costs
from fcgen.devices.device import Device, Family, Usage
from fcgen.errors import bad_input
from fcgen.estimation.clock import estimated_mhz
from fcgen.estimation.layer import end_logic, layer_logic, port_logic
from fcgen.hardware.accelerator_timing import AcceleratorTiming
from fcgen.hardware.blocks import (
    block_rams_in_use,
    element_blocks,
    end_block_rams_in_use,
    requantizer_blocks,
)
from fcgen.hardware.parameters.parameter_chain import ParameterChain
from fcgen.hardware.parameters.parameter_space import ChainPlace
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import Network
from fcgen.schedule.folding import Folding
from fcgen.schedule.mapping import Mapping
from fcgen.schedule.schedule import Schedule
from fcgen.synthesis.fit import DoesNotFit, check
from fcgen.synthesis.result import NO_CAP, Result, Work

NO_CLOCK = "not estimated: no routed designs of this family are known"


@dataclass(frozen=True)
class Estimate(Result):
    """What a design will take and how fast it will be; the multipliers and RAMs are exact.

    Attributes
    ----------
    excess : DoesNotFit, optional
        What is too much; None when the design fits.
    layers : tuple of Usage
        What each layer takes of it; the rest is what the design has but once.
    """

    excess: DoesNotFit | None = None
    layers: tuple[Usage, ...] = ()

    @property
    def fits(self) -> bool:
        """The device is large enough."""
        return self.excess is None

    @property
    def fmax_cap_reason(self) -> str:
        """What limits the clock beside the paths that nextpnr sees."""
        if not self.fits:
            return "the design does not fit"
        if not self.fmax_mhz:
            return NO_CLOCK
        return self.cap.reason if self.cap else NO_CAP

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        measured = ("wrapper", "seeds", "target_mhz", "critical_path", "parts", "versions")
        known = {key: value for key, value in super().as_dict().items() if key not in measured}
        layers = [vars(usage) for usage in self.layers]
        details = self.excess.details if self.excess else {}
        return {"estimate": True, **known, "layers": layers, **details}


def estimate(
    network: Network,
    schedule: Schedule,
    mappings: Sequence[Mapping],
    family: Family,
    device: Device,
    speed: str,
) -> Estimate:
    """Estimate a network on a device.

    Raises
    ------
    InputError
        When the family has no figures for estimates.
    """
    if family.costs is None:
        rule = "what logic costs there is not known"
        raise bad_input("--device", device.name, rule, "name a device of another family")
    parts = list(zip(network.layers, schedule, mappings, strict=True))
    timing = AcceleratorTiming.of(network, schedule, mappings)
    lanes = schedule.foldings[-1].output_lanes
    once = [end_logic(network, lanes, mappings[-1], family.costs)]
    places: Sequence[ChainPlace | None] = [None] * len(parts)
    if network.runtime_weights:
        chain = ParameterChain.of(network, schedule, mappings)
        places = [chain.place(number) for number in range(len(parts))]
        once.append(port_logic(chain, timing.layers, family.costs))
    usages = [
        _usage(family, family.costs, *part, place)
        for part, place in zip(parts, places, strict=True)
    ]
    registers = sum(one.ff for one in usages) + sum(one.ff for one in once)
    luts = sum(one.lut for one in usages) + sum(one.lut for one in once) + family.costs.fixed_luts
    usage = Usage(
        luts + round(family.costs.register_luts * registers),
        registers,
        sum(one.dsp for one in usages),
        sum(one.ram for one in usages) + end_block_rams_in_use(network, mappings[-1]),
        sum(one.scratchpad for one in usages),
    )
    excess = None
    try:
        check(usage, family, device, schedule.foldings[0] if len(schedule) == 1 else None)
    except DoesNotFit as error:
        excess = error
    cap = family.lowest_cap(device, speed, mappings, usage)
    clock: tuple[float, ...] = ()
    if family.costs.clock is not None and excess is None:
        # The slowest layer, in a device as full as all of them make it.
        mhz = min(
            estimated_mhz(
                family.costs.clock,
                device,
                speed,
                usage,
                mapping,
                runtime_weights=layer.runtime_weights,
            )
            for layer, _, mapping in parts
        )
        clock = (min(mhz, cap.mhz) if cap else mhz,)
    packed = max(mapping.macs_per_block for mapping in mappings)
    return Estimate(
        device=device,
        speed=speed,
        usage=usage,
        work=Work(network.macs, schedule.initiation_interval, timing.latency, packed),
        versions={},
        fmax_mhz=clock,
        cap=cap if clock else None,
        excess=excess,
        layers=tuple(
            replace(one, lut=one.lut + round(family.costs.register_luts * one.ff)) for one in usages
        ),
    )


def _usage(
    family: Family,
    costs: Costs,
    layer: DenseLayer,
    folding: Folding,
    mapping: Mapping,
    place: ChainPlace | None,
) -> Usage:
    """Return what a layer takes."""
    logic = layer_logic(layer, folding, mapping, costs, place)
    elements = element_blocks(folding, mapping)
    requantizers = requantizer_blocks(layer, folding, mapping.requantizer)
    return Usage(
        logic.lut,
        logic.ff,
        family.dsps(layer, elements, requantizers),
        block_rams_in_use(layer, folding, mapping),
        family.scratchpads(layer, folding, mapping),
    )
