"""Small components that use every kind of operator, border and memory that the emitter knows."""

from typing import ClassVar

from amaranth import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import module_border
from fcgen.hardware.memories.weight_memory import WeightMemory


class Toy(wiring.Component):
    """A component whose parameters are given from outside."""

    parameters: ClassVar = {}


class Arithmetic(Toy):
    """Signed and unsigned operands of unequal widths in every operator.

    Parameters
    ----------
    width : int
        Bits of the operands.

    Ports
    -----
    a, b : In(signed(width))
    """

    def __init__(self, width=4):
        self.parameters = {"width": width}
        super().__init__(
            {
                "a": In(signed(width)),
                "b": In(signed(width - 1)),
                "u": In(width),
                "v": In(2),
                "choice": In(1),
                "sums": Out(signed(width + 3)),
                "mixed": Out(signed(width + 3)),
                "bits": Out(width + 2),
                "flags": Out(22),
                "shifted": Out(3 * (width + 4)),
                "product": Out(signed(2 * width)),
                "mixed_product": Out(signed(2 * width)),
                "negated": Out(signed(width + 2)),
                "part": Out(2),
            }
        )

    @module_border
    def elaborate(self, platform):
        m = Module()
        a, b, u, v = self.a, self.b, self.u, self.v
        least, greatest = Const(0, len(u)), Const(-1, len(u))
        flags = Cat(
            a < b,
            a <= b,
            a > u,
            a >= 0,
            u < v,
            u >= 1,
            u == a,
            u != v,
            a == -1,
            a < -2,
            u.any(),
            u.all(),
            u.xor(),
            ~u.any(),
            u >= least,
            u < least,
            u <= greatest,
            u > greatest,
            least <= u,
            least > u,
            greatest >= u,
            greatest < u,
        )
        far = unsigned(len(self.shifted) // 3)
        shifts = [Signal(far, name=f"shift_{number}") for number in range(3)]
        m.d.comb += [
            self.sums.eq(a + b - (b + 1)),
            self.mixed.eq(Mux(self.choice, a - u, b) + v),
            self.bits.eq((a & u) ^ ~(b | v)),
            self.flags.eq(flags),
            shifts[0].eq(u << v),
            shifts[1].eq(a >> v),
            shifts[2].eq((a + b).shift_left(2)),
            self.shifted.eq(Cat(*shifts)),
            self.product.eq(a * b),
            self.mixed_product.eq(a * u),
            self.negated.eq(-(a - b)),
            self.part.eq(Cat(u, a, u).word_select(v, 2)),
        ]
        return m


class Registers(Toy):
    """A state machine, registers under nested conditions, one that is written bit by bit."""

    def __init__(self):
        super().__init__(
            {
                "go": In(1),
                "place": In(2),
                "stop": In(3),
                "count": Out(4),
                "marks": Out(4),
                "mixed": Out(4),
                "busy": Out(1),
            }
        )

    @module_border
    def elaborate(self, platform):
        m = Module()
        with m.FSM() as fsm:
            with m.State("IDLE"), m.If(self.go):
                m.d.sync += self.count.eq(0)
                m.next = "RUN"
            with m.State("RUN"):
                m.d.sync += self.count.eq(self.count + 3)
                with m.If(self.count == 9):
                    m.next = "WAIT"
                with m.Elif(self.stop.all()):
                    m.next = "IDLE"
            with m.State("WAIT"), m.If(~self.go):
                m.next = "IDLE"
        m.d.comb += self.busy.eq(~fsm.ongoing("IDLE"))
        with m.If(self.go):
            m.d.sync += self.marks.bit_select(self.place, 1).eq(self.stop[0])
        with m.Switch(self.place):
            with m.Case(0):
                m.d.sync += self.mixed[:2].eq(self.stop)
            with m.Case(1, 2):
                m.d.sync += self.mixed[:2].eq(self.count)
        m.d.comb += self.mixed[2:].eq(self.marks[1:3])
        return m


class ManyStates(Toy):
    """A state machine whose states have so many letters that their list is longer than a line."""

    def __init__(self):
        super().__init__({"go": In(1), "last": Out(1)})

    @module_border
    def elaborate(self, platform):
        m = Module()
        names = [f"STATE_OF_MANY_LETTERS_{number}" for number in range(9)]
        with m.FSM() as fsm:
            for name, following in zip(names, [*names[1:], names[0]], strict=True):
                with m.State(name), m.If(self.go):
                    m.next = following
        m.d.comb += self.last.eq(fsm.ongoing(names[-1]))
        return m


class Store(Toy):
    """A memory with a write and a read port, and a register behind it."""

    def __init__(self):
        super().__init__(
            {
                "row": In(3),
                "value": In(5),
                "write": In(1),
                "out": Out(5),
            }
        )

    @module_border
    def elaborate(self, platform):
        m = Module()
        m.submodules.rows = rows = memory.Memory(
            shape=5, depth=8, init=[], attrs={"no_rw_check": 1}
        )
        write, read = rows.write_port(), rows.read_port()
        m.d.comb += [
            write.addr.eq(self.row),
            write.data.eq(self.value),
            write.en.eq(self.write),
            read.addr.eq(self.row ^ 1),
            read.en.eq(~self.write),
        ]
        m.d.sync += self.out.eq(read.data)
        return m


class Keyword(Toy):
    """A port with the name of a Verilog keyword."""

    def __init__(self):
        super().__init__({"release": In(3), "y": Out(3)})

    @module_border
    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.y.eq(~self.release)
        return m


class NeverWritten(Toy):
    """A memory whose write enable is constant."""

    def __init__(self):
        super().__init__({"row": In(3), "out": Out(5)})

    @module_border
    def elaborate(self, platform):
        m = Module()
        m.submodules.rows = rows = memory.Memory(shape=5, depth=8, init=[])
        write, read = rows.write_port(), rows.read_port()
        m.d.comb += [write.en.eq(0), read.addr.eq(self.row), self.out.eq(read.data)]
        return m


class Pair(Toy):
    """Two equal children, a different one, and a memory with an image."""

    def __init__(self, children=(3, 3, 4)):
        self.children = children
        self.parameters = {"children": tuple(children)}
        super().__init__({"x": In(4), "address": In(2), "y": Out(6), "word": Out(7)})

    @module_border
    def elaborate(self, platform):
        m = Module()
        total = 0
        for number, step in enumerate(self.children):
            child = Child(step)
            m.submodules[f"child_{number}"] = child
            m.d.comb += child.x.eq(self.x)
            total = total + child.y
        m.d.comb += self.y.eq(total)
        m.submodules.words = words = WeightMemory(4, 7, "words.hex")
        m.d.comb += [words.address.eq(self.address), self.word.eq(words.word)]
        return m


class Child(Toy):
    """Adds a constant."""

    elaborations = 0

    def __init__(self, step):
        self.parameters = {"step": step}
        super().__init__({"x": In(4), "y": Out(4)})

    @module_border
    def elaborate(self, platform):
        Child.elaborations += 1
        m = Module()
        m.d.sync += self.y.eq(self.x + self.parameters["step"])
        return m
