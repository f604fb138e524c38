"""The parameter port of a whole network: what a vector under way sees, and what it never sees."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import Module, ResetInserter, Signal

from amaranth_bench import run
from fcgen.design.design import Design
from fcgen.design.stimuli import stimuli
from fcgen.hardware.accelerator import Accelerator
from fcgen.hardware.vectors_in_flight import vectors_between
from fcgen.network.instance_names import instance_names
from fcgen.network.network import End
from fcgen.network.reference import run as run_reference
from fcgen.regression.random_networks import other_values
from fcgen.schedule.mapping import GENERIC
from fcgen.schedule.schedule import Schedule
from fcgen.simulation.simulate import simulate
from network_examples import network
from selection import every_time

SLOWER = replace(GENERIC, weight_latency=3)
SLOWEST = replace(GENERIC, weight_latency=5)


def other(net, seed=1):
    return other_values(np.random.default_rng(seed), net)


@pytest.mark.parametrize(
    ("widths", "sizes", "end"),
    [
        ((5, 4), ((2, 1),), End("argmax")),
        ((6, 6, 6), ((2, 3), (2, 3)), None),
        ((9, 1, 7, 2), ((1, 2), (3, 1), (2, 7)), End("top_k", 2)),
        ((1, 1, 1), ((1, 1), (1, 1)), None),
    ],
)
@pytest.mark.parametrize("stall", [0.0, 0.9])
def test_all_values_change_between_two_vectors(widths, sizes, end, stall):
    net = network(*widths, end=end).writable()
    design = Design.unwritten(net, Schedule.chain(net, sizes))
    result = simulate(
        design, engine="amaranth", parameters=other(net), stall=stall, vectors=14, seed=3
    )
    assert not result.mismatches
    assert result.run.held_after >= 7


@pytest.mark.parametrize(
    "mappings",
    [
        (GENERIC, SLOWER, SLOWEST),
        (SLOWEST, SLOWER, GENERIC),
        pytest.param((SLOWER, SLOWEST, GENERIC), marks=pytest.mark.campaign),
        pytest.param((SLOWER, GENERIC, SLOWER), marks=pytest.mark.campaign),
    ],
)
def test_answers_keep_their_order_past_memories_of_any_latency(mappings):
    net = network(4, 5, 6, 3).writable()
    design = Design.unwritten(net, Schedule.chain(net, ((2, 1), (3, 5), (1, 2))), mappings)
    assert not simulate(design, engine="amaranth", parameters=other(net), vectors=6).mismatches


def accelerator(net, sizes, mappings=None):
    schedule = Schedule.chain(net, sizes)
    chosen = mappings or (GENERIC,) * len(net.layers)
    return Accelerator(net, schedule, chosen, instance_names(net))


class Host:
    """Drives a network cycle by cycle; outputs of one lane and one beat are collected."""

    def __init__(self, context, dut, vectors, ready=lambda cycle: 1):
        self.context, self.dut, self.ready = context, dut, ready
        self.beats = [
            (int(value) & 255, k == 0, k == vectors.shape[1] - 1)
            for vector in vectors
            for k, value in enumerate(vector)
        ]
        self.outputs, self.answers, self.cycle, self.begun = [], [], 0, 0

    def put(self, **values):
        for name, value in values.items():
            self.context.set(getattr(self.dut, f"parameter_{name}"), value)

    def get(self, name):
        return self.context.get(getattr(self.dut, f"parameter_{name}"))

    async def step(self, offer=True):
        context, dut = self.context, self.dut
        offered = offer and bool(self.beats)
        context.set(dut.in_valid, offered)
        if offered:
            payload, first, last = self.beats[0]
            context.set(dut.in_payload, payload)
            context.set(dut.in_first, first)
            context.set(dut.in_last, last)
        context.set(dut.out_ready, self.ready(self.cycle))
        if offered and context.get(dut.in_ready):
            self.begun += self.beats.pop(0)[1]
        if context.get(dut.out_valid) and context.get(dut.out_ready):
            self.outputs.append(context.get(dut.out_payload))
        if self.get("read_valid"):
            self.answers.append(self.get("read_data"))
        await context.tick()
        self.cycle += 1

    async def held(self):
        self.put(hold=1)
        for _ in range(2000):
            if self.get("held"):
                return
            await self.step()
        raise AssertionError("never held")

    async def write(self, writes):
        self.put(write=1)
        for address, data in writes:
            self.put(address=address, write_data=data)
            await self.step()
        self.put(write=0)


SMALL, SIZES = network(4, 3, 5, 3, end=End("argmax")).writable(), ((1, 1), (1, 1), (3, 1))


def codes(net, vectors):
    return run_reference(net, vectors).reshape(-1).tolist()


def bench(test, net=SMALL, sizes=SIZES, vectors=8, ready=lambda cycle: 1, mappings=None):
    """Run a test with a host in front of a network that starts from a reset."""
    dut, reset = accelerator(net, sizes, mappings), Signal()
    given = stimuli(net.activation_format, net.inputs, vectors, 0)

    async def process(context):
        context.set(reset, 1)
        await context.tick()
        context.set(reset, 0)
        await test(Host(context, dut, given, ready), given, reset)

    top = Module()
    top.submodules.dut = ResetInserter(reset)(dut)
    run(top, process)


@pytest.mark.parametrize("hold_at", every_time(4, [3, 19, 38, 51, 7, 11, 27]))
def test_a_vector_in_flight_in_any_layer_is_finished_before_anything_changes(hold_at):
    new = other(SMALL)

    async def test(host, given, _):
        while host.cycle < hold_at:
            await host.step()
        await host.held()
        begun = host.begun
        await host.write(host.dut.parameter_chain.writes(new.layers))
        host.put(hold=0)
        while len(host.outputs) < len(given):
            await host.step()
            assert host.cycle < 3000
        assert host.outputs == codes(SMALL, given[:begun]) + codes(new, given[begun:])

    bench(test)


def test_nothing_changes_while_a_stalled_output_keeps_vectors_between_layers():
    async def test(host, given, _):
        host.put(hold=0)
        for _ in range(600):
            await host.step()
        assert host.beats == [] or host.begun < len(given)
        host.put(hold=1)
        for _ in range(300):
            await host.step()
        # Vectors wait in all layers, and nothing leaves: the new values must wait as well.
        assert not host.get("held")
        assert not host.outputs
        host.ready = lambda cycle: 1
        while len(host.outputs) < host.begun:
            await host.step()
            assert host.cycle < 9000
        assert host.outputs == codes(SMALL, given[: host.begun])
        await host.held()

    bench(test, vectors=60, ready=lambda cycle: 0)


def test_a_reset_in_mid_write_leaves_words_whole_and_the_port_free():
    new = other(SMALL)

    async def test(host, given, reset):
        writes = list(host.dut.parameter_chain.writes(new.layers))
        await host.held()
        await host.write(writes[: len(writes) // 2])
        host.put(hold=0)
        host.context.set(reset, 1)
        await host.context.tick()
        host.context.set(reset, 0)
        assert not host.get("held")
        host.beats = Host(host.context, host.dut, given).beats
        host.outputs, host.begun = [], 0
        for _ in range(40):
            await host.step()
        await host.held()
        begun, outputs = host.begun, len(host.outputs)
        await host.write(writes)
        host.put(read=1)
        for address, _ in writes:
            host.put(address=address)
            await host.step()
        host.put(read=0, hold=0)
        while len(host.outputs) < len(given):
            await host.step()
            assert host.cycle < 3000
        assert host.answers == [data for _, data in writes]
        assert host.outputs[begun:] == codes(new, given[begun:])
        assert outputs <= begun

    bench(test)


def test_what_must_not_be_is_refused_in_the_next_cycle():
    async def test(host, given, _):
        space = host.dut.parameter_chain.space
        good = space.address(0, 0)
        beyond = [space.address(n, depth) for n, depth in enumerate(space.depths)]
        beyond = [a for n, a in enumerate(beyond) if a < space.address(n + 1, 0)]
        beyond += [space.address(len(space.depths), 0), (1 << space.address_width) - 1]
        wrong = [{"write": 1, "read": 0, "address": address} for address in beyond]
        wrong += [{"write": 0, "read": 1, "address": address} for address in beyond]
        wrong.append({"write": 1, "read": 1, "address": good})
        last = space.address(len(space.depths) - 1, space.depths[-1] - 1)
        right = [{"write": 0, "read": 1, "address": address} for address in (good, last)]
        for held in (False, True):
            if held:
                await host.held()
            for requests, legal in ((wrong, False), (right, True)):
                for request in requests:
                    host.put(**request)
                    await host.step(offer=False)
                    assert host.get("refused") == (not (held and legal)), request
                    host.put(write=0, read=0)
                    await host.step(offer=False)
                    assert not host.get("refused")
        for _ in range(host.dut.parameter_chain.read_latency + 1):
            await host.step(offer=False)
        assert len(host.answers) == len(right)

    bench(test)


@pytest.mark.parametrize("mappings", [None, (GENERIC, SLOWER, SLOWEST), (SLOWEST, SLOWER, GENERIC)])
def test_the_read_latency_is_the_one_stated(mappings):
    async def test(host, given, _):
        await host.held()
        chain = host.dut.parameter_chain
        for memory in range(len(chain.banks)):
            host.put(read=1, address=chain.space.address(memory, 0))
            cycle = host.cycle
            await host.step()
            host.put(read=0)
            while not host.get("read_valid"):
                await host.step()
            assert host.cycle - cycle == chain.read_latency
            await host.step()

    bench(test, mappings=mappings)


@pytest.mark.parametrize("widths", [(2, 1, 1, 1), (1, 1, 3, 2), (1, 8, 4)])
def test_there_are_never_more_vectors_between_the_layers_than_the_counter_can_count(widths):
    net = network(*widths).writable()
    dut = accelerator(net, ((1, 1),) * len(net.layers))
    capacity = vectors_between(dut.timing.layers)
    given = stimuli(net.activation_format, net.inputs, 200, 0)
    most = 0

    async def process(context):
        nonlocal most
        host = Host(context, dut, given, ready=lambda cycle: 0)
        layers, between = list(dut.layers.values()), 0
        for _ in range(500):
            between += context.get(layers[0].vector_end) - context.get(layers[-1].vector_end)
            most = max(most, between)
            await host.step()

    run(ResetInserter(Signal())(dut), process)
    assert 1 < most <= capacity
