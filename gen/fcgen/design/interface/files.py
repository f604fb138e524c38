"""The files of a design's interface: its Verilog and the C header of its registers."""

from collections.abc import Callable
from pathlib import Path

from fcgen.design import verilog
from fcgen.design.interface.interface import Interface
from fcgen.design.manifest import Manifest, output_lanes
from fcgen.design.parameter_layout import layout_word
from fcgen.design.verilog import EmittedDesign
from fcgen.hardware.interfaces.axi_top import AxiTop
from fcgen.hardware.interfaces.interface_top import InterfaceTop
from fcgen.hardware.interfaces.padding import Element
from fcgen.hardware.interfaces.plan import InterfacePlan
from fcgen.hardware.interfaces.register_map import Register, RegisterMap
from fcgen.hardware.interfaces.wishbone_top import WishboneTop
from fcgen.network.network import Network
from fcgen.numerics.fixed import IntegerFormat
from fcgen.text.verilog_names import free_prefix

TOPS: dict[str, Callable[[InterfacePlan], InterfaceTop]] = {
    "axi": AxiTop,
    "wishbone": WishboneTop,
}


def plan_of(kind: str, manifest: Manifest, network: Network) -> InterfacePlan:
    """Return what the interface of a design is made from.

    Parameters
    ----------
    kind : {'axi', 'wishbone'}
    manifest : Manifest
        Of the design; the hashes of its files are not needed yet.
    network : Network
    """
    runtime = manifest.runtime_weights or {}
    return InterfacePlan(
        kind=kind,
        module=manifest.top,
        ports=manifest.ports,
        inputs=network.inputs,
        outputs=network.outputs,
        simd=manifest.schedule.simd,
        lanes=output_lanes(manifest, network),
        source=_element(network.activation_format),
        target=_element(network.output_format),
        structure_hash=bytes.fromhex(manifest.structure_hash),
        weights_hash=bytes.fromhex(manifest.weights_hash),
        written_at_start=bool(runtime.get("written_at_start")),
        layout=layout_word(manifest) if runtime else 0,
        # An answer comes back from the last memory, which a write reaches no later.
        landing_cycles=runtime.get("read_latency", 0),
    )


def write(
    folder: Path,
    plan: InterfacePlan,
    manifest: Manifest,
    verilog2005: bool = False,
    included: str | None = None,
) -> tuple[Interface, EmittedDesign]:
    """Write the Verilog and the C header of an interface into a design's folder.

    ``included`` is the C header that makes inputs of reals, where there is one.

    Returns
    -------
    Interface
        For the manifest.
    EmittedDesign
        What was written, in plain Verilog too when asked for.

    Raises
    ------
    ToolError
        When Yosys is missing or fails.
    """
    names = [*manifest.sources, *manifest.images]
    prefix = free_prefix(f"{manifest.prefix}{plan.kind}_", names)
    top = TOPS[plan.kind](plan)
    emitted = verilog.emit(top, name=manifest.name, prefix=prefix, verilog2005=verilog2005)
    for file, text in emitted.files.items():
        (folder / file).write_text(text)
    header = f"{emitted.top}.h"
    (folder / header).write_text(_c_header(emitted.top, plan, top.registers, included))
    registers = top.registers.describe()
    return (
        Interface(plan.kind, emitted.top, emitted.ports, tuple(emitted.files), header, registers),
        emitted,
    )


def _element(form: IntegerFormat) -> Element:
    return Element(form.bits, form.signed, form.bipolar)


_TYPES = """\
/* A vector in memory is an array of these; the bytes go over the interface as they stand, the
   lowest address first on a little-endian processor. */
typedef {source} {name}_input_t;
typedef {target} {name}_output_t;
"""


def _c_header(
    top: str, plan: InterfacePlan, registers: RegisterMap, included: str | None = None
) -> str:
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
