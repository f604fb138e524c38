"""Memory of beats with one write port and one read port."""

from __future__ import annotations

from amaranth import Module
from amaranth.hdl import Value
from amaranth.lib import memory

from fcgen.hardware.memories.text_memory import VectorStore
from fcgen.hardware.registers import register


def add_beat_store(
    m: Module,
    name: str,
    depth: int,
    write: tuple[Value, Value, Value],
    address: Value,
    kind: str = "",
) -> Value:
    """Add a memory; return the word at ``address``, two cycles later.

    Reading a word in the cycle in which it is written gives an undefined value.

    Parameters
    ----------
    m : Module
    name : str
    depth : int
    write : (enable, address, data)
    address : Value
    kind : {"", "block", "distributed"}
        Kind of memory: chosen by the synthesis tool, a `VectorStore`, look-up tables.
    """
    enable, at, data = write
    if kind == "block":
        m.submodules[name] = block = VectorStore(depth, len(data))
        m.d.comb += [
            block.write.eq(enable),
            block.write_address.eq(at),
            block.write_data.eq(data),
            block.address.eq(address),
        ]
        return block.word
    attributes: dict[str, int | str] = {"no_rw_check": 1}
    if kind:
        attributes["ram_style"] = kind
    store = memory.Memory(shape=len(data), depth=depth, init=[], attrs=attributes)
    m.submodules[name] = store
    write_port, read_port = store.write_port(), store.read_port()
    m.d.comb += [
        write_port.en.eq(enable),
        write_port.addr.eq(at),
        write_port.data.eq(data),
        read_port.addr.eq(address),
    ]
    return register(m, read_port.data, f"{name}_word")
