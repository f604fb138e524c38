import shlex

import pytest

from command_line import run
from fcgen import accelerator
from fcgen.report.evidence import gather
from fcgen.report.repeat import commands, design_command
from fcgen.schedule.schedule import Schedule
from network_examples import network
from report.designs import simulated, synthesised


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    directory = tmp_path_factory.mktemp("commands") / "a design"
    found = network(6, 5, 4)
    schedule = Schedule.chain(found, ((2, 3), (3, 1)), output_lanes=2)
    return accelerator.write(
        found, schedule, directory, name="top", prefix="my_", device="ecp5-25k", seed=3
    )


def test_the_command_for_the_design_gives_the_same_hardware(made, capsys):
    command = design_command(gather(made.directory))
    words = shlex.split(command)
    assert words[0] == "fcgen"
    assert run(capsys, *words[1:]).code == 0
    again = accelerator.open(words[-1])
    found = again.design.hashes()
    assert {name: found[name] for name in made.design.hashes()} == made.design.hashes()


def test_the_commands_for_the_results_name_their_seeds_and_their_device(made):
    simulated(made, vectors=2)
    synthesised(made)
    found = dict(commands(gather(made.directory)))
    assert found["Simulation, engine amaranth"].endswith("--vectors 2 --seed 0")
    synth = shlex.split(found["Place and route, ecp5-25k"])
    assert synth[2] == str(made.directory)
    options = "--device ecp5-25k --speed 6 --seeds 2 --seed 3 --freq 212"
    assert shlex.join(synth[3:]) == options
