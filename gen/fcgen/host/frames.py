"""Frames out of the bytes that a port gives."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from fcgen.hardware.host.protocol import CHECK, ESCAPE, FLAG, FLIP, FRAME_BYTES_MIN, HEADER

_ESCAPED = re.compile(rb"\x7d(.)", re.DOTALL)
_LEGAL = re.compile(rb"(?:[^\x7d]|\x7d[\x5d\x5e])*", re.DOTALL)
BYTES_MAX = 2 * (1 << 16) + 64  # of a frame whose every byte is escaped


@dataclass(frozen=True)
class Frame:
    """A whole frame."""

    kind: int
    sequence: int
    payload: bytes


class FrameDecoder:
    """Takes frames out of a stream of bytes; whatever is none is dropped and counted.

    Attributes
    ----------
    damaged : int
        Stretches between flags that were no frames.
    """

    def __init__(self) -> None:
        self._open = bytearray()
        self.damaged = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that bytes complete."""
        *whole, rest = data.split(bytes([FLAG]))
        for part in whole:
            self._open += part
            frame = decode(bytes(self._open)) if self._open else None
            self.damaged += bool(self._open) and frame is None
            self._open.clear()
            if frame is not None:
                yield frame
        # Of an endless stretch without a flag no more is kept than a frame can have.
        self._open += rest[: max(0, BYTES_MAX - len(self._open))]


def decode(escaped: bytes) -> Frame | None:
    """Return the frame between two flags, or None where it is none."""
    if not _LEGAL.fullmatch(escaped):
        return None
    body = _ESCAPED.sub(lambda match: bytes([match[1][0] ^ FLIP]), escaped)
    if len(body) < FRAME_BYTES_MIN:
        return None
    text, check = body[: -CHECK.size], body[-CHECK.size :]
    kind, sequence, length = HEADER.unpack_from(text)
    if CHECK.unpack(check) != (zlib.crc32(text),) or length != len(text) - HEADER.size:
        return None
    return Frame(kind, sequence, text[HEADER.size :])


assert (ESCAPE, FLAG, FLIP) == (0x7D, 0x7E, 0x20)  # stand in the expressions above
