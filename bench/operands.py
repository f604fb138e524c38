"""Product units of every family, as Yosys makes them, against the product of integers.

Run as ``python bench/operands.py --results DIR [--tuples 10000000]``. Each unit goes through its
family's synthesis; the netlist, on the models of the family's primitives (never seen on hardware),
multiplies every tuple of operands where there are at most 2**24 of them, and ``--tuples`` random
ones with many extremes otherwise. A unit is a JSON file in DIR, and one whose file is there is
done.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from amaranth import Cat, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from stored import report, stored

from fcgen import devices
from fcgen.design import verilog
from fcgen.devices import models
from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.elements.packed_multiplier import packed_latency
from fcgen.hardware.elements.products import Products
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.mapping import MultiplierText, ProductUnit
from fcgen.tools import programs as tools
from fcgen.tools import yosys

HEAD = ("Unit", "Family", "Operands", "Tuples", "Mismatches")
DRIVER = Path(__file__).with_suffix(".cpp")
ECP5 = MultiplierText("ecp5Multiplier", latency=3, bits=18)
GOWIN = MultiplierText("gowinMultiplier", latency=3, bits=18)
DUAL = MultiplierText("ice40Multiplier", latency=2, bits=8, count=2)
WIDE = MultiplierText("ice40Multiplier", latency=2, bits=16)


@dataclass(frozen=True)
class Case:
    """A unit of a device, and its operands."""

    device: str
    unit: ProductUnit
    activation: IntegerFormat
    weight: IntegerFormat

    @property
    def name(self) -> str:
        """Name of the result's file."""
        return f"{self.family}-{self.unit.kind}-{self.operands.replace(' x ', '-')}"

    @property
    def family(self) -> str:
        """Family of the device."""
        return devices.find(self.device)[0].name

    @property
    def operands(self) -> str:
        """Formats of the operands."""
        return " x ".join([self.activation.name, *[self.weight.name] * self.unit.weights])


class Operands(wiring.Component):
    """A product unit by itself.

    Latency: that of the unit. Initiation interval: 1 cycle. No handshake, no reset.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        width = case.weight.bits
        weights = case.unit.weights
        super().__init__(
            {
                "activation": In(case.activation.bits),
                "weights": In(weights * width),
                "products": Out(weights * (case.activation.bits + width)),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Parameters that the header of the Verilog names."""
        return {"unit": self.case.unit.name, "operands": self.case.operands}

    @module_border
    def elaborate(self, platform: object) -> Module:
        """Add the unit alone."""
        m = Module()
        case, bits = self.case, self.case.weight.bits
        products = Products(m, case.unit, case.activation, case.weight)
        weights = [self.weights.word_select(i, bits) for i in range(case.unit.weights)]
        m.d.comb += self.products.eq(Cat(products.add(self.activation, weights, "")))
        return m


def int_(bits: int) -> IntegerFormat:
    """Return a signed format."""
    return IntegerFormat(bits, True)


def uint(bits: int) -> IntegerFormat:
    """Return an unsigned format."""
    return IntegerFormat(bits, False)


def packed(activation: IntegerFormat, weight: IntegerFormat) -> Case:
    """Return two weights in one MULT18X18D."""
    latency = packed_latency(weight.bits, activation.bits, ECP5)
    return Case("ecp5-25k", ProductUnit("packed", latency, 2, ECP5), activation, weight)


def block(device: str, text: MultiplierText, *operands: IntegerFormat) -> Case:
    """Return the multiplier block of a device."""
    return Case(device, ProductUnit("block", text.latency + 1, text.count, text), *operands)


def soft(device: str, *operands: IntegerFormat) -> Case:
    """Return a multiplier in look-up tables."""
    return Case(device, ProductUnit("soft", 4), *operands)


