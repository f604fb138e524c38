"""Options of the quantisation of a model: widths, scales, and who scales the inputs."""

from __future__ import annotations

from dataclasses import dataclass

from fcgen.errors import bad_input
from fcgen.numerics.activation_table import INDEX_BITS_MAX
from fcgen.numerics.fixed import OPERAND_BITS_MAX

SCALES = ("short", "power-of-two")
HOST, FOLD = SCALERS = ("host", "fold")


@dataclass(frozen=True)
class QuantizeOptions:
    """Widths and scales of a network that is made of a model of floats.

    Attributes
    ----------
    weight_bits, activation_bits : tuple of int
        One width for all layers, or one for each. The activations of a layer are its inputs.
    output_bits : int, optional
        Width of the last layer's outputs; default that of its activations.
    scales : str
        One of `SCALES`: short multipliers with shifts, or shifts alone.
    per_channel : bool
        Weights have a scale for each output; otherwise one for the layer.
    table_bits : int, optional
        Width of the index of activation tables; default two bits more than their outputs.
    scaler : str
        One of `SCALERS`, for a model that scales its inputs one by one, see
        `fcgen.load.model.Scaler`. ``host``: the host scales each input before it is quantised, so
        that one grid suits all. ``fold``: the weights of the first layer contain the scales, and
        the inputs share one grid as they are. Of a model without a scaler whose inputs differ in
        size, whether the host may scale them; see `fcgen.quantization.balance`.
    """

    weight_bits: tuple[int, ...] = (8,)
    activation_bits: tuple[int, ...] = (8,)
    output_bits: int | None = None
    scales: str = SCALES[0]
    per_channel: bool = True
    table_bits: int | None = None
    scaler: str = HOST

    def __post_init__(self) -> None:
        for option, bits, least in (
            ("--weight-bits", self.weight_bits, 2),
            ("--activation-bits", self.activation_bits, 1),
            ("--output-bits", () if self.output_bits is None else (self.output_bits,), 1),
        ):
            for number in bits:
                if not least <= number <= OPERAND_BITS_MAX:
                    rule = f"must be from {least} to {OPERAND_BITS_MAX} bits"
                    raise bad_input(option, number, rule, "choose a width in this range")
        if self.table_bits is not None and not 2 <= self.table_bits <= INDEX_BITS_MAX:
            rule = f"must be from 2 to {INDEX_BITS_MAX} bits"
            raise bad_input("--table-bits", self.table_bits, rule, "choose a width in this range")
        if self.scales not in SCALES:
            rule = f"must be one of {', '.join(SCALES)}"
            raise bad_input("--scales", self.scales, rule, "choose one of these")
        if self.scaler not in SCALERS:
            rule = f"must be one of {', '.join(SCALERS)}"
            raise bad_input("--scaler", self.scaler, rule, "choose one of these")

    def widths(self, layers: int) -> tuple[list[int], list[int]]:
        """Return the widths of all weights, and those of all inputs and of the last outputs."""
        weights = _for_each("--weight-bits", self.weight_bits, layers)
        activations = _for_each("--activation-bits", self.activation_bits, layers)
        return weights, [*activations, self.output_bits or activations[-1]]


def _for_each(option: str, bits: tuple[int, ...], layers: int) -> list[int]:
    if len(bits) not in (1, layers):
        rule = f"must be one number, or one for each of the {layers} layers"
        raise bad_input(option, ",".join(map(str, bits)), rule, "give as many")
    return list(bits) * (layers // len(bits))
