"""Registers as data, and the register map behind AXI4-Lite and Wishbone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fcgen.hardware.interfaces.padding import Element
from fcgen.hardware.interfaces.plan import WORD_BYTES, InterfacePlan

Access = Literal["constant", "read", "write", "window", "push", "pop"]


@dataclass(frozen=True)
class BitField:
    """Some bits of a register.

    Attributes
    ----------
    name : str
    low, width : int
        Lowest bit, and how many.
    meaning : str
    """

    name: str
    low: int
    width: int
    meaning: str

    def place(self, value: int) -> int:
        """Return a value at the field's place in the register."""
        if value >> self.width:
            raise ValueError(f"{self.name} has {self.width} bits, {value} does not fit")
        return value << self.low


@dataclass(frozen=True)
class Register:
    """A register of 32 bits, or an array of constant ones.

    Attributes
    ----------
    name : str
        In lower case, a Verilog and C identifier.
    offset : int
        Bytes from the beginning of the map, a multiple of 4.
    access : {'constant', 'read', 'write', 'window', 'push', 'pop'}
        What reading and writing mean: a constant; a value of the hardware that can only be read;
        one that can be written too; or an access that a unit answers in its own time, a read or a
        write, a write alone, a read alone.
    meaning : str
        One line.
    fields : tuple of BitField
    values : tuple of int
        Of a constant: one, or those of an array.
    tells : bool
        The unit behind the register is told of a read.
    """

    name: str
    offset: int
    access: Access
    meaning: str
    fields: tuple[BitField, ...] = ()
    values: tuple[int, ...] = ()
    tells: bool = False

    @property
    def words(self) -> int:
        """Registers in a row."""
        return max(len(self.values), 1)

    @property
    def writable(self) -> bool:
        """Whether a write can have an effect."""
        return self.access in ("write", "window", "push")

    @property
    def readable(self) -> bool:
        """Whether a read gives a value."""
        return self.access != "push"

    @property
    def waits(self) -> bool:
        """Whether a unit answers in its own time."""
        return self.access in ("window", "push", "pop")

    def describe(self) -> dict[str, Any]:
        """Return it for the manifest."""
        return {
            "name": self.name,
            "offset": self.offset,
            "access": self.access,
            "meaning": self.meaning,
            "values": list(self.values),
            "fields": [vars(field) for field in self.fields],
        }


@dataclass(frozen=True)
class RegisterMap:
    """Registers without overlap, in the order of their offsets.

    Raises
    ------
    ValueError
        When two have the same name or overlap, or an offset is no multiple of 4.
    """

    registers: tuple[Register, ...]

    def __post_init__(self) -> None:
        free, names = 0, set()
        for register in self.registers:
            if register.offset % WORD_BYTES or register.offset < free or register.name in names:
                raise ValueError(f"{register.name} at {register.offset:#x} is out of place")
            free = register.offset + WORD_BYTES * register.words
            names.add(register.name)

    @property
    def address_bits(self) -> int:
        """Bits of a byte address."""
        last = self.registers[-1]
        return (last.offset + WORD_BYTES * last.words - 1).bit_length()

    def __getitem__(self, name: str) -> Register:
        """Return the register of a name.

        Raises
        ------
        KeyError
            When there is none.
        """
        found = {register.name: register for register in self.registers}
        return found[name]

    def __contains__(self, name: str) -> bool:
        return any(register.name == name for register in self.registers)

    def describe(self) -> list[dict[str, Any]]:
        """Return all of it for the manifest."""
        return [register.describe() for register in self.registers]


IDENTIFICATION = int.from_bytes(b"fcgn", "little")
VERSION_MAJOR, VERSION_MINOR = 1, 1

# Bits of the register `errors`; they are the same in every design.
ERRORS = {
    "frame_length": (0, "a vector that came in had too few or too many beats and was dropped"),
    "parameter_refused": (1, "an access to a parameter did nothing: not held, or no such address"),
    "input_overflow": (2, "a word was written where no space was, and dropped"),
    "output_underflow": (3, "a word was read where none was"),
    "access": (4, "no such register, one that cannot be written, or not all four bytes written"),
    "output_frame": (5, "the design's output lost its frame: reset it"),
}
_FORMAT = (
    ("bits", 0, 8, "bits of a value"),
    ("bytes", 8, 4, "bytes of its place"),
    ("signed", 12, 1, "two's complement, extended by its sign"),
    ("bipolar", 13, 1, "one bit, 1 for +1 and 0 for -1"),
    ("lanes", 16, 16, "values of a beat of the stream inside"),
)
_CAPABILITIES = (
    ("runtime_weights", 0, 1, "parameters can be written and read"),
    ("data_window", 1, 1, "vectors pass through input_data and output_data"),
    ("written_at_start", 2, 1, "parameters must be written before the first vector"),
)


def register_map(plan: InterfacePlan) -> RegisterMap:
    """Return the registers of a design's interface."""
    found = [*_identity(plan), *_control(plan), *_shapes(plan), *_counters()]
    if plan.runtime_weights:
        found += _parameters(plan)
    if plan.data_window:
        found += _data(plan)
    return RegisterMap(tuple(found) + _hashes(plan))


