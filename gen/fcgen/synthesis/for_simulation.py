"""A design whose netlist stands in place of its Verilog, for simulators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fcgen import devices
from fcgen.design.design import Design
from fcgen.devices import models
from fcgen.errors import bad_input
from fcgen.synthesis import for_design


def check(design: Design) -> None:
    """Raise an InputError unless the device of a design has netlists that can be simulated."""
    family, device = devices.find(design.manifest.device)
    if not device.luts:
        rule = "a design without a device has no netlist"
        raise bad_input("--netlist", device.name, rule, "write it again with --device")
    if not family.models:
        rule = f"there are no models of the cells of {family.name}"
        raise bad_input("--netlist", device.name, rule, "leave the option out")


def with_netlist(
    design: Design, progress: Callable[[str], None] = lambda _: None
) -> tuple[Design, str]:
    """Return the same design with its netlist to simulate, and a line that says which it is.

    Yosys runs unless `fcgen synth`, or an earlier call, has left the netlist beside the design.

    Raises
    ------
    InputError
        When the design's device has no netlist that can be simulated.
    ToolError
        When Yosys is missing or fails.
    """
    check(design)
    request = for_design.request_for(design)
    files = models.models(request.family)
    progress("synthesising with Yosys")
    netlist = for_design.netlist_of(design, request)
    note = f"netlist for {request.device.name}: {netlist}"
    return replace(design, netlist=(*files, netlist), macros=models.DEFINES), note
