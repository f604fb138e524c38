"""Queue of results, which packs them into output beats."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.layer.drain_controller import FOLD_END, TAG_WIDTH, VALID, VECTOR_END
from fcgen.hardware.memories.lane_store import add_clocked, add_distributed
from fcgen.hardware.streams import output_ports
from fcgen.schedule.mapping import LUT_WORDS


def queue_latency(words: int, *, distributed: bool) -> int:
    """Return the cycles from the beat that completes a word to that word at the output."""
    return 3 if distributed and words > LUT_WORDS else 2


class ResultQueue(wiring.Component):
    """Packs beats of R results, some of them partial, into output beats of L lanes.

    A word of the store has ``word_lanes`` (K) lanes: L, or the next multiple of L where more than
    L results arrive at once. Results are appended at the lane where the last one ended; the end of
    a vector fills up its word, so that every vector begins a word. The writer never asks for room:
    the layer controller's credits guarantee it.

    Latency: a result that completes a word is at the output ``latency`` cycles later: two, or three
    from a store of several memories in look-up tables.
    Initiation interval: 1 cycle a beat on either side. Handshake: none at the input, valid/ready
    at the output. Reset: the queue is empty.

    Parameters
    ----------
    result_lanes : int, positive
        R, results of a full beat.
    output_lanes : int, positive
        L.
    outputs : int, positive
        M, results of a vector.
    pe : int, positive
        P, results of a neuron fold.
    width : int, positive
        Bits of a result.
    words : int, positive
        Words of the store.
    distributed : bool
        The store is read without a clock, as memories in look-up tables are, and the word goes to
        a register; otherwise it may stand in block RAM.

    Ports
    -----
    results : In(result_lanes * width)
        Lane 0 in the least significant bits.
    tag : In(3)
        Valid, last beat of a fold, last beat of a vector: see `DrainController`.
    word_taken : Out(1)
        A word leaves the store.
    out_payload : Out(output_lanes * width)
        Lane 0 in the least significant bits; unused lanes of a vector's last beat are 0.
    out_valid, out_ready : Out, In(1)
    out_first, out_last : Out(1)
        First and last beat of a vector.
    """

    def __init__(
        self,
        *,
        result_lanes: int,
        output_lanes: int,
        outputs: int,
        pe: int,
        width: int,
        words: int,
        distributed: bool = False,
    ) -> None:
        if min(result_lanes, output_lanes, outputs, pe, width, words) < 1:
            raise ValueError("all parameters must be positive")
        self.result_lanes = result_lanes
        self.output_lanes = output_lanes
        self.outputs = outputs
        self.pe = pe
        self.width = width
        self.words = words
        self.distributed = distributed
        super().__init__(
            {
                "results": In(result_lanes * width),
                "tag": In(TAG_WIDTH),
                "word_taken": Out(1),
                **output_ports(output_lanes * width),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two queues the same module."""
        own: Parameters = {
            "result_lanes": self.result_lanes,
            "output_lanes": self.output_lanes,
            "outputs": self.outputs,
            "pe": self.pe,
            "width": self.width,
            "words": self.words,
        }
        return own | ({"distributed": True} if self.distributed else {})

    @staticmethod
    def word_lanes_for(result_lanes: int, output_lanes: int) -> int:
        """Return K: the multiple of L that holds a full beat of R results."""
        return -(-result_lanes // output_lanes) * output_lanes

    @property
    def word_lanes(self) -> int:
        """K, lanes of a stored word."""
        return self.word_lanes_for(self.result_lanes, self.output_lanes)

    @property
    def latency(self) -> int:
        """Cycles from the beat that completes a word to that word at the output."""
        return queue_latency(self.words, distributed=self.distributed)

    @property
    def fetches(self) -> bool:
        """Whether reading a word takes two cycles: one to read the memories, one to select."""
        return self.distributed and self.words > LUT_WORDS

    @property
    def beat_counts(self) -> tuple[int, int, int]:
        """Results in a full beat, in the last beat of a fold, and in the last of a vector."""
        last_fold = self.outputs - (-(-self.outputs // self.pe) - 1) * self.pe
        return (
            self.result_lanes,
            (self.pe - 1) % self.result_lanes + 1,
            (last_fold - 1) % self.result_lanes + 1,
        )

    @property
    def offsets(self) -> tuple[int, ...]:
        """Lanes at which a beat can begin."""
        firsts = (
            fold + beat
            for fold in range(0, self.outputs, self.pe)
            for beat in range(0, self.pe, self.result_lanes)
        )
        return tuple(sorted({f % self.word_lanes for f in firsts if f < self.outputs}))

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        stored = Signal(range(self.words + 1))
        any_stored = Signal()
        completed = Signal(range(3))
        # Computed a cycle before `stored` changes, so that the output waits for no comparison.
        m.d.sync += [
            stored.eq(stored + completed - self.word_taken),
            any_stored.eq((completed != 0) | (stored > 1) | (any_stored & ~self.word_taken)),
        ]
        write_word = Signal(range(max(self.words, 2)))
        read_word = Signal.like(write_word)
        self._show = Signal(name="show")
        lanes = self._append(m, write_word, completed, read_word)
        self._present(m, lanes, any_stored, read_word)
        return m

    def _append(
        self, m: Module, write_word: Signal, completed: Signal, read_word: Signal
    ) -> list[Value]:
        """Append a beat to the stored results; return the lanes of the read word."""
        offset: Value = Const(0, 1)
        if self.offsets != (0,):
            offset = Signal(range(max(self.word_lanes, 2)), name="offset")
        count = Signal(range(self.result_lanes + 1))
        filled = Signal(range(self.word_lanes + self.result_lanes + 1))
        next_word = Signal.like(write_word)
        full, fold_end, vector_end = self.beat_counts
        m.d.comb += [
            count.eq(
                Mux(self.tag[VECTOR_END], vector_end, Mux(self.tag[FOLD_END], fold_end, full))
            ),
            filled.eq(offset + count),
            next_word.eq(self._following(write_word)),
        ]
        with m.If(self.tag[VALID]):
            with m.If(self.tag[VECTOR_END]):
                m.d.comb += completed.eq(Mux(filled > self.word_lanes, 2, 1))
            with m.Else():
                m.d.comb += completed.eq(filled >= self.word_lanes)
            if isinstance(offset, Signal):
                rest = Mux(filled >= self.word_lanes, filled - self.word_lanes, filled)
                m.d.sync += offset.eq(Mux(self.tag[VECTOR_END], 0, rest))
        with m.If(completed == 1):
            m.d.sync += write_word.eq(next_word)
        with m.Elif(completed == 2):
            m.d.sync += write_word.eq(self._following(next_word))

        return [
            self._lane(m, lane, offset, filled, write_word, next_word, read_word)
            for lane in range(self.word_lanes)
        ]

    def _lane(
        self,
        m: Module,
        lane: int,
        offset: Value,
        filled: Signal,
        write_word: Signal,
        next_word: Signal,
        read_word: Signal,
    ) -> Value:
        """Add the memory of a lane; lanes below the offset belong to the next word."""
        wraps = Signal(name=f"wraps_{lane}")
        data = Signal(self.width, name=f"lane_{lane}_data")
        bits = max((self.words - 1).bit_length(), 0)
        m.d.comb += wraps.eq(lane < offset)
        write = (
            self.tag[VALID] & (Mux(wraps, lane + self.word_lanes, lane) < filled),
            Mux(wraps, next_word, write_word)[:bits],
            data,
        )
        with m.Switch(offset):
            for first in self.offsets:
                source = (lane - first) % self.word_lanes
                if source < self.result_lanes:
                    with m.Case(first):
                        m.d.comb += data.eq(self.results.word_select(source, self.width))
        name, address = f"lane_{lane}", read_word[:bits]
        if self.distributed:
            take, show = self.word_taken, self._show
            return add_distributed(m, name, self.words, write, address, take, show)
        return add_clocked(m, name, self.words, write, address, self.word_taken)

    def _present(
        self, m: Module, lanes: list[Value], any_stored: Signal, read_word: Signal
    ) -> None:
        """Give the read word in beats of L lanes; read the next word after its last beat."""
        beats = -(-self.outputs // self.output_lanes)
        parts = self.word_lanes // self.output_lanes
        position = Signal(range(beats))
        part = Signal(range(parts))
        advance = Signal()
        more = Signal()
        presented = Signal()
        m.d.comb += [
            advance.eq(~self.out_valid | self.out_ready),
            more.eq(self.out_valid & ~self.out_last & (part != parts - 1)),
            self._show.eq(advance & ~more & self._fetch(m, any_stored)),
            presented.eq(advance & (more | self._show)),
        ]
        with m.If(advance):
            m.d.sync += self.out_valid.eq(more | self._show)
        with m.If(self.word_taken):
            m.d.sync += read_word.eq(self._following(read_word))
        with m.If(self._show):
            m.d.sync += part.eq(0)
        with m.Elif(advance & more):
            m.d.sync += part.eq(part + 1)
        with m.If(presented):
            m.d.sync += [
                position.eq(Mux(position == beats - 1, 0, position + 1)),
                self.out_first.eq(position == 0),
                self.out_last.eq(position == beats - 1),
            ]

        used = self.outputs - (beats - 1) * self.output_lanes
        word = Cat(lanes)
        for lane in range(self.output_lanes):
            value = Signal(self.width, name=f"output_{lane}")
            m.d.comb += value.eq(
                Cat(
                    word.word_select(p * self.output_lanes + lane, self.width) for p in range(parts)
                ).word_select(part, self.width)
            )
            if lane >= used:
                value = Mux(self.out_last, 0, value)
            m.d.comb += self.out_payload.word_select(lane, self.width).eq(value)

    def _fetch(self, m: Module, any_stored: Signal) -> Value:
        """Read words from the store; return whether one is ready to be selected."""
        if not self.fetches:
            m.d.comb += self.word_taken.eq(self._show)
            return any_stored
        fetched = Signal()
        m.d.comb += self.word_taken.eq(any_stored & (~fetched | self._show))
        m.d.sync += fetched.eq(self.word_taken | (fetched & ~self._show))
        return fetched

    def _following(self, word: Value) -> Value:
        return Mux(word == self.words - 1, 0, word + 1)
