"""All files of a design, written to an empty directory."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from fcgen import devices
from fcgen.design import fusesoc, host_inputs, testbench, verilog
from fcgen.design import readme as design_readme
from fcgen.design.design import Design
from fcgen.design.design_request import DesignRequest
from fcgen.design.interface import files as interface_files
from fcgen.design.interface.interface import STREAM
from fcgen.design.manifest import MANIFEST, REFERENCE, Manifest, hash_file
from fcgen.design.manifest_writer import to_json
from fcgen.design.verilog import EmittedDesign
from fcgen.hardware.accelerator import Accelerator, top_of
from fcgen.hardware.layer.layer import Layer
from fcgen.network.network import Network
from fcgen.schedule.schedule import Schedule

FILE_LIST = "files.f"
README = "README.md"
Progress = Callable[[str], None]


def write_files(
    folder: Path,
    network: Network,
    schedule: Schedule,
    request: DesignRequest,
    extra: Mapping[str, str],
    progress: Progress,
) -> Manifest:
    """Write everything that INTERFACE promises of an output directory.

    Parameters
    ----------
    folder : Path
        Empty.
    network, schedule
        What to emit.
    request : DesignRequest
    extra : mapping
        Further files, name to text.
    progress : callable
        Gets a line before each step.
    """
    progress("elaborating")
    mappings = devices.mappings(request.device, network, schedule, request.mapping)
    hardware = top_of(network, schedule, mappings, request.prefix)
    images = hardware.images
    progress("emitting Verilog")
    emitted = verilog.emit(
        hardware, name=request.name, prefix=request.prefix, verilog2005=request.verilog2005
    )
    for file, text in emitted.files.items():
        (folder / file).write_text(text)
    plain = f"{emitted.top}.v" if emitted.verilog2005 is not None else None
    progress("writing memory images")
    for file, image in images.items():
        (folder / file).write_bytes(image.text())
    chain = hardware.parameter_chain
    manifest = Manifest(
        name=request.name,
        prefix=request.prefix,
        top=emitted.top,
        device=request.device,
        schedule=schedule,
        initiation_interval=hardware.initiation_interval,
        latency=hardware.latency,
        latency_first=hardware.latency_first,
        structure_hash=network.structure_hash,
        weights_hash=network.weights_hash,
        seed=request.seed,
        ports=emitted.ports,
        sources=tuple(emitted.files),
        images=tuple(images),
        files={},
        options=request.mapping,
        modules=_modules(emitted, hardware),
        runtime_weights=chain.describe() if chain is not None else None,
    )
    scaling, included = host_inputs.header(manifest, network), host_inputs.header_name(manifest)
    plain_text = emitted.verilog2005 or ""
    if request.interface != STREAM:
        progress("emitting the interface")
        plan = interface_files.plan_of(request.interface, manifest, network)
        made, around = interface_files.write(
            folder, plan, manifest, request.verilog2005, included if scaling else None
        )
        manifest = replace(manifest, interface=made)
        plain_text += (around.verilog2005 or "").removeprefix(verilog.ONE_FILE)
    if plain is not None:
        (folder / plain).write_text(plain_text)
    progress("writing the test bench")
    for file, content in extra.items():
        (folder / file).write_text(content)
    (folder / FILE_LIST).write_text("".join(f"{file}\n" for file in manifest.all_sources))
    (folder / REFERENCE).write_text(network.to_json())
    (folder / README).write_text(design_readme.text(manifest, network, plain))
    if scaling is not None:
        (folder / included).write_text(scaling)
    design = Design(folder, manifest, network, mappings)
    writes = chain.writes(network.layers) if chain and design.written_at_start else ()
    _, *vectors = testbench.write(design, tuple(writes))
    described = design_readme.title(network).replace("→", "->")
    core = folder / f"{manifest.outer_top}{fusesoc.SUFFIX}"
    core.write_text(fusesoc.text(manifest, described, vectors))
    files = {path.name: hash_file(path) for path in sorted(folder.iterdir())}
    manifest = replace(manifest, files=files)
    (folder / MANIFEST).write_text(to_json(manifest, network))
    return manifest


def _modules(emitted: EmittedDesign, hardware: Layer | Accelerator) -> tuple[str, ...]:
    """Return the module of each layer of a network."""
    if isinstance(hardware, Layer):
        return ()
    found = {module.parameters.get("instance"): module.name for module in emitted.modules}
    return tuple(found[instance] for instance in hardware.layers)
