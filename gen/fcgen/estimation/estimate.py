"""The figures of `fcgen synth` before synthesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fcgen.devices.device import Device, Family, Usage
from fcgen.errors import bad_input
from fcgen.estimation.clock import estimated_mhz
from fcgen.estimation.layer import layer_logic
from fcgen.folding import Folding
from fcgen.hardware.blocks import block_rams_in_use, element_blocks, requantizer_blocks
from fcgen.hardware.layer_timing import LayerTiming
from fcgen.mapping import Mapping
from fcgen.network import DenseLayer
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
    """

    excess: DoesNotFit | None = None

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
        measured = ("wrapper", "seeds", "target_mhz", "critical_path", "versions")
        known = {key: value for key, value in super().as_dict().items() if key not in measured}
        return {"estimate": True, **known, **(self.excess.details if self.excess else {})}


def estimate(
    layer: DenseLayer,
    folding: Folding,
    mapping: Mapping,
    family: Family,
    device: Device,
    speed: str,
) -> Estimate:
    """Estimate a layer on a device.

    Raises
    ------
    InputError
        When the family has no figures for estimates.
    """
    if family.costs is None:
        rule = "what logic costs there is not known"
        raise bad_input("--device", device.name, rule, "name a device of another family")
    logic = layer_logic(layer, folding, mapping, family.costs)
    usage = Usage(
        logic.lut,
        logic.ff,
        family.dsps(
            layer,
            element_blocks(folding, mapping),
            requantizer_blocks(layer, folding, mapping.requantizer),
        ),
        block_rams_in_use(layer, folding, mapping),
        family.scratchpads(layer, folding, mapping),
    )
    excess = None
    try:
        check(usage, family, device, folding)
    except DoesNotFit as error:
        excess = error
    cap = family.cap(device, speed, mapping, usage)
    clock: tuple[float, ...] = ()
    if family.costs.clock is not None and excess is None:
        mhz = estimated_mhz(
            family.costs.clock,
            device,
            speed,
            usage,
            mapping,
            runtime_weights=layer.runtime_weights,
        )
        clock = (min(mhz, cap.mhz) if cap else mhz,)
    timing = LayerTiming.of(layer, folding, mapping)
    packed = mapping.unit.weights if mapping.unit.block else 1
    return Estimate(
        device=device,
        speed=speed,
        usage=usage,
        work=Work(layer.macs, folding.initiation_interval, timing.latency, packed),
        versions={},
        fmax_mhz=clock,
        cap=cap if clock else None,
        excess=excess,
    )
