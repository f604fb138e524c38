import random

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal

from amaranth_bench import observe, run
from fcgen.errors import InputError
from fcgen.hardware.layer.layer import Layer
from fcgen.hardware.parameters.parameter_port import ParameterPort
from fcgen.hardware.parameters.parameter_space import AddressSpace
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.reference import forward
from fcgen.numerics.fixed import IntegerFormat
from fcgen.schedule.folding import Folding
from hardware.layer_bench import beats_of
from random_layers import random_format, random_layer, random_requantization, random_vectors
from selection import every_time

SHAPES = [
    # N, M, P, S, L
    (1, 1, 1, 1, 1),
    (9, 9, 3, 9, 2),
    (20, 30, 12, 2, 4),
    (5, 17, 17, 5, 6),
    (12, 5, 2, 1, 1),
]


def writable_pair(shape, seed):
    """Return two layers of one structure and different parameters."""
    rng = np.random.default_rng(seed)
    inputs, outputs = shape[:2]
    weight, activation = IntegerFormat(int(rng.integers(2, 9)), True), random_format(rng)
    first = random_requantization(rng, outputs, rounding="half_even")
    kinds = {"output": first.output, "rounding": first.rounding, "saturation": first.saturation}

    def layer():
        constants = random_requantization(rng, outputs)
        clipped = {
            "zero_point": np.clip(
                constants.zero_point, kinds["output"].minimum, kinds["output"].maximum
            )
        }
        scheme = type(first).make(
            outputs,
            kinds["output"],
            multiplier=constants.multiplier,
            offset=constants.offset,
            shift=constants.shift,
            rounding=kinds["rounding"],
            saturation=kinds["saturation"],
            **clipped,
        )
        return DenseLayer(
            name="layer",
            input_shape=(inputs,),
            weight=rng.integers(weight.minimum, weight.maximum + 1, (outputs, inputs)),
            bias=rng.integers(-(2**31), 2**31, outputs),
            weight_format=weight,
            activation_format=activation,
            requantization=scheme,
            runtime_weights=True,
        )

    return layer(), layer()


class Host:
    """Feeds vectors without a pause, replaces all parameters in the middle, collects outputs."""

    def __init__(self, layer, vectors, begun_before_hold, writes, linger):
        self.layer, self.writes, self.linger = layer, writes, linger
        self.beats = beats_of(layer, vectors, random.Random(0))
        self.wanted = len(vectors) * layer.folding.output_beats
        self.begun_before_hold = begun_before_hold
        self.begun = self.begun_at_held = 0
        self.outputs, self.answers, self.refused = [], [], 0

    async def bench(self, ctx):
        dut, beats, script = self.layer, list(self.beats), None
        for _ in range(4000):
            if script is None and self.begun >= self.begun_before_hold:
                script = self.script(ctx)
            ctx.set(dut.in_valid, int(bool(beats)))
            if beats:
                for port, value in zip(("payload", "first", "last"), beats[0], strict=True):
                    ctx.set(getattr(dut, f"in_{port}"), value)
            ctx.set(dut.out_ready, 1)
            if script is not None:
                next(script, None)
            if beats and ctx.get(dut.in_ready):
                self.begun += beats.pop(0)[1]
            if ctx.get(dut.out_valid):
                self.outputs.append(ctx.get(dut.out_payload))
            if ctx.get(dut.parameter_read_valid):
                self.answers.append(ctx.get(dut.parameter_read_data))
            self.refused += ctx.get(dut.parameter_refused)
            await ctx.tick()
            if len(self.outputs) == self.wanted:
                return
        raise AssertionError("the layer hangs")

    def script(self, ctx):
        """Act once a cycle: hold, read everything, write everything, let go at once."""
        dut = self.layer
        ctx.set(dut.parameter_hold, 1)
        while not ctx.get(dut.parameter_held):
            yield
        self.begun_at_held = self.begun
        ctx.set(dut.parameter_read, 1)
        for address, _ in self.writes:
            ctx.set(dut.parameter_address, address)
            yield
        ctx.set(dut.parameter_read, 0)
        ctx.set(dut.parameter_write, 1)
        for address, data in self.writes:
            ctx.set(dut.parameter_address, address)
            ctx.set(dut.parameter_write_data, data)
            yield
        ctx.set(dut.parameter_write, 0)
        for _ in range(self.linger):
            yield
        ctx.set(dut.parameter_hold, 0)
        yield


