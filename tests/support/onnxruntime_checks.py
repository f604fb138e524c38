"""Certified networks of quantised ONNX graphs beside onnxruntime's default session: every code."""

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

import fcgen
from certificate_lists import Listed, codes_of, every_accumulator, tricky_inputs, ways
from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.network.reference import forward, requantize
from onnx_examples import save

ALONE = 6
"""Vectors that are given one by one too: kernels for one are others."""
NARROWED = "session.qdq_matmulnbits_accuracy_level"
PRODUCTS = ("QGemm", "QLinearMatMul", "MatMulIntegerToFloat", "MatMulNBits", "Gemm", "FusedGemm",
            "MatMul", "FusedMatMul")  # fmt: skip
WHOLE = ("QGemm", "QLinearMatMul", "MatMulIntegerToFloat")
VNNI = any(word in Path("/proc/cpuinfo").read_text() for word in ("avx512_vnni", "avx_vnni"))


@dataclass
class Counts:
    """What was compared, and what was found.

    Attributes
    ----------
    graphs, exact : int
        Certified, and certified to be equal for every input.
    outputs : int
        Codes, and reals without codes, that were compared with onnxruntime's.
    realised : int
        Codes among them that differ, as the certificate says.
    swept : int
        Accumulators that were tried in the source's own step.
    wrong : int
        Codes that differ, and not as the certificate says.
    unlisted, unconfirmed : int
        Accumulators that differ and are not listed with that number of steps, or the reverse.
    unopened : int
        Graphs that onnxruntime does not open and fcgen does, or the reverse.
    notes : int
        Graphs of which a note is missing, or not true.
    saturating : int
        Graphs that need a processor with VNNI, left out on this one.
    refused : Counter
        Graphs that fcgen refuses, by the message.
    products : Counter
        Layers, by the operation that onnxruntime makes of them.
    """

    graphs: int = 0
    exact: int = 0
    outputs: int = 0
    realised: int = 0
    swept: int = 0
    wrong: int = 0
    unlisted: int = 0
    unconfirmed: int = 0
    unopened: int = 0
    notes: int = 0
    saturating: int = 0
    refused: Counter = field(default_factory=Counter)
    products: Counter = field(default_factory=Counter)

    def __add__(self, other):
        return Counts(**{name: value + vars(other)[name] for name, value in vars(self).items()})

    @property
    def faults(self):
        """How many findings there should not be."""
        return self.wrong + self.unlisted + self.unconfirmed + self.unopened + self.notes


class Session:
    """onnxruntime's default session of a graph, and the operations that it makes of it."""

    def __init__(self, model, folder, entries=()):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.optimized_model_filepath = str(folder / "optimised.onnx")
        for entry in entries:
            options.add_session_config_entry(*entry)
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        made = onnx.load(str(folder / "optimised.onnx"))
        self.kinds = [node.op_type for node in made.graph.node]

    def __call__(self, x):
        return self.session.run(None, {"x": x})[0].reshape(len(x), -1)


class OnnxruntimeListed(Listed):
    """What the certificate says of accumulators, and what it allows."""

    def allows(self, layer, own, theirs):
        """Say of each of a source's codes whether it is the network's, or differs as listed.

        Codes that are listed and do not differ are those of another order of float operations.
        """
        difference = own - theirs
        right = np.zeros(own.shape, bool)
        for one in self.found:
            column = one.output
            steps = (one.steps, one.steps + self.constants[:, column])
            equal = np.any([difference[:, column] == each for each in steps], axis=0)
            right[:, column] |= self.inside(one) & equal & (difference[:, column] != 0)
        another = np.any([way == own for way in ways(layer, self.sums)], axis=0)
        return right | ((difference == 0) & (~self.any | another))


def check(drawn, random, vectors=300):
    """Compare a drawn graph with onnxruntime; return the counts."""
    if drawn.full and not VNNI:
        return Counts(saturating=1)
    with tempfile.TemporaryDirectory(prefix="fcgen-") as name:
        return _check(drawn, random, vectors, Path(name))


def _check(drawn, random, vectors, folder):
    counts = Counts()
    try:
        session = Session(drawn.model, folder)
        session(np.zeros((1, drawn.model.graph.input[0].type.tensor_type.shape.dim[1].dim_value),
                         np.float32))  # fmt: skip
    except Exception as error:  # of the binding's own kinds
        session, failure = None, str(error)
    try:
        model = fcgen.load(save(drawn.model, folder / "m.onnx"))
        network, certificate = certify(model)
    except InputError as error:
        message = str(error).partition(": ")[2]
        unopened = "does not open" in message
        counts.refused[message.partition(": ")[2]] += 1
        counts.unopened += unopened and session is not None
        return counts
    if session is None:
        counts.unopened += 1
        counts.refused[f"not refused: {failure[:200]}"] += 1
        return counts
    counts.graphs, counts.exact = 1, int(certificate.exact)
    counts.products.update(kind for kind in session.kinds if kind in PRODUCTS)
    noted = sum(NARROWED in note for note in model.notes)
    counts.notes += noted != session.kinds.count("MatMulNBits")
    entries = [(NARROWED, "1")] if noted else []
    x = tricky_inputs(random, network, vectors)
    running, _ = network.quantize(x)
    for number, layer in enumerate(model.layers):
        session = Session(drawn.cuts[number], folder, entries)
        sums, dense = layer.accumulate(running), network.layers[number]
        own = forward(dense, running)
        rows = [session(x)] + [session(x[at : at + 1]) for at in range(2, 2 + ALONE)]
        if layer.step is None:
            counts.wrong += int((own != sums).sum())
            if [kind for kind in session.kinds if kind in PRODUCTS][-1] in WHOLE:
                counts.outputs += own.size
                counts.wrong += int((network.output(own) != rows[0]).sum())
            break
        listed = OnnxruntimeListed(certificate, layer.name, sums)
        theirs = codes_of(rows[0], drawn.grids[number])
        alone = codes_of(np.concatenate(rows[1:]), drawn.grids[number])
        right = listed.allows(layer, own, theirs)
        counts.outputs += own.size
        counts.realised += int((right & (own != theirs)).sum())
        counts.wrong += int((~right).sum())
        if number == 0:
            few = slice(2, 2 + ALONE)
            part = OnnxruntimeListed(certificate, layer.name, sums[few])
            counts.wrong += int((~part.allows(layer, own[few], alone)).sum())
        counts += sweep(layer, dense, certificate)
        running = theirs
    return counts


def sweep(layer, dense, certificate):
    """Try all accumulators of a layer that has few: the certificate must list what differs."""
    counts = Counts()
    every = every_accumulator(layer)
    if every is None:
        return counts
    sums, fresh = every
    own = requantize(dense.requantization, sums - layer.bias + dense.bias)
    if dense.table is not None:
        own = dense.table.entries[own - dense.table.index.minimum]
    found = ways(layer, sums)
    listed = OnnxruntimeListed(certificate, layer.name, sums)
    counts.swept = int(fresh.sum())
    counts.unlisted += int((((own - found[0]) != listed.constants) & fresh).sum())
    apart = np.any([(way != found[0]) & (way != own) for way in found], axis=0)
    counts.unlisted += int((apart & ~listed.any & fresh).sum())
    for one in listed.found:
        inside = listed.inside(one)
        differences = [own[inside, one.output] - way[inside, one.output] for way in found]
        counts.unconfirmed += int((~np.any(np.array(differences) == one.steps, axis=0)).sum())
    return counts
