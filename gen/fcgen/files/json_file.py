"""JSON objects in files from outside: regular ones of bounded size, parsed strictly."""

from pathlib import Path
from typing import Any

from fcgen.errors import bad_input
from fcgen.files import document


def read_json(path: Path, most: int, remedy: str) -> dict[str, Any]:
    """Read a JSON object of at most so many bytes from a regular file.

    Raises
    ------
    InputError
        One line that names the file and says what to do.
    """
    try:
        if not path.is_file():
            raise bad_input(path, "not a file", "must be a regular file", remedy)
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except OSError as error:
        raise bad_input(path, error.strerror, "cannot be read", remedy) from None
    if len(content) > most:
        raise bad_input(path, "too large", f"has at most {most:,} bytes", remedy)
    return document.load(content, str(path))
