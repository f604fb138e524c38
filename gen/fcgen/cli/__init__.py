"""The program ``fcgen``: its commands, and how whatever goes wrong becomes one line and a code."""

import contextlib
import importlib
import importlib.metadata
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from fcgen.errors import FcgenError, OutputError, shown
from fcgen.text.terminal import guarded_output

PROGRAM = "fcgen"
COMMANDS = (
    *("layer", "compile", "inspect", "quantize", "certify", "simulate", "regress"),
    *("summary", "estimate", "synth", "explore", "report", "parameters"),
    *("build", "flash", "run", "boards", "demo", "doctor"),
)
DEBUG = "FCGEN_DEBUG"
BAD_OPTION, BUG, INTERRUPTED = 2, 1, 130


class _Commands(click.Group):
    """Commands, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"fcgen.cli.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            known = ", ".join(COMMANDS)
            raise click.UsageError(f"{shown(args[0])}: no such command; use one of {known}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `fcgen demo`. Exit codes: 0 done, 1 a check failed, 2 bad input, "
    "3 a tool is missing or failed.",
)
@click.version_option(importlib.metadata.version(PROGRAM), prog_name=PROGRAM)
@click.pass_context
def program(context: click.Context) -> None:
    """Turn fully connected layers into Verilog that equals a NumPy reference, bit for bit."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default those of the process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with guarded_output():
            code = program.main(words, prog_name=PROGRAM, standalone_mode=False, obj=words)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        return _report(_line(error, words), BAD_OPTION, words)
    except OutputError as error:
        return _report(str(error), error.exit_code, ())
    except FcgenError as error:
        return _report(str(error), error.exit_code, words, error.details)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        what = f"{type(error).__name__}: {shown(error)}"
        advice = f"this is a bug in fcgen; set {DEBUG}=1 for its traceback and report it"
        return _report(f"{what}; {advice}", BUG, words)
    return code if isinstance(code, int) else 0


def _report(
    line: str, code: int, words: Sequence[str], details: Mapping[str, Any] | None = None
) -> int:
    print(f"{PROGRAM}: error: {line}", file=sys.stderr)
    if "--json" in words:
        with contextlib.suppress(OSError):
            print(json.dumps({"error": line, "exit_code": code, **(details or {})}), flush=True)
    return code


def _line(error: click.ClickException, words: Sequence[str]) -> str:
    """Return what is wrong with the options in one line."""
    named = [word for word in words if word in COMMANDS][:1]
    command = " ".join([PROGRAM, *named, "--help"])
    if isinstance(error, click.NoSuchOption):
        return f"{shown(error.option_name)}: no such option; run `{command}` for those there are"
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return f"{_name(error.param)}: missing: must be given; run `{command}` to see how"
    if isinstance(error, click.BadOptionUsage):
        what = error.message.partition(error.option_name)[2].strip(" '.") or error.message
        return f"{error.option_name}: {shown(what)}; run `{command}` to see how"
    text = " ".join(error.format_message().split()).rstrip(".")
    if isinstance(error, click.BadParameter):
        return f"{_name(error.param)}: {error.message}" if error.param else text
    return text if ";" in text else f"{text}; run `{command}` to see how"


def _name(parameter: click.Parameter) -> str:
    """Return the name under which a user knows a parameter."""
    if isinstance(parameter, click.Option):
        return parameter.opts[0]
    return parameter.human_readable_name
