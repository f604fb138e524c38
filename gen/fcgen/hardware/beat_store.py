"""Memory of beats that is written and read in the same clock."""

from __future__ import annotations

from amaranth import Module
from amaranth.hdl import Value
from amaranth.lib import memory

from fcgen.hardware.registers import register
from fcgen.hardware.vector_store import VectorStore


def add_beat_store(
    m: Module,
    name: str,
    depth: int,
    write: tuple[Value, Value, Value],
    address: Value,
    *,
    block_ram: bool,
) -> Value:
    """Add a memory; return the word at ``address``, two cycles later.

    A word that is read in the cycle in which it is written is undefined.

    Parameters
    ----------
    m : Module
    name : str
    depth : int
    write : (enable, address, data)
    address : Value
    block_ram : bool
        The words stand in a `VectorStore`; otherwise the synthesis tool chooses the kind of RAM.
    """
    enable, at, data = write
    if block_ram:
        m.submodules[name] = block = VectorStore(depth, len(data))
        m.d.comb += [
            block.write.eq(enable),
            block.write_address.eq(at),
            block.write_data.eq(data),
            block.address.eq(address),
        ]
        return block.word
    store = memory.Memory(shape=len(data), depth=depth, init=[], attrs={"no_rw_check": 1})
    m.submodules[name] = store
    write_port, read_port = store.write_port(), store.read_port()
    m.d.comb += [
        write_port.en.eq(enable),
        write_port.addr.eq(at),
        write_port.data.eq(data),
        read_port.addr.eq(address),
    ]
    return register(m, read_port.data, f"{name}_word")
