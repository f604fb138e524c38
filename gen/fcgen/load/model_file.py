"""Model files of any format: their bytes, and how large they may be."""

from pathlib import Path

from fcgen.errors import bad_input

BYTES_MAX = 1 << 31
ELEMENTS_MAX = 1 << 28
"""Of one tensor."""


def content(path: Path) -> bytes:
    """Return the bytes of a model file of bounded size."""
    try:
        if path.exists() and not path.is_file():
            raise bad_input(path, "not a file", "must be a regular file", "check the path")
        with path.open("rb") as stream:
            found = stream.read(BYTES_MAX + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise bad_input(path, reason, "cannot be read", "check the path") from None
    if len(found) > BYTES_MAX:
        rule = f"a model has at most {BYTES_MAX:,} bytes"
        raise bad_input(path, "too large", rule, "give a smaller one, or external data")
    return found
