"""A design with hostile names, and results beside it as the commands would leave them."""

import json
import shutil
from pathlib import Path

import numpy as np

from fcgen import accelerator
from fcgen.accelerator import Accelerator
from fcgen.certification.certificate import Certificate, LayerCertificate
from fcgen.certification.differences import Differences, Ranges
from fcgen.devices.device import Cap, Usage
from fcgen.quantization.accuracy import ACCURACY, Accuracy
from fcgen.schedule.schedule import Schedule
from fcgen.simulation.record import store
from fcgen.synthesis import folder as folders
from fcgen.synthesis.report import Path as CriticalPath
from fcgen.synthesis.report import Step
from fcgen.synthesis.result import Result, Work
from network_examples import network

HOSTILE = (
    "<script>alert(1)</script>",
    '$\\frac{x$ & "quoted\' name"',
    "]]></svg><img src=x onerror=alert(2)>",
    "a\u202eb\u0000c\nd {{ 7 * 7 }} {% raw %} 漢字 ـع",
    "n" * 200,
)


def hostile(out: Path) -> Accelerator:
    """Write a network whose layers have such names, with an accuracy and a certificate."""
    made = network(6, 5, 4, 4, 3, 3, names=HOSTILE)
    truth = np.array([0, 1, 2, 0, 1, 2])
    accuracy = Accuracy.of(truth, truth, np.array([0, 1, 2, 0, 1, 1]), 3)
    ends = (np.array([value]) for value in (-5, 9, 1))
    wrong = Differences([Ranges(HOSTILE[0], 1, HOSTILE[2], *ends)])
    certificate = Certificate(
        HOSTILE[2],
        HOSTILE[0],
        tuple(
            LayerCertificate(
                name,
                np.array([3, 4]),
                np.array([0, 0 if number else 15]),
                Differences() if number else wrong,
            )
            for number, name in enumerate(HOSTILE)
        ),
    )
    return accelerator.write(
        made,
        Schedule.chain(made, ((5, 2), (2, 1), (1, 1), (3, 2), (1, 1))),
        out,
        name="hostile",
        device="ecp5-25k",
        extra={ACCURACY: accuracy.to_json(), "certificate.json": certificate.to_json()},
    )


def simulated(made: Accelerator, vectors: int = 3) -> Path:
    """Keep the record of a simulation."""
    return store(made.design, made.simulate(engine="amaranth", vectors=vectors), given=False)


def synthesised(made: Accelerator, mhz: float = 150.0) -> Path:
    """Keep a result as `fcgen synth` would leave it; returns its folder."""
    design = made.design
    folder = folders.default(design.directory, "ecp5-25k", "6")
    folders.renew(folder)
    for path in (*design.sources, *design.images):
        shutil.copyfile(path, folder / path.name)
    steps = (Step("logic", 0.5, HOSTILE[0]), Step("routing", 1.5, HOSTILE[2] * 3))
    estimate = made.estimate()
    result = Result(
        device=estimate.device,
        speed="6",
        usage=Usage(1234, 2345, 12, 7),
        work=Work(made.network.macs, design.initiation_interval, design.latency),
        versions={"yosys": "0.70 <b>"},
        target_mhz=212.0,
        seeds=(3, 4),
        fmax_mhz=(mhz - 1, mhz + 1),
        cap=Cap(212.0, "DP16KD <minimum> clock pulse"),
        path=CriticalPath(HOSTILE[0], HOSTILE[2], steps),
        path_seed=3,
        parts={"layer_1": Usage(77, 88, 5, 1)},
    )
    (folder / "result.json").write_text(json.dumps(result.as_dict()))
    return folder
