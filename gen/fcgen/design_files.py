"""All files of a design, written to an empty directory."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fcgen import design_readme, devices, testbench, verilog
from fcgen.beats import StreamFormat
from fcgen.devices.device import MappingOptions
from fcgen.folding import Folding
from fcgen.hardware.layer import Layer
from fcgen.manifest import MANIFEST, REFERENCE, Manifest, hash_file
from fcgen.manifest import text as manifest_text
from fcgen.network import DenseLayer

FILE_LIST = "files.f"
README = "README.md"
Progress = Callable[[str], None]


def write_files(
    folder: Path,
    layer: DenseLayer,
    folding: Folding,
    *,
    name: str,
    prefix: str,
    device: str,
    options: MappingOptions,
    seed: int,
    verilog2005: bool,
    progress: Progress,
) -> Manifest:
    """Write everything that INTERFACE promises of an output directory.

    Parameters
    ----------
    folder : Path
        Empty.
    layer, folding
        What to emit.
    name, prefix, device, options, seed, verilog2005
        As for :func:`fcgen.accelerator.write`.
    progress : callable
        Gets a line before each step.
    """
    progress("elaborating")
    mapping = devices.mapping(device, layer, folding, options)
    hardware = Layer(layer, folding, prefix, mapping)
    progress("emitting Verilog")
    emitted = verilog.emit(hardware, name=name, prefix=prefix, verilog2005=verilog2005)
    for file, text in emitted.files.items():
        (folder / file).write_text(text)
    plain = f"{emitted.top}.v" if emitted.verilog2005 is not None else None
    if plain is not None and emitted.verilog2005 is not None:
        (folder / plain).write_text(emitted.verilog2005)
    progress("writing memory images")
    for file, image in hardware.memories.images.items():
        (folder / file).write_bytes(image.text())
    manifest = Manifest(
        name=name,
        prefix=prefix,
        top=emitted.top,
        device=device,
        folding=folding,
        initiation_interval=hardware.initiation_interval,
        latency=hardware.latency,
        latency_first=hardware.latency_first,
        structure_hash=layer.structure_hash,
        weights_hash=layer.weights_hash,
        seed=seed,
        ports=emitted.ports,
        sources=tuple(emitted.files),
        images=tuple(hardware.memories.images),
        files={},
        options=options,
        runtime_weights=hardware.memories.describe() if layer.runtime_weights else None,
    )
    progress("writing the test bench")
    (folder / FILE_LIST).write_text("".join(f"{file}\n" for file in emitted.files))
    (folder / REFERENCE).write_text(layer.to_json())
    (folder / README).write_text(design_readme.text(manifest, layer, plain))
    inputs = StreamFormat.of(layer.inputs, folding.simd, layer.activation_format)
    outputs = StreamFormat.of(layer.outputs, folding.output_lanes, layer.output_format)
    writes = tuple(hardware.memories.writes(layer)) if mapping.scratchpad else ()
    testbench.write(folder, manifest, layer, inputs, outputs, writes)
    files = {path.name: hash_file(path) for path in sorted(folder.iterdir())}
    manifest = replace(manifest, files=files)
    (folder / MANIFEST).write_text(manifest_text(manifest, layer))
    return manifest
