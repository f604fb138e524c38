"""``fcgen run``: vectors through a board, real or virtual, compared with the reference."""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from fcgen.cli.commands.options import FILE, Integer, codes, common
from fcgen.text.terminal import Terminal

if TYPE_CHECKING:
    import numpy as np

    from fcgen.design.design import Design
    from fcgen.host.board import Board
    from fcgen.host.board_results import BoardRun

VIRTUAL, AUTO = "virtual", "auto"
DEFAULT_VECTORS = 1_000
SHOWN = 10


@click.command(short_help="Run vectors through a board and compare.")
@click.argument("directory", metavar="DIR", type=FILE)
@click.option(
    "--board",
    required=True,
    metavar="BOARD",
    help="virtual: the RTL of the bitstream, simulated; auto: the port that answers; or a port.",
)
@click.option("--inputs", type=FILE, help=".npy of what the source takes, (V, N) or its own shape.")
@codes
@click.option("--outputs", type=FILE, help=".npy to write, int64 (V, M).")
@click.option("--vectors", type=Integer(1), help="How many; of --inputs the first ones.")
@click.option("--load-weights", type=FILE, help="New weights, written to the board first.")
@click.option("--no-check", is_flag=True, help="Do not compare with the reference.")
@click.option("--baud", type=Integer(1), help="Rate; virtual: default 3,000,000.")
@click.option("--clock", type=Integer(1), help="Clock of the virtual board in Hz, 12,000,000.")
@click.option("--serve", is_flag=True, help="Virtual: print the port and wait for clients.")
@click.option("--force", is_flag=True, help="Go on although a file of DIR has changed.")
@common
def command(as_json: bool, quiet: bool, **options: Any) -> int:
    """Run vectors through the design, or the build, in DIR on a board, over its serial line.

    Without --inputs: the vectors of `fcgen simulate`. The board must have been made from DIR.
    """
    from fcgen.design.design import Design
    from fcgen.errors import bad_input
    from fcgen.load.arrays.vector_file import check_writable

    terminal = Terminal(json=as_json, quiet=quiet)
    virtual = options["board"] == VIRTUAL
    for option in ("serve", "clock"):
        if options[option] and not virtual:
            rule = "belongs to the virtual board"
            raise bad_input(f"--{option}", options["board"], rule, "use `--board virtual`")
    if options["outputs"] is not None:
        check_writable(options["outputs"])
    design = Design.open(_place(options, virtual), options["force"])
    terminal.notes(design.notes)
    if options["serve"]:
        return _serve(terminal, design, options)
    return _run(terminal, design, options)


def _place(options: dict[str, Any], virtual: bool) -> Any:
    """Return where the design is; of a build, clock, rate and flash are those of its bitstream."""
    from fcgen.boards.build_file import is_sound_build, read

    options["weights"] = None
    if not is_sound_build(options["directory"]):
        return options["directory"]
    build = read(options["directory"])
    options["baud"] = options["baud"] or build.baud
    if virtual:
        options["clock"] = options["clock"] or build.clock_hz
        options["weights"] = build.weights
    return build.design


def _virtual(terminal: Terminal, design: "Design", options: dict[str, Any]) -> Any:
    """Return the virtual board, which takes a while."""
    from fcgen.cli.commands.writing import check_tools
    from fcgen.host.virtual_board import BAUD, CLOCK_HZ, VirtualBoard
    from fcgen.tools.yosys import YOSYS

    check_tools(terminal, YOSYS)
    given: dict[str, Any] = {
        "clock_hz": options["clock"] or CLOCK_HZ,
        "baud": options["baud"] or BAUD,
    }
    if options["weights"] is not None:
        given |= {"flash": options["weights"].memory, "image": options["weights"].content()}
    with terminal.progress() as progress:
        return VirtualBoard(design, progress=progress, **given)


def _serve(terminal: Terminal, design: "Design", options: dict[str, Any]) -> int:
    """Keep a virtual board open until the program is interrupted."""
    with _virtual(terminal, design, options) as board:
        terminal.result([board.path])
        terminal.record({"port": board.path, "baud": board.plan.info.baud})
        board.wait()
    return 0


