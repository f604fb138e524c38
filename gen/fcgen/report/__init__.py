"""One page about a design: what is proven, measured and estimated of it, in a file of its own."""

from pathlib import Path

from fcgen.errors import ToolError, bad_input
from fcgen.load.vector_file import check_writable, write_whole
from fcgen.manifest import MANIFEST


def write(directory: Path, path: Path | None = None, force: bool = False) -> Path:
    """Write the page of a design to a file, whole or not at all, and return where it is.

    Parameters
    ----------
    directory : Path
        Of the design.
    path : Path, optional
        Default a file beside the design, named after it.
    force : bool
        Go on although a file of the design has changed.

    Raises
    ------
    InputError
        When the design, a result beside it, or ``path`` is not as it should be.
    ToolError
        When a package that draws is missing.
    """
    try:
        from fcgen.report.page import page
    except ModuleNotFoundError as error:
        raise ToolError(
            f"{error.name}: not installed: it draws the report; pip install 'fcgen[report]'"
        ) from None
    from fcgen.report.evidence import gather

    if path is None:
        place = directory.resolve()
        path = place.with_name(f"{place.name}.report.html")
    evidence = gather(directory, force)
    files = evidence.design.manifest.files
    if path.resolve() in {(directory / name).resolve() for name in (MANIFEST, *files)}:
        rule = "is a file of the design, which would be lost"
        raise bad_input("-o", path, rule, "choose another file")
    check_writable(path, "-o")
    text = page(evidence).encode()
    write_whole(path, lambda stream: stream.write(text), "-o")
    return path
