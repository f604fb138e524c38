"""What a host does to the inputs of a design that it scales one by one: in words, and in C."""

from __future__ import annotations

from typing import Any

from fcgen.design.manifest import REFERENCE, Manifest
from fcgen.network.network import Network
from fcgen.numerics.real_map import InputGrid

SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
SCALER = "scaler_{}"
ROWS_MAX = 64
"""Inputs of which the README has a table; the files have all."""

_SECTION = """\
## Inputs

A model's inputs are reals, and the host makes codes of them; no hardware does. Each is scaled by
itself first, in float32, every operation rounded:

    {formula}
    code = clip(rint(value / {scale!r}) + {zero_point}, {lo}, {hi})

`rint` rounds ties to even. `fcgen simulate`, `fcgen run`, `fcgen.open(DIR).predict(x)` and
`fcgen.Board(port, DIR)` do this with reals; `{header}` does it in C, and `{reference}` has all
numbers in `input`. n counts the inputs from 0, in the order of the model's input.

{table}"""

_HEADER = """\
/* Reals to the codes that {top} takes. Made by fcgen.
   Every operation is one of float and rounds by itself: compile with -ffp-contract=off, and without
   -ffast-math. */
#ifndef {guard}_INPUTS_H
#define {guard}_INPUTS_H

#include <math.h>
#include <stdint.h>

{constants}

/* Take a vector x of {inputs} finite reals, in the order of the model's input; give its codes. */
static inline void {name}_quantise(const float *x, {type} *codes) {{
    for (uint32_t n = 0; n < {inputs}u; n++) {{
        float value = x[n];
{steps}
        double code = (double)rintf(value / {scale}) + {zero_point};
        codes[n] = ({type})(code < {lo} ? {lo} : code > {hi} ? {hi} : code);
    }}
}}

#endif /* {guard}_INPUTS_H */
"""


def scaled_one_by_one(network: Network) -> InputGrid | None:
    """Return the grid of inputs that the host scales one by one; None where it does not."""
    grid = network.input
    return None if grid is None or grid.before.elements is None else grid


def header_name(manifest: Manifest) -> str:
    """Return the name of the C header."""
    return f"{manifest.top}_inputs.h"


def described(manifest: Manifest, network: Network) -> dict[str, Any]:
    """Return what the manifest has of it: nothing where the host scales nothing."""
    grid = scaled_one_by_one(network)
    return {} if grid is None else {"input": {**grid.as_fields(), "header": header_name(manifest)}}


def section(manifest: Manifest, network: Network) -> str | None:
    """Return the section of the README."""
    grid = scaled_one_by_one(network)
    if grid is None:
        return None
    terms = "x[n]"
    for place, (name, operand) in enumerate(grid.before.steps, 1):
        terms = f"({terms} {SIGNS[name]} {_operand(place, operand)})"
    return _SECTION.format(
        formula=f"value = {terms[1:-1]}",
        scale=grid.scale,
        zero_point=grid.zero_point,
        lo=grid.lo,
        hi=grid.hi,
        header=header_name(manifest),
        reference=REFERENCE,
        table=_table(grid, network.inputs),
    )


def header(manifest: Manifest, network: Network) -> str | None:
    """Return the text of the C header."""
    grid = scaled_one_by_one(network)
    if grid is None:
        return None
    name, form = manifest.top.lower(), network.activation_format
    constants, steps = [], []
    for place, (operation, operand) in enumerate(grid.before.steps, 1):
        array = f"{name}_{SCALER.format(place)}"
        value = _literal(operand.flat[0])
        if operand.size > 1:
            numbers = ",\n    ".join(map(_literal, operand))
            constants.append(f"static const float {array}[{operand.size}] = {{\n    {numbers}\n}};")
            value = f"{array}[n]"
        steps.append(f"        value = value {SIGNS[operation]} {value};")
    return _HEADER.format(
        top=manifest.top,
        guard=manifest.top.upper(),
        name=name,
        inputs=network.inputs,
        type=f"{'int' if form.signed else 'uint'}{8 if form.bits <= 8 else 16}_t",
        constants="\n\n".join(constants),
        steps="\n".join(steps),
        scale=_literal(grid.scale),
        zero_point=grid.zero_point,
        lo=grid.lo,
        hi=grid.hi,
    )


def _literal(value: Any) -> str:
    """Return a float32 as C has it exactly."""
    return f"{float(value).hex()}f"


def _operand(place: int, operand: Any) -> str:
    return f"{SCALER.format(place)}[n]" if operand.size > 1 else str(operand.flat[0])


def _table(grid: InputGrid, inputs: int) -> str:
    """Return the numbers of the inputs, or of the first ones."""
    steps = enumerate(grid.before.steps, 1)
    columns = [(place, operand) for place, (_, operand) in steps if operand.size > 1]
    names = " | ".join(f"{SCALER.format(place)}[n]" for place, _ in columns)
    lines = [f"| n | {names} |", f"|--:|{'--:|' * len(columns)}"]
    for n in range(min(inputs, ROWS_MAX)):
        # The shortest digits that are this float32 again.
        numbers = " | ".join(str(operand[n]) for _, operand in columns)
        lines.append(f"| {n} | {numbers} |")
    if inputs > ROWS_MAX:
        lines.append(f"\nThe other {inputs - ROWS_MAX:,} stand in `{REFERENCE}`.")
    return "\n".join(lines)