def error_names(plan: InterfacePlan) -> tuple[str, ...]:
    """Return the error flags that a design's interface can raise, in the order of their bits."""
    data = ("input_overflow", "output_underflow", "output_frame")
    present = {"access"} | set(data if plan.data_window else ("frame_length",))
    if plan.runtime_weights:
        present.add("parameter_refused")
    return tuple(name for name in ERRORS if name in present)


def _identity(plan: InterfacePlan) -> tuple[Register, ...]:
    capabilities = {
        "runtime_weights": plan.runtime_weights,
        "data_window": plan.data_window,
        "written_at_start": plan.written_at_start,
    }
    version = (
        BitField("minor", 0, 16, "grows when registers are added"),
        BitField("major", 16, 16, "grows when one changes its meaning"),
    )
    return (
        _constant("identification", 0x00, "the letters fcgn, the first one lowest", IDENTIFICATION),
        _constant(
            "version",
            0x04,
            "of this table",
            version[0].place(VERSION_MINOR) | version[1].place(VERSION_MAJOR),
            version,
        ),
        _packed("capabilities", 0x08, "what else there is", _CAPABILITIES, capabilities),
    )


def _control(plan: InterfacePlan) -> tuple[Register, ...]:
    control = [
        BitField("soft_reset", 0, 1, "writing 1 drops all vectors and resets counters; reads 0")
    ]
    status = [BitField("design_error", 0, 1, "the design's `error`; falls with a reset")]
    if plan.runtime_weights:
        hold = "finish the vectors that have begun, and take no other"
        control.append(BitField("parameter_hold", 1, 1, hold))
        held = "they are finished: parameters may be read and written"
        status.append(BitField("parameter_held", 1, 1, held))
    errors = tuple(
        BitField(name, ERRORS[name][0], 1, ERRORS[name][1]) for name in error_names(plan)
    )
    sticky = "what went wrong; a bit stays until 1 is written to it"
    return (
        Register("control", 0x0C, "write", "reset, and hold for parameters", tuple(control)),
        Register("status", 0x10, "read", "state of the design", tuple(status)),
        Register("errors", 0x14, "write", sticky, errors),
    )


def _shapes(plan: InterfacePlan) -> tuple[Register, ...]:
    return (
        _constant("inputs", 0x18, "values of a vector that comes in", plan.inputs),
        _constant("outputs", 0x1C, "values of a vector that leaves", plan.outputs),
        _format("input_format", 0x20, "type of the inputs", plan.source, plan.simd),
        _format("output_format", 0x24, "type of the outputs", plan.target, plan.lanes),
    )


def _counters() -> tuple[Register, ...]:
    low = "clock cycles since the reset, lower half; reading keeps the upper one"
    return (
        Register("vectors", 0x28, "read", "vectors that have left since the reset, modulo 2^32"),
        Register("cycles_low", 0x2C, "read", low, tells=True),
        Register("cycles_high", 0x30, "read", "upper half, as when the lower one was read"),
    )


def _parameters(plan: InterfacePlan) -> tuple[Register, ...]:
    address = "of the next access to parameter_data; see runtime_weights in manifest.json"
    layout = "the words of a training are those of one layout: of structure, folding and addresses"
    data = "the word there; an access that is not refused moves the address on by 1"
    return (
        Register("parameter_address", 0x34, "write", address),
        Register("parameter_data", 0x38, "window", data),
        _constant("parameter_layout", 0x3C, layout, plan.layout),
    )


def _data(plan: InterfacePlan) -> tuple[Register, ...]:
    space = f"words that input_data takes now, at most {plan.input_depth}"
    level = f"words that output_data has now, at most {plan.output_depth - 1}"
    return (
        Register("input_space", 0x40, "read", space),
        Register("output_level", 0x44, "read", level),
        Register("input_data", 0x48, "push", "next four bytes of a vector, the first one lowest"),
        Register("output_data", 0x4C, "pop", "reading takes the next four bytes of a vector"),
    )


def _hashes(plan: InterfacePlan) -> tuple[Register, ...]:
    weights = "SHA-256 of the weights as they were generated, whatever was written since"
    return (
        _hash("structure_hash", 0x60, "SHA-256 of the structure, as the manifest has it", plan),
        _hash("weights_hash", 0x80, weights, plan),
    )


def _hash(name: str, offset: int, meaning: str, plan: InterfacePlan) -> Register:
    octets: bytes = getattr(plan, name)
    words = tuple(int.from_bytes(octets[i : i + 4], "big") for i in range(0, len(octets), 4))
    return Register(name, offset, "constant", f"{meaning}; first digits first", values=words)


def _constant(
    name: str, offset: int, meaning: str, value: int, fields: tuple[BitField, ...] = ()
) -> Register:
    return Register(name, offset, "constant", meaning, fields, (value,))


def _format(name: str, offset: int, meaning: str, element: Element, lanes: int) -> Register:
    values = {
        "bits": element.bits,
        "bytes": element.octets,
        "signed": element.signed,
        "bipolar": element.bipolar,
        "lanes": lanes,
    }
    return _packed(name, offset, meaning, _FORMAT, values)


def _packed(
    name: str,
    offset: int,
    meaning: str,
    table: tuple[tuple[str, int, int, str], ...],
    values: dict[str, int] | dict[str, bool],
) -> Register:
    fields = tuple(BitField(*row) for row in table)
    value = sum(field.place(int(values[field.name])) for field in fields)
    return _constant(name, offset, meaning, value, fields)