def _run(terminal: Terminal, design: "Design", options: dict[str, Any]) -> int:
    import numpy as np

    from fcgen.design.stimuli import stimuli
    from fcgen.errors import bad_input
    from fcgen.host.board import TIMEOUT, Board
    from fcgen.load.arrays.vector_file import read_array, write_outputs
    from fcgen.network.reference import run
    from fcgen.quantization.given_inputs import codes_of

    network, given = design.network, options["inputs"]
    if given is None:
        if options["codes"]:
            raise bad_input("--codes", "no inputs", "says what they are", "give --inputs")
        number = options["vectors"] or DEFAULT_VECTORS
        inputs = stimuli(network.activation_format, network.inputs, number, options["seed"])
    else:
        # What is wrong with them is said before there is a board.
        inputs = read_array(given)[: options["vectors"]]
        codes_of(network, inputs, str(given), codes=options["codes"])
    virtual = options["board"] == VIRTUAL
    simulated = _virtual(terminal, design, options) if virtual else nullcontext()
    with simulated as simulation:
        port, baud, timeout = options["board"], options["baud"], TIMEOUT
        if simulation is not None:
            from fcgen.host.virtual_board import TIMEOUT as PATIENCE

            port, baud, timeout = simulation.path, simulation.plan.info.baud, PATIENCE
        port = None if port == AUTO else port
        with Board(port, design, baud=baud, timeout=timeout) as board:
            if options["load_weights"] is not None:
                terminal.notes(board.load_weights(options["load_weights"]))
            elif not board.info.ready:
                board.load_weights(design.network)  # memories that come up empty
            elif not options["no_check"]:
                _check_weights(design, board)
            used = board.network
            assert used is not None
            if given is not None:
                # Weights that were written may come with a grid of their own.
                found = codes_of(used, inputs, str(given), codes=options["codes"])
                terminal.notes(found.notes)
                inputs = found.codes
            with terminal.progress() as progress:
                result = board.run(inputs, progress, codes=True)
            name = board.port
    outputs = result.outputs
    expected = outputs
    if not options["no_check"]:
        expected = run(used, np.asarray(inputs, np.int64)).reshape(outputs.shape)
    if options["outputs"] is not None:
        write_outputs(options["outputs"], outputs[:, 0] if used.end.kind == "argmax" else outputs)
        terminal.note(f"outputs: {options['outputs']}")
    wrong = np.argwhere(outputs != expected)
    checked = not options["no_check"]
    terminal.result(_lines(VIRTUAL if virtual else name, result, expected, wrong, checked))
    terminal.record(
        {
            "board": VIRTUAL if virtual else name,
            "vectors": len(outputs),
            "checked": checked,
            "mismatches": len(wrong),
            "inferences_per_second": result.inferences_per_second,
            "cycles": result.cycles,
            "cycles_at_work": result.cycles_at_work,
            "clock_hz": result.clock_hz,
            "seconds": result.seconds,
            "retries": result.retries,
            "structure_hash": design.manifest.structure_hash,
            "weights_hash": result.weights_hash,
        }
    )
    return 1 if len(wrong) else 0


def _check_weights(design: "Design", board: "Board") -> None:
    """Raise an InputError where the board has other weights than those to compare with."""
    from fcgen.errors import bad_input

    wanted, found = design.network.weights_hash, board.weights_hash
    if found != wanted:
        rule = f"the board has weights {found[:12]}…, {design.directory} has {wanted[:12]}…"
        remedy = "name those to write and to compare with by --load-weights, or use --no-check"
        raise bad_input("--board", board.port, rule, remedy)


def _lines(
    name: str, result: "BoardRun", expected: "np.ndarray", wrong: "np.ndarray", checked: bool
) -> list[str]:
    from fcgen.text.wording import count

    outputs = result.outputs
    lines = [
        f"board {name}: {count(len(outputs), 'vector')}, weights {result.weights_hash[:12]}",
        f"{count(result.cycles, 'cycle')} of the chip at {result.clock_hz / 1e6:g} MHz: "
        f"{result.inferences_per_second:,.0f} inferences/s, the serial line included",
    ]
    if result.retries:
        lines.append(f"{count(result.retries, 'request')} sent again")
    if not checked:
        return [*lines, "not compared with the reference"]
    lines.append(f"{count(len(wrong), 'mismatch', 'es')} in {count(outputs.size, 'output')}")
    lines += [
        f"vector {vector}, neuron {neuron}: expected {expected[vector, neuron]}, "
        f"got {outputs[vector, neuron]}"
        for vector, neuron in wrong[:SHOWN]
    ]
    return lines
