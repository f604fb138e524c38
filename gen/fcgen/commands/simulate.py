"""``fcgen simulate``: vectors through a design, compared with the reference."""

from typing import TYPE_CHECKING, Any

import click

from fcgen.commands.options import FILE, Integer, Real, common, engine
from fcgen.commands.writing import check_tools
from fcgen.errors import FcgenError
from fcgen.terminal import Terminal

if TYPE_CHECKING:
    from fcgen.simulation_result import SimulationResult


@click.command(short_help="Run vectors through a design and compare.")
@click.argument("directory", metavar="DIR", type=FILE)
@click.option("--inputs", type=FILE, help=".npy of integers, (V, N) or (V, C, H, W).")
@click.option("--outputs", type=FILE, help=".npy to write, int64 (V, M).")
@engine
@click.option("--stall", type=Real(), default=0.0, help="Probability of gaps and of stalls.")
@click.option("--vectors", type=Integer(1), help="How many; of --inputs the first ones.")
@click.option("--no-check", is_flag=True, help="Do not compare with the reference.")
@click.option("--netlist", is_flag=True, help="Yosys' netlist for the device of the design.")
@click.option("--waves", is_flag=True, help="Record an FST file (icarus, verilator).")
@click.option("--load-weights", type=FILE, help="New weights, written in mid-stream.")
@click.option("--force", is_flag=True, help="Go on although a file of DIR has changed.")
@common
def command(as_json: bool, quiet: bool, **options: Any) -> int:
    """Stream vectors through the design in DIR and compare with the reference.

    Without --inputs: all-minimum, all-maximum, the alternations of both, then random vectors.
    """
    from fcgen.load.vector_file import check_writable, write_outputs

    terminal = Terminal(json=as_json, quiet=quiet)
    if options["outputs"] is not None:
        check_writable(options["outputs"])
    result = _simulate(terminal, options)
    if options["outputs"] is not None:
        write_outputs(options["outputs"], result.shaped)
        terminal.note(f"outputs: {options['outputs']}")
    if as_json:
        terminal.notes(result.notes)
        terminal.record(result.as_dict())
    else:
        terminal.result(result.lines())
    return 1 if result.mismatches else 0


def _simulate(terminal: Terminal, options: dict[str, Any]) -> "SimulationResult":
    from fcgen.accelerator import open
    from fcgen.load.vector_file import read_inputs
    from fcgen.quantize import replace_parameters
    from fcgen.simulate import simulate
    from fcgen.yosys import YOSYS

    accelerator = open(options["directory"], options["force"])
    network, given, loaded = accelerator.network, options["inputs"], options["load_weights"]
    inputs = None if given is None else read_inputs(given, network)
    parameters, notes = (
        (None, ()) if loaded is None else replace_parameters(accelerator.layer, loaded)
    )
    terminal.notes(notes)
    if options["netlist"]:
        check_tools(terminal, YOSYS)
    try:
        with terminal.progress() as progress:
            return simulate(
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
                progress=progress,
            )
    except FcgenError:
        terminal.notes(accelerator.notes)  # a changed file may be the reason
        raise
