"""Vector memory and controller together, as they stand in a layer."""

from __future__ import annotations

from typing import Any

from amaranth import Module, ResetSignal
from amaranth.asserts import AnySeq, Initial
from amaranth.hdl import Assert, Assume, Cover, Elaboratable

from fcgen.hardware.layer.layer_controller import LayerController
from fcgen.hardware.memories.vector_memory import VectorMemory
from formal.inside import Bench
from formal.layer_controller_harness import LayerControllerGhost
from formal.vector_memory_harness import VectorMemoryGhost


class FrontEndHarness(Elaboratable):
    """Any input, a queue that gives back only what was taken, resets at any time."""

    def __init__(self, *, width: int, invariants: bool = True, **controller: Any) -> None:
        self.vectors = VectorMemory(beats=controller["synapse_folds"], width=width)
        self.controller = LayerController(**controller)
        self.invariants = invariants

    def elaborate(self, platform: Bench) -> Module:
        m = Module()
        m.submodules.vectors = vectors = self.vectors
        m.submodules.controller = controller = self.controller
        connect(m, vectors, controller)
        for name in ("in_payload", "in_valid", "in_first", "in_last"):
            port = getattr(vectors, name)
            m.d.comb += port.eq(AnySeq(len(port)))
        store = VectorMemoryGhost(m, vectors, platform.open(vectors), invariants=self.invariants)
        walk = LayerControllerGhost(
            m, controller, platform.open(controller), invariants=self.invariants
        )
        m.d.comb += [
            controller.word_taken.eq(AnySeq(1)),
            Assume(~controller.word_taken | (walk.places >= controller.word_credits)),
        ]
        with m.If(Initial()):
            m.d.comb += Assume(ResetSignal())
        with m.If(~Initial()):
            begun = walk.under_way
            m.d.comb += [
                Assert(~begun | (store.stored != 0), "a begun vector stays until its end"),
                Assert(~store.too_early, "the last beat is not read before it is written"),
            ]
        m.d.comb += Cover(
            ~Initial() & (store.released == 3) & controller.vector_end & (store.stored == 2),
            "three vectors passed, two are stored",
        )
        return m


def connect(m: Module, vectors: VectorMemory, controller: LayerController) -> None:
    """Connect the two as the layer does."""
    m.d.comb += [
        controller.available.eq(vectors.available),
        vectors.vector_end.eq(controller.vector_end),
        vectors.address.eq(controller.synapse_fold),
    ]
