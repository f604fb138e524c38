"""The section of a design's README on its interface: its rules, ports, registers and C programs."""

from collections.abc import Mapping
from typing import Any

from fcgen.design.interface.interface import Interface
from fcgen.design.manifest import Manifest, output_lanes
from fcgen.hardware.interfaces.padding import Element
from fcgen.hardware.interfaces.plan import WORD_BYTES
from fcgen.network.network import Network
from fcgen.text.wording import count

_AXI_RULES = """\
`{top}` is `{inner}` with AXI4-Stream for its vectors and AXI4-Lite for its registers.

- The bytes of a vector on the stream are those of the C array `{source} x[{inputs}]`, lowest
  address first: a value stands in {source_octets}, and what is above its {source_bits} is ignored.
  {simd} a beat, {beats} a vector; unused places of the last beat are ignored.
- The outputs are `{target} y[{outputs}]`, {lanes} a beat, unused places 0.
- `tlast` stands on the last beat of a vector; there is no `tkeep`. A vector of another length gives
  no output and sets `errors.frame_length`.
- `aresetn` is synchronous and low for one cycle at least, once before the first use. A soft reset
  also takes back a beat that was offered and not yet taken: reset the streams' other ends with it.
- An access to a register that fails is answered with SLVERR."""

_WISHBONE_RULES = """\
`{top}` is `{inner}` behind a Wishbone B4 classic bus of 32 bits; `wb_adr_i` counts bytes.

- All four bytes of a register are written at once. Every access is acknowledged after a few cycles,
  and none waits for the design; there is no `err`: what went wrong stands in `errors`. For a
  pipelined master, `stall = cyc & ~ack`.
- The words of a vector are those of the C array `{source} x[{inputs}]` in memory, its lowest
  address in the lowest byte: {input_words}, the rest of the last one ignored.
- The outputs are `{target} y[{outputs}]`: {output_words}, the rest of the last one 0.
- Write no more words than `input_space` says, read no more than `output_level` says. A word that
  was written without space is lost, and its vector with it: then reset by `control`.
- `rst_i` lasts one cycle at least, once before the first use."""

_PARAMETER_RULES = """\
Parameters are written while the design is held, as `runtime_weights` in `manifest.json` addresses
them: set `control.parameter_hold`, wait for `status.parameter_held`, write the address of a
memory's first word to `parameter_address` and its words one behind the other to `parameter_data`,
and take the hold back. Reading is the same. The design is held once the vectors that began have
left: take their outputs. An access that is refused changes nothing and sets
`errors.parameter_refused`. `weights_hash` stays that of the weights as they were generated.
A word is in its memory at most {landing} cycles after it was written: an access to `control` waits
for that, so that no soft reset drops it; a reset by the port does.
{start}
`fcgen parameters DIR --load-weights FILE -o other.h` writes the image for `load_parameters` above:
`load_parameters(other_parameters, OTHER_PARAMETERS_LENGTH)`. Without `--load-weights` it has the
weights that the design was made with; in a `.csv` it has a line for each word."""

_START = """
The memories are empty at first: load parameters before the first vector.
"""


def section(manifest: Manifest, interface: Interface, network: Network) -> str:
    """Return the section on the interface."""
    facts = _facts(manifest, interface, network)
    parts = [f"## Interface: {interface.kind}"]
    parts.append((_AXI_RULES if interface.kind == "axi" else _WISHBONE_RULES).format(**facts))
    parts.append(_ports(interface))
    runtime = manifest.runtime_weights
    words = (facts["input_count"], facts["output_count"])
    if text := _c_programs(interface, words, writable=runtime is not None):
        parts.append(text)
    if runtime is not None:
        start = _START if runtime.get("written_at_start") else ""
        parts.append(_PARAMETER_RULES.format(start=start, landing=runtime["read_latency"]))
    parts.append(f"Registers, all of 32 bits; `{interface.header}` has them for C.")
    parts.append(_registers(interface))
    return "\n\n".join(parts)


