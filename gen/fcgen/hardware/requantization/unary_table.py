"""Table of a function, which replaces each value of a stream."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal
from amaranth.hdl import Value
from amaranth.lib import wiring

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.memories.images import MemoryImage
from fcgen.hardware.memories.table_memory import TablePlan
from fcgen.hardware.registers import delay
from fcgen.hardware.streams import input_ports, output_ports
from fcgen.hardware.waiting_row import offer


class UnaryTable(wiring.Component):
    """Replaces each value of a stream by its entry in a table, ``y = entries[x]``.

    Each lane has a memory of its own, with the code as its address. The memories read in every
    cycle and cannot wait: what leaves them while the output stands still goes into a short row of
    registers, and as many beats are taken in as these have room for.

    Latency: ``latency`` cycles, 2, or 3 where a memory has several parts. Initiation interval: one
    cycle a beat. Handshake: valid/ready on both sides, payload, first and last hold while valid and
    not ready; ``in_ready`` depends on registers alone. Reset: drops everything.

    Parameters
    ----------
    plan : TablePlan
        Table and memories: an index of 1 to 12 bits.
    outputs : int, positive
        M, values of a vector.
    lanes : int, 1 to M
        L, values of a beat.

    Ports
    -----
    in_payload : In(lanes * index.bits)
        Lane 0 in the least significant bits.
    in_valid, in_ready, in_first, in_last : In, Out, In, In(1)
    out_payload : Out(lanes * output.bits)
        Unused lanes of a vector's last beat are 0.
    out_valid, out_ready, out_first, out_last : Out, In, Out, Out(1)
    """

    def __init__(self, plan: TablePlan, *, outputs: int, lanes: int) -> None:
        if not 1 <= lanes <= outputs:
            raise ValueError("lanes must be 1 to the number of outputs")
        self.plan = plan
        self.table = table = plan.table
        self.lanes = lanes
        self.used_lanes = (outputs - 1) % lanes + 1
        self.latency = plan.latency
        super().__init__(
            {
                **input_ports(lanes * table.index.bits),
                **output_ports(lanes * table.output.bits),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """What makes two tables the same module: equal tables have the same image names."""
        return {
            "lanes": self.lanes,
            "used_lanes_of_last_beat": self.used_lanes,
            "index": self.table.index.name,
            "output": self.table.output.name,
            "latency": self.latency,
            "images": tuple(self.images),
        }

    @property
    def images(self) -> dict[str, MemoryImage]:
        """Contents of a lane's memory, by the name of its image file; all lanes have the same."""
        return self.plan.images

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        taken = Signal()
        m.d.comb += taken.eq(self.in_valid & self.in_ready)
        arrived = delay(m, taken, self.latency, "arrived", reset=True)
        first = delay(m, self.in_first, self.latency, "first")
        last = delay(m, self.in_last, self.latency, "last")
        beat = self._look_up(m, last), first, last
        m.d.comb += self.in_ready.eq(offer(m, self, self.latency, taken, arrived, beat))
        return m

    def _look_up(self, m: Module, last: Value) -> Value:
        """Return the entries of the lanes, ``latency`` cycles after their codes."""
        entries = []
        for lane in range(self.lanes):
            m.submodules[f"lane_{lane}"] = memory = self.plan.memory()
            code = self.in_payload.word_select(lane, self.table.index.bits)
            m.d.comb += memory.address.eq(code)
            entries.append(Mux(last, 0, memory.word) if lane >= self.used_lanes else memory.word)
        return Cat(entries)
