"""The table of registers behind AXI4-Lite and Wishbone."""

from __future__ import annotations

from fcgen.hardware.interfaces.plan import Element, InterfacePlan
from fcgen.hardware.interfaces.registers import BitField, Register, RegisterMap

IDENTIFICATION = int.from_bytes(b"fcgn", "little")
VERSION_MAJOR, VERSION_MINOR = 1, 1

# Bits of the register `errors`: each stays where it is whatever else a design has.
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