def _facts(manifest: Manifest, interface: Interface, network: Network) -> dict[str, Any]:
    formats = {"source": network.activation_format, "target": network.output_format}
    facts: dict[str, Any] = {
        "top": interface.top,
        "inner": manifest.top,
        "inputs": network.inputs,
        "outputs": network.outputs,
        "simd": count(manifest.schedule.simd, "value"),
        "beats": count(manifest.schedule.foldings[0].frame_beats, "beat"),
        "lanes": count(output_lanes(manifest, network), "value"),
    }
    sizes = {"source": ("input", network.inputs), "target": ("output", network.outputs)}
    for side, form in formats.items():
        element = Element(form.bits, form.signed, form.bipolar)
        way, values = sizes[side]
        words = -(-values * element.octets // WORD_BYTES)
        facts |= {
            side: element.c_type,
            f"{side}_bits": count(form.bits, "bit"),
            f"{side}_octets": count(element.octets, "byte"),
            f"{way}_count": words,
            f"{way}_words": count(words, "word"),
        }
    return facts


def _ports(interface: Interface) -> str:
    rows = "\n".join(f"| `{name}` | {way} | {width} |" for name, way, width in interface.ports)
    return f"| port | direction | bits |\n|---|---|---|\n{rows}"


def _registers(interface: Interface) -> str:
    rows = [row for register in interface.registers for row in _rows(register)]
    return "\n".join(["| offset | name | access | meaning |", "|---|---|---|---|", *rows])


def _rows(register: Mapping[str, Any]) -> list[str]:
    words = max(1, len(register["values"]))
    end = f"–{register['offset'] + 4 * words - 4:#04x}" if words > 1 else ""
    value = f" = {register['values'][0]:#x}" if len(register["values"]) == 1 else ""
    rows = [
        f"| {register['offset']:#04x}{end} | `{register['name']}` | {register['access']} | "
        f"{register['meaning']}{value} |"
    ]
    for field in register["fields"]:
        top = field["low"] + field["width"] - 1
        bits = f"{top}:{field['low']}" if field["width"] > 1 else f"{top}"
        rows.append(f"| | `{field['name']}` | bit {bits} | {field['meaning']} |")
    return rows


_PRELUDE = """\
#include "{header}"
#define REGISTER(name) (*(volatile uint32_t *)((uintptr_t)BASE + {upper}_##name))"""

_INFER = """\
void infer(const uint32_t *x, uint32_t *y) {{
    for (int n = 0; n < {input_words}; n++) {{
        while (REGISTER(INPUT_SPACE) == 0) {{ }}
        REGISTER(INPUT_DATA) = x[n];
    }}
    for (int n = 0; n < {output_words}; n++) {{
        while (REGISTER(OUTPUT_LEVEL) == 0) {{ }}
        y[n] = REGISTER(OUTPUT_DATA);
    }}
}}"""

_LOAD_PARAMETERS = """\
/* Return 0, or 1 if the image is another design's, 2 if what is read back differs: then the design
   stays held and computes nothing. */
int load_parameters(const uint32_t *image, uint32_t length) {{
    uint32_t differs = 0;
    for (uint32_t n = 0; n < {upper}_STRUCTURE_HASH_WORDS; n++) {{
        if (REGISTER(STRUCTURE_HASH + 4 * n) != image[n]) {{ return 1; }}
    }}
    if (REGISTER(PARAMETER_LAYOUT) != image[{upper}_STRUCTURE_HASH_WORDS]) {{ return 1; }}
    REGISTER(CONTROL) = {upper}_CONTROL_PARAMETER_HOLD;
    while ((REGISTER(STATUS) & {upper}_STATUS_PARAMETER_HELD) == 0) {{ }}
    for (uint32_t n = {upper}_STRUCTURE_HASH_WORDS + 1; n < length;) {{
        uint32_t address = image[n++], words = image[n++];
        const uint32_t *run = image + n;
        REGISTER(PARAMETER_ADDRESS) = address;
        for (uint32_t k = 0; k < words; k++) {{ REGISTER(PARAMETER_DATA) = run[k]; }}
        REGISTER(PARAMETER_ADDRESS) = address;
        for (uint32_t k = 0; k < words; k++) {{ differs |= REGISTER(PARAMETER_DATA) ^ run[k]; }}
        n += words;
    }}
    if (differs != 0) {{ return 2; }}
    REGISTER(CONTROL) = 0;
    return 0;
}}"""


def _c_programs(interface: Interface, words: tuple[int, int], writable: bool) -> str:
    """Return C programs that drive the design from a processor; empty where it needs none.

    Parameters
    ----------
    interface : Interface
    words : tuple of int
        32-bit words of an input vector and of an output vector.
    writable : bool
        Whether the design has run-time weights.
    """
    through_registers = any(row["name"] == "input_data" for row in interface.registers)
    parts = [_INFER] * through_registers + [_LOAD_PARAMETERS] * writable
    if not parts:
        return ""
    text = "\n\n".join([_PRELUDE, *parts])
    filled = text.format(
        header=interface.header,
        upper=interface.top.upper(),
        input_words=words[0],
        output_words=words[1],
    )
    return f"```c\n{filled}\n```"
