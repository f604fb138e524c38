"""A sweep from Python: `fcgen.explore`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fcgen.errors import bad_input
from fcgen.explore import asked, cluster, flow, store, sweep, work
from fcgen.explore.asked import Asked, Values, texts
from fcgen.explore.definition import define
from fcgen.explore.flow import Explored
from fcgen.explore.point import Widths
from fcgen.load.model import Model
from fcgen.network.network import End
from fcgen.numerics.validation import check_sizes
from fcgen.quantization.model_data import Source

BITS = (8, 6, 4)
SEEDS_MAX = 1000


def explore(
    model: Any,
    directory: str | Path,
    *,
    devices: Values,
    bits: Values | None = None,
    folding: Values | None = None,
    pack: Values = "auto",
    seeds: int = 1,
    seed: int = 0,
    synth: str | int = "pareto",
    margin: float = 0.1,
    jobs: int = 2,
    scheduler: str | None = None,
    calibration: str | Source | None = None,
    bounds: tuple[float, float] | None = None,
    labels: str | Source | None = None,
    test: str | Source | None = None,
    table_bits: int | None = None,
    scales: str = "short",
    per_tensor: bool = False,
    codes: bool = False,
    scaler: str = "host",
    end: str | End = "values",
    progress: Callable[[str], None] = lambda _: None,
) -> Explored:
    """Estimate a model, or a layer, for every bits, folding, packing and device.

    What may be worth it is synthesised then. A sweep that was interrupted goes on where it was,
    also one that ``fcgen explore`` began with the same files and values. It starts processes, each
    of which imports the program that calls: a script does so below ``if __name__ == "__main__":``.

    Parameters
    ----------
    model : path, object or tuple of int
        What `fcgen.load` reads or has read, a network or its JSON, a layer with its weights; or
        the sizes of a layer of random weights, ``(N, M)`` or ``(C, H, W, M)``.
    directory : path
        New, or of the same sweep.
    devices, bits, folding, pack : text, number, or several of them
        As the options of these names take them: ``["ecp5-25k", "ice40-up5k"]``, ``[8, "4x8"]``,
        ``[640, "16x1+3x1"]``. Default 8, 6 and 4 bits, and one multiplier a layer, two, four, ….
    seeds, seed : int
        Placements of a point, from which seed on.
    synth : str or int
        What is synthesised: ``none``, ``pareto``, ``all``, or how many points.
    margin : float
        How wrong estimates may be before a point is left out, as a part of one.
    jobs : int
        Processes on this machine.
    scheduler : str, optional
        Address of a Dask cluster that does the work instead.
    calibration : path or ndarray, optional
        Inputs of a model of floats, (V, N) or in the shape that the model declares.
    bounds : (float, float), optional
        Range of the inputs, where there are none.
    test, labels : path or ndarray, optional
        Inputs, by default those of ``calibration``, and their classes, for the accuracy.
    table_bits, scales, per_tensor, scaler
        Of a model of floats, as the options of these names.
    codes : bool
        Integers in ``test`` are codes of a network of integers, whatever its source takes.
    end : str or End
        What leaves the network: a word as ``argmax``, or `fcgen.network.end.End` with its number.
    progress : callable
        Gets a line before and during each step.

    Returns
    -------
    Explored
        The rows of all points, the front among them; the same is in files of the directory.

    Raises
    ------
    InputError
        One line for an option, a file or a directory that is wrong.
    ToolError
        When a tool is missing, the scheduler cannot be used, or a task failed; what is done is
        stored, and the same call does the rest.
    """
    directory, end = Path(directory), End(end) if isinstance(end, str) else end
    manner = work.Manner(synth, margin, jobs, scheduler)
    names, packs = sweep.parse_devices(texts(devices)), sweep.parse_packs(texts(pack))
    widths = sweep.parse_widths(texts(BITS if bits is None else bits))
    if not 1 <= seeds <= SEEDS_MAX:
        raise bad_input("--seeds", seeds, f"must be from 1 to {SEEDS_MAX}", "choose another number")
    store.check(directory)
    _check_tools(manner, names)
    found = asked.read(model)
    if isinstance(found, tuple):
        check_sizes(found[:-1], found[-1], "model")
    elif not isinstance(found, Model):
        if bits is not None:
            rule = "the model holds integers, which stay as they are"
            raise bad_input("--bits", ",".join(texts(bits)), rule, "leave the option out")
        widths = (Widths(),)
    wanted = Asked(calibration, bounds, labels, test, table_bits, scales, per_tensor, codes, scaler)
    subject = wanted.subject(found, end, seed)
    foldings = sweep.parse_foldings(None if folding is None else texts(folding), subject.layers)
    axes = sweep.Axes(widths, foldings, packs, names, tuple(range(seed, seed + seeds)))
    definition = define(asked.named(model, found), axes, seed, wanted.values(end))
    explored = flow.explore(subject, axes, definition, directory, manner, progress)
    explored.check()
    return explored


def _check_tools(manner: work.Manner, names: Sequence[str]) -> None:
    if manner.scheduler is not None:
        cluster.check(manner.scheduler)
    elif manner.synthesis != "none":
        for tool in work.tools(names):
            tool.command()
