"""From a model of real weights, and data that it will see, to a network of integers.

Activation scales are powers of two. The scale of each weight row is chosen last, so that
``xs·ws/ys`` is exactly ``multiplier / 2^shift`` with few bits (`fcgen.numerics.scales`): no
constant of the network is an approximation, and a runtime that computes in float32 gives the same
integers wherever `fcgen.quantization.float32_claim.claims` says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fcgen.errors import InputError
from fcgen.network.network import End, Network
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.real_map import InputGrid, RealMap
from fcgen.quantization import input_scaler
from fcgen.quantization.activation_grid import Floats, choose_grid
from fcgen.quantization.balance import Balance, balanced
from fcgen.quantization.balance_search import Search, sampled_vectors
from fcgen.quantization.float32_claim import claims
from fcgen.quantization.given_inputs import reals_of
from fcgen.quantization.model_layer import quantize_layer, reachable_grid
from fcgen.quantization.options import HOST, QuantizeOptions
from fcgen.quantization.quantization import LayerReport, Quantization
from fcgen.quantization.table_choice import output_grid, table_of

if TYPE_CHECKING:
    from fcgen.load.model import Model

SATURATED_MAX = 0.001
"""Part of a layer's values that may be clipped without a warning."""


def quantize(
    model: Model,
    calibration: npt.NDArray[np.floating],
    options: QuantizeOptions | None = None,
    end: End | None = None,
) -> Quantization:
    """Quantise a model.

    Parameters
    ----------
    model : Model
    calibration : ndarray of reals, shape (V, N) or that of the model's own input
        Inputs as the network will see them; they decide the range of every activation.
    options : QuantizeOptions, optional
    end : End, optional
        What leaves the network; default all outputs.

    Raises
    ------
    InputError
        For calibration data of another shape or not finite, and for widths that do not work.
    """
    options, end = options or QuantizeOptions(), end or End()
    before, split = input_scaler.split(model, options.scaler)
    data = input_scaler.scaled(before, reals_of(split, calibration, "--calibration"))
    made = _quantized(split, before, data, options, end)
    if model.scaler is None and options.scaler == HOST and input_scaler.uneven(made):
        return _balanced(model, made, data, options, end)
    return made


def _balanced(
    model: Model, common: Quantization, data: Floats, options: QuantizeOptions, end: End
) -> Quantization:
    """Return a network of inputs of different size that is nearer to its model, if there is one.

    Parameters
    ----------
    model : Model
    common : Quantization
        With one grid for all inputs as they are.
    data : ndarray of floats, shape (V, N)
    options : QuantizeOptions
    end : End
    """
    tried = sampled_vectors(data)

    def make(balance: Balance, seen: Floats, end: End) -> Quantization:
        before, other = balanced(model, seen, balance)
        scaled = input_scaler.scaled(before, seen)
        return _quantized(other, before, scaled, options, end, balance.coarser)

    search = Search(model, tried, lambda balance: make(balance, tried, End()).network)
    if not search.fails(common.network):
        return common
    balance = search.best()
    try:
        made = make(balance, data, end)
    except InputError:
        # What fits the vectors that were tried need not fit all.
        return common
    errors = [search.error_of(found.network) for found in (common, made)]
    if errors[1] >= errors[0]:
        return common
    note = balance.note(errors, probabilities=search.of_probabilities)
    return replace(made, notes=(note, *made.notes), balanced=True)


def _quantized(
    model: Model,
    before: RealMap,
    data: Floats,
    options: QuantizeOptions,
    end: End,
    coarser: Sequence[int] = (),
) -> Quantization:
    """Quantise a model of inputs that the host has scaled.

    Parameters
    ----------
    model : Model
    before : RealMap
        What the host has done.
    data : ndarray of floats, shape (V, N)
        What it gives.
    options : QuantizeOptions
    end : End
    coarser : sequence of int
        As `fcgen.quantization.balance.Balance` has it; empty for steps as the values have them.
    """
    coarser = coarser or (0,) * (len(model.layers) + 1)
    weight_bits, activation_bits = options.widths(len(model.layers))
    values = [data, *model.trace(data)]
    forms = [IntegerFormat(bits, signed=True) for bits in activation_bits]
    formats = [IntegerFormat(bits, signed=True) for bits in weight_bits]
    grids = [choose_grid("input", data, forms[0]).coarser(coarser[0])]
    for place, layer in enumerate(model.layers):
        after = output_grid(layer, values[place + 1], forms[place + 1])
        after = after.coarser(coarser[place + 1])
        grids.append(reachable_grid(layer, grids[-1], after, formats[place]))
    tables = [
        table_of(
            layer, values[place], grids[place], grids[place + 1], formats[place], options.table_bits
        )
        for place, layer in enumerate(model.layers)
    ]
    made = [
        quantize_layer(
            layer, grids[place], grids[place + 1], formats[place], tables[place], options
        )
        for place, layer in enumerate(model.layers)
    ]
    # The first layer takes the shape of the file, which has the same order of features.
    layers = [layer for layer, _ in made]
    layers[0] = replace(layers[0], input_shape=model.input_shape)
    first, last = grids[0], grids[-1]
    network = Network(
        model.name,
        tuple(layers),
        end,
        InputGrid(
            first.scale, first.zero_point, first.format.minimum, first.format.maximum, before
        ),
        RealMap.scaled(last.scale, last.zero_point),
        model.tail,
        shape=model.shape,
    )
    shares = [grid.saturated(found) for grid, found in zip(grids, values, strict=True)]
    reports = tuple(
        LayerReport(
            layer.name,
            error,
            # Within its own range a function loses no more than a step at the end of the codes.
            0.0 if np.isfinite(given.activation.reach).all() and table else share,
            claims(layer),
            None if table is None else table.error,
        )
        for layer, given, (_, error), share, table in zip(
            layers, model.layers, made, shares[1:], tables, strict=True
        )
    )
    steps = tuple(grid.scale for grid in grids)
    index = tuple(None if table is None else table.index.scale for table in tables)
    return Quantization(
        network,
        reports,
        steps,
        tuple(grid.zero_point for grid in grids),
        index,
        shares[0],
        _notes(network, reports, shares),
        input_scaler.few_codes(first, data),
    )


def _notes(
    network: Network, reports: Sequence[LayerReport], shares: Sequence[float]
) -> tuple[str, ...]:
    notes = [
        f"{name}: {100 * share:.2g} % of the values saturate; widen its activations, or give "
        "calibration data that are like the data to come"
        for name, share in (("input", shares[0]), *((r.name, r.saturated) for r in reports))
        if share > SATURATED_MAX
    ]
    notes += [
        f"{layer.name}: {layer.table.line()}, at most {report.table_error:.2g} output steps off"
        for layer, report in zip(network.layers, reports, strict=True)
        if layer.table is not None
    ]
    notes += [
        f"{report.name}: nothing is claimed of float32 runtimes: its sums may pass 2^24, or its "
        "formats 8 bits"
        for report in reports
        if not report.claimed
    ]
    return tuple(notes)
