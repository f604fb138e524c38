"""Certified networks of TFLite files beside LiteRT: every code, and every listed difference."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.load.detect import load_model
from fcgen.load.tflite.unary import BLOCK, LIBRARY
from fcgen.network.reference import forward, look_up, requantize, run
from fcgen.numerics.thresholds import thresholds
from litert_random import Drawn, staircase
from tflite_examples import FLOAT, litert_outputs, schema

RANGES_TRIED, ENUMERATED_MAX = 200, 3000
FAR = (1e9, -1e9, 0.0, -0.0)
"""Reals at an input that are not steps away from its codes."""


@dataclass
class Check:
    """What was compared, and what was found.

    Attributes
    ----------
    codes : int
        Outputs of layers that were compared, of whole files and of single sums.
    listed : int
        Of these, differences that the certificate lists.
    ranges : int
        Ranges in the certificate.
    tried : int
        Sums of these ranges, and beside them, that were tried in LiteRT.
    wrong : list of str
        What should not be.
    refused : str
        The message of a file that is not read, without its path.
    unrun : str
        The message of LiteRT for one that it does not run.
    """

    codes: int = 0
    listed: int = 0
    ranges: int = 0
    tried: int = 0
    wrong: list = field(default_factory=list)
    refused: str = ""
    unrun: str = ""


def vectors(drawn: Drawn, count: int, random: np.random.Generator) -> np.ndarray:
    """Return inputs as the file takes them: by chance, at the ends, and reals at ties."""
    graph = schema.ModelT.InitFromPackedBuf(drawn.content).subgraphs[0]
    entry = graph.tensors[0]
    size = int(np.prod(entry.shape))
    low = 0 if drawn.entry.startswith("uint8") else -128
    x = random.integers(low, low + 256, (count, size))
    part = count // 4
    x[:part] = random.choice([low, low + 255], (part, size))
    x[part : 2 * part] = random.integers(low, low + 256, (part, 1))
    if entry.type != FLOAT:
        return x
    scale, zero = drawn.layers[0].before
    steps = x - zero + random.choice([0, 0.5, -0.5, 0.25], x.shape)
    reals = (steps * scale).astype(np.float32)
    aside = random.choice([-np.inf, np.inf, 0], x.shape).astype(np.float32)
    reals = np.where(aside == 0, reals, np.nextafter(reals, aside)).astype(np.float32)
    far = random.random(x.shape) < 0.02
    # Behind 2^31 steps LiteRT's reference kernels overflow.
    bounded = np.clip(random.choice(FAR, x.shape), -(2**30) * scale, 2**30 * scale)
    return np.where(far, bounded, reals).astype(np.float32)


def check(drawn: Drawn, target: str, folder: Path, seed: int, count: int = 200) -> Check:
    """Compare the certified network of a file with LiteRT."""
    found, random = Check(), np.random.default_rng(seed)
    path = folder / "m.tflite"
    path.write_bytes(drawn.content)
    try:
        model = load_model(path, target)
        network, certificate = certify(model)
    except InputError as error:
        # Not asked of LiteRT: some of what is refused ends its process.
        found.refused = str(error).removeprefix(f"{path}: ")
        return found
    x = vectors(drawn, count, random)
    try:
        (given,) = litert_outputs(drawn.content, x, target, single=True)
        opened = litert_outputs(drawn.opened, x, target, single=True)
    except (RuntimeError, ValueError) as error:
        found.unrun = str(error).strip().splitlines()[0]
        return found
    theirs = [y.reshape(len(x), -1) for y in opened]
    codes = model.input.codes(x)[0] if x.dtype == np.float32 else x
    low = np.int64(128 if drawn.entry.startswith("uint8") else 0)
    if not np.array_equal(codes - low, theirs[0]):
        found.wrong.append(f"{int((codes - low != theirs[0]).sum())} codes of the inputs")
    source = theirs[0].astype(np.int64) + low
    rows = list(certificate.differences)
    found.ranges = len(rows)
    for number, (layer, own) in enumerate(zip(model.layers, network.layers, strict=True)):
        listed = [row for row in rows if row.layer == layer.name]
        after = theirs[number + 1].astype(np.int64)
        sums = layer.accumulate(source)
        _compare(found, f"layer {number + 1}", forward(own, source) - after, sums, listed)
        _staircase(found, drawn.layers[number], layer, own, listed, target, random)
        source = after
    _end(found, drawn.exit, model, source, given)
    if certificate.exact and not np.array_equal(run(network, codes), source):
        found.wrong.append("the network's outputs are not those of its layers")
    return found


def _compare(found: Check, where: str, apart: np.ndarray, sums: np.ndarray, listed: list) -> None:
    """Count codes, and what no row of the list explains."""
    found.codes += apart.size
    for vector, output in np.argwhere(apart):
        steps = _steps(listed, int(output), int(sums[vector, output]))
        if int(apart[vector, output]) in steps:
            found.listed += 1
        else:
            found.wrong.append(
                f"{where}, output {output}, sum {sums[vector, output]}: "
                f"{apart[vector, output]:+d}, listed {sorted(steps)}"
            )


def _steps(listed: list, output: int, total: int) -> set:
    """Return the differences that the list has for a sum."""
    return {r.steps for r in listed if r.output == output and r.first <= total <= r.last}


def _staircase(found, drawn, layer, own, listed, target, random) -> None:
    """Try sums where the outputs change, at the ends of what is listed, and all of one output."""
    least, most = layer.reach
    outputs, sums = _sums(layer, random)
    aside = [
        (row.output, total)
        for row in (listed[n] for n in random.permutation(len(listed))[:RANGES_TRIED])
        for total in {row.first - 1, row.first, row.last, row.last + 1, *_inside(row, random)}
        if least[row.output] <= total <= most[row.output]
    ]
    found.tried += len(aside)
    outputs = np.concatenate([outputs, np.array([output for output, _ in aside], np.int64)])
    sums = np.concatenate([sums, np.array([total for _, total in aside], np.int64)])
    theirs = _theirs(drawn, outputs, sums, layer.outputs, target)
    mine = _codes(own, layer, outputs, sums)
    found.codes += len(mine)
    for output, total, apart in zip(outputs, sums, mine - theirs, strict=True):
        rows = [r for r in listed if r.output == output and r.first <= total <= r.last]
        steps = {row.steps for row in rows}
        # Of a library's function either value may be the one that it gives.
        open_ = all(LIBRARY in row.reason for row in rows)
        if int(apart) in (steps | {0} if open_ else steps):
            found.listed += int(apart != 0)
        else:
            found.wrong.append(f"{layer.name}, output {output}, sum {total}: {apart:+d}, listed "
                               f"{sorted(steps)}")  # fmt: skip


def _theirs(drawn, outputs, sums, width: int, target: str) -> np.ndarray:
    """Return LiteRT's codes of sums, in tensors whose elements are computed as the file's are."""
    anew = any(kind == "QUANTIZE" for kind, *_ in drawn.functions) and target == "litert-xnnpack"
    size = BLOCK - 1 if anew and width < BLOCK else -(-len(sums) // BLOCK) * BLOCK
    codes = []
    for start in range(0, len(sums), size):
        # The last outputs come once more, so that all are in whole blocks.
        part = np.minimum(np.arange(start, start + size), len(sums) - 1)
        content = staircase(drawn, outputs[part], sums[part])
        codes.append(litert_outputs(content, np.zeros((1, 1), np.int64), target)[0].reshape(-1))
    return np.concatenate(codes)[: len(sums)].astype(np.int64)


def _sums(layer, random) -> tuple[np.ndarray, np.ndarray]:
    """Return outputs and sums of them: at thresholds, by chance, and all of one output."""
    least, most = layer.reach
    changes = thresholds(layer.step, least, most)
    if not len(changes):
        changes = most[None]
    picked = random.integers(0, len(changes), (12, len(least)))
    near = np.take_along_axis(changes, picked, 0)
    tried = [near, near - 1, random.integers(least, most + 1, (8, len(least))), least[None]]
    sums = np.clip(np.concatenate([*tried, most[None]]), least, most)
    outputs = np.broadcast_to(np.arange(len(least)), sums.shape)
    one = int(random.integers(len(least)))
    every = np.arange(least[one], min(most[one], least[one] + ENUMERATED_MAX) + 1)
    outputs = np.concatenate([outputs.ravel(), np.full(len(every), one)])
    return outputs, np.concatenate([sums.ravel(), every])


def _inside(row, random) -> list:
    """Return all sums of a short range, some of a long one."""
    if row.last - row.first < 16:
        return list(range(row.first, row.last + 1))
    return random.integers(row.first, row.last + 1, 8).tolist()


def _codes(own, layer, outputs: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Return what the network's layer gives for sums of the source's layer."""
    each = np.arange(len(sums))
    grid = np.zeros((len(sums), own.outputs), np.int64)
    # The constants of a network may take up the source's bias.
    grid[each, outputs] = sums + (own.bias - layer.bias)[outputs]
    codes = requantize(own.requantization, grid)[each, outputs]
    return codes if own.table is None else look_up(own.table, codes)


def _end(found: Check, end: str, model, codes: np.ndarray, given: np.ndarray) -> None:
    """Compare what the file gives with what its last codes are worth."""
    given = given.reshape(len(codes), -1)
    if end == "float":
        wanted = model.output(codes)
    elif end == "ARG_MAX":
        wanted = codes.argmax(axis=1)[:, None]
    elif end in ("SOFTMAX", "LOGISTIC"):
        return
    else:
        wanted = codes
    if not np.array_equal(given, wanted):
        found.wrong.append("outputs of the file are not those of its last layer")
