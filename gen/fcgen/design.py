"""A design on disk: one emitted layer with everything that describes it, opened and checked."""

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from fcgen import devices, manifest_reader
from fcgen.beats import StreamFormat
from fcgen.errors import InputError, bad_input
from fcgen.folding import Folding
from fcgen.hardware.layer_timing import LayerTiming
from fcgen.manifest import REFERENCE, Manifest
from fcgen.mapping import GENERIC, Mapping
from fcgen.network import DenseLayer

REFERENCE_BYTES_MAX = 1 << 30


@dataclass(frozen=True, eq=False)
class Design:
    """One emitted layer in its output directory.

    Attributes
    ----------
    directory : Path
    manifest : Manifest
    layer : DenseLayer
        The network, from which the reference is computed.
    mapping : Mapping
        What the parts are made of.
    notes : tuple of str
        What was found wrong and passed over because of ``force``.
    netlist : tuple of Path
        What simulators read in place of the emitted Verilog: a netlist, with the images inside,
        and models of its cells.
    macros : tuple of str
        Definitions under which simulators read the Verilog.
    """

    directory: Path
    manifest: Manifest
    layer: DenseLayer
    mapping: Mapping
    notes: tuple[str, ...] = ()
    netlist: tuple[Path, ...] = ()
    macros: tuple[str, ...] = ()

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
        notes = manifest_reader.changed_files(directory, described)
        if notes and not force:
            raise InputError(f"{notes[0]}; write the design again or use --force")
        path = directory / REFERENCE
        if path.stat().st_size > REFERENCE_BYTES_MAX:
            raise bad_input(path, "too large", "a reference has at most 1 GiB", "write it again")
        layer = DenseLayer.from_json(path.read_bytes(), str(path))
        if layer.structure_hash != described.structure_hash:
            rule = "describes another structure than the manifest"
            raise bad_input(path, layer.structure_hash, rule, "write the design again")
        folding = described.folding
        if (folding.inputs, folding.outputs) != (layer.inputs, layer.outputs):
            size = f"{layer.inputs} inputs, {layer.outputs} outputs"
            raise bad_input(path, size, "the manifest has other sizes", "write the design again")
        mapping = devices.mapping(described.device, layer, folding, described.options)
        timing = LayerTiming.of(layer, folding, mapping)
        derived = replace(
            described,
            initiation_interval=folding.initiation_interval,
            latency=timing.latency,
            latency_first=timing.latency_first,
            weights_hash=layer.weights_hash,
        )
        notes += manifest_reader.differing_fields(directory, derived, layer)
        if notes and not force:
            raise InputError(f"{notes[0]}; write the design again or use --force")
        return cls(directory, described, layer, mapping, tuple(notes))

    @classmethod
    def unwritten(cls, layer: DenseLayer, folding: Folding, mapping: Mapping = GENERIC) -> "Design":
        """Return a design without files, for engines that need none of them."""
        timing = LayerTiming.of(layer, folding, mapping)
        described = Manifest(
            name=layer.name,
            prefix="",
            top=layer.name,
            device=mapping.device,
            folding=folding,
            initiation_interval=folding.initiation_interval,
            latency=timing.latency,
            latency_first=timing.latency_first,
            structure_hash=layer.structure_hash,
            weights_hash=layer.weights_hash,
            seed=0,
            ports=(),
            sources=(),
            images=(),
            files={},
        )
        return cls(Path(), described, layer, mapping)

    @property
    def top(self) -> str:
        """Name of the top module."""
        return self.manifest.top

    @property
    def folding(self) -> Folding:
        """How the layer is laid out over elements, lanes and cycles."""
        return self.manifest.folding

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
        layer = self.layer
        return StreamFormat.of(layer.inputs, self.folding.simd, layer.activation_format)

    @cached_property
    def output_stream(self) -> StreamFormat:
        """Format of the output stream."""
        layer = self.layer
        return StreamFormat.of(layer.outputs, self.folding.output_lanes, layer.output_format)

    def hashes(self) -> Dictionary[str, str]:
        """Return the promised hash of every file."""
        return self.manifest.files
