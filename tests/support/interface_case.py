"""What a bench of an interface does, and what it saw: written to files between two processes.

The bench takes all that it knows of the registers from ``manifest.json``, and packs vectors with
NumPy as a C program would: nothing of it is shared with the hardware's description.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Values:
    """One side of a design: values of a vector, of a beat, and their type in memory."""

    length: int
    lanes: int
    dtype: str

    @property
    def beats(self) -> int:
        return -(-self.length // self.lanes)

    @property
    def beat_bytes(self) -> int:
        return self.lanes * np.dtype(self.dtype).itemsize

    def beat_list(self, vector: np.ndarray, noise: np.random.Generator) -> list[bytes]:
        """Return the beats of a vector; unused lanes hold noise."""
        unused = noise.bytes(self.beats * self.beat_bytes)[vector.size * self.size :]
        data = vector.astype(self.dtype).tobytes() + unused
        return [data[i : i + self.beat_bytes] for i in range(0, len(data), self.beat_bytes)]

    def vector(self, data: bytes) -> np.ndarray:
        """Return the vector of a frame, and check that unused lanes are 0."""
        assert len(data) == self.beats * self.beat_bytes
        assert not any(data[self.length * self.size :])
        return np.frombuffer(data, self.dtype)[: self.length].astype(np.int64)

    @property
    def size(self) -> int:
        return np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class InterfaceCase:
    """A run.

    Attributes
    ----------
    source, target : Values
    registers : list
        Of the manifest.
    stall : float
        Probability of a gap and of a stall a cycle on every channel.
    seed : int
    inputs : ndarray of int64, (V, N)
    lengths : ndarray of int64, (V,)
        Beats that are sent of each vector; what is wrong in some of them.
    writes : ndarray of int64, (W, 2)
        Address and data of the parameters of another training.
    """

    source: Values
    target: Values
    registers: list
    stall: float
    seed: int
    inputs: np.ndarray
    lengths: np.ndarray
    writes: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))

    def save(self, path: Path) -> None:
        plain = {name: getattr(self, name) for name in ("registers", "stall", "seed")}
        plain |= {"source": asdict(self.source), "target": asdict(self.target)}
        np.savez(
            path,
            plain=np.array(json.dumps(plain)),
            inputs=self.inputs,
            lengths=self.lengths,
            writes=self.writes,
        )

    @classmethod
    def load(cls, path: Path) -> InterfaceCase:
        with np.load(path) as file:
            arrays = dict(file)
        plain = json.loads(str(arrays.pop("plain")))
        sides = {name: Values(**plain.pop(name)) for name in ("source", "target")}
        return cls(**plain, **sides, **arrays)

    def offset(self, name: str) -> int:
        return self._row(name)["offset"]

    def bit(self, register: str, name: str) -> int:
        """Return the mask of a field of one bit."""
        fields = {row["name"]: row for row in self._row(register)["fields"]}
        return 1 << fields[name]["low"]

    def constants(self) -> dict[int, int]:
        """Return the value at each offset that never changes."""
        return {
            row["offset"] + 4 * word: value
            for row in self.registers
            for word, value in enumerate(row["values"])
        }

    def _row(self, name: str) -> dict:
        return next(row for row in self.registers if row["name"] == name)
