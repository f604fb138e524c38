"""Names of a model's layers as Verilog identifiers."""

import re

from fcgen.network.network import Network
from fcgen.text.verilog_names import KEYWORDS

CHARACTERS_MAX = 40
RESERVED = {"clk", "rst", "error", "tb"}
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def instance_names(network: Network) -> tuple[str, ...]:
    """Return a distinct legal name of each layer: its own where that is one.

    A name that is no identifier, is a keyword or a port, is too long, or differs from one before
    in the case of its letters alone becomes ``layer_<number>``, counted from 1.
    """
    names: list[str] = []
    for number, layer in enumerate(network.layers, 1):
        name = layer.name
        if not _free(name, names):
            name = f"layer_{number}"
        while not _free(name, names):
            name += "_"
        names.append(name)
    return tuple(names)


def _free(name: str, taken: list[str]) -> bool:
    return (
        _IDENTIFIER.fullmatch(name) is not None
        and len(name) <= CHARACTERS_MAX
        and name not in KEYWORDS
        and not name.startswith(("in_", "out_", "parameter_"))
        and name.lower() not in RESERVED | {other.lower() for other in taken}
    )
