"""Memories for a lane of the result queue: inferred, or of look-up tables."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.hdl import Value
from amaranth.lib import memory

from fcgen.hardware.registers import select
from fcgen.schedule.mapping import LUT_WORDS

LUT_ADDRESS_BITS = (LUT_WORDS - 1).bit_length()


def add_clocked(
    m: Module, name: str, words: int, write: tuple[Value, Value, Value], address: Value, take: Value
) -> Value:
    """Add a memory with a clocked read port; return the word that was addressed at ``take``.

    Parameters
    ----------
    m : Module
    name : str
    words : int
    write : (enable, address, data)
    address, take : Value
        Word to read, and when it is read.
    """
    enable, write_address, data = write
    store = memory.Memory(shape=len(data), depth=words, init=[], attrs={"no_rw_check": 1})
    m.submodules[name] = store
    write_port, read_port = store.write_port(), store.read_port()
    m.d.comb += [
        write_port.en.eq(enable),
        write_port.addr.eq(write_address),
        write_port.data.eq(data),
        read_port.addr.eq(address),
        read_port.en.eq(take),
    ]
    return read_port.data


def add_distributed(
    m: Module,
    name: str,
    words: int,
    write: tuple[Value, Value, Value],
    address: Value,
    take: Value,
    show: Value,
) -> Value:
    """Add memories of look-up tables, of 16 words each, with a combinational read port.

    A register behind each memory loads its word at ``take``. Of several memories, the addressed
    word is selected at ``show``, a later cycle, as the multiplexer takes a cycle of its own.
    """
    enable, write_address, data = write
    words_taken: list[Value] = []
    for number in range(-(-words // LUT_WORDS)):
        attributes = {"no_rw_check": 1, "ram_style": "distributed"}
        store = memory.Memory(shape=len(data), depth=LUT_WORDS, init=[], attrs=attributes)
        m.submodules[name if words <= LUT_WORDS else f"{name}_part_{number}"] = store
        write_port, read_port = store.write_port(), store.read_port(domain="comb")
        here = write_address[LUT_ADDRESS_BITS:] == number if words > LUT_WORDS else 1
        m.d.comb += [
            write_port.en.eq(enable & here),
            write_port.addr.eq(write_address[:LUT_ADDRESS_BITS]),
            write_port.data.eq(data),
            read_port.addr.eq(address[:LUT_ADDRESS_BITS]),
        ]
        words_taken.append(_held(m, read_port.data, take, f"{name}_word_{number}"))
    if len(words_taken) == 1:
        return words_taken[0]
    chosen = _held(m, address[LUT_ADDRESS_BITS:], take, f"{name}_chosen")
    return _held(m, select(words_taken, chosen), show, f"{name}_word")


def _held(m: Module, value: Value, when: Value, name: str) -> Signal:
    """Return a register that loads a value when ``when`` is high."""
    kept = Signal(len(value), name=name, reset_less=True)
    with m.If(when):
        m.d.sync += kept.eq(value)
    return kept
