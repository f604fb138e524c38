"""The directive ``verbs``: every verb of the program with its ``--help``, as it is today."""

import importlib

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from fcgen.cli import COMMANDS, PROGRAM

WIDTH = 88


def help_of(verb: str) -> str:
    """Return what ``fcgen VERB --help`` prints."""
    command: click.Command = importlib.import_module(f"fcgen.cli.commands.{verb}").command
    context = click.Context(command, info_name=f"{PROGRAM} {verb}", terminal_width=WIDTH)
    context.help_option_names = ["-h", "--help"]
    return command.get_help(context)


class Verbs(SphinxDirective):
    """A section a verb."""

    def run(self) -> list[nodes.Node]:
        """Return the sections, in the order of ``fcgen --help``."""
        sections = []
        for verb in COMMANDS:
            section = nodes.section(ids=[f"fcgen-{verb}"], names=[f"fcgen-{verb}"])
            section += nodes.title("", "", nodes.literal("", f"{PROGRAM} {verb}"))
            text = help_of(verb)
            section += nodes.literal_block(text, text, language="none")
            sections.append(section)
        return sections


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the directive."""
    app.add_directive("verbs", Verbs)
    return {"parallel_read_safe": True}
