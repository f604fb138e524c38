"""Every window whole, in order and in time: the contract of the window memory."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Array, Const, Module, Mux, ResetSignal, Signal, signed
from amaranth.asserts import AnyConst, AnySeq, Initial
from amaranth.hdl import Assert, Assume, Cover, Elaboratable, Value

from fcgen.hardware.convolution.ring import (
    first_rows,
    last_columns,
    last_rows,
    least_rows,
    ring_rows,
)
from fcgen.hardware.convolution.window_memory import WindowMemory
from fcgen.hardware.registers import delay
from fcgen.network.window import Window
from formal.inside import Bench, Inside, since_start

FRAMES = 4
"""Frames are numbered modulo 4: those in use are one behind to two ahead of the next window's."""
WAIT = 4
"""Cycles for which the pixels of a window must have been written before it must be there."""


def table(values: Sequence[int], index: Value) -> Value:
    """Return the entry that ``index`` names; beyond the last one any."""
    shape = range(min(0, *values), max(1, *values) + 1)
    return Array([Const(int(value), shape) for value in values])[index]


class Place:
    """A place in a stream of frames: counters, the last one fastest, and the frame's number."""

    def __init__(self, name: str, counts: Sequence[int], *, at_last: bool = False) -> None:
        self.counts = counts
        self.digits = [
            Signal(range(max(count, 2)), name=f"{name}_{n}", init=count - 1 if at_last else 0)
            for n, count in enumerate(counts)
        ]
        self.frame = Signal(range(FRAMES), name=f"{name}_frame", init=FRAMES - 1 if at_last else 0)

    @property
    def lasts(self) -> list[Value]:
        """Whether each counter stands at its end."""
        return [digit == count - 1 for digit, count in zip(self.digits, self.counts, strict=True)]

    @property
    def at_last(self) -> Value:
        """Whether this is the last place of its frame."""
        last: Value = Const(1)
        for each in self.lasts:
            last = last & each
        return last

    @property
    def number(self) -> Value:
        """Number of the place within its frame."""
        number: Value = Const(0)
        for digit, count in zip(self.digits, self.counts, strict=True):
            number = number * count + digit
        return number

    @property
    def valid(self) -> Value:
        """Whether every counter is within its range."""
        valid: Value = Const(1)
        for digit, count in zip(self.digits, self.counts, strict=True):
            valid = valid & (digit < count)
        return valid

    def following(self) -> list[Value]:
        """Return the counters and the frame of the next place."""
        carry: Value = Const(1)
        values: list[Value] = []
        for digit, last in zip(reversed(self.digits), reversed(self.lasts), strict=True):
            values.insert(0, Mux(carry, Mux(last, 0, digit + 1), digit))
            carry = carry & last
        return [*values, (self.frame + carry)[: len(self.frame)]]

    @property
    def signals(self) -> list[Signal]:
        """Counters and frame."""
        return [*self.digits, self.frame]


