"""One page about a design: what is proven, measured and estimated of it, in a file of its own."""

from pathlib import Path

from fcgen.boards.build_file import DESIGN, FILE, is_sound_build
from fcgen.design.manifest import MANIFEST
from fcgen.errors import ToolError, bad_input
from fcgen.load.arrays.vector_file import check_writable, write_whole
from fcgen.tools.install import install_command

PAGE = "report.html"
"""Of a build."""


def write(directory: Path, path: Path | None = None, force: bool = False) -> Path:
    """Write the page of a design or a build to a file, whole, and return where it is.

    Parameters
    ----------
    directory : Path
        Of the design, or of the build that it stands in.
    path : Path, optional
        Default ``report.html`` in a build, or a file beside the design, named after it.
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
            f"{error.name}: not installed: it draws the report; run "
            f"`{install_command('fcgen[report]')}`"
        ) from None
    from fcgen.report.evidence import gather

    build = is_sound_build(directory)
    design = directory / DESIGN if build else directory
    if path is None and build:
        path = directory / PAGE
    if path is None:
        place = directory.resolve()
        path = place.with_name(f"{place.name}.report.html")
    evidence = gather(design, force)
    files = evidence.design.manifest.files
    if path.resolve() in {(design / name).resolve() for name in (MANIFEST, *files)}:
        rule = "is a file of the design, which would be lost"
        raise bad_input("-o", path, rule, "choose another file")
    beside = (path.resolve().parent / FILE).exists()
    if beside and path.is_file() and path.suffix != Path(PAGE).suffix:
        rule = "is a file of a build, which would be lost"
        raise bad_input("-o", path, rule, "choose another file")
    check_writable(path, "-o")
    text = page(evidence).encode()
    write_whole(path, lambda stream: stream.write(text), "-o")
    return path
