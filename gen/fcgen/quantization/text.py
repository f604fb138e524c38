"""A quantised model, for people."""

from fcgen.quantization.quantization import Quantization
from fcgen.text.table import box

HEAD = ("Layer", "Weights", "Inputs", "Outputs", "Step", "Weights lose", "Saturated", "Claimed")


def lines(quantization: Quantization) -> list[str]:
    """Return a table: formats and steps of each layer, and what rounding and clipping cost.

    ``Step`` is the real value of one step of the outputs. ``Weights lose`` is the root mean square
    of their rounding error, as a part of theirs. ``Claimed`` says whether a runtime in float32 must
    give the same integers.
    """
    rows = []
    layers = quantization.network.layers
    steps = quantization.scales[1:]
    for layer, report, step in zip(layers, quantization.layers, steps, strict=True):
        rows.append(
            (
                layer.name,
                layer.weight_format.name,
                layer.activation_format.name,
                layer.output_format.name,
                f"{step:g}",
                f"{report.weight_error:.2%}",
                f"{report.saturated:.2%}",
                "yes" if report.claimed else "no",
            )
        )
    return box(HEAD, rows)
