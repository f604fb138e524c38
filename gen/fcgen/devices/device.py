"""What a device is, and what its family knows: the interface between files of this package."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fcgen.devices.costs import Costs
from fcgen.errors import bad_input
from fcgen.schedule.mapping import Mapping

if TYPE_CHECKING:
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.schedule.folding import Folding

PACKS = ("auto", "1", "2")


@dataclass(frozen=True)
class Device:
    """A row of a family's table.

    Attributes
    ----------
    name : str
        As ``--device`` takes it.
    luts, flip_flops, dsps, rams : int
        Look-up tables of four (Xilinx: six) inputs, registers, multiplier blocks, block RAMs.
    pins : int
        Pins that a design can use in the package that ``part`` names.
    part : tuple of str
        Options that name the part to nextpnr.
    scratchpads : int
        Large single-port memories without initial contents.
    """

    name: str
    luts: int
    flip_flops: int
    dsps: int
    rams: int
    pins: int
    part: tuple[str, ...] = ()
    scratchpads: int = 0


@dataclass(frozen=True)
class Cap:
    """Clock that the silicon allows where the place-and-route tool does not look.

    Attributes
    ----------
    mhz : float
    reason : str
        Part, figure and where it is from.
    """

    mhz: float
    reason: str


@dataclass(frozen=True)
class Usage:
    """What a routed (or synthesised) design takes: look-up tables, registers and blocks."""

    lut: int
    ff: int
    dsp: int
    ram: int
    scratchpad: int = 0

    def __add__(self, other: Usage) -> Usage:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Usage(*(mine + more for mine, more in pairs))


NOTHING = Usage(0, 0, 0, 0)


@dataclass(frozen=True)
class MappingOptions:
    """``--pack`` and ``--soft-macs``: what a user asks of the mapping."""

    pack: str = "auto"
    soft_macs: int = 0


class Family(ABC):
    """What the devices of one family have in common.

    Attributes
    ----------
    name : str
        "ecp5"; designs of one family share their mapping.
    devices : tuple of Device
    speeds : tuple of str
        Speed grades, the default first; empty where there is no choice.
    nextpnr : str
        Module of the wheel with the place-and-route tool; empty where there is none.
    macros : tuple of str
        Definitions under which the synthesis reads the Verilog.
    models : tuple of str
        Verilog files with simulation models of the primitives of a netlist: our own ones in
        ``models/`` of this package, or files of Yosys, which begin with ``+/``.
    costs : Costs, optional
        Of logic, for estimates; None where there are none.
    int8_macs, ram_bits, scratchpad_bits : int
        Multiplications of int8 a cycle in a multiplier block; bits of 8-bit words in a block RAM,
        and in a scratchpad.
    """

    name: str
    devices: tuple[Device, ...]
    speeds: tuple[str, ...] = ()
    nextpnr: str = ""
    macros: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    costs: Costs | None = None
    int8_macs: int = 1
    ram_bits: int = 0
    scratchpad_bits: int = 0

    @abstractmethod
    def mapping(
        self, device: Device, layer: DenseLayer, folding: Folding, options: MappingOptions
    ) -> Mapping:
        """Decide what the parts of a layer are made of.

        Raises
        ------
        InputError
            When the options do not fit the layer or the device.
        """

    @abstractmethod
    def synthesis(self, top: str) -> str:
        """Return the Yosys commands between reading the sources and writing the netlist."""

    def pads(self) -> str:
        """Return the Yosys commands that put pads at the ports of the current selection.

        Empty where nextpnr does that; `synthesis` leaves them out, as a design keeps its border.
        """
        return ""

    def constraints(self, device: Device, pins: Sequence[str]) -> Dictionary[str, str]:
        """Return files, name to text, that nextpnr needs to place the pins, the clock's first."""
        return {}

    def place_and_route(self, device: Device, speed: str) -> tuple[str, ...]:
        """Return the options of nextpnr that belong to the device."""
        return device.part

    def usage(self, cells: Dictionary[str, int]) -> Usage:
        """Count what cells of a netlist or of a routed design take.

        Parameters
        ----------
        cells : mapping
            Cell type to number: Yosys' names, or those of nextpnr's utilization report.
        """
        raise NotImplementedError

    def dsps(self, layer: DenseLayer, elements: int, requantizers: int) -> int:
        """Return how many of a device's multipliers those of a layer take, as `usage` counts."""
        return elements + requantizers

    def scratchpads(self, layer: DenseLayer, folding: Folding, mapping: Mapping) -> int:
        """Return how many of a device's scratchpads a layer takes."""
        return 0

    def cap(self, device: Device, speed: str, mapping: Mapping, usage: Usage) -> Cap | None:
        """Return the clock that the parts in use allow; None where nothing is known to limit it."""
        return None

    def lowest_cap(
        self, device: Device, speed: str, mappings: Sequence[Mapping], usage: Usage
    ) -> Cap | None:
        """Return the `cap` that all mappings of a design allow."""
        caps = [self.cap(device, speed, mapping, usage) for mapping in mappings]
        return min((cap for cap in caps if cap), key=lambda cap: cap.mhz, default=None)


def check_options(options: MappingOptions, folding: Folding) -> None:
    """Check what holds for every family; InputError names the option."""
    if options.pack not in PACKS:
        rule = f"must be one of {', '.join(PACKS)}"
        raise bad_input("--pack", options.pack, rule, "choose one of these")
    most = folding.pe * folding.simd
    if not 0 <= options.soft_macs <= most:
        rule = f"must be 0 to PE x SIMD = {most:,}"
        raise bad_input("--soft-macs", options.soft_macs, rule, "choose a value in this range")
