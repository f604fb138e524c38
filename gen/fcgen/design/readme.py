"""``README.md`` of a design: ports, timing, how to use it."""

from fcgen.design import host_inputs
from fcgen.design.interface import readme as interface_readme
from fcgen.design.manifest import Manifest
from fcgen.network.dense_layer import DenseLayer, ThresholdList
from fcgen.network.instance_names import instance_names
from fcgen.network.network import Network
from fcgen.numerics.softmax_table import upwards
from fcgen.text.wording import count

_MEANINGS = {
    "clk": "clock, rising edge",
    "rst": "synchronous reset, active high; one cycle, at any time, and once before the first use",
    "in_payload": "inputs n = k·S + lane in beat k",
    "in_valid": "a beat is offered",
    "in_ready": "the beat is accepted at the next edge",
    "in_first": "beat 0 of a vector",
    "in_last": "last beat of a vector",
    "out_payload": "outputs m = k·L + lane in beat k; unused lanes are 0",
    "out_valid": "a beat is offered; it holds until it is accepted",
    "out_ready": "the beat is accepted at the next edge",
    "out_first": "beat 0 of a vector",
    "out_last": "last beat of a vector",
    "error": "a vector was framed wrongly, and dropped; stays until reset",
    "parameter_hold": "finish the vectors that have begun, and take no other",
    "parameter_held": "they are finished: parameters may be read and written",
    "parameter_address": "memory above word, see `runtime_weights` in `manifest.json`",
    "parameter_write": "write `parameter_write_data`",
    "parameter_write_data": "data of a write",
    "parameter_read": "read",
    "parameter_read_data": "data of a read, in the order of the reads",
    "parameter_read_valid": "`parameter_read_data` is there",
    "parameter_refused": "the access of the cycle before did nothing",
}


def text(manifest: Manifest, network: Network, verilog2005: str | None) -> str:
    """Return the README of a design.

    Parameters
    ----------
    manifest : Manifest
    network : Network
    verilog2005 : str, optional
        Name of the plain Verilog file, where there is one.
    """
    sections = [
        f"# {manifest.top}: {title(network)}",
        _introduction(manifest, network),
        "## Ports",
        _ports(manifest),
        _streams(manifest, network),
        *_inputs(manifest, network),
        *_interface(manifest, network),
        "## Timing",
        _timing(manifest),
        "## Use",
        _use(manifest, verilog2005),
        "## Check",
        _check(),
    ]
    return "\n\n".join(sections) + "\n"


def _inputs(manifest: Manifest, network: Network) -> list[str]:
    section = host_inputs.section(manifest, network)
    return [] if section is None else [section]


def _interface(manifest: Manifest, network: Network) -> list[str]:
    interface = manifest.interface
    return [] if interface is None else [interface_readme.section(manifest, interface, network)]


def title(network: Network) -> str:
    """Return in a few words what a network is."""
    sizes = [network.input_shape, *(layer.frame_output_shape for layer in network.layers)]
    if any(layer.window is not None for layer in network.layers):
        kind = "convolutional network" if network.layer is None else network.layer.kind
        return f"{kind} {' → '.join('×'.join(map(str, size)) for size in (sizes[0], sizes[-1]))}"
    what = "fully connected layer" if network.layer is not None else "dense network"
    widths = [network.inputs, *(layer.outputs for layer in network.layers)]
    return f"{what} {' → '.join(map(str, widths))}"


def _introduction(manifest: Manifest, network: Network) -> str:
    if network.layer is None:
        return _network(manifest, network)
    layer, folding = network.layer, manifest.schedule.foldings[0]
    requantization = layer.requantization
    if requantization is None:
        ending = f"The outputs are the raw {layer.accumulator_width}-bit accumulators."
    elif isinstance(requantization, ThresholdList):
        ending = (
            f"The outputs are {requantization.output.name}: {requantization.lo} and one more for "
            f"each threshold that the accumulator passes; {requantization.line()}."
        )
    else:
        ending = (
            f"The outputs are {requantization.output.name}: "
            "`y = clip(round((acc·multiplier + offset) / 2^shift) + zero_point)`, "
            f"rounding `{requantization.rounding}`, saturation `{requantization.saturation}`."
        )
    if layer.table is not None:
        ending += f" Each becomes {layer.table.output.name}: {layer.table.line()}."
    shape = "×".join(map(str, layer.frame_shape))
    return (
        f"Made by fcgen; the code is yours. Inputs {shape} of {layer.activation_format.name}, "
        f"weights {layer.weight_format.name}, "
        f"{count(layer.parameters, 'parameter')}, {count(layer.macs, 'multiplication')} a vector "
        f"on {count(folding.pe, 'processing element')} of {count(folding.simd, 'lane')}. "
        f"Accumulators have {count(layer.accumulator_width, 'bit')} and never "
        f"overflow. {ending}"
    )


def _size(layer: DenseLayer) -> str:
    """Return what goes in and what leaves; of a convolution its kernel as well."""
    window = layer.window
    if window is None:
        return f"{layer.inputs} → {layer.outputs}"
    shapes = ("×".join(map(str, shape)) for shape in (layer.frame_shape, layer.frame_output_shape))
    kernel = "×".join(map(str, window.kernel))
    return f"{' → '.join(shapes)}, {layer.kind} {kernel}"


