"""What a flash memory holds so that a board starts with its weights: see docs/protocol.md."""

import zlib

import numpy as np

from fcgen.boards.board import FlashMemory
from fcgen.design.design import Design
from fcgen.design.parameter_layout import layout_hash
from fcgen.errors import bad_input
from fcgen.hardware.host.link_plan import ADDRESS_BITS_MIN, payload_max
from fcgen.hardware.host.protocol import (
    CHECK,
    FLASH_COUNT,
    FLASH_LAYOUT_BYTES,
    FLASH_MAGIC,
    Request,
    encode,
)
from fcgen.network.network import Network
from fcgen.simulation.engines.parameters import update

_WORD = np.dtype("<u4")
_PAIR_BYTES = 2 * _WORD.itemsize


def fixed_header(design: Design) -> bytes:
    """Return what all images of a design begin with, whatever its training."""
    return FLASH_MAGIC + layout_hash(design.manifest)[:FLASH_LAYOUT_BYTES]


def check_size(memory: FlashMemory, octets: int) -> None:
    """Raise an InputError unless an image fits a memory."""
    room = memory.octets - memory.offset
    if octets > room:
        rule = f"the flash memory has room for {room:,}"
        raise bad_input("weights", f"{octets:,} bytes", rule, "give it a lower flash.offset")


def image(design: Design, network: Network) -> bytes:
    """Return the image of a network's weights: the frames that a host would write, and their CRC.

    Parameters
    ----------
    design : Design
        With run-time weights.
    network : Network
        Of the same structure.
    """
    data = update(design, network, after=0).writes.astype(_WORD).tobytes()
    step = payload_max(ADDRESS_BITS_MIN) // _PAIR_BYTES * _PAIR_BYTES
    parts = [data[start : start + step] for start in range(0, len(data), step)]
    frames = [encode(Request.WEIGHTS_WRITE, number, part) for number, part in enumerate(parts)]
    seal = encode(Request.WEIGHTS_SEAL, len(parts), bytes.fromhex(network.weights_hash))
    body = b"".join((*frames, seal))[:-1]  # the last flag is the chip's
    head = fixed_header(design)
    text = head + FLASH_COUNT.pack(len(body)) + body
    return text + CHECK.pack(zlib.crc32(text))
