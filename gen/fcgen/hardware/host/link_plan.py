"""Plan of a design's host link: its sizes, its ports, its flash memory."""

from __future__ import annotations

from dataclasses import dataclass

from fcgen.hardware.host.protocol import HEADER, Info

ADDRESS_BITS_MIN = 11  # one block RAM of ECP5 or Gowin, four of iCE40
ADDRESS_BITS_MAX = 16
_SPARE = 16  # CRC, the free byte of the ring, and a margin


def payload_max(address_bits: int) -> int:
    """Return the bytes of the longest payload, of which two frames fit the ring."""
    return (1 << address_bits - 1) - HEADER.size - _SPARE


def address_bits_for(vector_bytes: int) -> int:
    """Return the address bits of a ring that holds vectors of ``vector_bytes`` bytes.

    Raises
    ------
    ValueError
        When no ring is large enough.
    """
    for bits in range(ADDRESS_BITS_MIN, ADDRESS_BITS_MAX + 1):
        if vector_bytes <= payload_max(bits):
            return bits
    raise ValueError(f"a vector has at most {payload_max(ADDRESS_BITS_MAX):,} bytes")


@dataclass(frozen=True)
class FlashPlan:
    """Where a design reads its weights in a flash memory, and how.

    Attributes
    ----------
    offset : int
        Address of the image.
    half_period, wake : int
        See `FlashReader`.
    header : bytes
        See `WeightLoader`.
    """

    offset: int
    half_period: int
    wake: int
    header: bytes


@dataclass(frozen=True)
class LinkPlan:
    """Constructor parameters of a design's host link.

    Attributes
    ----------
    module : str
        Name of the design's top module.
    ports : tuple of (name, "input" or "output", width)
        Its ports, clock and reset included.
    simd, lanes : int
        Elements of a beat that goes in, and of one that comes out.
    info : Info
        With the longest payload that `payload_max` gives.
    address_bits : int
        Of the ring of frames.
    image : str
        Name of the image file of the board's identity.
    flash : FlashPlan, optional
        Of a design whose weights come from a flash memory at start.
    """

    module: str
    ports: tuple[tuple[str, str, int], ...]
    simd: int
    lanes: int
    info: Info
    address_bits: int
    image: str
    flash: FlashPlan | None = None

    def width(self, port: str) -> int:
        """Return the bits of a port of the design; 0 where it has none of this name."""
        return next((width for name, _, width in self.ports if name == port), 0)
