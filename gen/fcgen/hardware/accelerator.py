"""The top component of a network: its layers in a chain, each at work on another vector."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Cat, Const, Module
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from fcgen.hardware.accelerator_timing import AcceleratorTiming
from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.branches.connections import connect_branches
from fcgen.hardware.branches.plan import BranchPlan
from fcgen.hardware.ends.arg_max import ArgMax
from fcgen.hardware.ends.soft_max import SoftMax, SoftMaxPlan
from fcgen.hardware.ends.top_k import TopK
from fcgen.hardware.layer.layer import STREAM, Layer
from fcgen.hardware.layer.layer_parameters import connect_layers
from fcgen.hardware.memories.images import MemoryImage
from fcgen.hardware.parameters.parameter_chain import ParameterChain
from fcgen.hardware.parameters.parameter_space import ChainPlace
from fcgen.hardware.streams import input_ports, output_ports
from fcgen.hardware.vectors_in_flight import VectorsInFlight, vectors_between
from fcgen.network.instance_names import instance_names
from fcgen.network.network import Network
from fcgen.schedule.mapping import Mapping
from fcgen.schedule.schedule import Schedule


class Accelerator(wiring.Component):
    """Dense layers in a chain, ``y = end(layer_n(… layer_1(x)))``.

    Each layer's output stream is the next one's input stream. A layer keeps two input vectors, so
    that while it works on one, the layer before fills the other: all layers are at work at once.

    Latency: ``latency`` and ``latency_first``, see `AcceleratorTiming`. Initiation interval: that
    of the slowest layer. Handshake: valid/ready on both sides; payload, first and last hold while
    valid and not ready. Reset: one cycle of ``rst`` at any time drops everything.

    Parameters
    ----------
    network : Network
    schedule : Schedule
    mappings : sequence of Mapping
        What the parts of each layer are made of.
    instances : sequence of str
        Name of each layer's instance, distinct Verilog identifiers.
    image_prefix : str
        What the names of the image files start with.

    Ports
    -----
    in_payload : In(S * activation.bits)
        Of the first layer: beat k carries inputs k·S + lane, lane 0 in the least significant bits.
    in_valid, in_ready, in_first, in_last : In, Out, In, In(1)
    out_payload : Out(L * output.bits)
        Outputs of the last layer or their probabilities, or the index of its largest one, or k
        indices.
    out_valid, out_ready, out_first, out_last : Out, In, Out, Out(1)
    error : Out(1)
        A framing error was seen since the reset: see `VectorMemory`.
    parameter_hold, parameter_held, parameter_address, parameter_write, parameter_write_data,
    parameter_read, parameter_refused, parameter_read_data, parameter_read_valid
        Only with run-time weights, of all layers: see `ParameterPort`.
    """

    def __init__(
        self,
        network: Network,
        schedule: Schedule,
        mappings: Sequence[Mapping],
        instances: Sequence[str],
        image_prefix: str = "",
    ) -> None:
        if len(set(instances)) != len(network.layers):
            raise ValueError("every layer needs a name of its own")
        schedule.check(network)
        self.network = network
        self.schedule = schedule
        self.mappings = tuple(mappings)
        self.timing = AcceleratorTiming.of(network, schedule, mappings)
        self.parameter_chain = (
            ParameterChain.of(network, schedule, mappings, image_prefix)
            if network.runtime_weights
            else None
        )
        self.layers = {
            instance: Layer(layer, folding, image_prefix, mapping, instance, place)
            for instance, layer, folding, mapping, place in zip(
                instances, network.layers, schedule, mappings, self._places(), strict=True
            )
        }
        lanes = schedule.foldings[-1].output_lanes
        self.end = end_of(network, lanes, mappings[-1], image_prefix)
        first, last = schedule.foldings[0], self.end or list(self.layers.values())[-1]
        super().__init__(
            {
                **input_ports(first.simd * network.activation_format.bits),
                **output_ports(len(last.out_payload)),
                "error": Out(1),
            }
            | (self.parameter_chain.space.host_ports if self.parameter_chain else {})
        )

    @property
    def branches(self) -> BranchPlan:
        """How the streams between the layers are connected."""
        assert self.timing.branches is not None
        return self.timing.branches

    def _places(self) -> list[ChainPlace | None]:
        """Return the place of each layer on the parameter chain; None where weights are fixed."""
        chain, layers = self.parameter_chain, len(self.network.layers)
        return [None] * layers if chain is None else [chain.place(n) for n in range(layers)]

    @property
    def parameters(self) -> Parameters:
        """Parameters that the header of the Verilog names."""
        return {
            "layers": tuple(self.layers),
            "end": self.network.end.kind,
            "inputs": self.network.inputs,
            "outputs": self.network.outputs,
            "initiation_interval": self.initiation_interval,
            "latency": self.latency,
            "latency_first": self.latency_first,
        }

    @property
    def initiation_interval(self) -> int:
        """Cycles from a vector to the next."""
        return self.schedule.initiation_interval

    @property
    def latency(self) -> int:
        """Cycles from the first input beat to the last output beat of a vector."""
        return self.timing.latency

    @property
    def latency_first(self) -> int:
        """Cycles from the first input beat to the first output beat of a vector."""
        return self.timing.latency_first

    @property
    def images(self) -> dict[str, MemoryImage]:
        """Contents of every memory, by the name of its image file."""
        found: dict[str, MemoryImage] = {}
        for layer in self.layers.values():
            found |= layer.images
        return found | (self.end.images if isinstance(self.end, SoftMax) else {})

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        before: wiring.Component | None = None
        if self.network.sources:
            for name, layer in self.layers.items():
                m.submodules[name] = before = layer
            connect_branches(m, self, self.layers, self.branches, self.mappings)
        else:
            for name, layer in self.layers.items():
                m.submodules[name] = layer
                self._link(m, before, layer)
                before = layer
        if self.end is not None:
            name = "softmax" if isinstance(self.end, SoftMax) else "class_choice"
            m.submodules[self._free_name(name)] = self.end
            self._link(m, before, self.end)
            before = self.end
        assert before is not None
        for name in STREAM:
            m.d.comb += getattr(self, f"out_{name}").eq(getattr(before, f"out_{name}"))
        m.d.comb += before.out_ready.eq(self.out_ready)
        errors = [layer.error for layer in self.layers.values()]
        m.d.comb += self.error.eq(Cat(errors).any())
        if self.parameter_chain is not None:
            self._add_port(m, self.parameter_chain)
        return m

    def _add_port(self, m: Module, chain: ParameterChain) -> None:
        """Chain the layers' memories behind one parameter port."""
        layers = list(self.layers.values())
        port = chain.port(layers[-1].timing.drained_after)
        m.submodules[self._free_name("parameter_port")] = port
        empty: Value = Const(1)
        if len(layers) > 1:
            flight = VectorsInFlight(vectors_between([layer.timing for layer in layers]))
            m.submodules[self._free_name("vectors_in_flight")] = flight
            m.d.comb += [
                flight.begun.eq(layers[0].vector_end),
                flight.ended.eq(layers[-1].vector_end),
            ]
            empty = flight.empty
        connect_layers(m, self, chain, layers, port, empty)

    def _link(self, m: Module, before: wiring.Component | None, after: wiring.Component) -> None:
        """Connect a stage to the one before, or to the network's own input."""
        source, way = (self, "in") if before is None else (before, "out")
        for name in STREAM:
            m.d.comb += getattr(after, f"in_{name}").eq(getattr(source, f"{way}_{name}"))
        m.d.comb += getattr(source, f"{way}_ready").eq(after.in_ready)

    def _free_name(self, wanted: str) -> str:
        """Return a name that no layer has."""
        while wanted in self.layers:
            wanted += "_end"
        return wanted


