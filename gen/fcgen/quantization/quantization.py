"""The result of quantising a model: the network, its scales, and what was lost."""

from __future__ import annotations

from dataclasses import dataclass

from fcgen.network.network import Network
from fcgen.text.table import box

HEAD = ("Layer", "Weights", "Inputs", "Outputs", "Step", "Weights lose", "Saturated", "Claimed")


@dataclass(frozen=True)
class LayerReport:
    """What quantisation did to a layer.

    Attributes
    ----------
    name : str
    weight_error : float
        Root mean square of the weights' rounding errors, relative to that of the weights.
    saturated : float
        Share of the outputs that the format clips, over the calibration data.
    claimed : bool
        Whether a runtime in float32 provably gives the same integers.
    table_error : float, optional
        Largest error of an activation table, in steps of the output.
    """

    name: str
    weight_error: float
    saturated: float
    claimed: bool
    table_error: float | None = None


@dataclass(frozen=True, eq=False)
class Quantization:
    """A network, and what its quantisation chose and lost.

    Attributes
    ----------
    network : Network
    layers : tuple of LayerReport
    scales : tuple of float
        Real value of a step of the inputs and of each layer's outputs.
    zero_points : tuple of int
        Codes of a real zero, of the same.
    index_scales : tuple of (float or None)
        Real value of a step of each layer's table index; None without a table.
    input_saturated : float
        Share of the input values that are clipped, over the calibration data.
    notes : tuple of str
        Printed lines.
    input_notes : tuple of str
        Lines about inputs that use few codes; printed where no accuracy was measured.
    balanced : bool
        Inputs of different size have been evened out, see `fcgen.quantization.balance`.
    """

    network: Network
    layers: tuple[LayerReport, ...]
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    index_scales: tuple[float | None, ...]
    input_saturated: float
    notes: tuple[str, ...]
    input_notes: tuple[str, ...] = ()
    balanced: bool = False

    def lines(self) -> list[str]:
        """Return the printed table: formats and steps, and what rounding and clipping cost.

        ``Step`` is the real value of one step of the outputs. ``Weights lose`` is the root mean
        square of the rounding error, relative to that of the weights. ``Claimed`` says whether a
        runtime in float32 must give the same integers.
        """
        rows = []
        layers = self.network.layers
        steps = self.scales[1:]
        for layer, report, step in zip(layers, self.layers, steps, strict=True):
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
