"""Constants and frames of the host link's protocol, which the hardware and the host share.

``docs/protocol.md`` describes it.
"""

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

VERSION = 1
FLAG, ESCAPE, FLIP = 0x7E, 0x7D, 0x20
HEADER = struct.Struct("<BHH")  # type, sequence number, length of the payload
CHECK = struct.Struct("<I")  # CRC-32 of header and payload
REPLY = 0x80  # added to the type of a request
NO_SEQUENCE = 0xFFFF  # of an error without a readable request
HASH_BYTES = 32
BUILD_BYTES = 16
BUILD_LAYOUT_BYTES = 4  # at its end: of the layout hash
FRAME_BYTES_MIN = HEADER.size + CHECK.size
PAYLOAD_MAX = 0xFFFF
ERROR_PAYLOAD = struct.Struct("<BB")  # code, type of the request


class Request(IntEnum):
    """Types of requests."""

    INFO = 1
    STATUS = 2
    RESET = 3
    INFER = 4
    WEIGHTS_WRITE = 5
    WEIGHTS_READ = 6
    WEIGHTS_SEAL = 7


ERROR = 0xFF  # type of an error reply


class Code(IntEnum):
    """What an error reply says; code c sets bit c - 1 of the status flags."""

    FRAME = 1
    OVERFLOW = 2
    TYPE = 3
    LENGTH = 4
    WEIGHTS = 5
    REFUSED = 6
    WATCHDOG = 7
    ACCELERATOR = 8


REASONS = {
    Code.FRAME: "a frame was damaged",
    Code.OVERFLOW: "a frame was too long, or came while the buffer was full",
    Code.TYPE: "the type of the request is unknown",
    Code.LENGTH: "the length of the payload does not fit the request",
    Code.WEIGHTS: "the weights are not complete: write all of them and seal them",
    Code.REFUSED: "an address of a parameter does not exist",
    Code.WATCHDOG: "the accelerator did not answer in time and was reset",
    Code.ACCELERATOR: "the accelerator's stream broke its rules and it was reset",
}
STATUS = struct.Struct("<6s6sIHB")  # cycles, cycles at work, vectors, damaged frames, flags

FLASH_MAGIC = b"fcgw"
FLASH_LAYOUT_BYTES = 12  # of the layout hash
FLASH_COUNT = struct.Struct("<I")  # bytes of frames that follow
FLASH_FIXED = len(FLASH_MAGIC) + FLASH_LAYOUT_BYTES
FLASH_HEADER_BYTES = FLASH_FIXED + FLASH_COUNT.size


@dataclass(frozen=True)
class Info:
    """Reply of a board to INFO.

    Attributes
    ----------
    writable : bool
        Whether weights can be written.
    payload_max : int
        Bytes of the longest payload of a request.
    inputs, outputs : int
        Elements of a vector that goes in, and of one that comes out.
    input_bits, output_bits : int
    input_signed, output_signed : bool
    clock_hz, baud : int
    watchdog : int
        Cycles without progress after which the accelerator is reset.
    build, structure, weights : bytes
        Identity of the bitstream, hashes of the structure and of the weights.
    ready : bool
        Whether the weights are complete; False while new ones are written.
    version : int
    """

    writable: bool
    payload_max: int
    inputs: int
    outputs: int
    input_bits: int
    input_signed: bool
    output_bits: int
    output_signed: bool
    clock_hz: int
    baud: int
    watchdog: int
    build: bytes
    structure: bytes
    ready: bool
    weights: bytes
    version: int = VERSION

    MAGIC = b"fcgn"
    LAYOUT = struct.Struct("<4sBBHIIBBBBIII16s32sB32s")
    READY_OFFSET = LAYOUT.size - HASH_BYTES - 1
    WEIGHTS_OFFSET = LAYOUT.size - HASH_BYTES

    def pack(self) -> bytes:
        """Return the payload of the reply."""
        return self.LAYOUT.pack(
            *(self.MAGIC, self.version, self.writable, self.payload_max),
            *(self.inputs, self.outputs, self.input_bits, self.input_signed),
            *(self.output_bits, self.output_signed, self.clock_hz, self.baud, self.watchdog),
            *(self.build, self.structure, self.ready, self.weights),
        )

    @classmethod
    def unpack(cls, payload: bytes) -> "Info":
        """Read the payload of a reply.

        Raises
        ------
        ValueError
            When the payload is not one of this version.
        """
        if len(payload) != cls.LAYOUT.size or payload[:4] != cls.MAGIC:
            raise ValueError("is not that of a board made by fcgen")
        _, version, writable, *middle, build, structure, ready, weights = cls.LAYOUT.unpack(payload)
        if version != VERSION:
            raise ValueError(f"has protocol version {version}; version {VERSION} is known")
        payload_max, inputs, outputs, in_bits, in_signed, out_bits, out_signed, *rates = middle
        clock_hz, baud, watchdog = rates
        return cls(
            writable=bool(writable),
            payload_max=payload_max,
            inputs=inputs,
            outputs=outputs,
            input_bits=in_bits,
            input_signed=bool(in_signed),
            output_bits=out_bits,
            output_signed=bool(out_signed),
            clock_hz=clock_hz,
            baud=baud,
            watchdog=watchdog,
            build=build,
            structure=structure,
            ready=bool(ready),
            weights=weights,
        )

    @property
    def layout(self) -> bytes:
        """First bytes of the layout hash; of fixed weights zeros."""
        return self.build[-BUILD_LAYOUT_BYTES:]

    @property
    def vector_bytes(self) -> int:
        """Bytes of a vector that goes in."""
        return self.inputs * element_bytes(self.input_bits)

    @property
    def answer_bytes(self) -> int:
        """Bytes of a vector that comes out."""
        return self.outputs * element_bytes(self.output_bits)


def element_bytes(bits: int) -> int:
    """Return the bytes in which an element travels."""
    return -(-bits // 8)


def encode(kind: int, sequence: int, payload: bytes = b"") -> bytes:
    """Return a whole frame, flags included."""
    body = HEADER.pack(kind, sequence, len(payload)) + payload
    return wrap(body + CHECK.pack(zlib.crc32(body)))


def wrap(body: bytes) -> bytes:
    """Return the bytes of a body between flags, escaped as RFC 1662 does."""
    escaped = body.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e")
    return b"\x7e" + escaped + b"\x7e"
