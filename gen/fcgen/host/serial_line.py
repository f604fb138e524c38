"""A design with a host link as a compiled model whose serial line takes and gives bytes."""

import ctypes
from pathlib import Path
from types import TracebackType
from typing import Self

from fcgen.boards.host_link import LinkFiles
from fcgen.errors import CheckError
from fcgen.simulation.engines.compiled import MESSAGE_BYTES, in_directory
from fcgen.simulation.engines.library import HARNESS, LibrarySource, library

LINE_HARNESS = HARNESS.with_name("line_harness.cpp")
FLASH_HEADER = HARNESS.with_name("flash_memory.h")
OUTPUT_BYTES = 1 << 16
_FLASH_WAKE_HZ = 333_333  # 3 us, as a W25Q128JV needs after its release


class _Span(ctypes.Structure):
    """Struct Span of line_harness.cpp."""

    _fields_ = (
        ("input", ctypes.c_char_p),
        ("output", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("inputs", "capacity", "cycles", "quiet")),
        *((name, ctypes.c_int64) for name in ("sent", "received", "broken", "elapsed")),
    )


class SerialLine:
    """The line of a compiled model; a context manager.

    Parameters
    ----------
    files : LinkFiles
        What `fcgen.boards.host_link.write` gave.
    seed : int
        Of what stands in registers before the reset.
    send_error, receive_error : float
        How much longer the bits of the sender and of the receiver here are than those of the
        model, as a part of a bit.
    optimise : int
        ``-O`` level of the C++ compiler.
    flash : bytes
        What stands in the flash memory from the plan's offset on; all else is erased.

    Attributes
    ----------
    cycles : int
        Simulated so far.
    broken : int
        Bytes from the model without a stop bit.

    Raises
    ------
    CheckError
        When the model stops by itself, for instance over an image.
    ToolError
        When Verilator or the C++ compiler is missing or fails.
    """

    def __init__(
        self,
        files: LinkFiles,
        seed: int = 0,
        *,
        send_error: float = 0.0,
        receive_error: float = 0.0,
        optimise: int = 3,
        flash: bytes = b"",
    ) -> None:
        info, plan = files.plan.info, files.plan.flash
        bit = info.clock_hz / info.baud
        macros = {"FCGEN_FLASH": 1} if plan else {}
        sources = files.sources, files.top, macros, optimise, (), LINE_HARNESS, (FLASH_HEADER,)
        self._library = _load(library(LibrarySource(*sources)))
        message = ctypes.create_string_buffer(MESSAGE_BYTES)
        rates = bit * (1 + send_error), bit * (1 + receive_error)
        wake = -(-info.clock_hz // _FLASH_WAKE_HZ)
        memory = flash, len(flash), plan.offset if plan else 0, wake
        with in_directory(files.folder):
            model = self._library.fcgen_line_open(seed, *rates, *memory, message, MESSAGE_BYTES)
        if not model:
            raise CheckError(f"the simulation ended itself: {_text(message)}")
        self._model: ctypes.c_void_p | None = ctypes.c_void_p(model)
        self._output = ctypes.create_string_buffer(OUTPUT_BYTES)
        self.cycles = self.broken = 0

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
        """Give the model up."""
        model, self._model = self._model, None
        if model is not None:
            self._library.fcgen_line_close(model)

    def run(self, data: bytes = b"", *, cycles: int, quiet: int | None = None) -> tuple[int, bytes]:
        """Send bytes and return how many were sent, with the bytes that came meanwhile.

        Parameters
        ----------
        data : bytes
        cycles : int
            It takes at most so many.
        quiet : int, optional
            It ends when nothing was on the line, either way, for so many cycles.
        """
        span = _Span(
            input=data,
            output=ctypes.addressof(self._output),
            inputs=len(data),
            capacity=OUTPUT_BYTES,
            cycles=cycles,
            quiet=cycles if quiet is None else quiet,
        )
        message = ctypes.create_string_buffer(MESSAGE_BYTES)
        if self._library.fcgen_line_run(self._model, ctypes.byref(span), message, MESSAGE_BYTES):
            raise CheckError(f"the simulation ended itself: {_text(message)}")
        self.cycles += span.elapsed
        self.broken += span.broken
        return span.sent, self._output.raw[: span.received]

    def reset(self) -> None:
        """Pulse ``rst`` for a cycle, whatever is on the line."""
        self._library.fcgen_line_reset(self._model)

    def hold(self, level: int, cycles: int) -> None:
        """Keep the line to the model at a level, as a break or a glitch does."""
        self._library.fcgen_line_hold(self._model, level, cycles)


def _text(message: "ctypes.Array[ctypes.c_char]") -> str:
    return " ".join(message.value.decode(errors="replace").split())


def _load(path: Path) -> ctypes.CDLL:
    loaded = ctypes.CDLL(str(path))
    message = (ctypes.c_char_p, ctypes.c_size_t)
    loaded.fcgen_line_open.argtypes = (
        *(ctypes.c_uint64, ctypes.c_double, ctypes.c_double),
        *(ctypes.c_char_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64),
        *message,
    )
    loaded.fcgen_line_open.restype = ctypes.c_void_p
    loaded.fcgen_line_run.argtypes = (ctypes.c_void_p, ctypes.POINTER(_Span), *message)
    for name, more in (("reset", ()), ("hold", (ctypes.c_int32, ctypes.c_int64)), ("close", ())):
        function = getattr(loaded, f"fcgen_line_{name}")
        function.argtypes, function.restype = (ctypes.c_void_p, *more), None
    return loaded
