"""``fcgen simulate``: vectors through a design, compared with the reference."""

from typing import TYPE_CHECKING, Any

import click

from fcgen.cli.commands.options import FILE, Choice, Integer, Real, codes, common, engine
from fcgen.cli.commands.writing import check_tools
from fcgen.errors import FcgenError, InputError, bad_input
from fcgen.text.terminal import Terminal

if TYPE_CHECKING:
    from fcgen.network.network import Network
    from fcgen.simulation.result import SimulationResult

UPTO = ("logits", "probabilities", "class")


@click.command(short_help="Run vectors through a design and compare.")
@click.argument("directory", metavar="DIR", type=FILE)
@click.option("--inputs", type=FILE, help=".npy of what the source takes, (V, N) or its own shape.")
@codes
@click.option("--outputs", type=FILE, help=".npy to write, int64 (V, M).")
@engine
@click.option("--stall", type=Real(), default=0.0, help="Probability of gaps and of stalls.")
@click.option("--vectors", type=Integer(1), help="How many; of --inputs the first ones.")
@click.option("--no-check", is_flag=True, help="Do not compare with the reference.")
@click.option("--dequantize", is_flag=True, help="Outputs as the source's own, its tail included.")
@click.option("--upto", type=Choice(UPTO), help="Outputs, their softmax, or the class.")
@click.option("--netlist", is_flag=True, help="Yosys' netlist for the device of the design.")
@click.option("--waves", is_flag=True, help="Record an FST file (icarus, verilator).")
@click.option("--load-weights", type=FILE, help="Other weights: written in mid-stream.")
@click.option("--force", is_flag=True, help="Go on although a file of DIR has changed.")
@common
def command(as_json: bool, quiet: bool, **options: Any) -> int:
    """Stream vectors through the design in DIR and compare with the reference.

    Without --inputs: all-minimum, all-maximum, the alternations of both, then random vectors.
    """
    from fcgen.load.arrays.vector_file import check_writable, write_outputs
    from fcgen.quantization.answers import answer

    terminal = Terminal(json=as_json, quiet=quiet)
    if options["outputs"] is not None:
        check_writable(options["outputs"])
    network, result = _simulate(terminal, options)
    if options["outputs"] is not None:
        outputs = answer(
            network, result.outputs, dequantize=options["dequantize"], upto=options["upto"]
        )
        write_outputs(options["outputs"], outputs)
        terminal.note(f"outputs: {options['outputs']}")
    if as_json:
        terminal.notes(result.notes)
        terminal.record(result.as_dict())
    else:
        terminal.result(result.lines())
    return 1 if result.mismatches else 0


def _simulate(terminal: Terminal, options: dict[str, Any]) -> "tuple[Network, SimulationResult]":
    import numpy as np

    from fcgen.accelerator import open
    from fcgen.design.loaded_parameters import load_parameters
    from fcgen.load.arrays.vector_file import read_array
    from fcgen.quantization.answers import answer
    from fcgen.simulation.record import store
    from fcgen.simulation.simulate import simulate
    from fcgen.tools.yosys import YOSYS

    accelerator = open(options["directory"], options["force"])
    network, given, loaded = accelerator.network, options["inputs"], options["load_weights"]
    for option, wanted in (("--dequantize", options["dequantize"]), ("--upto", options["upto"])):
        if wanted and options["outputs"] is None:
            raise bad_input(option, "no --outputs", "says what is written there", "give a file")
    # What cannot be had is said before the work.
    answer(
        network,
        np.zeros((1, network.outputs), np.int64),
        dequantize=options["dequantize"],
        upto=options["upto"],
    )
    inputs = None if given is None else read_array(given)
    parameters, notes = (None, ()) if loaded is None else load_parameters(network, loaded)
    terminal.notes(notes)
    if options["netlist"]:
        check_tools(terminal, YOSYS)
    try:
        with terminal.progress() as progress:
            result = simulate(
                accelerator.design,
                inputs,
                engine=options["engine"],
                stall=options["stall"],
                vectors=options["vectors"],
                seed=options["seed"],
                waves=options["waves"],
                check=not options["no_check"],
                netlist=options["netlist"],
                parameters=parameters,
                source=None if given is None else str(given),
                parameters_source=None if loaded is None else str(loaded),
                codes=options["codes"],
                progress=progress,
            )
    except FcgenError:
        terminal.notes(accelerator.notes)  # a changed file may be the reason
        raise
    try:
        store(accelerator.design, result, given=given is not None)
    except InputError as error:
        terminal.note(f"note: not kept for the report: {error}")
    return network, result
