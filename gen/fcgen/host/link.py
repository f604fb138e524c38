"""Requests and replies over a port: windows, retries, bounded times."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fcgen.errors import CheckError, ToolError
from fcgen.hardware.host.protocol import (
    ERROR,
    ERROR_PAYLOAD,
    FRAME_BYTES_MIN,
    NO_SEQUENCE,
    REASONS,
    REPLY,
    Code,
    Request,
    encode,
)
from fcgen.host.frames import Frame, FrameDecoder
from fcgen.host.port import Port

RETRIES = 8
_DAMAGED = (Code.FRAME, Code.OVERFLOW)


class BoardError(CheckError):
    """The board answered with an error.

    Attributes
    ----------
    code : Code
    """

    def __init__(self, port: str, request: Request, code: Code) -> None:
        super().__init__(f"{port}: {request.name}: {REASONS[code]}")
        self.code = code


@dataclass(frozen=True)
class Ask:
    """A request, and how many bytes its reply has."""

    request: Request
    payload: bytes
    reply_bytes: int


class Link:
    """Sends requests and gets their replies, each exactly once.

    As many requests are under way as the board's buffer holds, so that the line is busy. Replies
    come in the order of the requests: one that is missing was lost, and its request is sent again
    under a new number; all requests may be served twice. The numbers have 16 bits, so that a late
    reply is never taken for another one.

    Parameters
    ----------
    port : Port
    timeout : float
        Seconds without a byte after which everything that is under way is sent again.

    Attributes
    ----------
    retries : int
        Requests that were sent again.
    """

    def __init__(self, port: Port, timeout: float) -> None:
        self.port, self.timeout = port, timeout
        self.retries = 0
        self._sequence = 0
        self._decoder = FrameDecoder()

    def ask(self, request: Request, payload: bytes = b"", reply_bytes: int = 0) -> bytes:
        """Return the payload of the reply to one request."""
        return self.exchange([Ask(request, payload, reply_bytes)], 0)[0]

    def exchange(
        self,
        asks: Sequence[Ask],
        window: int,
        progress: Callable[[int], None] = lambda _: None,
        attempts: int = RETRIES,
    ) -> list[bytes]:
        """Return the payloads of the replies to requests.

        Parameters
        ----------
        asks : sequence of Ask
        window : int
            Bytes of frames that may be under way; one frame always may.
        progress : callable
            Gets the number of replies so far.
        attempts : int
            How often a request is sent.

        Raises
        ------
        BoardError
            When the board refuses one.
        ToolError
            When there is no reply, or none that is a reply.
        """
        return _Exchange(self, asks, window, attempts).run(progress)

    def next_sequence(self) -> int:
        """Return a number that no request under way has."""
        self._sequence = (self._sequence + 1) % NO_SEQUENCE
        return self._sequence

    def frames(self, data: bytes) -> list[Frame]:
        """Return the frames that bytes complete."""
        return list(self._decoder.feed(data))


class _Exchange:
    """One exchange."""

    def __init__(self, link: Link, asks: Sequence[Ask], window: int, attempts: int) -> None:
        self.link, self.asks, self.window, self.attempts = link, asks, window, attempts
        self.todo = deque(range(len(asks)))
        self.under_way: dict[int, int] = {}  # sequence number to place, in the order of sending
        self.tries = [0] * len(asks)
        self.replies: dict[int, bytes] = {}

    def run(self, progress: Callable[[int], None]) -> list[bytes]:
        deadline = time.monotonic() + self.link.timeout
        while len(self.replies) < len(self.asks):
            self._send()
            data = self.link.port.read()
            if data:
                deadline = time.monotonic() + self.link.timeout
            for frame in self.link.frames(data):
                self._take(frame)
            if data:
                progress(len(self.replies))
            if time.monotonic() > deadline:
                self._again(list(self.under_way))
                deadline = time.monotonic() + self.link.timeout
        return [self.replies[place] for place in range(len(self.asks))]

    def _size(self, place: int) -> int:
        return len(self.asks[place].payload) + FRAME_BYTES_MIN

    def _send(self) -> None:
        used = sum(self._size(place) for place in self.under_way.values())
        frames = []
        while self.todo:
            place = self.todo[0]
            used += self._size(place)
            if used > self.window and self.under_way:
                break
            self.todo.popleft()
            self.tries[place] += 1
            if self.tries[place] > self.attempts:
                seconds = f"{self.link.timeout:g} s"
                raise ToolError(
                    f"{self.link.port.name}: no answer within {seconds}, {self.attempts} times: "
                    "is it the board, and is it the rate? reset the board or name another port"
                )
            sequence = self.link.next_sequence()
            self.under_way[sequence] = place
            ask = self.asks[place]
            frames.append(encode(ask.request, sequence, ask.payload))
        if frames:
            self.link.port.write(b"".join(frames))

    def _again(self, sequences: list[int]) -> None:
        """Put requests that were lost in front of those that were not sent yet."""
        self.todo.extendleft(self.under_way.pop(sequence) for sequence in reversed(sequences))
        self.link.retries += len(sequences)

    def _take(self, frame: Frame) -> None:
        if frame.kind == ERROR and len(frame.payload) == ERROR_PAYLOAD.size:
            number, _ = ERROR_PAYLOAD.unpack(frame.payload)
            if number in _DAMAGED and frame.sequence == NO_SEQUENCE and len(self.under_way) == 1:
                self._again(list(self.under_way))  # it was this one
            elif frame.sequence in self.under_way and number in REASONS:
                ask = self.asks[self.under_way[frame.sequence]]
                raise BoardError(self.link.port.name, ask.request, Code(number))
            return
        if frame.sequence not in self.under_way:
            return  # of a request that was given up
        order = list(self.under_way)
        self._again(order[: order.index(frame.sequence)])
        place = self.under_way.pop(frame.sequence)
        ask = self.asks[place]
        if frame.kind != ask.request | REPLY or len(frame.payload) != ask.reply_bytes:
            what = f"type {frame.kind:#04x} with {len(frame.payload)} bytes"
            raise ToolError(
                f"{self.link.port.name}: {what}: is no reply to {ask.request.name}; "
                "flash the board with a bitstream of this version"
            )
        self.replies[place] = frame.payload
