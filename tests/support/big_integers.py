"""A slow model of the arithmetic contract in unbounded Python integers and fractions."""

import math
from fractions import Fraction


def rounded(value: Fraction, rounding: str) -> int:
    """Round by the textbook definition of each mode."""
    match rounding:
        case "floor":
            return math.floor(value)
        case "half_up":
            return math.floor(value + Fraction(1, 2))
        case "half_away":
            magnitude = math.floor(abs(value) + Fraction(1, 2))
            return -magnitude if value < 0 else magnitude
        case "half_even":
            return round(value)
    raise ValueError(rounding)


def requantized(requantization, accumulator: int, m: int) -> int:
    """One output of one accumulator."""
    constant = {
        name: int(getattr(requantization, name)[m])
        for name in ("multiplier", "offset", "shift", "zero_point", "lo", "hi")
    }
    product, rounding = accumulator * constant["multiplier"], requantization.rounding
    outward = rounding == "half_outward"
    offset = -constant["offset"] if outward and product < 0 else constant["offset"]
    exact = Fraction(product + offset, 2 ** constant["shift"])
    value = rounded(exact, "half_away" if outward else rounding) + constant["zero_point"]
    if requantization.saturation == "wrap":
        bits, signed = requantization.output.bits, requantization.output.signed
        value %= 2**bits
        return value - 2**bits if signed and value >= 2 ** (bits - 1) else value
    return min(max(value, constant["lo"]), constant["hi"])


def accumulators(layer, x) -> list[list[int]]:
    """All accumulators of vectors (V, N), through the folded bias."""
    weight = [[int(w) for w in row] for row in layer.weight]
    folded = [
        int(b) - layer.input_zero_point * sum(row)
        for b, row in zip(layer.bias, weight, strict=True)
    ]
    return [
        [
            sum(w * int(value) for w, value in zip(row, vector, strict=True)) + b
            for row, b in zip(weight, folded, strict=True)
        ]
        for vector in x
    ]


def outputs(layer, x) -> list[list[int]]:
    """All outputs of vectors (V, N)."""
    if layer.requantization is None:
        return accumulators(layer, x)
    return [
        [requantized(layer.requantization, acc, m) for m, acc in enumerate(row)]
        for row in accumulators(layer, x)
    ]
