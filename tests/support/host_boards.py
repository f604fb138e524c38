"""Compiled boards for the tests of the host link."""

from pathlib import Path

from fcgen.boards import host_link
from fcgen.boards.host_link import LinkFiles
from fcgen.design.design import Design
from fcgen.hardware.host.protocol import encode
from fcgen.host.frames import Frame, FrameDecoder
from fcgen.host.serial_line import SerialLine

CLOCK_HZ, BAUD = 12_000_000, 3_000_000


def write_link(design: Design, folder: Path, clock_hz: int = CLOCK_HZ, baud: int = BAUD):
    folder.mkdir()
    return host_link.write(design, folder, clock_hz=clock_hz, baud=baud)


class Client:
    """Frames in and out of a compiled board, one request at a time.

    Parameters
    ----------
    files : LinkFiles
    **options
        Of the serial line.
    """

    def __init__(self, files: LinkFiles, **options) -> None:
        self.info = files.plan.info
        self.line = SerialLine(files, optimise=1, **options)
        self.decoder = FrameDecoder()

    def send(self, data: bytes) -> list[Frame]:
        """Send bytes and return all frames until nothing more can come."""
        frames = []
        while True:
            quiet = self.info.watchdog + 200 * self.info.clock_hz // self.info.baud
            sent, answer = self.line.run(data, cycles=10**8, quiet=quiet)
            frames += self.decoder.feed(answer)
            data = data[sent:]
            if not data:
                return frames

    def ask(self, kind: int, payload: bytes = b"", sequence: int = 5) -> Frame:
        """Return the one reply to a request."""
        (frame,) = self.send(encode(kind, sequence, payload))
        return frame
