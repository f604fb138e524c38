"""Memory of the reply to INFO, in which the hash of the weights can be written."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.host.protocol import HASH_BYTES, Info
from fcgen.hardware.memories.weight_memory import MEMORY_LATENCY, WeightMemory


class IdentityMemory(wiring.Component):
    """Keeps the payload of INFO, and knows whether the weights are complete.

    The memory starts with an image. Where weights can be written, the first write clears ``ready``
    in it, and only a seal, the hash of all weights, sets it again: weights of which some are old
    and some new are never used. A seal of complete weights changes nothing. A reset changes neither
    weights nor memory, so that ``usable`` is read from it again.

    Latency: 3 cycles a byte. Handshake: valid/ready on both sides. Reset: ``known`` is low for a
    few cycles.

    Parameters
    ----------
    info : Info
    image : str
        Name of the image file.

    Ports
    -----
    reading : In(1)
        High while INFO is answered.
    sealing : In(1)
        High while the bytes of a hash come.
    changing : In(1)
        A cycle or more: weights change.
    payload : In(8)
    valid, ready : In, Out(1)
    out_payload : Out(8)
    out_valid, out_ready : Out, In(1)
    busy : Out(1)
        The seal is not there yet.
    usable, known : Out(1)
        Whether the weights are complete, and whether this is known.
    """

    def __init__(self, info: Info, image: str) -> None:
        self.info, self.image = info, image
        super().__init__(
            {
                "reading": In(1),
                "sealing": In(1),
                "changing": In(1),
                "payload": In(8),
                "valid": In(1),
                "ready": Out(1),
                "out_payload": Out(8),
                "out_valid": Out(1),
                "out_ready": In(1),
                "busy": Out(1),
                "usable": Out(1),
                "known": Out(1),
            }
        )

    @property
    def parameters(self) -> Parameters:
        """Parameters that the header of the Verilog names."""
        return {"image": self.image, "writable": self.info.writable}

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        words = list(self.info.pack())
        m.submodules.memory = memory = WeightMemory(
            len(words),
            8,
            self.image,
            words,
            writable=self.info.writable,
            text="parameterMemory",
        )
        place = Signal(range(len(words) + 1))
        settling = Signal(range(MEMORY_LATENCY + 1), init=MEMORY_LATENCY)
        settled = Signal()
        m.d.comb += [
            settled.eq(settling == 0),
            memory.address.eq(place),
            self.out_payload.eq(memory.word),
            self.out_valid.eq(self.reading & settled),
        ]
        with m.If(~self.known):
            m.d.comb += memory.address.eq(Info.READY_OFFSET)
            with m.If(settled):
                m.d.sync += [self.known.eq(1), self.usable.eq(memory.word[0])]
                m.d.sync += settling.eq(MEMORY_LATENCY)
            with m.Else():
                m.d.sync += settling.eq(settling - 1)
        with m.Elif(~self.reading):
            m.d.sync += settling.eq(MEMORY_LATENCY)
        with m.Elif(~settled):
            m.d.sync += settling.eq(settling - 1)
        with m.Elif(self.out_ready):
            m.d.sync += settling.eq(MEMORY_LATENCY)
        with m.If(~self.reading & ~self.sealing):
            m.d.sync += place.eq(0)
        with m.Elif((self.out_valid & self.out_ready) | (self.valid & self.ready)):
            m.d.sync += place.eq(place + 1)
        if self.info.writable:
            self._seal(m, memory, place)
        return m

    def _seal(self, m: Module, memory: WeightMemory, place: Signal) -> None:
        """Write the hash and, behind it, that the weights are complete."""
        sealed = Signal()
        m.d.comb += [
            self.ready.eq(self.sealing & (place != HASH_BYTES)),
            memory.write_address.eq(Info.READY_OFFSET),
            self.busy.eq(self.sealing & ~sealed),
            memory.write_data.eq(self.sealing),
        ]
        with m.If(~self.sealing):
            m.d.sync += sealed.eq(0)
        with m.If(self.changing):
            m.d.comb += memory.write.eq(1)
            m.d.sync += self.usable.eq(0)
        with m.Elif(self.sealing & (place == HASH_BYTES) & ~sealed):
            m.d.comb += memory.write.eq(1)
            m.d.sync += [sealed.eq(1), self.usable.eq(1)]
        with m.Elif(self.valid & self.ready):
            m.d.comb += [
                memory.write.eq(~self.usable),
                memory.write_address.eq(Info.WEIGHTS_OFFSET + place),
                memory.write_data.eq(self.payload),
            ]
