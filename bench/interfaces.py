"""Random designs behind AXI and Wishbone, under random traffic, on both simulators.

Run as ``python bench/interfaces.py [--count 10] [--vectors 60] [--results DIR]``: layers and
networks of random sizes, formats and foldings, driven by the bus models of the tests with gaps and
stalls; vectors of wrong lengths, queues that overflow, new weights where they can be written. Every
output is compared with the reference. A row a run; rows that are in DIR are not run again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from stored import report, stored

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from fcgen import accelerator  # noqa: E402
from fcgen.design.design import Design  # noqa: E402
from fcgen.network.network import Network  # noqa: E402
from fcgen.regression.random_layers import random_case  # noqa: E402
from fcgen.regression.random_networks import other_values, random_network_case  # noqa: E402
from fcgen.schedule.schedule import Schedule  # noqa: E402
from fcgen.simulation.engines.cosimulation import SIMULATORS  # noqa: E402
from interface_runs import case_of, cosimulation, expected, run  # noqa: E402

STALLS = (0.0, 0.3, 0.7)
SPECIAL = {"axi": "frames", "wishbone": "overrun"}
HEAD = ("design", "interface", "simulator", "stall", "vectors", "outputs", "mismatches")
MACS_MAX = 20_000


@dataclass(frozen=True)
class Drawn:
    """A random network with its folding."""

    name: str
    network: Network
    schedule: Schedule


def draw(seed: int, count: int) -> list[Drawn]:
    """Return layers and networks in turn, none of which takes long to simulate."""
    found: list[Drawn] = []
    index = 0
    while len(found) < count:
        if len(found) % 2:
            network_case = random_network_case(seed, index)
            network, schedule = network_case.network, network_case.schedule
        else:
            layer_case = random_case(seed, index)
            network, schedule = layer_case.network, layer_case.schedule
        index += 1
        if network.macs <= MACS_MAX:
            sizes = [network.inputs, *(layer.outputs for layer in network.layers)]
            kind = " run-time" if network.runtime_weights else ""
            found.append(Drawn(f"{'-'.join(map(str, sizes))}{kind}", network, schedule))
    return found


def measure(
    design: Design, kind: str, simulator: str, stall: float, vectors: int, seed: int
) -> dict[str, Any]:
    """Run all scenarios on one design and count what differs."""
    network = design.network
    other = other_values(np.random.default_rng(seed), network) if network.runtime_weights else None
    case = case_of(design, vectors, stall, seed, other, wrong=True)
    scenarios = ["traffic", SPECIAL[kind], *(["weights"] if other else [])]
    with (
        tempfile.TemporaryDirectory() as folder,
        cosimulation(design, simulator) as built,
    ):
        found = run(built, kind, scenarios, case, Path(folder))
    wanted = expected(network, case)
    pairs = [(found["traffic"]["outputs"], wanted)]
    if kind == "axi":
        pairs.append((found["frames"]["outputs"], wanted[case.lengths == case.source.beats]))
    else:
        drained = found["overrun"]["drained"]
        pairs += [(drained, np.resize(wanted, drained.shape))]
        pairs += [(found["overrun"]["outputs"], wanted[:3])]
    if other is not None:
        half = len(wanted) // 2
        mixed = np.concatenate([wanted[:half], expected(other, case)[half:]])
        pairs += [(found["weights"]["outputs"], mixed)]
        pairs += [(found["weights"]["back"], case.writes[:, 1])]
    return {
        "vectors": len(wanted),
        "outputs": sum(right.size for _, right in pairs),
        "mismatches": sum(differing(*pair) for pair in pairs),
    }


def differing(found: np.ndarray, right: np.ndarray) -> int:
    """Return how many values differ; all where even their number does."""
    found = found.reshape(right.shape) if found.size == right.size else found
    return int((found != right).sum()) if found.shape == right.shape else max(right.size, 1)


def main() -> int:
    """Run every design behind every interface on every simulator."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10, help="designs")
    parser.add_argument("--vectors", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path)
    options = parser.parse_args()
    rows = []
    for number, drawn in enumerate(draw(options.seed, options.count)):
        stall = STALLS[(number + 1) % len(STALLS)]
        for kind in SPECIAL:
            for simulator in SIMULATORS:
                with tempfile.TemporaryDirectory() as temporary:
                    results = options.results or Path(temporary)
                    name = f"{options.seed}-{number}-{kind}-{simulator}-{options.vectors}.json"

                    def make(
                        drawn: Drawn = drawn,
                        kind: str = kind,
                        simulator: str = simulator,
                        stall: float = stall,
                        number: int = number,
                        folder: Path = Path(temporary) / "design",
                    ) -> dict[str, Any]:
                        design = accelerator.write(
                            drawn.network, drawn.schedule, folder, interface=kind
                        ).design
                        labels = dict(
                            zip(HEAD, (drawn.name, kind, simulator, f"{stall:g}"), strict=False)
                        )
                        seed = options.seed + number
                        found = measure(design, kind, simulator, stall, options.vectors, seed)
                        return labels | found

                    rows.append(stored(results / name, make))
                    print(*rows[-1].values(), flush=True)
    return report(HEAD, rows, "runs")


if __name__ == "__main__":
    sys.exit(main())
