"""Addresses of the run-time parameters, and the links between the taps of their memories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth import Module
from amaranth.hdl import Value
from amaranth.lib.wiring import In, Out

from fcgen.errors import bad_input
from fcgen.hardware.parameters.parameter_tap import HOST_BITS, ParameterTap, chain_widths
from fcgen.hardware.registers import delay

ADDRESS_BITS_MAX = 32
REQUESTS = ("index", "word", "data", "write", "read")
ANSWERS = ("answer", "answered")
RESET = ("write", "read", "answered")
"""Links that say whether the others are valid; only they have a reset."""


@dataclass(frozen=True)
class AddressSpace:
    """The memories of a parameter chain, in its order, and how the host addresses their words.

    Attributes
    ----------
    depths : tuple of int
        Words of each memory.

    Raises
    ------
    InputError
        When an address has more than 32 bits.
    """

    depths: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.address_width > ADDRESS_BITS_MAX:
            rule = (
                f"{len(self.depths):,} memories of up to {max(self.depths):,} words need more than "
                f"the {ADDRESS_BITS_MAX} bits that an address has"
            )
            remedy = "give the layer with the deepest memories more elements or lanes"
            raise bad_input("run-time weights", f"{self.address_width} bits", rule, remedy)

    @property
    def word_width(self) -> int:
        """Bits of the word address, which all memories share."""
        return max((max(self.depths) - 1).bit_length(), 1)

    @property
    def index_width(self) -> int:
        """Bits of a memory's number; counted down past 0 along the chain, it is never 0 again."""
        return len(self.depths).bit_length()

    @property
    def address_width(self) -> int:
        """Bits of an address: a memory's number above a word's."""
        return self.index_width + self.word_width

    def address(self, memory: int, word: int) -> int:
        """Return the address of a memory's word at the parameter port."""
        return memory << self.word_width | word

    @property
    def host_ports(self) -> dict[str, In | Out]:
        """Ports of the host, at the parameter port and at the components around it."""
        return {
            "parameter_hold": In(1),
            "parameter_held": Out(1),
            "parameter_address": In(self.address_width),
            "parameter_write": In(1),
            "parameter_write_data": In(HOST_BITS),
            "parameter_read": In(1),
            "parameter_refused": Out(1),
            "parameter_read_data": Out(HOST_BITS),
            "parameter_read_valid": Out(1),
        }

    @property
    def chain(self) -> dict[str, int]:
        """Widths of the links from tap to tap, by name."""
        return chain_widths(self.index_width, self.word_width)


@dataclass(frozen=True)
class ChainPlace:
    """Place of a layer on the parameter chain of a network.

    Attributes
    ----------
    space : AddressSpace
        Of all layers.
    first, last : bool
        Whether the layer is the first and the last of the network.
    """

    space: AddressSpace
    first: bool
    last: bool

    @property
    def ports(self) -> dict[str, In | Out]:
        """Ports of the layer: the chain on both sides, and signals for the parameter port."""
        chain = self.space.chain
        found: dict[str, In | Out] = {f"chain_{name}": In(width) for name, width in chain.items()}
        found |= {f"next_{name}": Out(width) for name, width in chain.items()}
        if self.first:
            found |= {"hold_input": In(1), "input_empty": Out(1)}
        if self.last:
            found |= {"fold_end": Out(1)}
        if self.first != self.last:
            found |= {"vector_end": Out(1)}
        return found


def link_taps(m: Module, taps: Sequence[ParameterTap], head: dict[str, Value]) -> dict[str, Value]:
    """Connect taps one behind the other, the first one to ``head``; return what leaves the last."""
    for tap in taps:
        m.d.comb += [getattr(tap, name).eq(value) for name, value in head.items()]
        head = {name: getattr(tap, f"next_{name}") for name in head}
    return head


def delay_links(
    m: Module, links: dict[str, Value], requests: int, answers: int, name: str
) -> dict[str, Value]:
    """Return the links, delayed by ``requests`` and by ``answers`` cycles."""
    cycles = dict.fromkeys(REQUESTS, requests) | dict.fromkeys(ANSWERS, answers)
    return {
        link: delay(m, value, cycles[link], f"{name}_{link}", reset=link in RESET)
        for link, value in links.items()
    }
