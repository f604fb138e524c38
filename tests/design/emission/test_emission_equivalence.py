"""Every module of a small layer: the Verilog text is proven equal to the component, by Yosys."""

import numpy as np
import pytest
from amaranth.hdl import Fragment

from design.emission.verilog_tools import prove_equal
from fcgen.design import verilog
from fcgen.hardware.layer.layer import Layer
from fcgen.hardware.memories.weight_memory import WeightMemory
from fcgen.hardware.requantization.unary_table import UnaryTable
from fcgen.network.dense_layer import DenseLayer, Requantization
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding

INT3 = IntegerFormat(3, True)
TABLE = ActivationTable("noise", INT3, IntegerFormat(2, False), [3, 1, 0, 2, 2, 1, 3, 0])


def small_layer(kind):
    """Return a layer of 3-bit integers: requantised, with a table too, or raw and writable."""
    random = np.random.default_rng(1)
    scheme = Requantization.make(
        7,
        INT3,
        multiplier=random.integers(-2, 3, 7),
        offset=[0, 1, 0, -1, 0, 1, 0],
        shift=[0, 1, 2, 3, 4, 3, 2],
        zero_point=1,
        rounding="half_away",
    )
    network = DenseLayer(
        name="layer",
        input_shape=(5,),
        weight=random.integers(-4, 4, (7, 5)),
        bias=random.integers(-9, 9, 7),
        weight_format=INT3,
        activation_format=INT3,
        requantization=None if kind == "raw, run-time weights" else scheme,
        runtime_weights=kind == "raw, run-time weights",
        table=TABLE if kind == "with a table" else None,
    )
    return Layer(network, Folding(5, 7, pe=4, simd=2, output_lanes=3, weight_bits=3))


def components(kind):
    """Return one component of each distinct module below the layer."""
    found = {}

    def visit(fragment):
        for part, _, _ in fragment.subfragments:
            for component in part.origins or ():
                if hasattr(component, "parameters") and not isinstance(component, WeightMemory):
                    key = (type(component).__name__, str(component.parameters))
                    found.setdefault(key, component)
            visit(part)

    visit(Fragment.get(small_layer(kind), None))
    return list(found.values())


CASES = [
    pytest.param(component, id=f"{type(component).__name__}, {kind}")
    for kind in ("requantised", "raw, run-time weights")
    for component in components(kind)
]
CASES += [
    pytest.param(component, id=f"{type(component).__name__}, with a table")
    for component in components("with a table")
    if isinstance(component, UnaryTable)  # the others are those of a layer without one
]


@pytest.mark.parametrize("component", CASES)
def test_a_module_is_proven_equal_to_its_component(component, tmp_path):
    for name, image in getattr(component, "images", {}).items():
        (tmp_path / name).write_bytes(image.text())
    prove_equal(component, verilog.emit(component, name="module_under_proof"), tmp_path)
