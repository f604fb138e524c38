"""``fcgen build``: a model or a design to a board's bitstream."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fcgen.cli.commands.build_evidence import found_out
from fcgen.cli.commands.design_options import design_options
from fcgen.cli.commands.layer_options import mapping_options
from fcgen.cli.commands.model_options import model_options
from fcgen.cli.commands.model_request import ModelRequest
from fcgen.cli.commands.options import FILE, Integer, common
from fcgen.cli.commands.writing import check_kept, check_tools
from fcgen.errors import bad_input
from fcgen.text.terminal import Terminal

if TYPE_CHECKING:
    from fcgen.boards.board import Board
    from fcgen.certification.certificate import Certificate
    from fcgen.design.design import Design

# What a design on disk still leaves open.
OF_DESIGN = {"model", "directory", "board", "baud", "clock", "force", "as_json", "quiet", "seed"}


@click.command(short_help="Make a board's bitstream of a model or a design.")
@click.argument("model", metavar="MODEL|DIR", type=FILE)
@click.option("--board", required=True, metavar="BOARD", help="One of `fcgen boards`, or a .toml.")
@click.option("-o", "--output", "directory", type=FILE, required=True, help="Output directory.")
@click.option("--baud", type=Integer(1), help="Of the serial line; default what the board can.")
@model_options
@mapping_options
@design_options
@click.option("--force", is_flag=True, help="Go on although a file has changed or it cannot fit.")
@common
def command(as_json: bool, quiet: bool, **options: Any) -> int:
    """Compile MODEL for a board, or take the design in DIR, and make the board's bitstream.

    The design is checked against the reference, with the vectors of --test or --calibration where
    there are any, and OUTPUT/report.html says what was found.

    The options of `fcgen compile` hold for MODEL. The clock is what the routed design meets, at
    most --clock; with --clock it is that or an error. Exit code 1 where the certificate of a
    quantised MODEL is not exact; the bitstream is made.
    """
    from fcgen import boards
    from fcgen.boards import bitstream, write
    from fcgen.folding.choice import Goal

    terminal = Terminal(json=as_json, quiet=quiet)
    board, out = boards.find(options["board"]), options["directory"]
    if ".." in out.parts:  # its folders may not be there, and are not made
        out = options["directory"] = out.resolve()
    Goal(clock_mhz=options["clock"])  # which checks it
    of_design = Path(options["model"]).is_dir()
    write.check(out, Path(options["model"]) if of_design else None)
    check_kept(out, options)
    if options["force"] and not of_design:
        rule = "is of designs on disk, whose files can have changed"
        raise bad_input("--force", options["model"], rule, "leave it out")
    check_tools(terminal, *bitstream.tools(board))
    with write.alone(out):
        return _build(terminal, board, options, _design if of_design else _compiled)


def _build(
    terminal: Terminal, board: "Board", options: dict[str, Any], take: Callable[..., Any]
) -> int:
    """Make the bitstream of what ``take`` gives, check it, report it; returns the exit code."""
    from fcgen.boards import build, build_text, write
    from fcgen.compile import verdict_fields

    out, fixed = options["directory"], options["clock"]
    design, estimate, certificate = take(terminal, board, options)
    with terminal.progress() as progress:
        values = write.write_build(
            design,
            board,
            out,
            fixed or build.first_clock(board, estimate),
            fixed=fixed is not None,
            baud=options["baud"],
            seed=options["seed"],
            command=shlex.join(["fcgen", *(click.get_current_context().find_root().obj or ())]),
            say=progress,
        )
    terminal.result(build_text.lines(values, board))
    found = found_out(terminal, out, options)
    proof = {"certificate": verdict_fields(certificate)} if certificate else {}
    terminal.record({**values, "directory": str(out), **found, **proof})
    if found["mismatches"]:
        terminal.note("the hardware is not equal to the reference: do not use this bitstream")
        return 1
    if values["flash"]:
        terminal.note("the weights come from the flash memory at start: `fcgen flash` writes both")
    elif not values["weights_at_start"]:
        terminal.note("the weights come from the host at start: `fcgen run` writes them first")
    permanent = " --permanent" if values["flash"] else ""
    terminal.note(f"next: fcgen flash {shlex.quote(str(out))}{permanent}")
    unequal = certificate is not None and not certificate.exact
    return _goal_reached(terminal, options, values) or int(unequal)


def _design(
    terminal: Terminal, board: "Board", options: dict[str, Any]
) -> "tuple[Design, float | None, None]":
    """Return the design of a directory and its estimated clock; nothing is certified."""
    from fcgen.boards import room
    from fcgen.design.design import Design
    from fcgen.devices.device import MappingOptions
    from fcgen.estimation.for_design import estimate_design
    from fcgen.synthesis.for_design import device_of

    context = click.get_current_context()
    for name in options.keys() - OF_DESIGN:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = f"--{name.replace('_', '-')}"
            rule = f"{options['model']} decides that itself"
            raise bad_input(option, options[name], rule, "leave it out, or give a MODEL")
    design = Design.open(options["model"], options["force"])
    terminal.notes(design.notes)
    device_of(design, board.device.name)
    if design.manifest.device == "generic":
        return design, None, None
    estimate = estimate_design(design, board.device.name)
    if not options["force"]:
        mapping = MappingOptions()
        room.check_board(board, estimate, design.network, design.schedule, mapping)
    return design, estimate.fmax_capped_mhz, None


def _compiled(
    terminal: Terminal, board: "Board", options: dict[str, Any]
) -> "tuple[Design, float | None, Certificate | None]":
    """Return the design of a model, its estimated clock, and its certificate."""
    from fcgen.boards import build, room, write
    from fcgen.boards.build_file import DESIGN
    from fcgen.boards.toolchains import toolchain
    from fcgen.folding.choice import Choice, Folder

    def accept(folder: Folder, choice: Choice) -> None:
        estimate, schedule = folder.estimate(choice.schedule), choice.schedule
        room.check_board(board, estimate, folder.network, schedule, folder.options)

    request = ModelRequest.of(options | {"clock": options["clock"] or build.first_clock(board)})
    terminal.notes(request.notes)
    with terminal.progress() as progress:
        compiled = request.compile(
            write.prepare(options["directory"]) / DESIGN,
            progress,
            device=board.device.name,
            reserve=toolchain(board).reserve(board, runtime_weights=options["runtime_weights"]),
            accept=accept,
        )
    request.tell(terminal, compiled)
    made = compiled.accelerator
    return made.design, made.estimate(board.device.name, None).fmax_capped_mhz, compiled.certificate


def _goal_reached(terminal: Terminal, options: dict[str, Any], values: dict[str, Any]) -> int:
    """Return the exit code: 1 where the routed clock is too slow for the goal."""
    reached = values["inferences_per_second"]
    if options["fps"] is not None and reached < options["fps"]:
        what = (
            f"--fps: {options['fps']:g}: {reached:,.0f} vectors a second are reached at "
            f"{values['clock_mhz']:.2f} MHz; give --clock {values['clock_mhz']:.2f} to fold for it"
        )
        terminal.result([what])  # no note: it is why the exit code is 1, also with --quiet
        return 1
    return 0
