"""A design on disk: what was emitted, with everything that describes it, opened and checked."""

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from fcgen import devices
from fcgen.design import manifest_reader
from fcgen.design.beats import StreamFormat
from fcgen.design.manifest import REFERENCE, Manifest, output_lanes
from fcgen.design.manifest_reader import changed_files, differing_fields
from fcgen.errors import InputError, bad_input
from fcgen.hardware.accelerator_timing import AcceleratorTiming
from fcgen.hardware.parameters.parameter_chain import ParameterChain
from fcgen.hardware.parameters.parameter_space import ChainPlace
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import Network
from fcgen.schedule.folding import Folding
from fcgen.schedule.mapping import GENERIC, Mapping
from fcgen.schedule.schedule import Schedule

REFERENCE_BYTES_MAX = 1 << 30


@dataclass(frozen=True, eq=False)
class Design:
    """An emitted network, or a layer alone, in its output directory.

    Attributes
    ----------
    directory : Path
    manifest : Manifest
    network : Network
        From which the reference is computed.
    mappings : tuple of Mapping
        What the parts of each layer are made of.
    notes : tuple of str
        What was found wrong and passed over because of ``force``.
    netlist : tuple of Path
        What simulators read in place of the emitted Verilog: a netlist, with the images inside,
        and models of its cells.
    macros : tuple of str
        Definitions under which simulators read the Verilog.
    place : ChainPlace, optional
        Of a layer of a network with run-time weights that is looked at by itself: it has no
        parameter port, and what its neighbours would drive is to be held at 0.
    """

    directory: Path
    manifest: Manifest
    network: Network
    mappings: tuple[Mapping, ...]
    notes: tuple[str, ...] = ()
    netlist: tuple[Path, ...] = ()
    macros: tuple[str, ...] = ()
    place: ChainPlace | None = None

    @classmethod
    def open(cls, directory: str | Path, force: bool = False) -> "Design":
        """Open an output directory and check every file of it.

        Parameters
        ----------
        directory : path
        force : bool
            Go on although a file has changed; ``notes`` says which.

        Raises
        ------
        InputError
            When the directory is not one of ours, or a file is missing or has changed.
        """
        directory = Path(directory)
        described = manifest_reader.read(directory)
        notes = changed_files(directory, described)
        if notes and not force:
            raise InputError(f"{notes[0]}; write the design again or use --force")
        path = directory / REFERENCE
        if path.stat().st_size > REFERENCE_BYTES_MAX:
            raise bad_input(path, "too large", "a reference has at most 1 GiB", "write it again")
        network = Network.from_json(path.read_bytes(), str(path))
        if network.structure_hash != described.structure_hash:
            rule = "describes another structure than the manifest"
            raise bad_input(path, network.structure_hash, rule, "write the design again")
        schedule = described.schedule
        found = [(one.inputs, one.outputs, one.positions) for one in schedule]
        sizes = [(one.inputs, one.outputs, one.positions) for one in network.layers]
        if found != sizes:
            size = ", ".join(f"{inputs} inputs, {outputs} outputs" for inputs, outputs, _ in sizes)
            raise bad_input(path, size, "the manifest has other sizes", "write the design again")
        schedule.check(network)
        mappings = devices.mappings(described.device, network, schedule, described.options)
        timing = AcceleratorTiming.of(network, schedule, mappings)
        derived = replace(
            described,
            initiation_interval=schedule.initiation_interval,
            latency=timing.latency,
            latency_first=timing.latency_first,
            weights_hash=network.weights_hash,
        )
        notes += differing_fields(directory, derived, network)
        if notes and not force:
            raise InputError(f"{notes[0]}; write the design again or use --force")
        return cls(directory, described, network, mappings, tuple(notes))

    @classmethod
    def unwritten(
        cls,
        network: Network | DenseLayer,
        schedule: Schedule | Folding,
        mappings: Sequence[Mapping] | None = None,
    ) -> "Design":
        """Return a design without files, for engines that need none of them."""
        network, schedule = whole(network, schedule)
        chosen = (GENERIC,) * len(schedule) if mappings is None else tuple(mappings)
        timing = AcceleratorTiming.of(network, schedule, chosen)
        described = Manifest(
            name=network.name,
            prefix="",
            top=network.name,
            device=chosen[0].device,
            schedule=schedule,
            initiation_interval=schedule.initiation_interval,
            latency=timing.latency,
            latency_first=timing.latency_first,
            structure_hash=network.structure_hash,
            weights_hash=network.weights_hash,
            seed=0,
            ports=(),
            sources=(),
            images=(),
            files={},
        )
        return cls(Path(), described, network, chosen)

    @property
    def top(self) -> str:
        """Name of the top module."""
        return self.manifest.top

    @property
    def schedule(self) -> Schedule:
        """How each layer is laid out over elements, lanes and cycles."""
        return self.manifest.schedule

    @property
    def layer(self) -> DenseLayer:
        """The layer of a design that is one layer and nothing else.

        Raises
        ------
        InputError
            When it is a whole network.
        """
        if self.network.layer is None:
            rule = "is a whole network, and this needs a layer that stands alone"
            raise bad_input(self.directory, self.network.name, rule, "use one of `fcgen layer`")
        return self.network.layer

    @property
    def output_lanes(self) -> int:
        """Elements of an output beat."""
        return output_lanes(self.manifest, self.network)

    @property
    def written_at_start(self) -> bool:
        """Whether weights stand in memories that are written before the first vector."""
        return any(mapping.scratchpad for mapping in self.mappings)

    @property
    def parameter_port(self) -> bool:
        """Whether the top has one."""
        return self.network.runtime_weights and self.place is None

    @property
    def idle_inputs(self) -> tuple[str, ...]:
        """Inputs that a bench holds at 0."""
        if self.place is None:
            return ()
        held = ("hold_input",) if self.place.first else ()
        return ("chain_write", "chain_read", "chain_answered", *held)

    @property
    def initiation_interval(self) -> int:
        """Cycles a vector in steady state."""
        return self.manifest.initiation_interval

    @property
    def latency(self) -> int:
        """Cycles from the first input beat to the last output beat of an idle layer."""
        return self.manifest.latency

    @cached_property
    def sources(self) -> tuple[Path, ...]:
        """Verilog files, in the order of ``files.f``, or the netlist."""
        return self.netlist or tuple(self.directory / name for name in self.manifest.sources)

    @cached_property
    def images(self) -> tuple[Path, ...]:
        """Memory images; ``$readmemh`` looks for them in the working directory."""
        if self.netlist:
            return ()
        return tuple(self.directory / name for name in self.manifest.images)

    @cached_property
    def input_stream(self) -> StreamFormat:
        """Format of the input stream."""
        network = self.network
        return StreamFormat.of(network.inputs, self.schedule.simd, network.activation_format)

    @cached_property
    def output_stream(self) -> StreamFormat:
        """Format of the output stream."""
        network = self.network
        return StreamFormat.of(network.outputs, self.output_lanes, network.output_format)

    def part(self, number: int) -> "Design":
        """Return a layer of a network as a design of its own, whose top is the layer's module."""
        layer, mapping = self.network.layers[number], self.mappings[number]
        alone = Design.unwritten(layer, self.schedule.foldings[number], (mapping,))
        manifest = replace(
            alone.manifest,
            top=self.manifest.modules[number] if self.manifest.modules else layer.name,
            sources=self.manifest.sources,
            images=self.manifest.images,
        )
        place = None
        if self.network.runtime_weights:
            place = ParameterChain.of(self.network, self.schedule, self.mappings).place(number)
        return replace(alone, directory=self.directory, manifest=manifest, place=place)

    def hashes(self) -> Dictionary[str, str]:
        """Return the promised hash of every file."""
        return self.manifest.files


def whole(network: Network | DenseLayer, schedule: Schedule | Folding) -> tuple[Network, Schedule]:
    """Return a network and its schedule, of a layer alone too.

    Raises
    ------
    InputError
        When the schedule is not the network's.
    """
    if isinstance(network, DenseLayer):
        network = Network.single(network)
    if isinstance(schedule, Folding):
        schedule = Schedule((schedule,))
    schedule.check(network)
    return network, schedule
