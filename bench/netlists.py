"""Netlists of layers of one family, each over vectors with stalls, every output compared.

Run as ``python bench/netlists.py FAMILY --results DIR [--engine compiled] [--vectors 100]``;
FAMILY is ecp5, ice40 or gowin. The layers take what a family has: its multipliers single, packed
and beside look-up tables, narrow weights, memories of every kind, new weights in the middle of the
stream. Each row is a JSON file in DIR, and a row whose file is there is done, so that an
interrupted table goes on where it was.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stored import report, stored

from fcgen import accelerator
from fcgen.devices.device import MappingOptions
from fcgen.network.dense_layer import DenseLayer
from fcgen.numerics.fixed import IntegerFormat
from fcgen.quantization.layer_options import make_layer
from fcgen.schedule.folding import Folding
from fcgen.simulation.result import SimulationResult

HEAD = ("Design", "Device", "Engine", "Vectors", "Cycles", "Mismatches")
STALL = 0.3
ROOMY, NARROW, TERNARY = (IntegerFormat(bits, True) for bits in (10, 5, 2))
INT8, UINT8 = IntegerFormat(8, True), IntegerFormat(8, False)


@dataclass(frozen=True)
class Row:
    """A layer on a device."""

    device: str
    inputs: int
    outputs: int
    pe: int
    simd: int
    weight: IntegerFormat = INT8
    activation: IntegerFormat = INT8
    raw: bool = False
    runtime: bool = False
    pack: str = "auto"
    soft_macs: int = 0
    lanes: int = 1

    def layer(self, seed: int) -> DenseLayer:
        """Return the layer with random weights."""
        made, _ = make_layer(
            (self.inputs,),
            self.outputs,
            weight_format=self.weight,
            activation_format=self.activation,
            output_format=INT8,
            raw=self.raw,
            runtime_weights=self.runtime,
            seed=seed,
        )
        return made

    @property
    def design(self) -> str:
        """Sizes, folding, formats and what is special, in a line."""
        words = [f"{self.inputs} → {self.outputs}, {self.pe} PE x {self.simd} SIMD"]
        words.append(f"{self.weight.name} x {self.activation.name}")
        words += [f"pack {self.pack}"] if self.pack != "auto" else []
        words += [f"{self.soft_macs} soft"] if self.soft_macs else []
        words += [f"{self.lanes} lanes"] if self.lanes > 1 else []
        words += [word for word, is_so in (("raw", self.raw), ("runtime", self.runtime)) if is_so]
        return ", ".join(words)

    @property
    def name(self) -> str:
        """Name of the row's file."""
        return re.sub("[^a-z0-9]+", "-", f"{self.device} {self.design}".lower())

    def run(self, engine: str, vectors: int, folder: Path) -> SimulationResult:
        """Write the design, make its netlist and simulate it."""
        layer, bits = self.layer(0), self.weight.bits
        folding = Folding(self.inputs, self.outputs, self.pe, self.simd, self.lanes, bits)
        options = MappingOptions(self.pack, self.soft_macs)
        made = accelerator.write(layer, folding, folder, device=self.device, options=options)
        return made.simulate(
            engine=engine,
            netlist=True,
            stall=STALL,
            vectors=vectors,
            parameters=self.layer(1) if self.runtime else None,
        )


UP5K, HX8K, NANO_9K, NANO_20K = "ice40-up5k", "ice40-hx8k", "gowin-gw1nr9c", "gowin-gw2ar18c"
ROWS = {
    "ecp5": (
        Row("ecp5-25k", 45, 10, 5, 3),
        Row("ecp5-25k", 64, 32, 4, 4, lanes=2),
        Row("ecp5-25k", 48, 16, 4, 4, pack="2"),
        Row("ecp5-25k", 40, 12, 4, 2, NARROW, pack="2"),
        Row("ecp5-25k", 32, 16, 4, 4, soft_macs=8),
        Row("ecp5-85k", 64, 24, 8, 4, TERNARY),
        Row("ecp5-85k", 32, 16, 4, 2, ROOMY, IntegerFormat(12, True)),
        Row("ecp5-45k", 20, 9, 2, 3, raw=True),
        Row("ecp5-25k", 36, 14, 3, 4, UINT8, UINT8),
        Row("ecp5-25k", 24, 12, 2, 2, runtime=True),
        Row("ecp5-25k", 128, 33, 1, 4),
    ),
    "ice40": (
        Row(UP5K, 45, 10, 2, 3),
        Row(UP5K, 64, 32, 4, 2),
        Row(UP5K, 32, 12, 2, 2, ROOMY, ROOMY),
        Row(UP5K, 40, 12, 4, 4, TERNARY),
        Row(UP5K, 24, 8, 2, 2, runtime=True),
        Row(UP5K, 160, 104, 4, 2, runtime=True),
        Row(HX8K, 32, 10, 2, 2, NARROW),
    ),
    "gowin": (
        Row(NANO_9K, 45, 10, 5, 3),
        Row(NANO_9K, 64, 32, 4, 4),
        Row(NANO_9K, 32, 12, 2, 2, ROOMY, ROOMY),
        Row(NANO_9K, 40, 12, 4, 4, TERNARY),
        Row(NANO_9K, 20, 9, 2, 3, raw=True),
        Row(NANO_20K, 48, 16, 4, 4, UINT8, UINT8),
        Row(NANO_20K, 24, 12, 2, 2, runtime=True),
    ),
}


def measure(row: Row, engine: str, vectors: int) -> dict[str, object]:
    """Run a row in a folder that is not kept; return the cells of its line."""
    with tempfile.TemporaryDirectory(prefix="fcgen-") as folder:
        result = row.run(engine, vectors, Path(folder) / "layer")
    return {
        "design": row.design,
        "device": row.device,
        "engine": result.engine,
        "vectors": result.vectors,
        "cycles": result.cycles,
        "mismatches": len(result.mismatches),
    }


def main() -> int:
    """Run the rows without a result and print the table; 1 where an output differs."""
    parser = argparse.ArgumentParser(description="netlists compared with the reference")
    parser.add_argument("family", choices=ROWS)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--engine", default="compiled")
    parser.add_argument("--vectors", type=int, default=100)
    options = parser.parse_args()
    results = [
        stored(
            options.results / f"{row.name}.json",
            partial(measure, row, options.engine, options.vectors),
        )
        for row in ROWS[options.family]
    ]
    return report(HEAD, results, "netlists")


if __name__ == "__main__":
    sys.exit(main())
