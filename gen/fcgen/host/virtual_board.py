"""The virtual board: the RTL of the bitstream, compiled, behind a pseudo-terminal."""

import os
import select
import tempfile
import threading
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from fcgen.boards.board import FlashMemory
from fcgen.boards.host_link import write
from fcgen.design.design import Design
from fcgen.host.serial_line import SerialLine

CLOCK_HZ, BAUD = 12_000_000, 3_000_000  # four cycles a bit: the fewest to simulate
TIMEOUT = 20.0  # seconds for a client: a simulation has no clock on the wall
_STRETCH = 20_000  # cycles at a time
_IDLE_SECONDS = 0.05
_BYTES = 4_096
_QUIET_SPARE = 4_096


class VirtualBoard:
    """A board made of its RTL alone, which any client of a serial port can use.

    Time stands still as long as nothing is under way. A context manager.

    Parameters
    ----------
    design : Design
    clock_hz, baud : int
        What the RTL is made for.
    flash : FlashMemory, optional
        Of the board, for a design that reads it at start.
    image : bytes
        What stands in it, see `fcgen.boards.flash_image`; default nothing.
    progress : callable
        Gets a line before each step.

    Attributes
    ----------
    path : str
        Of the pseudo-terminal.
    """

    def __init__(
        self,
        design: Design,
        *,
        clock_hz: int = CLOCK_HZ,
        baud: int = BAUD,
        flash: FlashMemory | None = None,
        image: bytes = b"",
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fcgen-board-")
        try:
            options = {"clock_hz": clock_hz, "baud": baud}
            place = Path(self._folder.name)
            files = write(design, place, **options, flash=flash, progress=progress)
            progress("compiling the board")
            self._line = SerialLine(files, flash=image)
        except BaseException:
            self._folder.cleanup()
            raise
        self.plan = files.plan
        if files.plan.flash is not None:
            progress("the board reads its flash memory")
            self._start()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._stop, self._ended = threading.Event(), threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="virtual board", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Switch the board off."""
        self._stop.set()
        # A join that Ctrl-C has cut once returns at once, before the thread's end (bpo-45274).
        self._ended.wait()
        self._thread.join()
        self._line.close()
        for descriptor in (self._master, self._slave):
            os.close(descriptor)
        self._folder.cleanup()

    @property
    def cycles(self) -> int:
        """Cycles that were simulated."""
        return self._line.cycles

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the board stops by itself, which it does only when something fails."""
        self._ended.wait(seconds)

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException as error:
            self._failure = error
        finally:
            self._ended.set()

    @property
    def _quiet(self) -> int:
        """Cycles without anything on the pins after which nothing more comes."""
        wake = self.plan.flash.wake if self.plan.flash else 0
        return self.plan.info.watchdog + wake + _QUIET_SPARE

    def _start(self) -> None:
        """Let time pass until the weights have come from the flash memory."""
        stretch = _STRETCH + self._quiet
        before = -stretch
        while self._line.cycles - before == stretch:
            before = self._line.cycles
            self._line.run(cycles=stretch, quiet=self._quiet)

    def _serve(self) -> None:
        quiet = self._quiet
        incoming, outgoing = b"", b""
        asleep, silent = True, 0
        while not self._stop.is_set():
            wait = _IDLE_SECONDS if asleep and not incoming else 0
            readable, writable, _ = select.select(
                [self._master] if len(incoming) < _BYTES else [],
                [self._master] if outgoing else [],
                [],
                wait,
            )
            if readable:
                incoming += os.read(self._master, _BYTES)
            if writable:
                outgoing = outgoing[os.write(self._master, outgoing) :]
            if asleep and not incoming:
                continue
            before = self._line.cycles
            sent, answer = self._line.run(incoming, cycles=_STRETCH, quiet=quiet)
            incoming, outgoing = incoming[sent:], outgoing + answer
            passed = self._line.cycles - before
            silent = 0 if sent or answer else silent + passed
            asleep = passed < _STRETCH or silent >= quiet