@pytest.mark.parametrize(
    ("shape", "linger"),
    every_time(
        len(SHAPES),
        [(shape, n % 2 * 3) for n, shape in enumerate(SHAPES)]
        + [(shape, 3 - n % 2 * 3) for n, shape in enumerate(SHAPES)],
    ),
)
def test_new_parameters_hold_from_the_first_vector_begun_after_and_not_before(shape, linger):
    old, new = writable_pair(shape, seed=sum(shape) + linger)
    inputs, outputs, pe, simd, lanes = shape
    folding = Folding(inputs, outputs, pe, simd, lanes, old.weight_format.bits)
    layer = Layer(old, folding)
    vectors = random_vectors(np.random.default_rng(3), old, 12)
    writes = list(layer.parameter_chain.writes(new))
    host = Host(layer, vectors, 4, writes, linger)
    run(ResetInserter(Signal())(layer), host.bench)
    switch = host.begun_at_held
    assert 4 <= switch < len(vectors)
    expected = np.concatenate([forward(old, vectors[:switch]), forward(new, vectors[switch:])])
    assert host.outputs == pack_outputs(layer, expected)
    assert host.answers == [data for _, data in layer.parameter_chain.writes(old)]
    assert host.refused == 0


def pack_outputs(layer, outputs):
    bits, lanes = layer.dense.output_format.bits, layer.folding.output_lanes
    mask = (1 << bits) - 1
    return [
        sum((int(v) & mask) << (lane * bits) for lane, v in enumerate(row[first : first + lanes]))
        for row in outputs
        for first in range(0, len(row), lanes)
    ]


def test_requests_are_refused_unless_held_known_and_single():
    dut = ParameterPort(space=AddressSpace((4, 4, 2)), drain_cycles=3, settle_cycles=4)
    idle = {"parameter_hold": 1, "input_empty": 1, "parameter_write": 0, "parameter_read": 0}
    good, beyond_word, beyond_memory = 0b01_11, 0b10_10, 0b11_00
    requests = [
        ({"parameter_write": 1, "parameter_address": good}, 0),
        ({"parameter_read": 1, "parameter_address": good}, 0),
        ({"parameter_write": 1, "parameter_read": 1, "parameter_address": good}, 1),
        ({"parameter_write": 1, "parameter_address": beyond_word}, 1),
        ({"parameter_read": 1, "parameter_address": beyond_memory}, 1),
    ]
    early = {**idle, "parameter_write": 1, "parameter_address": good}
    stimuli = [early] + [idle] * 4
    expected = [1]
    for request, refused in requests:
        stimuli += [{**idle, **request}, idle]
        expected.append(refused)
    seen = [s["parameter_refused"] for s in observe(dut, [*stimuli, idle], ["parameter_refused"])]
    assert [seen[1], *seen[6::2]] == expected


def test_a_layer_without_run_time_weights_has_no_parameter_port():
    network = random_layer(np.random.default_rng(0), 3, 2)
    layer = Layer(network, Folding(3, 2, weight_bits=network.weight_format.bits))
    assert not any(name.startswith("parameter_") for name in layer.signature.members)


def test_hold_falls_only_after_the_last_write_has_arrived():
    dut = ParameterPort(space=AddressSpace((2,) * 5), drain_cycles=2, settle_cycles=6)
    held = {"parameter_hold": 1, "input_empty": 1, "parameter_write": 0}
    write = {**held, "parameter_write": 1, "parameter_address": 0}
    released = {"parameter_hold": 0, "parameter_write": 0}
    stimuli = [held] * 4 + [write] + [released] * 12
    seen = [s["hold_input"] for s in observe(dut, stimuli, ["hold_input"])]
    closed_after_write = seen[5:].index(0)
    assert closed_after_write > len(dut.space.depths)


def test_addresses_of_more_than_32_bits_are_refused_in_a_line():
    assert AddressSpace((1 << 30, 1, 1)).address_width == 32
    with pytest.raises(InputError) as caught:
        AddressSpace((1 << 30, 1, 1, 1))
    assert str(caught.value) == (
        "run-time weights: 33 bits: 4 memories of up to 1,073,741,824 words need more than the 32 "
        "bits that an address has; give the layer with the deepest memories more elements or lanes"
    )
