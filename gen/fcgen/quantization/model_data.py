"""Real vectors and labels for a model: from files, from a range, or else random, with a note."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.load.arrays.vector_file import read_array
from fcgen.load.integer_model import IntegerModel
from fcgen.load.model import Model
from fcgen.network.network import Network
from fcgen.quantization.given_inputs import meaning, reals_of

MADE_UP = 2048
"""Number of random vectors where no data are given."""
Floats = npt.NDArray[np.float64]
Source = Path | npt.NDArray[Any]
"""A ``.npy`` file, or an array."""


@dataclass(frozen=True, eq=False)
class ModelData:
    """Vectors for the calibration and for the measurement of accuracy.

    Attributes
    ----------
    calibration : ndarray of floats, shape (V, N)
    labels : ndarray of int64, shape (V,), optional
        Classes of ``test``.
    test : ndarray of floats, shape (V, N)
        Default the calibration data.
    notes : tuple of str
    """

    calibration: Floats
    test: Floats
    labels: npt.NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class LabelledData:
    """Labelled vectors on which the accuracy of a network of integers is measured.

    Attributes
    ----------
    test : ndarray, shape (V, N) or that of the source
        What the source takes, see `fcgen.quantization.given_inputs`.
    labels : ndarray of int64, shape (V,)
    subject : str
        Name of the vectors in messages.
    codes : bool
        Integers are codes, whatever the source takes.
    notes : tuple of str
        How the vectors are interpreted, as printed lines.
    """

    test: npt.NDArray[Any]
    labels: npt.NDArray[np.int64]
    subject: str = "--test"
    codes: bool = False
    notes: tuple[str, ...] = ()


def labelled(
    model: IntegerModel | Network,
    test: Source | None,
    labels: Source | None,
    *,
    codes: bool = False,
) -> LabelledData | None:
    """Read vectors and their classes for a model of integers; None where neither is given.

    Parameters
    ----------
    model : IntegerModel or Network
    test : Path or ndarray, optional
        ``.npy`` of what the source takes.
    labels : Path or ndarray, optional
        ``.npy`` of integers (V,).
    codes : bool
        Integers in ``test`` are codes, whatever the source takes.

    Raises
    ------
    InputError
        One line for a file or an option that is wrong.
    """
    if test is None and codes:
        raise bad_input("--codes", "no --test", "says what it holds", "leave it out")
    if test is None and labels is None:
        return None
    if labels is None:
        assert test is not None
        rule = "is for the accuracy"
        raise bad_input("--test", _name(test, "vectors"), rule, "give --labels with it")
    if test is None:
        raise bad_input("--labels", _name(labels, "classes"), "needs data", "give --test")
    vectors = _array(test)
    place = _name(test, "--test")
    if not vectors.ndim:  # it has no length
        rule = "must hold vectors, one a row"
        found = f"{vectors.dtype} of shape {vectors.shape}"
        raise bad_input(place, found, rule, "save it that way")
    classes = _classes(labels, len(vectors), max(model.layers[-1].outputs, 2))
    said = meaning(model, vectors, place, codes=codes)
    return LabelledData(vectors, classes, place, codes, said)


def gather(
    model: Model | IntegerModel,
    calibration: Source | None = None,
    bounds: tuple[float, float] | None = None,
    labels: Source | None = None,
    test: Source | None = None,
    seed: int = 0,
) -> ModelData:
    """Read the data for a model, or make random ones.

    Parameters
    ----------
    model : Model or IntegerModel
    calibration : Path or ndarray, optional
        ``.npy`` of reals, integers too: (V, N), or the shape of the model's own input.
    bounds : (float, float), optional
        Range of seeded uniform vectors, where there are no data.
    labels : Path or ndarray, optional
        ``.npy`` of integers (V,): classes of ``test``.
    test : Path or ndarray, optional
        ``.npy`` as ``calibration``.
    seed : int

    Raises
    ------
    InputError
        One line for a file or an option that is wrong.
    """
    inputs, notes = int(np.prod(model.input_shape)), list[str]()
    random = np.random.default_rng(seed)
    if calibration is not None and bounds is not None:
        rule = "the data have their own range"
        raise bad_input("--range", "with --calibration", rule, "leave one of the two out")
    if calibration is not None:
        data = _reals(calibration, model, "--calibration", notes)
    elif bounds is not None:
        low, high = bounds
        if not (np.isfinite(bounds).all() and low < high):
            rule = "must be two numbers in order"
            raise bad_input("--range", f"{low:g} {high:g}", rule, "swap them")
        data = random.uniform(low, high, (MADE_UP, inputs))
        data[0], data[1] = low, high
    else:
        data = random.normal(0.0, 1.0, (MADE_UP, inputs))
        notes.append(
            "no data: ranges are those of seeded normal inputs, which yours may leave; give "
            "--calibration x.npy or --range LO HI"
        )
    tested = data if test is None else _reals(test, model, "--test", notes)
    classes = None
    if labels is not None:
        if test is None and calibration is None:
            raise bad_input(
                "--labels", _name(labels, "an array"), "needs data", "give --calibration or --test"
            )
        # The sign of a single output tells two classes.
        classes = _classes(labels, len(tested), max(model.layers[-1].outputs, 2))
    return ModelData(data, tested, classes, tuple(notes))


def _name(source: Source, otherwise: str) -> str:
    return str(source) if isinstance(source, Path) else otherwise


def _array(source: Source) -> npt.NDArray[Any]:
    return read_array(source) if isinstance(source, Path) else np.asarray(source)


def _reals(source: Source, model: Model | IntegerModel, option: str, notes: list[str]) -> Floats:
    array, place = _array(source), _name(source, option)
    found = reals_of(model, array, place)
    notes += [f"{place}: {array.dtype}, reals"] if array.dtype.kind != "f" else []
    return found


def _classes(source: Source, vectors: int, count: int) -> npt.NDArray[np.int64]:
    array, place = _array(source), _name(source, "--labels")
    if not vectors:
        raise bad_input("--labels", place, "there are no vectors", "give some")
    if array.dtype.kind not in "iu" or array.shape != (vectors,):
        rule = f"must hold {vectors} integers"
        found = f"{array.dtype} of shape {array.shape}"
        raise bad_input(place, found, rule, "give one class a vector")
    if array.size and not 0 <= int(array.min()) <= int(array.max()) < count:
        rule = f"must be classes from 0 to {count - 1}"
        raise bad_input(place, f"{array.min()} to {array.max()}", rule, "correct the labels")
    return np.asarray(array, np.int64)
