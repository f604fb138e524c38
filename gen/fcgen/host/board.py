"""A board that computes: ``fcgen.Board(port).predict(x)``."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from fcgen.errors import CheckError, bad_input
from fcgen.hardware.host.protocol import FRAME_BYTES_MIN, PAYLOAD_MAX, STATUS, Code, Request
from fcgen.host.board_results import BoardRun, Status
from fcgen.host.board_search import board_info, found
from fcgen.host.link import Ask
from fcgen.host.port import Port, ports
from fcgen.host.vectors import from_octets, to_octets
from fcgen.numerics.fixed import IntegerFormat

if TYPE_CHECKING:
    from fcgen.design.design import Design
    from fcgen.network.dense_layer import DenseLayer
    from fcgen.network.network import Network

BAUDS = (3_000_000, 1_000_000, 921_600, 460_800, 115_200)
TIMEOUT = 2.0
_ADDRESS = np.dtype("<u4")


class Board:
    """A board with a design behind its serial line; a context manager.

    Parameters
    ----------
    port : str or Port, optional
        Default: the one that answers, among all serial ports.
    design : Design, optional
        What the board must have; adds shapes, reals as inputs, and new weights.
    baud : int, optional
        Default: what is in use, from 3,000,000 down, as the board answers.
    timeout : float
        Seconds without a byte after which a request is sent again.

    Attributes
    ----------
    info : Info
        What the board says of itself.

    Raises
    ------
    InputError
        When the port cannot be opened, or the board has another structure than the design.
    ToolError
        When there is no board.
    """

    def __init__(
        self,
        port: str | Port | None = None,
        design: Design | None = None,
        *,
        baud: int | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self.design = design
        names = [port] if port is not None else ports()
        bauds = BAUDS if baud is None else (baud,)
        self._link, self.info = found(names, bauds, timeout, design)
        self.network = design.network if design else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the port back."""
        self._link.port.close()

    @property
    def port(self) -> str:
        """Name of the port."""
        return self._link.port.name

    @property
    def weights_hash(self) -> str:
        """Hash of the weights that the board uses."""
        return self.info.weights.hex()

    def predict(self, inputs: np.ndarray, *, codes: bool = False) -> np.ndarray:
        """Return what the board computes, not compared with anything.

        Parameters
        ----------
        inputs : ndarray, shape (V, N) or, with a design, (V, C, H, W) or the source's own
            Codes; with a design what its source takes, see `fcgen.quantization.given_inputs`.
        codes : bool
            Integers are codes, whatever the source takes.

        Returns
        -------
        ndarray of int64
            Outputs (V, M); with a design class indices as (V,).
        """
        outputs = self.run(inputs, codes=codes).outputs
        classes = self.network is not None and self.network.end.kind == "argmax"
        return outputs[:, 0] if classes else outputs

    def run(
        self,
        inputs: np.ndarray,
        progress: Callable[[str], None] = lambda _: None,
        *,
        codes: bool = False,
    ) -> BoardRun:
        """Compute vectors; see `predict`."""
        vectors, notes = self._codes(np.asarray(inputs), codes)
        info = self.info
        source, target = self._formats()
        octets = to_octets(source.encode(vectors), info.input_bits)
        each = max(1, min(info.payload_max // info.vector_bytes, PAYLOAD_MAX // info.answer_bytes))
        asks = [
            Ask(
                Request.INFER,
                octets[start : start + each].tobytes(),
                min(each, len(octets) - start) * info.answer_bytes,
            )
            for start in range(0, len(octets), each)
        ]
        retries, before, began = self._link.retries, self.status(), time.monotonic()
        window = 2 * (info.payload_max + FRAME_BYTES_MIN)
        replies = self._link.exchange(asks, window, _tenths(len(asks), progress))
        seconds, after = time.monotonic() - began, self.status()
        stored = from_octets(b"".join(replies), info.outputs, target.stored)
        return BoardRun(
            outputs=target.decode(stored),
            cycles=(after.cycles - before.cycles) % (1 << 48),
            cycles_at_work=(after.cycles_at_work - before.cycles_at_work) % (1 << 48),
            clock_hz=info.clock_hz,
            seconds=seconds,
            retries=self._link.retries - retries,
            weights_hash=self.weights_hash,
            notes=notes,
        )

    def status(self) -> Status:
        """Return the counters and flags of the board."""
        reply = self._link.ask(Request.STATUS, reply_bytes=STATUS.size)
        cycles, working, vectors, damaged, flags = STATUS.unpack(reply)
        errors = tuple(code.name.lower() for code in Code if flags >> (code - 1) & 1)
        return Status(
            int.from_bytes(cycles, "little"),
            int.from_bytes(working, "little"),
            vectors,
            damaged,
            errors,
        )

    def reset(self) -> None:
        """Reset the accelerator and set all counters to zero; the weights stay."""
        self._link.ask(Request.RESET)

    def load_weights(self, parameters: Network | DenseLayer | str | Path) -> tuple[str, ...]:
        """Write new weights, biases and requantization constants, read them back, and use them.

        Until all of them are there the board computes nothing.

        Parameters
        ----------
        parameters : Network, DenseLayer or path of a file
            A path as for ``fcgen simulate --load-weights``.

        Returns
        -------
        tuple of str
            Lines for people.

        Raises
        ------
        InputError
            When the board has fixed weights, is folded otherwise, or these do not fit it.
        CheckError
            When other words were read back than were written, or the board was reset meanwhile.
        """
        from fcgen.design.loaded_parameters import load_parameters
        from fcgen.network.dense_layer import DenseLayer
        from fcgen.network.network import Network
        from fcgen.simulation.engines.parameters import update

        design = self._writable()
        notes: tuple[str, ...] = ()
        if isinstance(parameters, DenseLayer):
            network = Network.single(parameters)
        elif isinstance(parameters, Network):
            network = parameters
        else:
            network, notes = load_parameters(design.network, Path(parameters))
        if network.structure_hash != design.network.structure_hash:
            rule = "has another structure than the board"
            raise bad_input("weights", network.name, rule, "make them for its design")
        writes = update(design, network, after=0).writes.astype(_ADDRESS)
        self._words(Request.WEIGHTS_WRITE, writes)
        if not np.array_equal(self._read(writes[:, 0]), writes[:, 1]):
            raise CheckError(f"{self.port}: the weights that were read back are not those written")
        self._link.ask(Request.WEIGHTS_SEAL, bytes.fromhex(network.weights_hash))
        self.info = board_info(self._link)
        if self.weights_hash != network.weights_hash:
            rule = "it has started anew while they were written"
            raise CheckError(f"{self.port}: the board has other weights: {rule}; write them again")
        self.network = network
        return notes

    def read_weights(self) -> np.ndarray:
        """Return the words of all parameters: uint32 of (W, 2), addresses and data.

        The manifest says which tensor and index stand in a word.
        """
        from fcgen.simulation.engines.parameters import update

        design = self._writable()
        addresses = update(design, design.network, after=0).reads
        return np.stack([addresses, self._read(addresses)], 1).astype(np.uint32)

    def _writable(self) -> Design:
        from fcgen.design.parameter_layout import layout_hash

        if not self.info.writable or self.design is None:
            rule = "its weights are fixed" if self.design else "its design was not given"
            raise bad_input("board", self.port, rule, "use a design with --runtime-weights")
        if not layout_hash(self.design.manifest).startswith(self.info.layout):
            rule = f"its weights stand at other addresses than those of {self.design.directory}"
            raise bad_input("board", self.port, rule, "flash the board with this design")
        return self.design

    def _read(self, addresses: np.ndarray) -> np.ndarray:
        replies = self._words(Request.WEIGHTS_READ, addresses.astype(_ADDRESS))
        return np.frombuffer(b"".join(replies), _ADDRESS)

    def _words(self, request: Request, rows: np.ndarray) -> list[bytes]:
        """Send rows of words, as many in a frame as it holds."""
        data, size = rows.tobytes(), rows.nbytes // max(len(rows), 1)
        step = self.info.payload_max // size * size
        parts = [data[start : start + step] for start in range(0, len(data), step)]
        replies = request is Request.WEIGHTS_READ
        asks = [Ask(request, part, len(part) if replies else 0) for part in parts]
        return self._link.exchange(asks, 2 * (self.info.payload_max + FRAME_BYTES_MIN))

    def _formats(self) -> tuple[IntegerFormat, IntegerFormat]:
        """Return the formats of inputs and outputs; a board alone knows how they are stored."""
        if self.network is not None:
            return self.network.activation_format, self.network.output_format
        info = self.info
        return (
            IntegerFormat(info.input_bits, info.input_signed),
            IntegerFormat(info.output_bits, info.output_signed),
        )

    def _codes(self, inputs: np.ndarray, codes: bool) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return vectors of codes, checked, and what was done to get them."""
        if self.network is not None:
            from fcgen.quantization.given_inputs import codes_of

            found = codes_of(self.network, inputs, codes=codes)
            return found.codes.astype(np.int64), found.notes
        source, _ = self._formats()
        if inputs.dtype.kind not in "iu" or inputs.shape[1:] != (self.info.inputs,):
            rule = f"must be integers of shape (V, {self.info.inputs})"
            raise bad_input("inputs", f"{inputs.dtype} {inputs.shape}", rule, "correct them")
        if not source.contains(inputs):
            rule = f"must be {source.minimum} to {source.maximum}"
            raise bad_input("inputs", "a value out of range", rule, "correct it")
        return inputs.astype(np.int64), ()


def _tenths(total: int, progress: Callable[[str], None]) -> Callable[[int], None]:
    """Return what says how far the work is, ten times in all."""
    said = 0

    def say(done: int) -> None:
        nonlocal said
        if 10 * done // total > said:
            said = 10 * done // total
            progress(f"computed {10 * said} %")

    return say
