"""Types of the options of ``fcgen explore``, and which of them are of models or of layers alone."""

import re
from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from fcgen.errors import bad_input, shown
from fcgen.explore.definition import OF_LAYERS, OF_MODELS, option_of

WORDS = ("none", "pareto", "all")


class Listed(click.ParamType):
    """Words with commas between them."""

    name = "list"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return the words; what they may be is for others to check."""
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"[^,\s]+(,[^,\s]+)*", value):
            self.fail(f"{shown(value)}: must be values with commas between; correct it", param, ctx)
        return tuple(value.split(","))


class Synthesis(click.ParamType):
    """One of `WORDS`, or a number."""

    name = "|".join(("N", *WORDS))

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | int:
        """Return the word or the number."""
        if isinstance(value, int) or value in WORDS:
            return str(value) if isinstance(value, str) else value
        if not re.fullmatch(r"[1-9][0-9]{0,5}", value):
            rule = f"must be a number of points or one of {', '.join(WORDS)}"
            self.fail(f"{shown(value)}: {rule}; choose one of these", param, ctx)
        return int(value)


def check_kind(options: Mapping[str, Any]) -> None:
    """Refuse options of models beside a layer, and of layers beside a model."""
    source = click.get_current_context().get_parameter_source
    of_layer = options["outputs"] is not None
    kind, others = ("a layer", OF_MODELS) if of_layer else ("a model", OF_LAYERS)
    for name in others:
        if source(name) is ParameterSource.COMMANDLINE:
            rule = f"has no meaning for {kind}"
            raise bad_input(option_of(name), options[name], rule, "leave the option out")
