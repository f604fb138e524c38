"""A small design whose weights stand in memories that start without contents."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from fcgen import accelerator, devices
from fcgen.accelerator import Accelerator
from fcgen.schedule.schedule import Schedule
from network_examples import network

UP5K = "ice40-up5k"
SIZES = ((2, 1), (2, 1))


@contextmanager
def few_rams() -> Iterator[None]:
    """Let the device have so few block RAMs that a layer of a small network needs SPRAM."""
    _, device = devices.find(UP5K)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices.ice40.FAMILY, "devices", (replace(device, rams=22),))
        yield


def write_in_scratchpads(folder: Path, sizes: Sequence[tuple[int, int]] = SIZES) -> Accelerator:
    """Emit a network; `few_rams` must hold, also when it is opened again."""
    net = network(6, 30, 20).writable()
    made = accelerator.write(net, Schedule.chain(net, sizes), folder, device=UP5K)
    assert made.design.written_at_start
    return made
