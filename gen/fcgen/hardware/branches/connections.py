"""The streams of a graph: forks, narrower beats, queues and joins between its layers."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amaranth import Const, Module
from amaranth.hdl import Value
from amaranth.lib import wiring

from fcgen.hardware.branches.beat_queue import BeatQueue
from fcgen.hardware.branches.beat_splitter import BeatSplitter
from fcgen.hardware.branches.pixel_join import PixelJoin
from fcgen.hardware.branches.plan import BranchPlan, Way
from fcgen.hardware.branches.stream_fork import StreamFork
from fcgen.network.sources import INPUT, consumers
from fcgen.schedule.mapping import Mapping

FRAMED = ("payload", "valid", "first", "last")


@dataclass(frozen=True)
class Stream:
    """One end of a stream: what the reader sees, and the ``ready`` that it drives."""

    payload: Value
    valid: Value
    first: Value
    last: Value
    ready: Value


def connect_branches(
    m: Module,
    top: wiring.Component,
    layers: Dictionary[str, wiring.Component],
    plan: BranchPlan,
    mappings: Sequence[Mapping],
) -> None:
    """Connect the layers of a graph with each other, and with the input of the network.

    Parameters
    ----------
    m : Module
        Of the network.
    top : Component
        With the input stream.
    layers : mapping
        Layers by the names of their instances, in the order of the network.
    plan : BranchPlan
    mappings : sequence of Mapping
        Of every layer; a queue stands in what suits the layer behind it.
    """
    names, parts = list(layers), list(layers.values())
    ends: dict[tuple[int, int], Stream] = {}
    for source in range(INPUT, len(parts) - 1):
        targets = consumers(plan.sources, source)
        owner, way = (top, "in") if source == INPUT else (parts[source], "out")
        given = stream_of(owner, way)
        name = "input" if source == INPUT else names[source]
        for number, (target, stream) in enumerate(
            zip(targets, _forked(m, given, len(targets), name), strict=True)
        ):
            # A layer that takes a source twice gets it from two readers of one fork.
            place = _place(plan, source, target, targets[:number])
            ends[target, place] = stream
    for target, layer in enumerate(parts):
        streams = []
        for place in range(len(plan.sources[target])):
            way_in = plan.ways[target, place]
            label = f"{names[target]}_{place}" if place or way_in.depth else names[target]
            streams.append(_narrowed(m, ends[target, place], way_in, label, mappings[target]))
        joined = streams[0] if len(streams) == 1 else _joined(m, streams, plan, target, names)
        drive(m, layer, joined)


def _place(plan: BranchPlan, source: int, target: int, before: tuple[int, ...]) -> int:
    """Return the place of a source among those of a target, which readers before may have taken."""
    places = [place for place, one in enumerate(plan.sources[target]) if one == source]
    return places[before.count(target)]


def stream_of(owner: Any, way: str) -> Stream:
    """Return the stream of a component's ports that begin with a word."""
    return Stream(*(getattr(owner, f"{way}_{name}") for name in (*FRAMED, "ready")))


def drive(m: Module, reader: Any, stream: Stream) -> None:
    """Connect a stream to a component's input."""
    m.d.comb += [getattr(reader, f"in_{name}").eq(getattr(stream, name)) for name in FRAMED]
    m.d.comb += stream.ready.eq(reader.in_ready)


def _forked(m: Module, stream: Stream, readers: int, name: str) -> list[Stream]:
    """Return a stream for each reader."""
    if readers == 1:
        return [stream]
    fork = StreamFork(readers, len(stream.payload))
    m.submodules[f"fork_{name}"] = fork
    drive(m, fork, stream)
    return [
        Stream(
            fork.out_payload,
            getattr(fork, f"valid_{n}"),
            fork.out_first,
            fork.out_last,
            getattr(fork, f"ready_{n}"),
        )
        for n in range(readers)
    ]


def _narrowed(m: Module, stream: Stream, way: Way, name: str, mapping: Mapping) -> Stream:
    """Cut beats into parts, and let them wait, where the plan says so."""
    if way.parts > 1:
        splitter = BeatSplitter(way.parts, len(stream.payload) // way.parts)
        m.submodules[f"splitter_{name}"] = splitter
        drive(m, splitter, stream)
        stream = stream_of(splitter, "out")
    if way.depth:
        width = len(stream.payload)
        in_block_ram = mapping.vector_cut(way.depth, width) is not None
        queue = BeatQueue(way.depth, width, block_ram=in_block_ram)
        m.submodules[f"queue_{name}"] = queue
        m.d.comb += [
            queue.in_payload.eq(stream.payload),
            queue.in_valid.eq(stream.valid),
            stream.ready.eq(queue.in_ready),
        ]
        # A join counts the beats: frames need no marks on the way to it.
        stream = Stream(queue.out_payload, queue.out_valid, Const(0), Const(0), queue.out_ready)
    return stream


def _joined(
    m: Module, streams: list[Stream], plan: BranchPlan, target: int, names: list[str]
) -> Stream:
    """Join the sources of a layer pixel by pixel."""
    join = PixelJoin(plan.pixel_beats(target), len(streams[0].payload), plan.pixels(target))
    m.submodules[f"join_{names[target]}"] = join
    for number, stream in enumerate(streams):
        m.d.comb += [
            getattr(join, f"payload_{number}").eq(stream.payload),
            getattr(join, f"valid_{number}").eq(stream.valid),
            stream.ready.eq(getattr(join, f"ready_{number}")),
        ]
    return stream_of(join, "out")
