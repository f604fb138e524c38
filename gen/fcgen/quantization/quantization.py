"""What quantisation makes of a model: the network, its scales, and what was lost."""

from __future__ import annotations

from dataclasses import dataclass

from fcgen.network.network import Network


@dataclass(frozen=True)
class LayerReport:
    """What quantisation did to a layer.

    Attributes
    ----------
    name : str
    weight_error : float
        Root mean square of the weights' rounding, as a part of the root mean square weight.
    saturated : float
        Part of the outputs, over the calibration data, that are clipped by the format.
    claimed : bool
        Whether a runtime in float32 must give the same integers.
    table_error : float, optional
        Of an activation that is a table, its largest error in steps of the output.
    """

    name: str
    weight_error: float
    saturated: float
    claimed: bool
    table_error: float | None = None


@dataclass(frozen=True, eq=False)
class Quantization:
    """A network made of a model.

    Attributes
    ----------
    network : Network
    layers : tuple of LayerReport
    scales : tuple of float
        Real value of a step of the inputs and of each layer's outputs.
    zero_points : tuple of int
        Codes of zero of the same.
    index_scales : tuple of (float or None)
        Of each layer's requantized sums, where they are the index of a table.
    input_saturated : float
        Part of the input values, over the calibration data, that are clipped.
    notes : tuple of str
        Lines for people.
    input_notes : tuple of str
        Of inputs that have few codes, where no accuracy tells more.
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
