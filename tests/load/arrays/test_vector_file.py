import os
import stat

import numpy as np
import pytest

from fcgen.errors import InputError
from fcgen.load.arrays.vector_file import check_writable, read_array, write_outputs


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.npy"


def refused(path) -> str:
    with pytest.raises(InputError) as error:
        read_array(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_an_array_in_fortran_order_is_read_by_its_indices(path):
    values = np.arange(60).reshape(5, 12) % 8
    np.save(path, np.asfortranarray(values))
    assert np.array_equal(read_array(path), values)


def test_a_missing_file_is_refused(path):
    assert refused(path) == "No such file or directory: cannot be read; check the path"


def test_a_directory_is_refused(path):
    path.mkdir()
    assert refused(path) == "Is a directory: cannot be read; check the path"


def test_an_empty_file_is_refused(path):
    path.touch()
    assert refused(path) == "0 bytes: is empty; save integers with numpy.save"


def test_a_file_that_is_no_array_is_refused(path):
    path.write_text("1 2 3\n" * 100)
    assert refused(path).endswith("is not a readable .npy; save it again with NumPy")


def test_an_array_that_needs_pickle_is_refused(path):
    np.save(path, np.array([{}]), allow_pickle=True)
    assert refused(path).startswith("dtype object: needs pickle")


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (100, "is not a readable .npy; save it again with NumPy"),
        (130, "2 bytes of values: the header declares 60; save integers with numpy.save"),
        (187, "59 bytes of values: the header declares 60; save integers with numpy.save"),
    ],
)
def test_a_truncated_file_is_refused(kept, message, path):
    np.save(path, np.zeros((5, 12), np.int8))
    path.write_bytes(path.read_bytes()[:kept])
    assert refused(path).endswith(message)


def test_a_second_array_behind_the_first_is_refused(path):
    with path.open("wb") as stream:
        np.save(stream, np.zeros((5, 12), np.int8))
        np.save(stream, np.zeros((5, 12), np.int8))
    assert refused(path).startswith("248 bytes of values: the header declares 60; ")


@pytest.mark.parametrize("text", ["{'descr': '|i1', 'shape': (", "((((", "'", "\\", "{1: 2}", ""])
def test_a_broken_header_is_refused(text, path):
    padded = text.encode().ljust(117) + b"\n"
    path.write_bytes(np.lib.format.magic(1, 0) + len(padded).to_bytes(2, "little") + padded)
    assert refused(path).endswith("is not a readable .npy; save it again with NumPy")


def test_a_pipe_is_refused_without_waiting_for_a_writer(path):
    os.mkfifo(path)
    assert refused(path) == "not a file: must be a regular file; check the path"


@pytest.mark.parametrize("shape", [(10**15, 12), (2**62, 2**62), (10**40, 12), (-5, 12)])
def test_a_header_that_declares_more_than_there_is_allocates_nothing(shape, path):
    with path.open("wb") as stream:
        header = {"descr": "|i1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
    declared = shape[0] * shape[1]
    assert refused(path) == (
        f"0 bytes of values: the header declares {declared}; save integers with numpy.save"
    )


def test_outputs_are_written_whole(tmp_path):
    outputs = np.arange(6).reshape(2, 3)
    write_outputs(tmp_path / "y.npy", outputs)
    assert np.array_equal(np.load(tmp_path / "y.npy"), outputs)
    assert [path.name for path in tmp_path.iterdir()] == ["y.npy"]


def test_outputs_take_the_place_of_older_ones(path):
    path.write_text("old")
    write_outputs(path, np.zeros((1, 1), np.int64))
    assert np.load(path).shape == (1, 1)


def test_a_failed_write_leaves_the_older_outputs(path, tmp_path, monkeypatch):
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        write_outputs(path, np.zeros((1, 1), np.int64))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_made_where_that_is_asked_for(tmp_path):
    check_writable(tmp_path / "a" / "b" / "y.xml", create=True)
    assert (tmp_path / "a" / "b").is_dir()


def test_a_missing_folder_is_refused_where_it_is_not(tmp_path):
    with pytest.raises(InputError, match="its folder does not exist"):
        check_writable(tmp_path / "a" / "y.npy")


def test_a_pipe_is_never_replaced_by_outputs(path):
    os.mkfifo(path)
    for write in (check_writable, lambda pipe: write_outputs(pipe, np.zeros((1, 1), np.int64))):
        with pytest.raises(InputError) as error:
            write(path)
        assert str(error.value) == (
            f"--outputs: {path}: cannot be written: is not a regular file; choose another file"
        )
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_link_to_a_pipe_is_refused(path, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    path.symlink_to("pipe")
    with pytest.raises(InputError, match="is not a regular file"):
        check_writable(path)


def test_outputs_go_to_the_target_of_a_link(path, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "y.npy").write_text("old")
    path.symlink_to("there/y.npy")
    write_outputs(path, np.ones((2, 1), np.int64))
    assert path.is_symlink()
    assert np.load(tmp_path / "there" / "y.npy").shape == (2, 1)


def test_a_circle_of_links_is_refused_as_outputs(path):
    path.symlink_to(path.name)
    with pytest.raises(InputError, match="is not a regular file"):
        check_writable(path)
