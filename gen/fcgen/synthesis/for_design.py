"""A design on disk as something to synthesise: its sources, its device, its work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fcgen import devices
from fcgen.design.design import Design
from fcgen.devices.device import Device, Family
from fcgen.errors import bad_input
from fcgen.synthesis import folder as folders
from fcgen.synthesis import netlist
from fcgen.synthesis.flow import Request
from fcgen.synthesis.result import Work
from fcgen.synthesis.sources import Sources

MHZ_MAX = 2_000.0
SEEDS_MAX = 1_000


def sources_of(design: Design) -> Sources:
    """Return what a design on disk consists of, its interface included."""
    interface, streams = design.manifest.interface, stream_sources_of(design)
    if interface is None:
        return streams
    around = tuple(design.directory / name for name in interface.sources)
    return replace(
        streams,
        files=streams.files + around,
        top=interface.top,
        ports=interface.ports,
        clock=interface.clock,
    )


def stream_sources_of(design: Design) -> Sources:
    """Return what a design on disk consists of, with its own streams."""
    return Sources(
        design.sources,
        design.images,
        design.top,
        design.manifest.ports,
        step=design.network.activation_format.bits,
    )


def request_for(
    design: Design,
    device: str | None = None,
    speed: str | None = None,
    *,
    seeds: int = 3,
    seed: int = 0,
    frequency: float | None = None,
    jobs: int = 2,
    system_tools: bool = False,
) -> Request:
    """Check the options and say how a design is to be synthesised.

    Parameters
    ----------
    design : Design
    device : str, optional
        Default that of the design's mapping; a generic design needs one.
    speed : str, optional
        Speed grade, default the family's first.
    seeds, seed : int
        How many placements, and the first one's seed.
    frequency : float, optional
        What nextpnr aims at, in MHz; default the cap.
    jobs : int
        Seeds at a time.
    system_tools : bool
        Programs on the search path in place of the wheels.

    Raises
    ------
    InputError
        When an option does not fit the design or the device.
    """
    family, part = device_of(design, device)
    _check_range("--seeds", seeds, 1, SEEDS_MAX)
    if frequency is not None:
        _check_range("--freq", frequency, 1, MHZ_MAX)
    manifest, mappings = design.manifest, design.mappings
    return Request(
        family,
        part,
        speed_of(family, part, speed),
        tuple(range(seed, seed + seeds)),
        frequency,
        mappings,
        Work(
            design.network.macs,
            manifest.initiation_interval,
            manifest.latency,
            max(mapping.macs_per_block for mapping in mappings),
        ),
        design.schedule.foldings[0] if len(design.schedule) == 1 else None,
        jobs,
        system_tools,
    )


def folder_for(design: Design, request: Request) -> Path:
    """Return where the files of a synthesis stay by default: beside the design."""
    return folders.default(design.directory, request.device.name, request.speed)


def _stream_folder(design: Design, request: Request) -> Path:
    """Return the folder of the netlist alone: another one where `fcgen synth` has the interface."""
    place = folder_for(design, request)
    return place.with_name(f"{place.name}-stream") if design.manifest.interface else place


def netlist_of(design: Design, request: Request, folder: Path | None = None) -> Path:
    """Return the Verilog netlist of the design alone, for simulation; Yosys runs where it must.

    Raises
    ------
    InputError
        When the folder is neither new nor one of ours.
    ToolError
        When Yosys is missing or fails.
    """
    place = folder or _stream_folder(design, request)
    sources, family = stream_sources_of(design), request.family
    return netlist.synthesize(sources, family, request.device, place, request.yosys).verilog


def device_of(design: Design, name: str | None) -> tuple[Family, Device]:
    """Return the device that a name means for a design, checked; default the design's own."""
    made_for = design.manifest.device
    family, device = devices.find(made_for if name is None else name)
    if not device.luts:
        rule = "is no device that can be synthesised for"
        named = ", ".join(n for n in devices.names() if n != device.name)
        raise bad_input("--device", device.name, rule, f"name one: {named}")
    own, _ = devices.find(made_for)
    if made_for != "generic" and family is not own:
        rule = f"the design was written for {made_for}, of another family"
        raise bad_input("--device", device.name, rule, "write it for this device")
    return family, device


def speed_of(family: Family, device: Device, speed: str | None) -> str:
    """Return the speed grade, checked; default the family's first."""
    if speed is None:
        return next(iter(family.speeds), "")
    if speed not in family.speeds:
        if not family.speeds:
            rule, remedy = f"{device.name} has no speed grades", "leave the option out"
        else:
            rule = f"must be one of {', '.join(family.speeds)} for {device.name}"
            remedy = "choose one of these"
        raise bad_input("--speed", speed, rule, remedy)
    return speed


def _check_range(option: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        rule = f"must be {low:,} to {high:,.0f}"
        raise bad_input(option, value, rule, "choose a value in this range")
