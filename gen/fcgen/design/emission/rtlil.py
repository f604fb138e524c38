"""Reader of RTLIL without processes, as Yosys writes it after its passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

Parameter = int | str


@dataclass(frozen=True)
class Slice:
    """Bits ``low`` to ``low + width - 1`` of a wire."""

    wire: str
    low: int
    width: int


@dataclass(frozen=True)
class Constant:
    """Constant bits, most significant first, each one of ``01xz``."""

    bits: str

    @property
    def width(self) -> int:
        """Number of bits."""
        return len(self.bits)


Chunk = Slice | Constant
Signal = tuple[Chunk, ...]


@dataclass(frozen=True)
class Wire:
    """A wire; ``port`` is input, output or None."""

    name: str
    width: int
    signed: bool
    port: str | None
    attributes: dict[str, str]


@dataclass(frozen=True)
class Memory:
    """A memory of ``size`` words."""

    name: str
    width: int
    size: int
    attributes: dict[str, str]


@dataclass
class Cell:
    """An operator (its type begins with ``$``) or an instance of a module."""

    type: str
    name: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    ports: dict[str, Signal] = field(default_factory=dict)

    def number(self, parameter: str) -> int:
        """Return an integer parameter; missing ones are 0."""
        value = self.parameters.get(parameter, 0)
        assert isinstance(value, int)
        return value


@dataclass
class Module:
    """A module: names are RTLIL identifiers, with their leading backslash or dollar."""

    name: str
    wires: dict[str, Wire] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    connections: list[tuple[Signal, Signal]] = field(default_factory=list)


def width_of(signal: Signal) -> int:
    """Return the number of bits of a signal."""
    return sum(chunk.width for chunk in signal)


def is_zero(signal: Signal) -> bool:
    """Tell whether a signal is constantly 0."""
    return all(isinstance(chunk, Constant) and set(chunk.bits) == {"0"} for chunk in signal)


def is_undefined(signal: Signal) -> bool:
    """Tell whether a signal never matters."""
    return bool(signal) and all(
        isinstance(chunk, Constant) and set(chunk.bits) == {"x"} for chunk in signal
    )


def part_of(signal: Signal, low: int, width: int) -> Signal:
    """Return bits ``low`` to ``low + width - 1`` of a signal."""
    parts: list[Chunk] = []
    position = 0
    for chunk in reversed(signal):
        start, stop = max(low - position, 0), min(low + width - position, chunk.width)
        if start < stop:
            if isinstance(chunk, Slice):
                parts.append(Slice(chunk.wire, chunk.low + start, stop - start))
            else:
                parts.append(Constant(chunk.bits[chunk.width - stop : chunk.width - start]))
        position += chunk.width
    return tuple(reversed(parts))


def without_leading_zeros(signal: Signal) -> Signal:
    """Return a signal of wires without the constant zeros at its top."""
    for index, chunk in enumerate(signal):
        if isinstance(chunk, Slice) or chunk.bits.strip("0"):
            return signal[index:]
    return signal


def slices(signal: Signal) -> Iterator[Slice]:
    """Yield the parts of a signal that are wires."""
    return (chunk for chunk in signal if isinstance(chunk, Slice))


def read(text: str) -> list[Module]:
    """Read all modules of an RTLIL text.

    Raises
    ------
    ValueError
        When a line is none that a text without processes can have.
    """
    modules: list[Module] = []
    cell: Cell | None = None
    attributes: dict[str, str] = {}
    for line in text.splitlines():
        words = line.split()
        match words:
            case [] | ["autoidx", _]:
                continue
            case [comment, *_] if comment.startswith("#"):
                continue
            case ["attribute", name, *_]:
                attributes[name[1:]] = line.split(maxsplit=2)[2]
                continue
            case ["module", name]:
                modules.append(Module(name))
            case ["parameter", *_, name, value] if cell is not None and '"' not in line:
                cell.parameters[name[1:]] = _parameter(value)
            case ["parameter", *_] if cell is not None:
                head, _, value = line.partition(' "')
                cell.parameters[head.split()[-1][1:]] = _string('"' + value)
            case ["connect", name, *signal] if cell is not None:
                cell.ports[name[1:]] = _signal(signal, modules[-1])[0]
            case ["end"]:
                cell = None
            case ["wire", *options, name]:
                modules[-1].wires[name] = _wire(options, name, attributes)
            case ["memory", *options, name]:
                modules[-1].memories[name] = Memory(
                    name, _option(options, "width", 1), _option(options, "size", 0), attributes
                )
            case ["cell", kind, name]:
                cell = Cell(kind, name)
                modules[-1].cells.append(cell)
            case ["connect", *signals]:
                left, rest = _signal(signals, modules[-1])
                modules[-1].connections.append((left, _signal(rest, modules[-1])[0]))
            case _:
                raise ValueError(f"RTLIL line not understood: {line.strip()}")
        attributes = {}
    return modules


def _option(options: list[str], name: str, default: int) -> int:
    return int(options[options.index(name) + 1]) if name in options else default


def _wire(options: list[str], name: str, attributes: dict[str, str]) -> Wire:
    port = next((way for way in ("input", "output") if way in options), None)
    return Wire(name, _option(options, "width", 1), "signed" in options, port, attributes)


def _constant(word: str) -> Constant:
    width, quote, bits = word.partition("'")
    if not quote:
        return Constant(f"{int(word) & 0xFFFFFFFF:032b}")
    bits = bits.removeprefix("s").replace("-", "x").replace("m", "x")
    fill = bits if len(bits) == 1 and bits in "xz" else "0"
    return Constant(bits.rjust(int(width), fill))


def _parameter(word: str) -> Parameter:
    bits = _constant(word).bits
    return int(bits, 2) if set(bits) <= set("01") else bits


def _string(word: str) -> str:
    return word.strip()[1:-1].replace('\\"', '"').replace("\\\\", "\\")


def _signal(words: list[str], module: Module) -> tuple[Signal, list[str]]:
    """Read one signal off the front of ``words``; return the rest too."""
    word, rest = words[0], words[1:]
    if word == "{":
        parts: list[Chunk] = []
        while rest[0] != "}":
            chunks, rest = _signal(rest, module)
            parts += chunks
        return tuple(parts), rest[1:]
    if word[0] not in "\\$":
        return (_constant(word),), rest
    low, width = 0, module.wires[word].width
    if rest and rest[0].startswith("["):
        high, _, end = rest[0][1:-1].partition(":")
        low = int(end or high)
        width = int(high) - low + 1
        rest = rest[1:]
    return (Slice(word, low, width),), rest
