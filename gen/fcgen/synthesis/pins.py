"""The module around a design that is measured: a register between every pin and every port.

What nextpnr then times is from register to register. The wrapper is there to measure and for
nothing else: a handshake through it is a cycle late. The design keeps its border inside it, so that
both can be counted apart and the design is what it would be alone.

Ports that find no pins are served by few: a shift register, ``step`` bits a stage, whose stages
are the inputs; and a tree of exclusive ors with registers at every level, whose leaves are the
outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MODULE = "fcgen_pins"
INSTANCE = "dut"
# What serves ports without pins of their own.
SERVED = {"input": "shift", "output": "tree"}

Port = tuple[str, str, int]


@dataclass(frozen=True)
class PinPlan:
    """Which ports have pins of their own.

    Attributes
    ----------
    clock : str
        The port that takes the clock.
    direct, narrow : tuple of ports
        With pins of their own, and without.
    step : int
        Bits of the shift register's stages, and of what is left of the tree.
    """

    clock: str
    direct: tuple[Port, ...]
    narrow: tuple[Port, ...]
    step: int

    @classmethod
    def of(cls, ports: Sequence[Port], pins: int, clock: str = "clk", step: int = 8) -> PinPlan:
        """Take pins from the widest ports until the others have enough.

        Parameters
        ----------
        ports : sequence of (name, "input" or "output", width)
        pins : int
            Pins that the package has.
        clock : str
            The clock among the ports.
        step : int
            Width of a lane of the streams.
        """
        rest = [port for port in ports if port[0] != clock]
        widest = sorted(rest, key=lambda port: -port[2])
        narrow: list[Port] = []
        while widest and cls._count(rest, narrow, step) > pins - 2:
            narrow.append(widest.pop(0))
        direct = tuple(port for port in rest if port not in narrow)
        return cls(clock, direct, tuple(port for port in rest if port in narrow), step)

    @staticmethod
    def _count(ports: Sequence[Port], narrow: Sequence[Port], step: int) -> int:
        own = sum(port[2] for port in ports if port not in narrow)
        return own + step * len({port[1] for port in narrow})

    @property
    def pins(self) -> tuple[str, ...]:
        """Names of the pins in use, bit by bit, the clock first."""
        ports = [(_pin(name), width) for name, _, width in self.direct]
        ways = {way for _, way, _ in self.narrow}
        ports += [(f"{SERVED[way]}_pins", self.step) for way in SERVED if way in ways]
        names = ["clock"]
        for name, width in ports:
            names += [f"{name}[{bit}]" for bit in range(width)] if width > 1 else [name]
        return tuple(names)

    def text(self, top: str) -> str:
        """Return the Verilog of the wrapper around the module ``top``."""
        shifted = [port for port in self.narrow if port[1] == "input"]
        folded = [port for port in self.narrow if port[1] == "output"]
        ports = [f"{way} wire {_pins(_pin(name), width)}" for name, way, width in self.direct]
        body: list[str] = []
        for name, way, width in self.direct:
            body += _direct(name, way, width)
        if shifted:
            ports.append(f"input wire {_pins('shift_pins', self.step)}")
            body += _shift(shifted, self.step)
        if folded:
            ports.append(f"output wire {_pins('tree_pins', self.step)}")
            body += _tree(folded, self.step)
        connections = [f".{self.clock}(clock)"]
        connections += [f".{name}({_inner(name)})" for name, _, _ in self.direct + self.narrow]
        return "\n".join(
            [
                f"// Registers between every pin and every port of {top}, to measure it.",
                f"module {MODULE} (",
                "    input wire clock,",
                *[f"    {port}," for port in ports[:-1]],
                *[f"    {port}" for port in ports[-1:]],
                ");",
                *[f"    {line}" for line in body],
                f"    (* keep_hierarchy *) {top} {INSTANCE} (",
                ",\n".join(f"        {connection}" for connection in connections),
                "    );",
                "endmodule",
                "",
            ]
        )


def _range(width: int) -> str:
    return f"[{width - 1}:0] "


def _pins(name: str, width: int) -> str:
    return f"{_range(width)}{name}" if width > 1 else name


def _pin(name: str) -> str:
    return f"{name}_pin"


def _inner(name: str) -> str:
    return f"{name}_port"


def _register(name: str, width: int, value: str) -> list[str]:
    return [f"reg {_range(width)}{name};", f"always @(posedge clock) {name} <= {value};"]


def _direct(name: str, way: str, width: int) -> list[str]:
    """Return two registers: one that lies at the pin and one that lies at the design."""
    inner, outer = _inner(name), f"{name}_outer"
    if way == "input":
        return _register(outer, width, _pin(name)) + _register(inner, width, outer)
    return [
        f"wire {_range(width)}{inner};",
        *_register(f"{name}_inner", width, inner),
        *_register(outer, width, f"{name}_inner"),
        f"assign {_pin(name)} = {outer};",
    ]


def _shift(ports: Sequence[Port], step: int) -> list[str]:
    """Return a shift register as long as all ports together; its first stage follows the pins."""
    width = sum(port[2] for port in ports)
    value = "shift_pins" if width <= step else f"{{shift[{width - step - 1}:0], shift_pins}}"
    lines = _register("shift", width, value if width >= step else f"shift_pins[{width - 1}:0]")
    place = 0
    for name, _, bits in ports:
        lines.append(f"wire {_range(bits)}{_inner(name)} = shift[{place} +: {bits}];")
        place += bits
    return lines


def _tree(ports: Sequence[Port], step: int) -> list[str]:
    """Return registers behind the ports and exclusive ors of up to four bits, level by level."""
    lines = [f"wire {_range(bits)}{_inner(name)};" for name, _, bits in ports]
    width = sum(port[2] for port in ports)
    leaves = ", ".join(_inner(name) for name, _, _ in ports)
    lines += _register("level_0", width, f"{{{leaves}}}")
    level = 0
    while width > step:
        below, width_below = f"level_{level}", width
        width, level = max(step, -(-width // 4)), level + 1
        terms = [
            " ^ ".join(f"{below}[{bit}]" for bit in range(place, width_below, width))
            for place in reversed(range(width))
        ]
        lines += _register(f"level_{level}", width, f"{{{', '.join(terms)}}}")
    if width < step:
        return [*lines, f"assign tree_pins = {{{{{step - width}{{1'b0}}}}, level_{level}}};"]
    return [*lines, f"assign tree_pins = level_{level};"]
