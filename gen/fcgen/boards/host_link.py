"""A design with its host link: a folder that holds all that a board, real or virtual, needs."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fcgen.boards.board import FlashMemory
from fcgen.boards.flash_image import fixed_header
from fcgen.design import verilog
from fcgen.design.design import Design
from fcgen.design.parameter_layout import layout_hash
from fcgen.errors import bad_input
from fcgen.hardware.host.link_plan import FlashPlan, LinkPlan, address_bits_for, payload_max
from fcgen.hardware.host.protocol import (
    BUILD_BYTES,
    BUILD_LAYOUT_BYTES,
    HASH_BYTES,
    VERSION,
    Info,
    element_bytes,
)
from fcgen.hardware.host.uart import CYCLES_MAX, CYCLES_MIN
from fcgen.hardware.host.uart_top import UartTop
from fcgen.hardware.memories.images import MemoryImage
from fcgen.text.verilog_names import free_prefix

CLOCK_MIN, CLOCK_MAX = 1_000_000, 400_000_000
BAUD_MIN, BAUD_MAX = 9_600, 12_000_000
FILE_LIST = "files.f"
NAME = "uartTop"
_WATCHDOG_SPARE = 1_024
_BYTE_BITS = 10
_WAKE_HZ = 20_000
"""A flash memory gets 50 us to wake up: a W25Q128JV needs 3, others up to 35."""


@dataclass(frozen=True)
class LinkFiles:
    """A folder with a design behind a serial line.

    Attributes
    ----------
    folder : Path
        Holds the images too, for tools that run in it.
    top : str
        Top module, with the ports ``clk``, ``rst``, ``rx``, ``tx`` and the LEDs.
    sources : tuple of Path
        Verilog in compile order.
    plan : LinkPlan
    """

    folder: Path
    top: str
    sources: tuple[Path, ...]
    plan: LinkPlan


def check_rates(clock_hz: int, baud: int) -> None:
    """Raise an InputError unless the link can be built for a clock and a rate."""
    if not CLOCK_MIN <= clock_hz <= CLOCK_MAX:
        rule = f"must be {CLOCK_MIN:,} to {CLOCK_MAX:,} Hz"
        raise bad_input("--clock", clock_hz, rule, "choose another clock")
    low = max(BAUD_MIN, -(-clock_hz // CYCLES_MAX))
    high = min(BAUD_MAX, clock_hz // CYCLES_MIN)
    if not low <= baud <= high:
        rule = f"must be {low:,} to {high:,} with a clock of {clock_hz:,} Hz"
        raise bad_input("--baud", baud, rule, "choose another rate or clock")


def plan_of(design: Design, clock_hz: int, baud: int, flash: FlashMemory | None = None) -> LinkPlan:
    """Return the sizes of a design's link.

    Parameters
    ----------
    design : Design
    clock_hz, baud : int
    flash : FlashMemory, optional
        Of the board; used where the design's weights must be written at start.

    Raises
    ------
    InputError
        When the rates cannot be had, or a vector is too long for a frame.
    """
    check_rates(clock_hz, baud)
    network, manifest = design.network, design.manifest
    source, target = network.activation_format.stored, network.output_format.stored
    try:
        address_bits = address_bits_for(network.inputs * element_bytes(source.bits))
    except ValueError as error:
        remedy = "only smaller inputs can go over a serial line"
        raise bad_input(design.directory, f"{network.inputs} inputs", str(error), remedy) from None
    loads = flash is not None and design.written_at_start
    byte_cycles = -(-_BYTE_BITS * clock_hz // baud)
    info = Info(
        writable=any(name == "parameter_write" for name, *_ in manifest.ports),
        payload_max=payload_max(address_bits),
        inputs=network.inputs,
        outputs=network.outputs,
        input_bits=source.bits,
        input_signed=source.signed,
        output_bits=target.bits,
        output_signed=target.signed,
        clock_hz=clock_hz,
        baud=baud,
        watchdog=2 * (design.latency + design.initiation_interval)
        + 4 * byte_cycles
        + _WATCHDOG_SPARE,
        build=_build_id(design, clock_hz, baud, flash if loads else None),
        structure=bytes.fromhex(manifest.structure_hash),
        ready=not design.written_at_start,
        weights=b"\0" * HASH_BYTES
        if design.written_at_start
        else bytes.fromhex(manifest.weights_hash),
    )
    prefix = link_prefix(design)
    return LinkPlan(
        module=design.top,
        ports=manifest.ports,
        simd=design.input_stream.lanes,
        lanes=design.output_stream.lanes,
        info=info,
        address_bits=address_bits,
        image=f"{prefix}identity.hex",
        flash=_flash_plan(flash, clock_hz, design) if flash and loads else None,
    )


def _flash_plan(flash: FlashMemory, clock_hz: int, design: Design) -> FlashPlan:
    return FlashPlan(
        offset=flash.offset,
        half_period=-(-clock_hz // (2 * flash.hz)),
        wake=-(-clock_hz // _WAKE_HZ),
        header=fixed_header(design),
    )


def link_prefix(design: Design) -> str:
    """Return what the names of the link's modules and files start with: no other's do."""
    return free_prefix("link_", [*design.manifest.sources, *design.manifest.images])


def write(
    design: Design,
    folder: Path,
    *,
    clock_hz: int,
    baud: int,
    flash: FlashMemory | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LinkFiles:
    """Write a design with its host link to an empty folder.

    The same design, clock, rate and flash memory give the same bytes.

    Raises
    ------
    InputError
        As `plan_of`.
    ToolError
        When Yosys is missing or fails.
    """
    plan, prefix = plan_of(design, clock_hz, baud, flash), link_prefix(design)
    progress("emitting the host link")
    emitted = verilog.emit(UartTop(plan), name=NAME, prefix=prefix)
    for path in (*design.sources, *design.images):
        shutil.copyfile(path, folder / path.name)
    for name, text in emitted.files.items():
        (folder / name).write_text(text)
    identity = MemoryImage.pack((_octets(plan.info.pack()), 8))
    (folder / plan.image).write_bytes(identity.text())
    names = [*(path.name for path in design.sources), *emitted.files]
    (folder / FILE_LIST).write_text("".join(f"{name}\n" for name in names))
    return LinkFiles(folder, emitted.top, tuple(folder / name for name in names), plan)


def _octets(payload: bytes) -> np.ndarray:
    return np.frombuffer(payload, np.uint8)


def _build_id(design: Design, clock_hz: int, baud: int, flash: FlashMemory | None) -> bytes:
    """Return what tells one bitstream from another: of the design's files, clock, rate, flash.

    It ends in what tells where the parameters stand.
    """
    manifest = design.manifest
    named = [f"{name} {digest}" for name, digest in sorted(manifest.files.items())]
    memory = [] if flash is None else [f"flash {flash.offset} {flash.hz}"]
    text = "\n".join([f"{VERSION} {clock_hz} {baud}", *memory, *named])
    layout = bytes(BUILD_LAYOUT_BYTES)
    if design.parameter_port:
        layout = layout_hash(manifest)[:BUILD_LAYOUT_BYTES]
    return hashlib.sha256(text.encode()).digest()[: BUILD_BYTES - BUILD_LAYOUT_BYTES] + layout
