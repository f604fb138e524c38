"""A layer: its memories, groups of elements, requantizers and queue, and their connections."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux
from amaranth.hdl import Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from fcgen.hardware.border import Parameters, module_border
from fcgen.hardware.convolution.window_memory import WindowMemory
from fcgen.hardware.elements.products import computed
from fcgen.hardware.layer.drain_controller import VALID, DrainController
from fcgen.hardware.layer.layer_controller import LayerController
from fcgen.hardware.layer.layer_memories import LayerMemories, MemoryPort
from fcgen.hardware.layer.layer_parameters import connect_alone, connect_place
from fcgen.hardware.layer.layer_parts import LayerParts
from fcgen.hardware.layer.layer_timing import ADDRESS_DELAY
from fcgen.hardware.layer.own_activations import OwnActivations
from fcgen.hardware.memories.images import MemoryImage
from fcgen.hardware.memories.vector_memory import VectorMemory
from fcgen.hardware.parameters.parameter_chain import ParameterChain
from fcgen.hardware.parameters.parameter_space import ChainPlace
from fcgen.hardware.registers import delay, register
from fcgen.hardware.requantization.requantizer_column import RequantizerColumn
from fcgen.hardware.requantization.result_queue import ResultQueue
from fcgen.hardware.requantization.unary_table import UnaryTable
from fcgen.hardware.streams import input_ports, output_ports
from fcgen.network.dense_layer import DenseLayer
from fcgen.schedule.folding import Folding
from fcgen.schedule.mapping import GENERIC, Mapping

STREAM = ("payload", "valid", "first", "last")


class Layer(wiring.Component):
    """Fully connected layer ``y = requantize(W·x + b)`` on P elements of S lanes.

    The vector memory keeps two input vectors; the controller reads one of them NF times, beat by
    beat. Activations, weight addresses and control pass from group to group of elements, one cycle
    each; a fold's results leave on a bus that travels the same way, while the next fold is summed,
    through requantizers into a queue that forms output beats.

    Latency: ``latency`` and ``latency_first``, see `LayerTiming`. Initiation interval:
    max(SF·NF, ⌈M/L⌉) cycles a vector, for every folding. Handshake: valid/ready on both sides;
    payload, first and last hold while valid and not ready. Reset: one cycle of ``rst`` at any time
    drops everything; the sums on their way are flushed before the next vector. Nothing depends
    on power-up values, so that a reset must come first.

    Parameters
    ----------
    dense : DenseLayer
        Weights, constants and formats; with a table, which stands behind the queue, the layer
        gives ``table[requantize(W·x + b)]``.
    folding : Folding
        P, S and L; its N, M and weight width must be those of the layer.
    mapping : Mapping
        What multipliers, accumulators and memories are made of.
    image_prefix : str
        Prefix of the names of the image files.
    instance : str
        Name in an accelerator, also a prefix of its image files; empty for a layer that stands
        alone.
    place : ChainPlace, optional
        Where a layer of a network with run-time weights stands on the parameter chain.

    Ports
    -----
    in_payload : In(S * activation.bits)
        Beat k carries inputs k·S + lane, lane 0 in the least significant bits; the unused lanes
        of the last beat are ignored. Bipolar ones are stored: a bit a lane, 1 for +1.
    in_valid, in_ready, in_first, in_last : In, Out, In, In(1)
    out_payload : Out(L * output.bits)
        Beat k carries outputs k·L + lane; unused lanes of the last beat are 0.
    out_valid, out_ready, out_first, out_last : Out, In, Out, Out(1)
    error : Out(1)
        A framing error was seen since the reset: see `VectorMemory`.
    parameter_hold, parameter_held, parameter_address, parameter_write, parameter_write_data,
    parameter_read, parameter_refused, parameter_read_data, parameter_read_valid
        Only with run-time weights, of a layer that stands alone: see `ParameterPort`.
    chain_index, …, next_index, …, hold_input, input_empty, fold_end, vector_end
        Only in a network with run-time weights, of which the last four are those of the first and
        of the last layer: see `ParameterTap`, `ParameterPort` and `VectorsInFlight`.
    """

    def __init__(
        self,
        dense: DenseLayer,
        folding: Folding,
        image_prefix: str = "",
        mapping: Mapping = GENERIC,
        instance: str = "",
        place: ChainPlace | None = None,
    ) -> None:
        if place is not None and not dense.runtime_weights:
            raise ValueError("a layer whose weights are fixed has no place on the chain")
        if (dense.outputs, dense.inputs) != (folding.outputs, folding.inputs):
            raise ValueError("the folding is for another size of layer")
        if dense.weight_format.bits != folding.weight_bits:
            raise ValueError("the folding is for another width of weights")
        self.dense = dense
        self.folding = folding
        self.mapping = mapping
        self.place = place
        self.parts = LayerParts(dense, folding, mapping, place)
        self.plan = self.parts.plan
        self.timing = self.parts.timing
        self.instance = instance
        self.table = self.parts.table(image_prefix)
        image_prefix += f"{instance}_" if instance else ""
        self.memories = LayerMemories(dense, folding, self.plan, mapping, image_prefix)
        alone = dense.runtime_weights and place is None
        self.parameter_chain = ParameterChain([self.memories]) if alone else None
        super().__init__(
            {
                **input_ports(folding.input_lanes * dense.activation_format.bits),
                **output_ports(folding.output_lanes * dense.output_format.bits),
                "error": Out(1),
            }
            | self._parameter_ports
        )

    @property
    def parameters(self) -> Parameters:
        """Parameters that the header of the Verilog names."""
        folding = self.folding
        own: Parameters = {
            "inputs": folding.inputs,
            "outputs": folding.outputs,
            "pe": folding.pe,
            "simd": folding.simd,
            "output_lanes": folding.output_lanes,
            "activation": self.dense.activation_format.name,
            "weight": self.dense.weight_format.name,
            "initiation_interval": folding.initiation_interval,
            "latency": self.latency,
            "latency_first": self.latency_first,
        }
        device: Parameters = {} if self.mapping == GENERIC else {"device": self.mapping.device}
        # Layers that differ only in their images are different modules.
        named: Parameters = {"instance": self.instance} if self.instance else {}
        table: Parameters = {} if self.table is None else {"table": tuple(self.table.images)}
        return named | own | device | self.plan.parameters | table

    @property
    def _parameter_ports(self) -> dict[str, In | Out]:
        if self.parameter_chain is not None:
            return self.parameter_chain.space.host_ports
        return self.place.ports if self.place is not None else {}

    @property
    def initiation_interval(self) -> int:
        """Cycles from a vector to the next."""
        return self.folding.initiation_interval

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
        return self.memories.images | (self.table.images if self.table else {})

    @module_border
    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.vector_memory = vectors = self.parts.vector_memory()
        m.submodules.controller = controller = self.parts.controller()
        m.submodules.drain = drain = self.parts.drain_controller()
        m.submodules.queue = queue = self.parts.queue()
        m.d.comb += [
            vectors.in_payload.eq(self.in_payload),
            vectors.in_valid.eq(self.in_valid),
            vectors.in_first.eq(self.in_first),
            vectors.in_last.eq(self.in_last),
            self.in_ready.eq(vectors.in_ready),
            self.error.eq(vectors.error),
            controller.available.eq(vectors.available),
            vectors.vector_end.eq(controller.vector_end),
        ]
        if isinstance(vectors, WindowMemory):
            m.d.comb += vectors.advance.eq(controller.issue)
        else:
            m.d.comb += vectors.address.eq(controller.synapse_fold)
        # A register for the route: the queue is near the outputs, the controller near the inputs.
        m.d.sync += controller.word_taken.eq(queue.word_taken)
        self._connect_output(m, queue)
        weights, constants = self._place_memories(m, vectors, controller)

        head = self._head(m, vectors, controller, drain)
        own = None
        if self.folding.depthwise:
            bits = self.dense.activation_format.computed.bits
            own = OwnActivations(self.folding, bits, head.pop("activations"))
        results: Value = Const(0, 0)
        for column in range(self.folding.columns):
            if column:
                head = {name: self._passed_on(m, name, head[name], column) for name in head}
            tag, bus = self._groups(m, column, head, weights, own)
            end = self._requantize(m, column, tag, bus, constants[column])
            # Results of earlier columns are delayed until this column ends.
            waiting = self.timing.column_wait(column)
            results = Cat(delay(m, results, waiting, f"results_before_{column}"), end.results)
            tag = end.next_tag
        m.d.comb += [queue.results.eq(results), queue.tag.eq(tag)]
        return m

    def _place_memories(
        self, m: Module, vectors: VectorMemory | WindowMemory, controller: LayerController
    ) -> tuple[list[MemoryPort], list[MemoryPort]]:
        """Add the memories; with run-time weights connect them to the parameter chain."""
        chain, place = self.parameter_chain, self.place
        space = chain.space if chain else place.space if place else None
        weights, constants, taps = self.memories.place(m, space)
        if chain is not None and isinstance(vectors, VectorMemory):
            port = chain.port(self.timing.drained_after)
            connect_alone(m, self, port, taps, vectors, controller)
        elif place is not None and isinstance(vectors, VectorMemory):
            connect_place(m, self, place, taps, vectors, controller)
        return weights, constants

    def _connect_output(self, m: Module, queue: ResultQueue) -> None:
        """Connect the queue to the output stream, through the table where there is one."""
        source: ResultQueue | UnaryTable = queue
        if self.table is not None:
            m.submodules.table = source = self.table
            m.d.comb += queue.out_ready.eq(self.table.in_ready)
            for name in STREAM:
                m.d.comb += getattr(self.table, f"in_{name}").eq(getattr(queue, f"out_{name}"))
        marker = self.parts.frame_marker()
        beat = {name: getattr(source, f"out_{name}") for name in STREAM}
        if marker is not None:
            m.submodules.frame_marker = marker
            m.d.comb += [
                marker.passes.eq(source.out_valid & self.out_ready),
                marker.vector_first.eq(source.out_first),
                marker.vector_last.eq(source.out_last),
            ]
            beat |= {"first": marker.first, "last": marker.last}
        for name in STREAM:
            m.d.comb += getattr(self, f"out_{name}").eq(beat[name])
        m.d.comb += source.out_ready.eq(self.out_ready)

    def _head(
        self,
        m: Module,
        vectors: VectorMemory | WindowMemory,
        controller: LayerController,
        drain: DrainController,
    ) -> dict[str, Value]:
        """Align the inputs of the first group in time; idle beats carry activations of 0."""
        gate = self.timing.gate_delay - 1
        issued = delay(m, controller.issue, gate, "issued", reset=True)
        word = delay(m, vectors.word, gate - vectors.latency, "word")
        fold_end = delay(m, controller.fold_end, self.timing.fold_end_delay, "fold_end", reset=True)
        finished = delay(m, fold_end, self.timing.result_delay - 1, "fold_finished", reset=True)
        m.d.comb += drain.fold_end.eq(finished)
        return {
            "address": delay(m, controller.address, ADDRESS_DELAY, "address"),
            "activations": register(m, self._operands(m, word, issued, controller), "activations"),
            "last": fold_end | controller.flushing,
            "beat": drain.beat,
            "own": drain.own,
            "tag": self._delayed_tag(m, drain.tag),
        }

    def _operands(
        self, m: Module, word: Value, issued: Value, controller: LayerController
    ) -> Value:
        """Return the activations as operands, 0 in idle beats.

        Unused lanes of a fold's last beat have weights of 0. Bipolar weights cannot be 0, so that
        with them the activations of unused lanes are 0.
        """
        form, folding = self.dense.activation_format, self.folding
        used = folding.inputs - (folding.synapse_folds - 1) * folding.simd
        masked = self.dense.weight_format.bipolar and used < folding.simd
        if self.dense.maximum:
            least = form.minimum & ((1 << form.bits) - 1)
            idle = sum(least << lane * form.bits for lane in range(folding.input_lanes))
            return Mux(issued, word, Const(idle, len(word)))
        if not masked and not form.bipolar:
            return Mux(issued, word, 0)
        inside = issued
        if masked:
            gate = self.timing.gate_delay - 1
            inside = issued & ~delay(m, controller.fold_end, gate, "issued_last", reset=True)
        lanes = []
        for lane in range(folding.input_lanes):
            valid = inside if masked and lane >= used else issued
            value = word.word_select(lane, form.bits)
            lanes.append(computed(value, valid) if form.bipolar else Mux(valid, value, 0))
        return Cat(lanes)

    def _delayed_tag(self, m: Module, tag: Value) -> Value:
        """Delay the tag to the results on the bus."""
        cycles = self.timing.choice_delay
        valid = delay(m, tag[VALID], cycles, "drain_valid", reset=True)
        return Cat(valid, delay(m, tag[VALID + 1 :], cycles, "drain_kind"))

    def _passed_on(self, m: Module, name: str, value: Value, column: int) -> Value:
        """Delay a link by a cycle on its way to the next column."""
        register_name = f"column_{column}_{name}"
        if name != "tag":
            return register(m, value, register_name)
        valid = register(m, value[VALID], f"{register_name}_valid", reset=True)
        return Cat(valid, register(m, value[VALID + 1 :], register_name))

    def _groups(
        self,
        m: Module,
        column: int,
        head: dict[str, Value],
        weights: list[MemoryPort],
        own: OwnActivations | None,
    ) -> tuple[Value, Value]:
        """Chain the groups of a column; return the tag and the bus that leave the last one."""
        links = head | {"bus": Const(0, self.folding.column_lanes * self.plan.accumulator_width)}
        if own is not None:
            own.enter(m, column)
        for number, group in enumerate(self.folding.groups):
            if group.column != column:
                continue
            m.submodules[f"group_{number}"] = unit = self.parts.group(group.elements)
            m.d.comb += [getattr(unit, name).eq(value) for name, value in links.items()]
            m.d.comb += [address.eq(unit.address) for address in weights[number].addresses]
            m.d.comb += unit.weights.eq(weights[number].word)
            if own is not None:
                m.d.comb += unit.activations.eq(own.take(m, group.elements))
            links = {name: getattr(unit, f"next_{name}") for name in links}
        return links["tag"], links["bus"]

    def _requantize(
        self, m: Module, column: int, tag: Value, bus: Value, memory: MemoryPort
    ) -> RequantizerColumn:
        unit = self.parts.column()
        m.submodules[f"column_{column}"] = unit
        m.d.comb += [unit.tag.eq(tag), unit.bus.eq(bus)]
        if self.plan.stored:
            m.d.comb += [address.eq(unit.address) for address in memory.addresses]
            m.d.comb += unit.word.eq(memory.word)
        return unit
