"""Networks of integers that `fcgen quantize` wrote."""

from pathlib import Path

from fcgen.load.model_file import content
from fcgen.network.network import Network


def read_network(path: Path) -> Network:
    """Read the JSON of a network.

    Raises
    ------
    InputError
        One line with the file and the field, for anything that is no such file.
    """
    return Network.from_json(content(path), str(path))
