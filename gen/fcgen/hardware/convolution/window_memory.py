"""Ring of rows of a map, read window by window."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Const, Module, Mux, Signal, signed
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.convolution.ring import first_rows, last_columns, last_rows
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
        spare = Signal(signed(self._rows_width), init=self.rows - 1)
        write, payload, pixel_done, row_done = self._write(m, spare)
        grant = Signal()
        # What was written is counted a cycle later, which keeps the way from the handshake short.
        pixel_counts = register(m, pixel_done, "pixel_counts", reset=True)
        row_counts = register(m, row_done, "row_counts", reset=True)
        ahead = self._look_ahead(m, grant, pixel_counts, row_counts)
        released = self._release(m, grant, ahead)
        m.d.sync += spare.eq(spare - row_done + released)
        address, padding = self._read(m, grant, ahead)
        self._store(m, write, payload, address, padding)
        return m

    @property
    def _rows_width(self) -> int:
        """Bits of a signed number of rows, as far as writer and reader can be apart."""
        apart = self.rows + self.window.height + self.window.extent[0] + 2
        return apart.bit_length() + 1

    def _write(self, m: Module, spare: Signal) -> tuple[Value, Value, Value, Value]:
        """Take beats; return the write, its data, and what it completes: a pixel, a row."""
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
        pixel_end = self._counts_to(m, self.pixel_beats, write, "beat_of_pixel")
        column_end = self._counts_to(m, self.window.width, write & pixel_end, "column")
        pixel_done = Signal()
        row_done = Signal()
        m.d.comb += [
            pixel_done.eq(write & pixel_end),
            row_done.eq(pixel_done & column_end),
        ]
        row_end = self._counts_to(m, self.window.height, row_done, "row")
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
        return write, payload, pixel_done, row_done

    def _counts_to(self, m: Module, number: int, step: Value, name: str) -> Value:
        """Count steps modulo ``number``; return whether the count stands at its end."""
        if number == 1:
            return Const(1)
        count = Signal(range(number), name=name)
        at_end = Signal(name=f"{name}_end")
        with m.If(step):
            m.d.sync += [
                count.eq(Mux(at_end, 0, count + 1)),
                at_end.eq(~at_end & (count == number - 2) if number > 2 else ~at_end),
            ]
        return at_end

    def _look_ahead(
        self, m: Module, grant: Signal, pixel_done: Value, row_done: Value
    ) -> dict[str, Value]:
        """Hold the window that comes next; grant it as soon as it is there and can be used."""
        window = self.window
        bottoms, rights = last_rows(window), last_columns(window)
        column_last = self._counts_to(m, window.columns, grant, "window_column")
        row_last = self._counts_to(m, window.rows, grant & column_last, "window_row")
        number = self._index(m, window.rows, grant & column_last, row_last, "window_row_number")
        frame_step = window.height + int(bottoms[0]) - int(bottoms[-1])
        down = self._delta(number, [*(bottoms[1:] - bottoms[:-1]).tolist(), frame_step])

        # One less than the rows that are whole beyond those above the window's last one.
        rows_ahead = Signal(signed(self._rows_width), init=-int(bottoms[0]) - 1)
        columns_done = Signal(range(window.width + 1))
        m.d.sync += rows_ahead.eq(rows_ahead + row_done - Mux(grant & column_last, down, 0))
        with m.If(row_done):
            m.d.sync += columns_done.eq(0)
        with m.Elif(pixel_done):
            m.d.sync += columns_done.eq(columns_done + 1)
        right = self._right(m, grant, column_last, rights.tolist())
        ready: Value = ~rows_ahead[-1] | (rows_ahead.all() & (columns_done > right))
        if self.beats > 1:
            # The next window is not needed before: it may be looked at a cycle later.
            ready = register(m, ready & ~grant, "ready", reset=True)
        m.d.comb += grant.eq(ready & (~self.available | self.vector_end))
        m.d.sync += self.available.eq(grant | (self.available & ~self.vector_end))
        return {
            "column_last": column_last,
            "row_last": row_last,
            "row_number": number,
            **self._first_beat(m, grant, column_last, row_last),
        }

    def _index(self, m: Module, number: int, step: Value, at_end: Value, name: str) -> Value:
        """Return the number that `_counts_to` counts, for what depends on its value."""
        index = Signal(range(max(number, 2)), name=name)
        with m.If(step):
            m.d.sync += index.eq(Mux(at_end, 0, index + 1))
        return index

    def _delta(self, index: Value, deltas: Sequence[int]) -> Value:
        """Return the delta of an index: most of them are alike, those at the edges are not."""
        usual = max(set(deltas), key=deltas.count)
        shape = range(min(0, *deltas), max(deltas) + 1)
        found: Value = Const(usual, shape)
        for place, delta in enumerate(deltas):
            if delta != usual:
                found = Mux(index == place, Const(delta, shape), found)
        return found

    def _right(self, m: Module, grant: Signal, column_last: Value, rights: list[int]) -> Value:
        """Return the last column that the next window sees."""
        if len(set(rights)) == 1:
            return Const(rights[0], range(self.window.width))
        right = Signal(range(self.window.width), name="right", init=rights[0])
        step = self.window.stride[1]
        with m.If(grant):
            limit = self.window.width - 1
            over = right >= limit - step + 1 if rights[-1] - rights[-2] != step else Const(0)
            following = Mux(over, limit, right + step)
            m.d.sync += right.eq(Mux(column_last, rights[0], following))
        return right

    def _first_beat(
        self, m: Module, grant: Signal, column_last: Value, row_last: Value
    ) -> dict[str, Value]:
        """Return where the next window's first beat stands: in the ring, and in the map."""
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
        y = Signal(signed(self._axis_width(0)), name="next_y", init=-top)
        x = Signal(signed(self._axis_width(1)), name="next_x", init=-left)
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
        with m.If(grant):
            m.d.sync += [address.eq(address + step), x.eq(x + window.stride[1])]
            with m.If(column_last):
                m.d.sync += [
                    x.eq(-left),
                    y.eq(Mux(row_last, -top, y + window.stride[0])),
                    ring_row.eq(new_row),
                ]
        return {"address": address, "ring_row": ring_row, "y": y, "x": x}

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

    def _axis_width(self, axis: int) -> int:
        """Bits of a signed row or column of the map with its padding."""
        size = (self.window.height, self.window.width)[axis]
        reach = size + self.window.extent[axis] + self.window.stride[axis]
        return reach.bit_length() + 1

    def _release(self, m: Module, grant: Signal, ahead: dict[str, Value]) -> Value:
        """Return the rows that are done with as a window ends."""
        firsts = first_rows(self.window)
        deltas = [*(firsts[1:] - firsts[:-1]).tolist(), self.window.height - int(firsts[-1])]
        delta = self._delta(ahead["row_number"], deltas)
        frees = Signal(len(delta), name="frees")
        with m.If(grant):
            m.d.sync += frees.eq(Mux(ahead["column_last"], delta, 0))
        return Mux(self.vector_end, frees, 0)

    def _read(self, m: Module, grant: Signal, ahead: dict[str, Value]) -> tuple[Value, Value]:
        """Step through the window; return the word of the ring, and whether it is padding."""
        window = self.window
        (rows, columns), (below, beside) = window.kernel, window.dilation
        beats = 1 if self.depthwise else self.pixel_beats
        advance = self.advance
        beat_end = self._counts_to(m, beats, advance, "channel_beat")
        tap_end = self._counts_to(m, columns, advance & beat_end, "tap_column")
        pass_end = self._counts_to(m, rows, advance & beat_end & tap_end, "tap_row")

        bits = len(ahead["address"])
        address, begin = Signal(bits, name="read_address"), Signal(bits, name="window_address")
        ring_row = Signal.like(ahead["ring_row"], name="ring_row")
        ring_begin = Signal.like(ahead["ring_row"], name="window_ring_row")
        y, x = Signal.like(ahead["y"], name="y"), Signal.like(ahead["x"], name="x")
        y_begin, x_begin = Signal.like(y, name="window_y"), Signal.like(x, name="window_x")
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
            with m.If(beat_end):
                m.d.sync += x.eq(x + beside)
            with m.If(beat_end & tap_end):
                m.d.sync += [x.eq(x_begin), y.eq(y + below), ring_row.eq(next_row)]
            with m.If(beat_end & tap_end & pass_end):
                m.d.sync += [
                    address.eq(begin_again),
                    begin.eq(begin_again),
                    y.eq(y_begin),
                    ring_row.eq(ring_begin),
                ]
        with m.If(grant):
            m.d.sync += [
                address.eq(ahead["address"]),
                begin.eq(ahead["address"]),
                ring_row.eq(ahead["ring_row"]),
                ring_begin.eq(ahead["ring_row"]),
                y.eq(ahead["y"]),
                y_begin.eq(ahead["y"]),
                x.eq(ahead["x"]),
                x_begin.eq(ahead["x"]),
            ]
        outside: Value = Const(0)
        for axis, (place, size) in enumerate(((y, window.height), (x, window.width))):
            before, after = window.padding[2 * axis : 2 * axis + 2]
            if before:
                outside = outside | (place < 0)
            if after:
                outside = outside | (place >= size)
        return address, outside

    def _store(
        self, m: Module, write: Value, payload: Value, address: Value, padding: Value
    ) -> None:
        """Keep the beats; padding takes the place of what is read outside of the map.

        A word is never read while it is written: a window is granted when its pixels are there,
        and what it sees outside of the map is replaced by padding.
        """
        bits = max(ceil_log2(self.depth), 1)
        at = Signal(bits, name="write_address")
        with m.If(write):
            m.d.sync += at.eq(Mux(at == self.depth - 1, 0, at + 1))
        padded = self.window.padded
        replaced = register(m, register(m, padding, "padding"), "padding_word") if padded else None
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
            if replaced is not None:
                word = Mux(replaced, Const(fill, self.width)[part], word)
            m.d.comb += self.word[part].eq(word)
