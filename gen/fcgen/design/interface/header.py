"""The C header of a design's interface."""

from fcgen.hardware.interfaces.plan import InterfacePlan
from fcgen.hardware.interfaces.register_map import Register, RegisterMap

_TYPES = """\
/* A vector in memory is an array of these; the bytes go over the interface as they stand, the
   lowest address first on a little-endian processor. */
typedef {source} {name}_input_t;
typedef {target} {name}_output_t;
"""


def text(top: str, plan: InterfacePlan, registers: RegisterMap, included: str | None = None) -> str:
    """Return the header: offsets and fields of the registers, types of the vectors.

    Parameters
    ----------
    top : str
        Name of the interface's module, with which every name begins.
    plan : InterfacePlan
    registers : RegisterMap
    included : str, optional
        Header that makes inputs of reals.
    """
    guard = f"{top.upper()}_H"
    types = _TYPES.format(source=plan.source.c_type, target=plan.target.c_type, name=top.lower())
    lines = [
        f"/* Registers of {top}: offsets in bytes, all of 32 bits. Made by fcgen. */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "#include <stdint.h>",
        *([f'#include "{included}" /* reals to inputs */'] if included else []),
        "",
        types,
    ]
    for register in registers.registers:
        lines += _register(top.upper(), register)
    return "\n".join([*lines, f"#endif /* {guard} */", ""])


def _register(prefix: str, register: Register) -> list[str]:
    name = f"{prefix}_{register.name.upper()}"
    lines = [f"/* {register.meaning} ({register.access}) */", _define(name, register.offset)]
    if register.words > 1:
        lines.append(f"#define {name}_WORDS {register.words}u")
    elif register.values:
        lines.append(_define(f"{name}_VALUE", register.values[0], 8))
    for field in register.fields:
        mask = ((1 << field.width) - 1) << field.low
        lines.append(f"{_define(f'{name}_{field.name.upper()}', mask, 8)} /* {field.meaning} */")
        if field.width > 1:
            lines.append(f"#define {name}_{field.name.upper()}_SHIFT {field.low}u")
    return [*lines, ""]


def _define(name: str, value: int, digits: int = 2) -> str:
    return f"#define {name} 0x{value:0{digits}x}u"
