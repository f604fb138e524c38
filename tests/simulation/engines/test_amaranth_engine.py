import numpy as np

from designs import small_layer
from fcgen.design.design import Design
from fcgen.design.stimuli import stimuli
from fcgen.network.reference import forward
from fcgen.schedule.folding import Folding
from fcgen.simulation.engines import amaranth_engine
from fcgen.simulation.engines.streaming import StreamOptions


def test_a_design_without_files_runs():
    layer = small_layer()
    design = Design.unwritten(layer, Folding(12, 7, 7, 12, 7, 8))
    inputs = stimuli(layer.activation_format, 12, 30, 0)
    run = amaranth_engine.run(design, inputs, StreamOptions())
    assert np.array_equal(run.outputs, forward(layer, inputs))
    assert set(run.intervals().tolist()) == {design.initiation_interval} == {1}
    assert run.output_cycles[0, -1] - run.first_input[0] == design.latency