def _network(manifest: Manifest, network: Network) -> str:
    ends = {
        "values": "The outputs are those of the last layer",
        "argmax": "The output is the index of the largest output of the last layer, the first one "
        "of equal ones",
        "top_k": f"The outputs are the indices of the {network.end.count} largest outputs of the "
        "last layer, the largest first",
        "softmax": f"The outputs are the probabilities of the last layer's outputs, in steps of "
        f"1/{1 << network.end.bits:,}",
    }
    names = instance_names(network)
    rows = [
        f"| `{name}` | {_size(layer)} | {layer.weight_format.name} × "
        f"{layer.activation_format.name} → {_outputs(layer)} | {folding.pe} × "
        f"{folding.simd} | {folding.initiation_interval:,} |"
        for name, layer, folding in zip(names, network.layers, manifest.schedule, strict=True)
    ]
    shape = "×".join(map(str, network.input_shape))
    head = "| layer | size | weights × inputs → outputs | PE × SIMD | cycles |"
    return (
        f"Made by fcgen; the code is yours. Inputs {shape} of {network.activation_format.name}, "
        f"{count(network.parameters, 'parameter')}, {count(network.macs, 'multiplication')} a "
        f"vector. All layers work at once, on successive vectors. {ends[network.end.kind]}: "
        f"{network.output_format.name}.{_softmax(network)}\n\n"
        + "\n".join([head, "|---|---|---|---|--:|", *rows])
    )


def _softmax(network: Network) -> str:
    """Return what holds of probabilities."""
    if network.softmax is None:
        return ""
    return (
        f" Each differs by at most {upwards(network.softmax.largest_error)} from the real softmax "
        "of these outputs. Equal outputs have equal probabilities, larger ones never smaller "
        "probabilities, and the first largest probability is that of the first largest output."
    )


def _outputs(layer: DenseLayer) -> str:
    """Return the format of a layer's outputs, with how they come about where that is not usual."""
    scheme, name = layer.requantization, layer.output_format.name
    if layer.table is not None:
        name = f"{layer.table.index.name}, {layer.table.name} → {name}"
    return f"{name} ({scheme.line()})" if isinstance(scheme, ThresholdList) else name


def _ports(manifest: Manifest) -> str:
    rows = [
        f"| `{name}` | {direction} | {width} | {_MEANINGS.get(name, '')} |"
        for name, direction, width in manifest.ports
    ]
    return "\n".join(["| port | direction | bits | meaning |", "|---|---|---|---|", *rows])


def _streams(manifest: Manifest, network: Network) -> str:
    first, last = manifest.schedule.foldings[0], manifest.schedule.foldings[-1]
    formats = (network.activation_format, network.output_format)
    signs = any(form.bipolar for form in formats)
    bipolar = "A bipolar value is one bit: 1 is +1, 0 is −1. " if signs else ""
    lanes, beats = last.output_lanes, last.positions * last.output_beats
    if network.end.gives_indices:
        lanes, beats = network.outputs, 1
    return (
        "Both streams are valid/ready: a beat moves at a rising edge where both are high. Lane 0 "
        "is in the least significant bits, two's complement where signed, no padding between "
        f"lanes. S = {count(first.simd, 'input')} a beat, "
        f"{count(first.frame_beats, 'beat')} a vector; "
        f"L = {count(lanes, 'output')} a beat, "
        f"{count(beats, 'beat')} a vector. {bipolar}"
        "`in_first` and `in_last` must stand on the first and the last beat of a vector."
    )


def _timing(manifest: Manifest) -> str:
    rows = (
        ("initiation interval: a vector to the next, steady state", manifest.initiation_interval),
        ("latency: first input beat → first output beat", manifest.latency_first),
        ("latency: first input beat → last output beat", manifest.latency),
    )
    lines = [f"| {what} | {cycles:,} |" for what, cycles in rows]
    return "\n".join(["| no stalls | cycles |", "|---|---|", *lines])


def _use(manifest: Manifest, verilog2005: str | None) -> str:
    top, ports = manifest.outer_top, manifest.outer_ports
    connections = ",\n".join(f"    .{name}({name})" for name, _, _ in ports)
    plain = f" `{verilog2005}` is all of it in plain Verilog-2005." if verilog2005 else ""
    images = (
        "The memories read their images (`*.hex`) with `$readmemh` from the working directory of "
        "the simulator or synthesis tool: run it here, or copy the images to where it runs."
    )
    if (manifest.runtime_weights or {}).get("written_at_start"):
        images += (
            " Memories of weights have no initial contents: after the reset, hold the design and "
            "write the images of `*weights_*.hex` through the parameter port, as `tb.sv` does, "
            "before the first vector."
        )
    return (
        f"```verilog\n{top} u_{top} (\n{connections}\n);\n```\n\n"
        f"Sources, in order, are in `files.f`, and in `{top}.core` for FuseSoC."
        f"{plain} {images}"
    )


def _check() -> str:
    return (
        "```\niverilog -g2012 -o tb.vvp -f files.f tb.sv && vvp tb.vvp\n"
        "fcgen simulate . --engine compiled\n```\n\n"
        "`manifest.json` has all figures and the hash of each file; `reference.json` is the "
        "network, from which `fcgen` computes what the outputs must be."
    )
