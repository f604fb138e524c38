"""``fcgen synth``: a design on a device: what it takes and how fast it runs."""

from typing import Any

import click

from fcgen.cli.commands.options import FILE, Choice, Integer, Real, common
from fcgen.cli.commands.writing import check_tools
from fcgen.text.terminal import Terminal

SPEEDS = ("6", "7", "8")


@click.command(short_help="Synthesise, place and route a design.")
@click.argument("directory", metavar="DIR", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where logs stay; default DIR.synth/DEVICE.")
@click.option("--device", help="Default that of the design; a generic one needs it.")
@click.option("--speed", type=Choice(SPEEDS), help="Speed grade of an ECP5; default 6.")
@click.option("--seeds", type=Integer(1, 1000), default=3, show_default=True, help="Placements.")
@click.option("--freq", type=Real(), help="MHz to aim at; default what the silicon allows.")
@click.option("--jobs", type=Integer(1, 1024), default=2, show_default=True, help="Seeds at once.")
@click.option("--system-tools", is_flag=True, help="Yosys and nextpnr on PATH, not the wheels.")
@click.option("--force", is_flag=True, help="Go on although a file has changed or it cannot fit.")
@common
def command(as_json: bool, quiet: bool, **options: Any) -> None:
    """Synthesise, place and route the design in DIR.

    No Fmax is above what the silicon allows where nextpnr does not look; --seed is that of the
    first placement.
    """
    from fcgen.accelerator import open
    from fcgen.estimation.room import check_design
    from fcgen.synthesis import flow, for_design, result_text

    terminal = Terminal(json=as_json, quiet=quiet)
    accelerator = open(options["directory"], options["force"])
    terminal.notes(accelerator.notes)
    request = for_design.request_for(
        accelerator.design,
        options["device"],
        options["speed"],
        seeds=options["seeds"],
        seed=options["seed"],
        frequency=options["freq"],
        jobs=options["jobs"],
        system_tools=options["system_tools"],
    )
    if not options["force"]:
        check_design(accelerator.design, request)
    folder = options["output"] or for_design.folder_for(accelerator.design, request)
    check_tools(terminal, *request.tools)
    sources = for_design.sources_of(accelerator.design)
    with terminal.progress() as progress:
        result = flow.synthesize(sources, request, folder, progress)
    terminal.result(result_text.lines(result))
    terminal.note(f"logs: {folder}")
    terminal.record({**result.as_dict(), "directory": str(folder)})