UP5K, NANO = "ice40-up5k", "gowin-gw1nr9c"
CASES = (
    *(packed(a, w) for a in (int_(8), uint(8)) for w in (int_(8), uint(8))),
    *(packed(int_(a), int_(w)) for a, w in ((8, 5), (9, 4), (6, 9), (12, 7))),
    *(block("ecp5-25k", ECP5, a, w) for a, w in ((int_(8), int_(8)), (uint(8), int_(8)))),
    *(block("ecp5-25k", ECP5, int_(bits), int_(bits)) for bits in (12, 18)),
    block("ecp5-25k", ECP5, uint(18), uint(18)),
    *(block(UP5K, DUAL, a, w) for a in (int_(8), uint(8)) for w in (int_(8), uint(8))),
    *(block(UP5K, WIDE, int_(bits), int_(bits)) for bits in (12, 16)),
    block(UP5K, WIDE, uint(16), uint(16)),
    *(block(NANO, GOWIN, a, w) for a, w in ((int_(8), int_(8)), (uint(8), int_(8)))),
    *(block(NANO, GOWIN, a, w) for a, w in ((int_(9), int_(9)), (uint(9), uint(9)))),
    *(block(NANO, GOWIN, int_(bits), int_(bits)) for bits in (12, 18)),
    *(soft(device, int_(8), int_(8)) for device in ("ecp5-25k", UP5K, NANO)),
    *(soft(device, uint(8), int_(3)) for device in ("ecp5-25k", UP5K, NANO)),
)


def synthesise(case: Case, folder: Path) -> list[Path]:
    """Make the netlist; return it with the models that it needs."""
    family, _ = devices.find(case.device)
    emitted = verilog.emit(Operands(case), name="operands")
    for name, text in emitted.files.items():
        (folder / name).write_text(text)
    macros = " ".join(f"-D{macro}" for macro in ("SYNTHESIS", *family.macros))
    yosys.run(
        f"read_verilog -sv {macros} {' '.join(emitted.files)}\n{family.synthesis('operands')}\n"
        "flatten\nwrite_verilog -noattr netlist.v\n",
        folder,
    )
    return [*models.models(family), folder / "netlist.v"]


def multiply(case: Case, sources: list[Path], tuples: int, folder: Path) -> tuple[int, int]:
    """Compile the netlist, run it; return tuples and mismatches."""
    tool = tools.verilator()
    macros = {
        "A_BITS": case.activation.bits,
        "A_SIGNED": int(case.activation.signed),
        "W_BITS": case.weight.bits,
        "W_SIGNED": int(case.weight.signed),
        "WEIGHTS": case.unit.weights,
        "LATENCY": case.unit.latency,
        "TUPLES": tuples,
    }
    flags = " ".join(f"-D{name}={value}" for name, value in macros.items())
    options = ["--cc", "--exe", "--build", "--top-module", "operands", "-O3", "-CFLAGS"]
    options += [f"-O2 {flags}", "--no-timing", *models.VERILATOR_OPTIONS]
    options += [f"-D{name}" for name in models.DEFINES]
    files = [str(path) for path in (*sources, DRIVER)]
    command = [*tool.command, *options, *files]
    subprocess.run(command, cwd=folder, env=tool.environment, check=True, stdout=subprocess.PIPE)
    program = [str(folder / "obj_dir/Voperands")]
    done = subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True)
    run, wrong = map(int, done.stdout.split())
    return run, wrong


def measure(case: Case, tuples: int) -> dict[str, object]:
    """Return the cells of a unit's line."""
    with tempfile.TemporaryDirectory(prefix="fcgen-") as name:
        folder = Path(name)
        run, wrong = multiply(case, synthesise(case, folder), tuples, folder)
    return {
        "unit": case.unit.name,
        "family": case.family,
        "operands": case.operands,
        "tuples": run,
        "mismatches": wrong,
    }


def main() -> int:
    """Run the units without a result and print the table; 1 where a product differs."""
    parser = argparse.ArgumentParser(description="product units compared with products")
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--tuples", type=int, default=10_000_000)
    options = parser.parse_args()
    results = [
        stored(options.results / f"{case.name}.json", partial(measure, case, options.tuples))
        for case in CASES
    ]
    return report(HEAD, results, "units")


if __name__ == "__main__":
    sys.exit(main())