class WindowMemoryGhost:
    """The contract of a window memory, and one beat of one map that is followed.

    Which beat of which frame is any constant, so that what holds for it holds for all.

    Attributes
    ----------
    written, following, current : Place
        Beat that is written next; window that is granted next; window in use, or used last.
    step : Place
        Pass, tap and beat that the reader takes next.
    """

    def __init__(
        self,
        m: Module,
        dut: WindowMemory,
        inside: Inside,
        passes: int,
        *,
        invariants: bool,
    ) -> None:
        window = dut.window
        self.m, self.dut, self.inside, self.window = m, dut, inside, window
        self.passes = passes
        self.beats = window.height * dut.row_beats
        self.written = Place("written", (window.height, window.width, dut.pixel_beats))
        self.following = Place("following", (window.rows, window.columns))
        self.current = Place("current", (window.rows, window.columns), at_last=True)
        taps = (*window.kernel, 1 if dut.depthwise else dut.pixel_beats)
        self.step = Place("step", (passes, *taps))
        # What the component does inside; the assertions say that it does so rightly.
        self.write, self.grant = inside["write"], inside["grant"]
        self._walk()
        self._follow_framing()
        self._follow_windows()
        reads = self._delayed_reads()
        with m.If(~Initial()):
            self._assert_input()
            self._assert_windows()
            self._assert_reads(*reads)
            if invariants:
                self._assert_invariants()

    def _walk(self) -> None:
        """Step through beats, windows and taps."""
        m, dut = self.m, self.dut
        for place, moves in (
            (self.written, self.write),
            (self.following, self.grant),
            (self.step, dut.advance),
        ):
            with m.If(moves):
                for signal, value in zip(place.signals, place.following(), strict=True):
                    m.d.sync += signal.eq(value)
        with m.If(self.grant):
            for signal, value in zip(self.current.signals, self.following.signals, strict=True):
                m.d.sync += signal.eq(value)
        # Row of the ring where the frame of the next window begins.
        self.base = Signal(range(max(dut.rows, 2)), name="base")
        with m.If(self.grant & self.following.at_last):
            m.d.sync += self.base.eq(self._modulo(self.base + self.window.height))

    def _modulo(self, row: Value) -> Value:
        """Return the row of the ring of a row of a few frames."""
        rows, height, extent = self.dut.rows, self.window.height, self.window.extent[0]
        least, most = -height - extent, rows + 3 * height + extent
        shifted = Signal(range(most - least + 1))
        self.m.d.comb += shifted.eq(row - least)
        return table([(least + number) % rows for number in range(most - least + 1)], shifted)

    def _ahead(self, frame: Value) -> Value:
        """Return how many frames a frame is ahead of the next window's, -1 to 2."""
        ahead = Signal(signed(3))
        difference = (frame - self.following.frame)[:2]
        self.m.d.comb += ahead.eq(Mux(difference == FRAMES - 1, -1, difference))
        return ahead

    def _follow_framing(self) -> None:
        """State machine of the stream's rules, as the interface words them, at the input.

        ``place`` is the beat that comes next when all before it have been written.
        """
        m, dut, beats = self.m, self.dut, self.beats
        first, last = dut.in_first, dut.in_last
        self.accept = dut.in_valid & dut.in_ready
        self.frame = frame = Signal(range(FRAMES), name="accepted_frame")
        self.place = place = Signal(range(max(beats, 2)), name="accepted_place")
        self.broken = broken = Signal(name="broken")
        self.broken_before = Signal(name="broken_before")
        self.followed_frame = Signal(range(FRAMES), name="followed_frame")
        self.followed = Signal(range(max(beats, 2)), name="followed")
        self.value = Signal(dut.width, name="value", reset_less=True)
        self.known = Signal(name="known")
        m.d.comb += [
            self.followed_frame.eq(AnyConst(len(self.followed_frame))),
            self.followed.eq(AnyConst(len(self.followed))),
            Assume(self.followed < beats),
        ]
        cut = first & (place != 0)
        lost = ~first & (place == 0)
        target, target_frame = Signal.like(place), Signal.like(frame)
        at_end = target == beats - 1
        m.d.comb += [
            target.eq(Mux(first, 0, place)),
            target_frame.eq(frame + cut),
        ]
        with m.If(self.accept):
            m.d.sync += [
                self.broken_before.eq(broken),
                broken.eq(broken | cut | lost | (last != at_end)),
            ]
            with m.If(~lost):
                m.d.sync += [
                    place.eq(Mux(at_end | last, 0, target + 1)),
                    frame.eq(target_frame + (at_end | last)),
                ]
            # Beats that the memory makes up mean nothing.
            here = self.followed_frame == frame
            with m.If(cut & here & (self.followed >= place)):
                m.d.sync += self.known.eq(0)
            here = self.followed_frame == target_frame
            with m.If(~lost & last & here & (self.followed > target)):
                m.d.sync += self.known.eq(0)
            with m.If(~lost & here & (self.followed == target)):
                m.d.sync += [self.known.eq(1), self.value.eq(dut.in_payload)]

    def _follow_windows(self) -> None:
        """Say where writer, windows and reader are, in rows and pixels of the next window's frame.

        ``whole`` counts the rows that are written whole, ``pixels`` the pixels.
        """
        m, window = self.m, self.window
        height, width = window.height, window.width
        row, column, _ = self.written.digits
        self.whole = Signal(signed(12), name="whole")
        self.pixels = Signal(signed(16), name="pixels")
        self.lead = self._ahead(self.written.frame)
        m.d.comb += [
            self.whole.eq(self.lead * height + row),
            self.pixels.eq(self.whole * width + column),
        ]
        bottoms, rights = last_rows(window).tolist(), last_columns(window).tolist()
        firsts = first_rows(window).tolist()

        def needs(place: Place, ahead: Value) -> Value:
            y, x = place.digits
            return (ahead * height + table(bottoms, y)) * width + table(rights, x) + 1

        self.behind = self._ahead(self.current.frame)
        self.needed = Signal(signed(16), name="needed")
        self.needed_now = Signal(signed(16), name="needed_now")
        m.d.comb += [
            self.needed.eq(needs(self.following, Const(0))),
            self.needed_now.eq(needs(self.current, self.behind)),
        ]
        # Rows that no window needs any more.
        self.released, self.released_next = Signal(signed(12)), Signal(signed(12))
        m.d.comb += [
            self.released_next.eq(table(firsts, self.following.digits[0])),
            self.released.eq(
                Mux(
                    self.dut.available,
                    self.behind * height + table(firsts, self.current.digits[0]),
                    self.released_next,
                )
            ),
        ]
        self.full = Signal(name="full")
        start = (column == 0) & (self.written.digits[2] == 0)
        m.d.comb += self.full.eq(start & (self.whole - self.released >= self.dut.rows))
        # The pixel that the reader sees, and whether it is one.
        (s_y, s_x), (d_y, d_x) = window.stride, window.dilation
        _, tap_y, tap_x, beat = self.step.digits
        oy, ox = self.current.digits
        self.y, self.x = Signal(signed(8), name="seen_y"), Signal(signed(8), name="seen_x")
        self.y_begin, self.x_begin = Signal(signed(8)), Signal(signed(8))
        self.channel_beat = self.step.digits[0] if self.dut.depthwise else beat
        self.outside = Signal(name="outside")
        m.d.comb += [
            self.y_begin.eq(oy * s_y - window.padding[0]),
            self.x_begin.eq(ox * s_x - window.padding[2]),
            self.y.eq(self.y_begin + tap_y * d_y),
            self.x.eq(self.x_begin + tap_x * d_x),
            self.outside.eq((self.y < 0) | (self.y >= height) | (self.x < 0) | (self.x >= width)),
        ]
        seen = (self.y * width + self.x) * self.dut.pixel_beats + self.channel_beat
        self.sees = Signal(name="sees")
        m.d.comb += self.sees.eq(
            self.dut.available
            & ~self.outside
            & (self.current.frame == self.followed_frame)
            & (seen == self.followed)
        )

    @property
    def has_come(self) -> Value:
        """Whether the followed beat is written."""
        ahead = self._ahead(self.followed_frame)
        return (ahead < self.lead) | ((ahead == self.lead) & (self.followed < self.written.number))

    def _assert_input(self) -> None:
        dut, inside = self.dut, self.inside
        cut = inside["held"] & inside["held_first"] & (self.reached != 0)
        cut_before = since_start(self.m, cut, 1, "cut")
        self.m.d.comb += [
            Assert(
                dut.in_ready | self.full | inside["filling"] | (cut & ~cut_before),
                "a beat is accepted where a row has a place",
            ),
            Assert(
                inside["held"]
                | (self.place != 0)
                | (self.written.number == 0)
                | self.write
                | self.full,
                "a frame that has ended is completed",
            ),
            Assert(
                ~dut.error | self.broken,
                "an error tells broken framing",
            ),
            Assert(dut.error | ~self.broken_before, "broken framing is an error"),
        ]

    def _assert_windows(self) -> None:
        """Say that the windows are there in time, and not before their pixels are."""
        m, dut = self.m, self.dut
        waited = Signal(range(WAIT + 1), name="waited")
        there = self.pixels >= self.needed
        with m.If(self.grant | ~there):
            m.d.sync += waited.eq(0)
        with m.Elif(waited < WAIT):
            m.d.sync += waited.eq(waited + 1)
        self.waited = waited
        m.d.comb += [
            Assert(dut.available | (waited < WAIT), "a window whose pixels are there is available"),
            Assert(~self.sees | self.has_come, "a window is available when its pixels are there"),
            Assert(dut.available | ~self.full | there, "a full ring has a window"),
            Assert(~(self.write & self.full), "no row takes the place of one in use"),
        ]

    def _delayed_reads(self) -> tuple[Value, Value, Value]:
        """Return whether two cycles ago padding or the followed beat was seen, and its value."""
        m = self.m
        # What a reset cuts off is not used.
        padding = ~Initial() & self.dut.available & self.outside
        padding = delay(m, padding, 2, "padding", reset=True)
        sees = ~Initial() & self.sees & self.known
        sees = delay(m, sees, 2, "sees", reset=True)
        return padding, sees, delay(m, self.value, 2, "seen_value")

    def _assert_reads(self, padding: Value, sees: Value, value: Value) -> None:
        dut = self.dut
        fill = sum(dut.zero_point << lane * dut.bits for lane in range(dut.lanes))
        store = self.inside.module.submodules.store
        write, read = store.write_ports[0], store.read_ports[0]
        meeting = write.en & (write.addr == read.addr)
        self.m.d.comb += [
            Assert(~(dut.available & ~self.outside & meeting), "no address is read while written"),
            Assert(~padding | (dut.word == fill), "the reader sees padding outside of the map"),
            Assert(~sees | (dut.word == value), "the reader sees what was accepted"),
        ]

    def _is(self, name: str, value: Value, when: Value | None = None) -> None:
        """Assert what a register holds, where the component has it."""
        if name in self.inside._signals:
            same = self.inside[name] == value
            holds = same if when is None else ~when | same
            self.m.d.comb += Assert(holds, f"{name} is what it says")

    def _counts(self, place: Place, names: Sequence[str]) -> None:
        self.m.d.comb += Assert(place.valid, "counters are within their range")
        for name, digit, count in zip(names, place.digits, place.counts, strict=True):
            self._is(name, digit)
            self._is(f"{name}_end", digit == count - 1)

    def _assert_invariants(self) -> None:
        self._assert_writer()
        self._assert_next_window()
        self._assert_reader()
        self._assert_contents()

    def _assert_writer(self) -> None:
        """Counters, the beat that is held, and the rows that are written."""
        m, inside, written, dut = self.m, self.inside, self.written, self.dut
        self._counts(written, ("row", "column", "beat_of_pixel"))
        _, column, beat = written.digits
        between = written.number == 0
        self._is("within", ~between)
        self._is("row_start", (column == 0) & (beat == 0))
        held, first, last, filling = (
            inside[name] for name in ("held", "held_first", "held_last", "filling")
        )
        # Where the beat that is held goes, once the frame before is complete.
        frame, place = Signal.like(self.frame), Signal.like(self.place)
        ends = last | (self.target == self.beats - 1)
        lost = ~first & (self.reached == 0)
        m.d.comb += [
            frame.eq(self.target_frame + ends),
            place.eq(Mux(ends, 0, self.target + 1)),
            Assert(~(filling & between), "a frame is completed up to its end"),
            Assert(~filling | self.broken, "frames are completed after faults"),
        ]
        with m.If(held & ~lost):
            m.d.comb += Assert((self.frame == frame) & (self.place == place), "beat held")
        with m.Else():
            m.d.comb += [
                Assert(self.frame == (written.frame + filling)[:2]),
                Assert(self.place == self.reached, "no beat held"),
            ]
        # A fault of the beat that is held is told with it or before.
        fault = (first != (self.reached == 0)) | (last != (self.target == self.beats - 1))
        m.d.comb += Assert(self.broken == (dut.error | (held & fault)), "faults held")
        m.d.comb += Assert(dut.error | ~filling, "faults told before a frame is completed")

        spare = inside["spare"]
        self._is("spare", dut.rows - 1 - self.whole + self.released)
        m.d.comb += [
            Assert(spare >= -1, "rows of the ring"),
            Assert(inside["row_start"] | (spare >= 0), "a row under way has a place"),
            Assert(self.pixels >= self.needed_now, "windows follow their pixels"),
        ]
        at = self._ring_address(self.lead, written.digits[0], column, beat)
        self._is("write_address", at)
        self._is("write_address_end", at == dut.depth - 1)

    @property
    def reached(self) -> Value:
        """Place in its frame of what comes next, when a frame to be completed is complete."""
        return Mux(self.inside["filling"], 0, self.written.number)

    @property
    def target(self) -> Value:
        """Place in its frame of the beat that is held."""
        return Mux(self.inside["held_first"], 0, self.reached)

    @property
    def target_frame(self) -> Value:
        """Frame of the beat that is held."""
        cut = self.inside["held_first"] & (self.reached != 0)
        return (self.written.frame + self.inside["filling"] + cut)[:2]

    def _ring_address(self, ahead: Value, y: Value, x: Value, beat: Value) -> Value:
        """Return the word of the ring where a beat of a frame stands."""
        row = self._modulo(self.base + ahead * self.window.height + y)
        address = Signal(len(self.inside["write_address"]))
        self.m.d.comb += address.eq(row * self.dut.row_beats + x * self.dut.pixel_beats + beat)
        return address

    def _assert_next_window(self) -> None:
        """The window that is granted next, and what is known of it a cycle ahead.

        Where ``moves`` is a register, what is known steps a cycle after the grant.
        """
        m, inside, window = self.m, self.inside, self.window
        following = self.following
        for value, signal in zip(self.current.following(), following.signals, strict=True):
            m.d.comb += Assert(value == signal, "windows follow one another")
        m.d.comb += [
            Assert(self.current.valid & following.valid),
            Assert(self.base < self.dut.rows),
        ]
        self.moving = moving = inside["moves"] if self.dut.unhurried else Const(0)
        behind = Mux(moving, self.behind, 0)
        y, x = (
            Mux(moving, old, new)
            for old, new in zip(self.current.digits, following.digits, strict=True)
        )
        row_last, column_last = y == window.rows - 1, x == window.columns - 1
        next_y, next_x = Signal(signed(8)), Signal(signed(8))
        m.d.comb += [
            next_y.eq(y * window.stride[0] - window.padding[0]),
            next_x.eq(x * window.stride[1] - window.padding[2]),
        ]
        self._is("bottom", next_y + window.extent[0] - 1)
        self._is("bottom_end", row_last)
        self._is("right", next_x + window.extent[1] - 1)
        self._is("right_end", column_last)
        self._is("next_ring_row", self._modulo(self.base + behind * window.height + next_y))
        self._is("next_address", self._ring_address(behind, next_y, next_x, Const(0)))

        # What is counted a cycle later.
        row, done = inside["row_counts"], inside["columns_done"]
        bottom = behind * window.height + table(last_rows(window).tolist(), y)
        self._is("rows_ahead", self.whole - row - bottom - 1)
        between = self.written.number % self.dut.row_beats == 0
        m.d.comb += [
            Assert(~row | between, "a row is counted a cycle later"),
            Assert(done < window.width),
            Assert((self.whole - row) * window.width + done <= self.pixels, "pixels counted"),
        ]
        fresh = Signal(name="fresh", init=1)
        moved = Signal(name="moved", init=1)
        moves = inside["moves"] if self.dut.unhurried else self.grant
        m.d.sync += [fresh.eq(0), moved.eq(moves)]
        begins = self.dut.available & (self.step.number == 0)
        follows = self.dut.available & (self.step.number <= int(self.dut.unhurried))
        m.d.comb += [
            Assert(~moving | (begins & ~moved), "a window begins when the next one steps"),
            Assert(fresh | ~moved | follows, "a window has begun when the next one has stepped"),
        ]
        if self.dut.beats > 1:
            needed = Mux(moving, self.needed_now, self.needed)
            m.d.comb += [
                Assert(~(fresh & inside["ready"]), "nothing is there after a reset"),
                Assert(~inside["ready"] | moved | (self.pixels >= needed), "what is there"),
            ]
        self._assert_settled(y, x, ~moved)
        steps = self.released_next - self.released
        self._is("frees", steps, self.dut.available & ~moving)

    def _assert_settled(self, y: Value, x: Value, when: Value) -> None:
        """What the step to the next window needs, a cycle after the step before."""
        window, rows = self.window, self.dut.rows
        row_last, column_last = y == window.rows - 1, x == window.columns - 1
        stride, pixel_beats = window.stride, self.dut.pixel_beats
        back = (window.columns - 1) * stride[1] * pixel_beats
        jump = window.height - (window.rows - 1) * stride[0]
        ring_row = self.inside["next_ring_row"]
        (row_on, words), (frame_on, frame_words) = (
            self._ring_step(ring_row, count % rows, -back) for count in (stride[0], jump)
        )
        across = Mux(row_last, frame_words, words)
        self._is("window_step", Mux(column_last, across, stride[1] * pixel_beats), when)
        self._is("new_ring_row", Mux(row_last, frame_on, row_on), when)
        for name, edge in (("down", last_rows(window)), ("next_frees", first_rows(window))):
            beyond = int(edge[0]) if name == "down" else 0
            steps = [*(edge[1:] - edge[:-1]).tolist(), window.height + beyond - int(edge[-1])]
            self._is(name, Mux(column_last, table(steps, y), 0), when)

    def _ring_step(self, row: Value, rows: int, more: int) -> tuple[Value, Value]:
        """Return the row of the ring that is so many rows on, and how far its words are."""
        wraps = row >= self.dut.rows - rows
        on = Mux(wraps, rows - self.dut.rows, rows)
        return row + on, on * self.dut.row_beats + more

    def _assert_reader(self) -> None:
        """Where the reader is in its window."""
        dut, available = self.dut, self.dut.available
        tap_x, beat = self.step.digits[2:]
        self._counts(self.step, ("pass", "tap_row", "tap_column", "channel_beat"))
        inside_window = available | (self.step.number == 0)
        self.m.d.comb += Assert(inside_window, "no window is left under way")
        first = self.step.digits[0] if dut.depthwise else Const(0)
        begin = self._ring_address(self.behind, self.y_begin, self.x_begin, first)
        address = self._ring_address(self.behind, self.y, self.x, self.channel_beat)
        row_begin = self._modulo(self.base + self.behind * self.window.height + self.y_begin)
        row = self._modulo(self.base + self.behind * self.window.height + self.y)
        for name, value in (
            ("ring_row", row),
            ("window_ring_row", row_begin),
            ("read_address", address),
            ("window_address", begin),
        ):
            self._is(name, value, available)
        beats = self.step.counts[3]
        below, beside = self.window.dilation
        back = (self.window.kernel[1] - 1) * beside * dut.pixel_beats + beats - 1
        next_row, step = self._ring_step(row, below % dut.rows, -back)
        settled = available & ~((tap_x == 0) & (beat == 0))
        self._is("following_ring_row", next_row, settled)
        if self.window.padded:
            self._assert_seen()
        self._is("row_step", step, settled)

    def _assert_seen(self) -> None:
        """Where the tap at work stands in the map: steps are made up for where they come later."""
        inside, unhurried = self.inside, self.dut.unhurried
        names = ("tap_ended", "tap_row_ended", "pass_ended")
        ends = [inside[name] if unhurried else Const(0) for name in names]
        for axis, (name, seen) in enumerate((("y", self.y), ("x", self.x))):
            apart, reach = self.window.dilation[axis], self.window.extent[axis] - 1
            step = Mux(ends[2 - axis], -reach, apart)
            place = inside[name] + Mux(ends[1 - axis], step, 0)
            self.m.d.comb += Assert(
                ~self.dut.available | self.moving | (place == seen + reach), f"{name} of the tap"
            )

    def _assert_contents(self) -> None:
        """The followed beat stays in its place until no window needs it."""
        m, dut, inside = self.m, self.dut, self.inside
        ahead = self._ahead(self.followed_frame)
        row_beats = dut.row_beats
        y = Signal(range(max(self.window.height, 2)), name="followed_y")
        rest = Signal(range(max(row_beats, 2)), name="followed_rest")
        m.d.comb += [
            y.eq(table([k // row_beats for k in range(self.beats)], self.followed)),
            rest.eq(table([k % row_beats for k in range(self.beats)], self.followed)),
        ]
        address = self._ring_address(ahead, y, Const(0), rest)
        needed = self.has_come & (ahead * self.window.height + y >= self.released)
        content = inside.memory("store", address)
        lost = ~inside["held_first"] & (self.reached == 0)
        pending = (
            inside["held"]
            & ~lost
            & (self.target_frame == self.followed_frame)
            & (self.target == self.followed)
        )
        with m.If(self.known):
            m.d.comb += [
                Assert(~needed | (content == self.value), "a row stays until it is released"),
                Assert(~pending | (inside["held_payload"] == self.value), "the beat held"),
            ]
        # What is to come is not known yet, but for the beat that is held.
        made_up = inside["filling"] & (self.written.frame == self.followed_frame)
        made_up &= self.followed >= self.written.number
        cut = inside["held"] & inside["held_first"] & (self.reached != 0)
        cut &= (self.written.frame == self.followed_frame) & ~inside["filling"]
        cut &= self.followed >= self.written.number
        ends = inside["held"] & ~lost & inside["held_last"]
        ends &= (self.target_frame == self.followed_frame) & (self.followed > self.target)
        m.d.comb += Assert(~(self.known & (made_up | cut | ends)), "what is made up is not known")


class WindowMemoryHarness(Elaboratable):
    """A window memory under any input, any stalls, any pauses and resets at any time."""

    def __init__(
        self,
        window: Window,
        *,
        lanes: int = 1,
        bits: int = 1,
        depthwise: bool = False,
        neuron_folds: int = 1,
        least: bool = False,
        dut: type[WindowMemory] = WindowMemory,
        invariants: bool = True,
    ) -> None:
        pixel_beats = window.channels // lanes
        self.passes = pixel_beats if depthwise else neuron_folds
        cycles = window.taps * pixel_beats * (1 if depthwise else neuron_folds)
        # Frames are told apart modulo 4: at most two maps stand in the ring.
        most = min(ring_rows(window, pixel_beats, cycles), 2 * window.height)
        rows = least_rows(window) if least else most
        self.dut = dut(window, lanes=lanes, bits=bits, zero_point=1, rows=rows, depthwise=depthwise)
        self.invariants = invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.dut = dut = self.dut
        inside = platform.open(dut)
        for name in ("in_payload", "in_valid", "in_first", "in_last", "advance"):
            port = getattr(dut, name)
            m.d.comb += port.eq(AnySeq(len(port)))
        ghost = WindowMemoryGhost(m, dut, inside, self.passes, invariants=self.invariants)
        m.d.comb += [
            dut.vector_end.eq(dut.advance & ghost.step.at_last),
            Assume(dut.available | ~dut.advance),
        ]
        with m.If(Initial()):
            m.d.comb += Assume(ResetSignal())
        second = (ghost.current.frame == 1) & ~dut.error
        m.d.comb += Cover(~Initial() & dut.vector_end & second, "a second frame is read")
        return m
