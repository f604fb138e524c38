"""No device in particular: plain Verilog for any tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fcgen.devices.device import Device, Family, MappingOptions
from fcgen.errors import bad_input
from fcgen.schedule.mapping import GENERIC, Mapping

if TYPE_CHECKING:
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.schedule.folding import Folding


class Generic(Family):
    """Operators and inferred memories; nothing is known of what they become."""

    name = "generic"
    devices = (Device("generic", 0, 0, 0, 0, 0),)

    def mapping(
        self, device: Device, layer: DenseLayer, folding: Folding, options: MappingOptions
    ) -> Mapping:
        """Return `fcgen.schedule.mapping.GENERIC`."""
        remedy = "name a device, or leave the option out"
        if options.pack == "2":
            raise bad_input("--pack", options.pack, "needs a device's multiplier", remedy)
        if options.soft_macs:
            rule = "needs a device with multipliers to stand beside"
            raise bad_input("--soft-macs", options.soft_macs, rule, remedy)
        return GENERIC

    def synthesis(self, top: str) -> str:
        """Return nothing: there is no device to synthesise for."""
        return ""


FAMILY = Generic()
