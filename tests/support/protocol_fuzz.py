"""Hostile bytes for the host link's RTL, and what must be true after each of them."""

import struct
import zlib
from collections import Counter

import numpy as np

from fcgen.boards.host_link import LinkFiles
from fcgen.design.design import Design
from fcgen.hardware.host.protocol import ERROR, HEADER, NO_SEQUENCE, REPLY, Request, encode, wrap
from fcgen.host.frames import FrameDecoder
from fcgen.host.serial_line import SerialLine
from fcgen.host.vectors import from_octets, to_octets
from fcgen.network.reference import run
from fcgen.numerics.fixed import IntegerFormat

# WEIGHTS_WRITE and WEIGHTS_SEAL are sent damaged alone: whole, they rightly change the answers.
HARMLESS = (Request.INFO, Request.STATUS, Request.RESET, Request.INFER, Request.WEIGHTS_READ)
REPLY_BYTES = {Request.INFO: 113, Request.STATUS: 19, Request.RESET: 0}


class Fuzzer:
    """Sends hostile frames to a compiled link and checks every byte that comes back.

    A reply must be whole, must be right, and must answer something that was sent; after every
    hostile frame, with no pause, a good INFER must be answered right within a bounded time.

    Parameters
    ----------
    design : Design
    files : LinkFiles
    seed, optimise : int
        As for `SerialLine`.
    """

    def __init__(self, design: Design, files: LinkFiles, seed: int, optimise: int = 3) -> None:
        self.design, self.info = design, files.plan.info
        self.line = SerialLine(files, seed, optimise=optimise)
        self.random = np.random.default_rng(seed)
        self.decoder = FrameDecoder()
        self.counts: Counter[str] = Counter()
        self.sequence = 0
        self.slowest = 0
        bit = self.info.clock_hz / self.info.baud
        # One reply of an earlier request may be under way, of the largest size, every byte escaped.
        self.byte_cycles = 10 * bit
        self.expected: dict[int, bytes] = {}

    def attack(self) -> None:
        """Send one hostile frame and a good one."""
        kinds = (
            *("noise", "truncated", "flipped", "long", "lying_length", "wrong_check"),
            *("unknown", "escapes", "duplicate", "reordered", "reset", "glitch", "wrong_size"),
        )
        kind = kinds[self.random.integers(len(kinds))]
        self.counts[kind] += 1
        self.expected.clear()
        self.tolerated: dict[tuple[int, int], int] = {}
        getattr(self, f"_{kind}")()
        self._good()

    def _good(self) -> None:
        """Ask for an inference; it must be answered right."""
        sent = self._infer_frame()
        wanted = self.sequence
        limit = int(self.line_bytes(sent) + 2 * self.info.watchdog)
        start = self.line.cycles
        self._send(sent)
        while wanted in self.expected:
            self._read(b"", 400)
            if self.line.cycles - start > limit:
                raise AssertionError(f"no answer within {limit} cycles: {self.counts}")
        self.slowest = max(self.slowest, self.line.cycles - start)
        self._read(b"", 600)

    def line_bytes(self, sent: bytes) -> float:
        """Cycles that the line needs for a request and its reply, behind one that is under way."""
        return self.byte_cycles * (len(sent) + 2 * 2 * (REPLY_BYTES[Request.INFO] + 11) + 400)

    def _infer_frame(self, vectors: int = 1) -> bytes:
        self.sequence = (self.sequence + 1) % NO_SEQUENCE
        source = self.info
        element = IntegerFormat(source.input_bits, source.input_signed)
        codes = self.random.integers(
            element.minimum, element.maximum + 1, (vectors, source.inputs), np.int64
        )
        self.expected[self.sequence] = codes
        payload = to_octets(codes, source.input_bits).tobytes()
        return encode(Request.INFER, self.sequence, payload)

    def _send(self, data: bytes) -> None:
        while data:
            sent = self._read(data, 100_000, quiet=0)
            data = data[sent:]

    def _read(self, data: bytes, cycles: int, quiet: int | None = None) -> int:
        # Without a quiet time to wait for, the call ends when the last byte has left.
        length = int(len(data) * self.byte_cycles) + 1 if quiet == 0 else cycles
        sent, answer = self.line.run(data, cycles=length)
        for frame in self.decoder.feed(answer):
            self._check(frame)
        return sent

    def _check(self, frame) -> None:
        self.counts["replies"] += 1
        if frame.kind == ERROR:
            self.counts["error replies"] += 1
            assert len(frame.payload) == 2
            assert 1 <= frame.payload[0] <= 8
            return
        request = frame.kind & ~REPLY
        if request == Request.INFER:
            # Damaged requests that still look right would show here: nobody asked for them.
            codes = self.expected.pop(frame.sequence)
            source = IntegerFormat(self.info.output_bits, self.info.output_signed)
            found = from_octets(frame.payload, self.info.outputs, source)
            wanted = run(self.design.network, codes).reshape(len(codes), -1)
            assert np.array_equal(found, wanted), "wrong answer"
            return
        left = self.tolerated.get((request, frame.sequence), 0)
        assert left, f"type {frame.kind:#x}, number {frame.sequence}: nobody asked"
        self.tolerated[request, frame.sequence] = left - 1
        if request in REPLY_BYTES:
            assert len(frame.payload) == REPLY_BYTES[request]

    def _harmless(self) -> bytes:
        """Return a good frame of some type, whose answer is allowed from now on."""
        request = HARMLESS[self.random.integers(len(HARMLESS))]
        if request == Request.INFER or (request == Request.WEIGHTS_READ and not self.info.writable):
            return self._infer_frame(int(self.random.integers(1, 4)))
        self.sequence = (self.sequence + 1) % NO_SEQUENCE
        key = request, self.sequence
        self.tolerated[key] = self.tolerated.get(key, 0) + 1
        payload = struct.pack("<I", 0) if request == Request.WEIGHTS_READ else b""
        return encode(request, self.sequence, payload)

    def _victim(self) -> bytes:
        """Return a frame to be damaged, also one that would write weights; no answer is right."""
        if self.info.writable and self.random.random() < 0.3:
            data = self.random.bytes(32)
            kind = (Request.WEIGHTS_WRITE, Request.WEIGHTS_SEAL)[self.random.integers(2)]
            return encode(kind, int(self.random.integers(0xFFFF)), data)
        before = dict(self.expected), dict(self.tolerated)
        frame = self._harmless()
        self.expected, self.tolerated = before
        return frame

    def _noise(self) -> None:
        self._send(self.random.bytes(int(self.random.integers(1, 40))))

    def _truncated(self) -> None:
        frame = self._victim()
        self._send(frame[: self.random.integers(1, len(frame) - 1)])

    def _flipped(self) -> None:
        frame = bytearray(self._victim())
        for _ in range(self.random.integers(1, 4)):
            place = self.random.integers(1, len(frame) - 1)
            frame[place] ^= 1 << int(self.random.integers(8))
        # Flips may meet again; a frame that is whole after all is none of these.
        if bytes(frame) != self._restored(frame):
            self._send(bytes(frame))

    def _restored(self, frame: bytearray) -> bytes | None:
        whole = list(FrameDecoder().feed(bytes(frame)))
        return bytes(frame) if whole else None

    def _long(self) -> None:
        extra = int(self.random.integers(1, 60)) + self.info.payload_max
        if self.random.random() < 0.9:  # mostly short ones whose header is long
            body = HEADER.pack(Request.INFER, 1, extra) + self.random.bytes(20)
            self._send(wrap(body + struct.pack("<I", zlib.crc32(body))))
        else:
            self._send(encode(Request.INFER, 1, self.random.bytes(extra)))

    def _lying_length(self) -> None:
        length = int(self.random.integers(0, 0x10000))
        payload = self.random.bytes(int(self.random.integers(0, 30)))
        if length != len(payload):
            body = HEADER.pack(Request.INFO, 1, length) + payload
            self._send(wrap(body + struct.pack("<I", zlib.crc32(body))))

    def _wrong_check(self) -> None:
        body = HEADER.pack(Request.STATUS, 1, 0)
        wrong = zlib.crc32(body) ^ int(self.random.integers(1, 1 << 32))
        self._send(wrap(body + struct.pack("<I", wrong)))

    def _unknown(self) -> None:
        kind = int(self.random.integers(8, 256))
        self._send(encode(kind, 1, self.random.bytes(int(self.random.integers(0, 12)))))

    def _wrong_size(self) -> None:
        kinds = (Request.INFO, Request.STATUS, Request.RESET, Request.INFER)
        kind = kinds[self.random.integers(len(kinds))]
        size = int(self.random.integers(1, 30))
        if kind != Request.INFER or size % self.info.vector_bytes:
            self._send(encode(kind, 1, self.random.bytes(size)))

    def _escapes(self) -> None:
        pool = np.frombuffer(b"\x7d\x7e\x5d\x5e\x00", np.uint8)
        self._send(self.random.choice(pool, self.random.integers(1, 30)).tobytes())

    def _duplicate(self) -> None:
        frame = encode(Request.STATUS, 77)
        self.tolerated[Request.STATUS, 77] = 3
        self._send(frame * 3)

    def _reordered(self) -> None:
        frames = [self._harmless() for _ in range(3)]
        self.random.shuffle(frames)
        self._send(b"".join(frames))

    def _reset(self) -> None:
        """Reset in mid-frame, and while a reply is on its way."""
        frame = self._harmless()
        self._send(frame[: self.random.integers(1, len(frame) + 1)])
        self._read(b"", int(self.random.integers(1, 3000)))
        self.line.reset()
        # What the reset cut off is not answered; half a byte may be on the line.
        self.expected.clear()
        self.decoder = FrameDecoder()
        self._read(b"", int(12 * self.byte_cycles))
        self.decoder = FrameDecoder()

    def _glitch(self) -> None:
        self.line.hold(0, int(self.random.integers(1, 30 * self.byte_cycles)))
        self.line.hold(1, int(1.5 * self.byte_cycles))
