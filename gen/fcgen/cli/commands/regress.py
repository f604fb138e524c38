"""``fcgen regress``: many layers through an engine."""

from pathlib import Path

import click

from fcgen.cli.commands.options import FILE, SEED_MAX, Integer, common, engine
from fcgen.text.terminal import Terminal


@click.command(short_help="Run many layers through an engine.")
@click.argument("directories", metavar="[DIR]...", nargs=-1, type=FILE)
@click.option(
    "--count", type=Integer(1, SEED_MAX), default=20, show_default=True, help="Random layers."
)
@engine
@click.option("--jobs", type=Integer(1, 1024), default=1, show_default=True, help="Processes.")
@click.option("--networks", is_flag=True, help="Random networks in place of layers.")
@click.option("--only", type=Integer(0, SEED_MAX), help="The one random layer to run.")
@click.option(
    "--junit",
    type=FILE,
    default="build/regress.xml",
    show_default=True,
    help="JUnit XML file to write.",
)
@common
def command(
    directories: tuple[Path, ...],
    count: int,
    engine: str | None,
    jobs: int,
    networks: bool,
    only: int | None,
    junit: Path,
    as_json: bool,
    quiet: bool,
    seed: int,
) -> int:
    """Run random layers, or networks, or the designs in DIR..., through an engine, disturbed."""
    from fcgen.load.arrays.vector_file import check_writable, write_whole
    from fcgen.regression.regress import regress

    terminal = Terminal(json=as_json, quiet=quiet)
    check_writable(junit, "--junit", create=True)
    with terminal.progress() as progress:
        report = regress(
            directories,
            count=count,
            seed=seed,
            engine=engine,
            jobs=jobs,
            only=only,
            networks=networks,
            progress=lambda case: progress(f"{case.name}: {case.description}"),
        )
    write_whole(junit, lambda stream: stream.write(report.junit().encode()), "--junit")
    terminal.result(report.lines())
    terminal.note(f"JUnit XML: {junit}")
    terminal.record(
        {
            "engine": report.engine,
            "cases": len(report.results),
            "failures": [vars(case) for case in report.failures],
            "notes": list(report.notes),
            "junit": str(junit),
        }
    )
    return 1 if report.failures else 0
