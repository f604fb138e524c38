"""Ring of rows of a map, read window by window."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Const, Module, Mux, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.convolution.ring import first_rows, last_rows
from fcgen.hardware.memories.beat_store import add_beat_store
from fcgen.hardware.memories.vector_memory import SLICE_BITS
from fcgen.hardware.registers import register
from fcgen.hardware.streams import input_ports
from fcgen.network.window import Window


def availability_delay(beats: int) -> int:
    """Return the cycles from a beat to a window that it completes.

    It is held, written, counted, looked at where a pass over the window has several ``beats``, and
    the window is granted.
    """
    return 4 + (beats > 1)


class WindowMemory(wiring.Component):
    """Rows of a map in a ring: windows are read from it while the next rows load, at any rate.

    A map comes row by row, pixel by pixel, channel by channel. A window is ``available`` as soon as
    its last pixel has come; it is read in the order of a kernel's weights, height, width, channel,
    once for every neuron fold. Of a depthwise layer, in which a pass over the window sees the
    channels of one beat, it is read height by width once for every beat of a pixel. Rows that no
    window sees any more make room for those that come.

    A frame begins with ``first`` and ends with ``last``. As windows of a frame leave before it is
    whole, a broken one cannot be dropped: where ``last`` comes early, or ``first`` within a frame,
    the memory completes the frame with values that mean nothing; beats behind a frame without
    ``last`` are swallowed up to the next ``first``. Either sets ``error`` until reset.

    Latency: a window is available ``availability_delay`` cycles after its last beat was accepted;
    ``word`` follows ``advance`` by two cycles (memory, output register). Initiation interval: one
    beat a cycle at either side. Handshake: valid/ready at the input; ``available``, ``advance`` and
    ``vector_end`` at the output: ``vector_end`` comes with the last ``advance`` of a window, and
    both only while one is available. Reset: everything is dropped.

    Parameters
    ----------
    window : Window
    lanes : int
        Values of a beat, a divisor of the channels.
    bits : int, positive
        Bits of a value.
    zero_point : int
        What padding gives in every lane.
    rows : int
        Rows of the ring, see `fcgen.hardware.convolution.ring.ring_rows`.
    depthwise : bool
        A pass sees one beat of each pixel.
    block_ram : bool
        The ring stands in a `VectorStore`; otherwise the synthesis tool chooses the kind of RAM.

    Ports
    -----
    in_payload : In(lanes * bits)
    in_valid, in_ready : In, Out(1)
    in_first, in_last : In(1)
        Framing of the map.
    available, vector_end : Out, In(1)
        A whole window is there; the controller is done with it.
    advance : In(1)
        The current beat is read now.
    word : Out(lanes * bits)
        The beat, two cycles later.
    error : Out(1)
        A framing error was seen since the reset.
    """

    def __init__(
        self,
        window: Window,
        *,
        lanes: int,
        bits: int,
        zero_point: int,
        rows: int,
        depthwise: bool = False,
        block_ram: bool = False,
    ) -> None:
        if window.channels % lanes:
            raise ValueError("a pixel is a whole number of beats")
        self.window = window
        self.lanes = lanes
        self.bits = bits
        self.zero_point = zero_point & ((1 << bits) - 1)
        self.rows = rows
        self.depthwise = depthwise
        self.block_ram = block_ram
        self.width = lanes * bits
        super().__init__(
            {
                **input_ports(self.width),
                "available": Out(1),
                "vector_end": In(1),
                "advance": In(1),
                "word": Out(self.width),
                "error": Out(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Constructor parameters: what makes two memories the same module."""
        window = self.window
        own: Parameters = {
            "map": f"{window.height}x{window.width}x{window.channels}",
            "kernel": "x".join(map(str, window.kernel)),
            "stride": "x".join(map(str, window.stride)),
            "dilation": "x".join(map(str, window.dilation)),
            "padding": ",".join(map(str, window.padding)),
            "lanes": self.lanes,
            "bits": self.bits,
            "zero_point": self.zero_point,
            "rows": self.rows,
            "depthwise": self.depthwise,
        }
        return own | ({"block_ram": True} if self.block_ram else {})

    @property
    def latency(self) -> int:
        """Cycles from an ``advance`` to its word."""
        return 2

    @property
    def availability_delay(self) -> int:
        """Cycles from the beat that completes a window to the window."""
        return availability_delay(self.beats)

    @property
    def beats(self) -> int:
        """Beats of a pass over a window."""
        return self.window.taps * (1 if self.depthwise else self.pixel_beats)

    @property
    def pixel_beats(self) -> int:
        """Beats of a pixel."""
        return self.window.channels // self.lanes

    @property
    def row_beats(self) -> int:
        """Beats of a row, and words of a row of the ring."""
        return self.window.width * self.pixel_beats

    @property
    def depth(self) -> int:
        """Words of the ring."""
        return self.rows * self.row_beats

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Rows of the ring that are free beside the one under way: its sign alone decides.
        spare = Signal(range(-1, self.rows + self._unseen), name="spare", init=self.rows - 1)
        write, payload, column, row_done = self._write(m, spare)
        grant = Signal()
        # Between two windows of three beats there is a cycle for a window to step out of the way.
        moves = register(m, grant, "moves", reset=True) if self.unhurried else grant
        # What was written is counted a cycle later, which keeps the way from the handshake short.
        columns_done = register(m, column, "columns_done", reset=True)
        row_counts = register(m, row_done, "row_counts", reset=True)
        ahead = self._look_ahead(m, grant, moves, columns_done, row_counts)
        m.d.sync += spare.eq(spare - row_done + Mux(self.vector_end, ahead["frees"], 0))
        address, padding = self._read(m, grant, moves, ahead)
        self._store(m, write, payload, address, padding)
        return m

    @property
    def unhurried(self) -> bool:
        """Whether windows follow one another at three cycles or more."""
        return self.beats > 2

    @property
    def _unseen(self) -> int:
        """Most rows that are released before they are written: those that no window sees."""
        bottoms = last_rows(self.window).tolist()
        firsts = [*first_rows(self.window)[1:].tolist(), self.window.height]
        unseen = [int(first - last) for first, last in zip(firsts, bottoms, strict=True)]
        return max(0, *unseen)

    def _write(self, m: Module, spare: Signal) -> tuple[Value, Value, Value, Value]:
        """Take beats; return the write, its data, the column at work, and the end of a row."""
        beats = self.window.height * self.row_beats
        taken = Signal()
        write = Signal()
        held = Signal()
        with m.If(self.in_ready):
            m.d.sync += held.eq(self.in_valid)
        moves = self.in_valid & self.in_ready
        payload = Signal(self.width, name="held_payload", reset_less=True)
        first = Signal(name="held_first", reset_less=True)
        last = Signal(name="held_last", reset_less=True)
        with m.If(moves):
            m.d.sync += [
                payload.eq(self.in_payload),
                first.eq(self.in_first),
                last.eq(self.in_last),
            ]
        m.d.comb += self.in_ready.eq(~held | taken)

        within = Signal()
        filling = Signal()
        row_start = Signal(init=1)
        place = Signal()
        m.d.comb += place.eq(~row_start | ~spare[-1])
        _, pixel_end = self._counts_to(m, self.pixel_beats, write, "beat_of_pixel")
        column, column_end = self._counts_to(m, self.window.width, write & pixel_end, "column")
        row_done = Signal()
        m.d.comb += row_done.eq(write & pixel_end & column_end)
        _, row_end = self._counts_to(m, self.window.height, row_done, "row")
        at_end = pixel_end & column_end & row_end
        fits = held & (first != within) & ~filling
        m.d.comb += [
            write.eq(place & (filling | fits)),
            taken.eq(held & ~filling & Mux(within, ~first & place, ~first | place)),
        ]
        early = fits & last & ~at_end if beats > 1 else Const(0)
        again = held & first & within & ~filling
        lost = held & ~first & ~within & ~filling
        late = fits & at_end & ~last
        with m.If((write & (early | late)) | again | lost):
            m.d.sync += self.error.eq(1)
        with m.If(write):
            m.d.sync += [
                within.eq(~at_end),
                row_start.eq(row_done),
                filling.eq((filling | early) & ~at_end),
            ]
        with m.If(again):
            m.d.sync += filling.eq(1)
        return write, payload, column, row_done

    def _counts_to(self, m: Module, number: int, step: Value, name: str) -> tuple[Value, Value]:
        """Count steps modulo ``number``; return the count, and whether it stands at its end."""
        if number == 1:
            return Const(0), Const(1)
        return self._walk(m, range(number), step, name)

    def _walk(self, m: Module, places: range, step: Value, name: str) -> tuple[Value, Value]:
        """Step from place to place and back; return the place, and whether it is the last one."""
        if len(places) == 1:
            return Const(places[0]), Const(1)
        place = Signal(range(places[-1] + 1), name=name, init=places[0])
        at_end = Signal(name=f"{name}_end")
        ends = (place == places[-2]) if len(places) > 2 else Const(1)
        with m.If(step):
            m.d.sync += [
                place.eq(Mux(at_end, places[0], place + places.step)),
                at_end.eq(~at_end & ends),
            ]
        return place, at_end

    def _edges(self, axis: int) -> range:
        """Return where the windows end along an axis, were the map not clipped: never below 0."""
        window = self.window
        first = window.extent[axis] - 1 - window.padding[2 * axis]
        stride, count = window.stride[axis], (window.rows, window.columns)[axis]
        return range(first, first + count * stride, stride)

    def _look_ahead(
        self, m: Module, grant: Signal, moves: Value, columns_done: Value, row_done: Value
    ) -> dict[str, Value]:
        """Hold the window that comes next; grant it as soon as it is there and can be used.

        Behind the right edge of the map there is no column: such a window waits for its whole rows.
        """
        window = self.window
        firsts, bottoms = first_rows(window), last_rows(window)
        right, column_last = self._walk(m, self._edges(1), moves, "right")
        bottom, row_last = self._walk(m, self._edges(0), moves & column_last, "bottom")
        over = window.height - int(bottoms[-1]) + int(bottoms[0])
        downs = [*(bottoms[1:] - bottoms[:-1]).tolist(), over]
        down = Mux(column_last, self._delta(bottom, downs), 0)
        down = self._settled(m, self.beats > 1, "down", down)

        # One less than the rows that are whole beyond those above the window's last one.
        start = -int(bottoms[0]) - 1
        least = min(start, -1 - max(downs))
        rows_ahead = Signal(range(least, self.rows + 1), name="rows_ahead", init=start)
        m.d.sync += rows_ahead.eq(rows_ahead + row_done - Mux(moves, down, 0))
        ready: Value = ~rows_ahead[-1] | (rows_ahead.all() & (columns_done > right))
        if self.beats > 1:
            # The next window is not needed before: it may be looked at a cycle later.
            ready = register(m, ready, "ready", reset=True)
        m.d.comb += grant.eq(ready & (~self.available | self.vector_end))
        m.d.sync += self.available.eq(grant | (self.available & ~self.vector_end))

        # The rows that are done with as the window ends.
        deltas = [*(firsts[1:] - firsts[:-1]).tolist(), window.height - int(firsts[-1])]
        delta = Mux(column_last, self._delta(bottom, deltas), 0)
        delta = self._settled(m, self.beats > 1, "next_frees", delta)
        frees = Signal(range(max(deltas) + 1), name="frees")
        with m.If(moves):
            m.d.sync += frees.eq(delta)
        address, ring_row = self._first_beat(m, moves, column_last, row_last)
        return {
            "address": address,
            "ring_row": ring_row,
            "bottom": bottom,
            "right": right,
            "frees": frees,
        }

    def _delta(self, bottom: Value, deltas: Sequence[int]) -> Value:
        """Return the delta of a row of windows: most are alike, those at the edges are not."""
        usual = max(set(deltas), key=deltas.count)
        shape = range(max(*deltas, 1) + 1)
        found: Value = Const(usual, shape)
        for place, delta in zip(self._edges(0), deltas, strict=True):
            if delta != usual:
                found = Mux(bottom == place, Const(delta, shape), found)
        return found

    def _first_beat(
        self, m: Module, moves: Value, column_last: Value, row_last: Value
    ) -> tuple[Signal, Signal]:
        """Return the word of the ring and its row where the next window's first beat stands."""
        window, across = self.window, self.row_beats
        top, left = window.padding[0], window.padding[2]
        start_row = -top % self.rows
        bits = max(ceil_log2(self.depth), 1)
        address = Signal(
            bits,
            name="next_address",
            init=(start_row * across - left * self.pixel_beats) % (1 << bits),
        )
        ring_row = Signal(range(max(self.rows, 2)), name="next_ring_row", init=start_row)
        back = (window.columns - 1) * window.stride[1] * self.pixel_beats
        jump = window.height - (window.rows - 1) * window.stride[0]
        jumps = window.stride[0] % self.rows, jump % self.rows
        (next_row, row_words), (frame_row, frame_words) = (
            self._ring_step(ring_row, rows, -back) for rows in jumps
        )
        # What a window ends with is known before it does, where it has several beats.
        known = self.beats > 1
        row_step = Mux(row_last, frame_words, row_words)
        across_step = Const(window.stride[1] * self.pixel_beats)
        step = self._settled(m, known, "window_step", Mux(column_last, row_step, across_step))
        new_row = self._settled(m, known, "new_ring_row", Mux(row_last, frame_row, next_row))
        with m.If(moves):
            m.d.sync += address.eq(address + step)
            with m.If(column_last):
                m.d.sync += ring_row.eq(new_row)
        return address, ring_row

    def _settled(self, m: Module, known: bool, name: str, value: Value) -> Value:
        """Register a value that is known a cycle before it is needed."""
        if not known or isinstance(value, Const):
            return value
        settled = Signal(value.shape(), name=name, reset_less=True)
        m.d.sync += settled.eq(value)
        return settled

    def _ring_step(self, row: Value, rows: int, more: int) -> tuple[Value, Value]:
        """Return the row of the ring that is so many rows on, and how far its words are.

        To the difference of the addresses ``more`` is added.
        """
        if rows == 0:
            return row, Const(more)
        wraps, back = row >= self.rows - rows, rows - self.rows
        words = [count * self.row_beats + more for count in (back, rows)]
        shape = range(min(0, *words), max(*words, 0) + 1)
        return (
            (row + Mux(wraps, Const(back), Const(rows)))[: len(row)],
            Mux(wraps, Const(words[0], shape), Const(words[1], shape)),
        )

    def _read(
        self, m: Module, grant: Signal, moves: Value, ahead: dict[str, Value]
    ) -> tuple[Value, Value | None]:
        """Step through the window; return the word of the ring, and what marks it as padding."""
        (rows, columns), (below, beside) = self.window.kernel, self.window.dilation
        beats = 1 if self.depthwise else self.pixel_beats
        advance = self.advance
        _, beat_end = self._counts_to(m, beats, advance, "channel_beat")
        _, tap_end = self._counts_to(m, columns, advance & beat_end, "tap_column")
        _, pass_end = self._counts_to(m, rows, advance & beat_end & tap_end, "tap_row")

        bits = len(ahead["address"])
        address, begin = Signal(bits, name="read_address"), Signal(bits, name="window_address")
        ring_row = Signal.like(ahead["ring_row"], name="ring_row")
        ring_begin = Signal.like(ahead["ring_row"], name="window_ring_row")
        back = (columns - 1) * beside * self.pixel_beats + beats - 1
        next_row, row_step = self._ring_step(ring_row, below % self.rows, -back)
        # A row of taps has begun before it ends, where it has several beats.
        known = columns * beats > 1
        next_row = self._settled(m, known, "following_ring_row", next_row)
        row_step = self._settled(m, known, "row_step", row_step)
        tap_step = Const(beside * self.pixel_beats - (beats - 1))
        step = Mux(beat_end, Mux(tap_end, row_step, tap_step), 1)
        begin_again = Signal(bits, name="pass_address")
        m.d.comb += begin_again.eq(begin + 1 if self.depthwise else begin)
        with m.If(advance):
            m.d.sync += address.eq(address + step)
            with m.If(beat_end & tap_end):
                m.d.sync += ring_row.eq(next_row)
            with m.If(beat_end & tap_end & pass_end):
                m.d.sync += [
                    address.eq(begin_again),
                    begin.eq(begin_again),
                    ring_row.eq(ring_begin),
                ]
        with m.If(grant):
            m.d.sync += [
                address.eq(ahead["address"]),
                begin.eq(ahead["address"]),
                ring_row.eq(ahead["ring_row"]),
                ring_begin.eq(ahead["ring_row"]),
            ]
        if not self.window.padded:
            return address, None
        tap = advance & beat_end
        ends = [tap, tap & tap_end, tap & tap_end & pass_end]
        return address, self._padding(m, moves, ends, ahead)

    def _padding(
        self, m: Module, moves: Value, ends: list[Value], ahead: dict[str, Value]
    ) -> Value:
        """Return whether the word two cycles after an ``advance`` is padding.

        Where the tap at work stands is counted from the window's extent above and beside the map,
        so that it is never negative, and a cycle later than the word's address where it can be.
        """
        window = self.window
        if self.unhurried:
            names = ("tap_ended", "tap_row_ended", "pass_ended")
            ends = [register(m, e, n, reset=True) for e, n in zip(ends, names, strict=True)]
        outside: Value = Const(0)
        for axis, (name, edge, size) in enumerate(
            (("y", ahead["bottom"], window.height), ("x", ahead["right"], window.width))
        ):
            apart, taps, reach = window.dilation[axis], window.kernel[axis], window.extent[axis] - 1
            place = Signal(range(self._edges(axis)[-1] + reach + 1), name=name)
            over = ends[2 - axis]
            with m.If(ends[1 - axis]):
                m.d.sync += place.eq(place + Mux(over, -(taps - 1) * apart, apart))
            with m.If(moves):
                m.d.sync += place.eq(edge)
            before, after = window.padding[2 * axis : 2 * axis + 2]
            if before:
                outside = outside | (place < reach)
            if after:
                outside = outside | (place >= size + reach)
        padding = register(m, outside, "padding")
        return padding if self.unhurried else register(m, padding, "padding_word")

    def _store(
        self, m: Module, write: Value, payload: Value, address: Value, padding: Value | None
    ) -> None:
        """Keep the beats; padding takes the place of what is read outside of the map.

        A word is never read while it is written: a window is granted when its pixels are there,
        and what it sees outside of the map is replaced by padding.
        """
        at, _ = self._counts_to(m, self.depth, write, "write_address")
        fill = sum(self.zero_point << lane * self.bits for lane in range(self.lanes))
        for number, low in enumerate(range(0, self.width, SLICE_BITS)):
            part = slice(low, min(low + SLICE_BITS, self.width))
            name = "store" if self.width <= SLICE_BITS else f"store_{number}"
            word = add_beat_store(
                m,
                name,
                self.depth,
                (write, at, payload[part]),
                address,
                "block" if self.block_ram else "",
            )
            if padding is not None:
                word = Mux(padding, Const(fill, self.width)[part], word)
            m.d.comb += self.word[part].eq(word)
