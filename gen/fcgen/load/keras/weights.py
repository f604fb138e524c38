"""Weights from Keras's HDF5 files: those inside of ``.keras``, and the older whole models."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fcgen.errors import ToolError, bad_input
from fcgen.load.model import Floats
from fcgen.load.model_file import ELEMENTS_MAX

if TYPE_CHECKING:
    import h5py

_AGAIN = "save the model again with Keras"


def open_hdf5(data: bytes) -> h5py.File:
    """Open bytes as an HDF5 file.

    Raises
    ------
    ToolError
        Where the package ``h5py`` is missing.
    ValueError, OSError
        Where the bytes are no such file.
    """
    try:
        import h5py
    except ImportError:
        raise ToolError(
            "h5py: not installed: it reads Keras files; pip install 'fcgen[keras]'"
        ) from None
    return h5py.File(io.BytesIO(data), "r")


@dataclass(frozen=True)
class Place:
    """Place of a layer in the model.

    Attributes
    ----------
    names : tuple of str
        Its own name after those of the models around it.
    slots : tuple of str
        The same as Keras 3 counts them, such as ``dense_1`` for the second Dense of a model.
    """

    names: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()


class Weights(Protocol):
    """A store of the variables of layers."""

    def read(
        self, place: Place, names: tuple[str, ...], unread: tuple[str, ...] = ()
    ) -> list[Floats]:
        """Return the variables of a layer, which must have exactly these and the unread ones."""


class SlotWeights:
    """Weights as Keras 3 stores them in ``.keras``: by the place of the layer and a number."""

    def __init__(self, file: h5py.File) -> None:
        self.file = file

    def read(
        self, place: Place, names: tuple[str, ...], unread: tuple[str, ...] = ()
    ) -> list[Floats]:
        """Return the variables of a layer, which must have exactly these and the unread ones."""
        group: Any = self.file
        for slot in place.slots:
            group = _child(_child(group, "layers", place), slot, place)
        group = _child(group, "vars", place)
        if set(group) != {str(number) for number in range(len(names + unread))}:
            raise _wrong(place, f"{len(group)} variables", names)
        return [_values(group, str(number), place) for number in range(len(names))]


class NamedWeights:
    """Weights as stored in ``.h5``: an attribute of each layer lists its variables' paths."""

    def __init__(self, file: h5py.File, listed: dict[str, list[str]]) -> None:
        self.file, self.listed = _child(file, "model_weights", Place()), listed

    def read(
        self, place: Place, names: tuple[str, ...], unread: tuple[str, ...] = ()
    ) -> list[Floats]:
        """Return the variables of a layer, which must have exactly these and the unread ones."""
        group = _child(self.file, place.names[0], place)
        listed = self.listed[place.names[0]]
        parts = {path: path.partition(":")[0].split("/") for path in listed}
        # A model in the model has the variables of all its layers in one list.
        own = [p for p in listed if len(place.names) == 1 or parts[p][-2:-1] == [place.names[-1]]]
        paths = {parts[path][-1]: path for path in own}
        if set(paths) != {*names, *unread} or len(own) != len(paths):
            raise _wrong(place, ", ".join(listed), names)
        found = []
        for name in names:
            inner = group
            *parents, last = paths[name].split("/")
            for parent in parents:
                inner = _child(inner, parent, place)
            found.append(_values(inner, last, place))
        return found


def _child(group: Any, name: str, place: Place) -> Any:
    """Return a member of a group; links out of the file are not followed."""
    from h5py import h5l

    links, key = group.id.links, name.encode()
    if not links.exists(key) or links.get_info(key).type != h5l.TYPE_HARD:
        subject = f"layer {'/'.join(place.names)}" if place.names else "the file"
        raise bad_input(subject, name, "its weights are not there", _AGAIN)
    return group[name]


def _values(group: Any, name: str, place: Place) -> Floats:
    """Return a variable, which must be stored in the file plainly and completely."""
    data = _child(group, name, place)
    plain = data.chunks is None and not data.external and not data.is_virtual
    whole = (
        data.size <= ELEMENTS_MAX and data.id.get_storage_size() == data.size * data.dtype.itemsize
    )
    if data.dtype.kind != "f" or not plain or not whole:
        rule = "must be plain floats, neither quantised, in chunks, nor in another file"
        found = f"{data.dtype} {data.shape}"
        raise bad_input(f"layer {'/'.join(place.names)}: {name}", found, rule, _AGAIN)
    with np.errstate(invalid="ignore"):  # NaN is refused by the layer
        return np.asarray(data[()], np.float64)


def _wrong(place: Place, found: str, names: tuple[str, ...]) -> Exception:
    rule = f"the layer needs {', '.join(names)}"
    return bad_input(f"layer {'/'.join(place.names)}: weights", found, rule, _AGAIN)