def end_of(
    network: Network, lanes: int, mapping: Mapping, image_prefix: str = ""
) -> ArgMax | TopK | SoftMax | None:
    """Return the stage behind the last layer; None where the layer's own outputs leave.

    The last layer gives ``lanes`` outputs a beat; ``mapping`` is its mapping.
    """
    scores, end = network.layers[-1], network.end
    if end.kind == "argmax":
        return ArgMax(scores=scores.outputs, lanes=lanes, score=scores.output_format.stored)
    if end.kind == "top_k":
        return TopK(scores=scores.outputs, count=end.count, score=scores.output_format.stored)
    if network.softmax is not None:
        plan = SoftMaxPlan.of(network.softmax, mapping, image_prefix)
        return SoftMax(plan, scores.output_format.stored)
    return None


def top_of(
    network: Network,
    schedule: Schedule,
    mappings: Sequence[Mapping],
    prefix: str = "",
    place: ChainPlace | None = None,
) -> Layer | Accelerator:
    """Return the top component of a network.

    It is a `Layer` where the network is one layer and nothing else. With ``place`` the layer was
    taken out of a network with run-time weights.
    """
    if network.layer is not None:
        return Layer(network.layer, schedule.foldings[0], prefix, mappings[0], place=place)
    return Accelerator(network, schedule, mappings, instance_names(network), prefix)
