"""What a board says of itself and of its work."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Status:
    """Counters of a board since its last RESET.

    Attributes
    ----------
    cycles, cycles_at_work : int
        Of the chip's clock, and those of them in which an INFER was served.
    vectors : int
        That were computed.
    damaged_frames : int
    errors : tuple of str
        Names of the kinds of errors that occurred, see `fcgen.hardware.host.protocol.Code`.
    """

    cycles: int
    cycles_at_work: int
    vectors: int
    damaged_frames: int
    errors: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class BoardRun:
    """What a board computed, and how long it took.

    Attributes
    ----------
    outputs : ndarray of int64, shape (V, M)
    cycles, cycles_at_work : int
        Of the chip: from before the first vector to behind the last one.
    clock_hz : int
    seconds : float
        By the host's clock; of a simulated board those of the simulator.
    retries : int
    weights_hash : str
        Of the weights that were used.
    notes : tuple of str
        What was done to the inputs.
    """

    outputs: np.ndarray
    cycles: int
    cycles_at_work: int
    clock_hz: int
    seconds: float
    retries: int
    weights_hash: str
    notes: tuple[str, ...] = ()

    @property
    def inferences_per_second(self) -> float:
        """By the chip's clock, the serial line included."""
        return len(self.outputs) * self.clock_hz / max(self.cycles, 1)
