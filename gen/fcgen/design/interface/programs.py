"""Programs in C for the README of a design's interface."""

from fcgen.design.interface.interface import Interface

_PRELUDE = """\
#include "{header}"
#define REGISTER(name) (*(volatile uint32_t *)((uintptr_t)BASE + {upper}_##name))"""

_VECTORS = """\
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

_PARAMETERS = """\
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


def program(interface: Interface, words: tuple[int, int], writable: bool) -> str:
    """Return what a processor does with the design; nothing where it has nothing to do.

    Parameters
    ----------
    interface : Interface
    words : tuple of int
        Of a vector that goes in through registers, and of one that comes out.
    writable : bool
        There are run-time weights.
    """
    through_registers = any(row["name"] == "input_data" for row in interface.registers)
    parts = [_VECTORS] * through_registers + [_PARAMETERS] * writable
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
