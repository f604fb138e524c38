"""Whether a design is still what its manifest says: hashes of files, and fields that follow."""

import os
from pathlib import Path

from fcgen.design.manifest import MANIFEST, Manifest, hash_file
from fcgen.design.manifest_reader import REMEDY, load, read
from fcgen.design.manifest_text import text
from fcgen.errors import InputError, bad_input
from fcgen.files import document
from fcgen.network.network import Network

# Checked elsewhere, or, like the versions, different from one installation to another.
_NOT_DERIVED = ("files", "versions", "runtime_weights", "ports", "interface")


def differing_fields(directory: Path, manifest: Manifest, network: Network) -> list[str]:
    """Return a line for each field that does not follow from the layer and the folding.

    Parameters
    ----------
    directory : Path
    manifest : Manifest
        As it was read, with the cycles that the layer and the folding give.
    network : Network
    """
    path = directory / MANIFEST
    found, derived = load(path), document.load(text(manifest, network), str(path))
    fields = [key for key in {**found, **derived} if key not in _NOT_DERIVED]
    return [
        f"{path}: {key}: is not what the layer and the folding give"
        for key in fields
        if found.get(key) != derived.get(key)
    ]


def changed_files(directory: Path, manifest: Manifest) -> list[str]:
    """Return a line for each file that no longer matches its hash.

    Raises
    ------
    InputError
        When a file is missing or is not a plain file of this directory.
    """
    lines = []
    for name, digest in manifest.files.items():
        path = directory / name
        if path.is_symlink() or not path.is_file():
            raise bad_input(path, "no such file", "the manifest names it", REMEDY)
        try:
            found = hash_file(path)
        except OSError as error:
            raise bad_input(path, error.strerror, "cannot be read", REMEDY) from None
        if found != digest:
            lines.append(f"{path}: sha256 {found[:12]}…: has changed since the design was written")
    return lines


def check_not_of_a_design(path: Path, option: str) -> None:
    """Raise an InputError where a path leads to a file of a design, which would be lost."""
    target = Path(os.path.realpath(path))
    try:
        files = read(target.parent).files
    except InputError:
        return
    if target.name in (MANIFEST, *files):
        rule = "is a file of a design, which would be lost"
        raise bad_input(option, path, rule, "choose another file")
