"""The files of a design's interface, beside those of the design."""

from collections.abc import Callable
from pathlib import Path

from fcgen.design import verilog
from fcgen.design.interface import header as interface_header
from fcgen.design.interface.interface import Interface
from fcgen.design.manifest import Manifest, output_lanes
from fcgen.design.parameter_layout import layout_word
from fcgen.design.verilog import EmittedDesign
from fcgen.hardware.interfaces.axi_top import AxiTop
from fcgen.hardware.interfaces.interface_top import InterfaceTop
from fcgen.hardware.interfaces.padding import Element
from fcgen.hardware.interfaces.plan import InterfacePlan
from fcgen.hardware.interfaces.wishbone_top import WishboneTop
from fcgen.network.network import Network
from fcgen.numerics.fixed import IntegerFormat
from fcgen.text.prefixes import free_prefix

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
    (folder / header).write_text(interface_header.text(emitted.top, plan, top.registers, included))
    registers = top.registers.describe()
    return (
        Interface(plan.kind, emitted.top, emitted.ports, tuple(emitted.files), header, registers),
        emitted,
    )


def _element(form: IntegerFormat) -> Element:
    return Element(form.bits, form.signed, form.bipolar)
