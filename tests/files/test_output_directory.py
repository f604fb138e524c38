from pathlib import Path

import pytest

from fcgen.errors import InputError
from fcgen.files.output_directory import replacing


def ours(directory):
    return (directory / "mark").exists()


def fill(target, content="new"):
    with replacing(target, ours) as folder:
        (folder / "mark").write_text(content)


def fail(target):
    with replacing(target, ours) as folder:
        (folder / "mark").write_text("half")
        raise ZeroDivisionError


def test_a_missing_directory_is_made_with_its_parents(tmp_path):
    fill(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "mark").read_text() == "new"


def test_an_empty_directory_is_taken(tmp_path):
    (tmp_path / "b").mkdir()
    fill(tmp_path / "b")
    assert (tmp_path / "b" / "mark").exists()


def test_a_directory_of_ours_is_replaced_whole(tmp_path):
    fill(tmp_path / "b", "old")
    (tmp_path / "b" / "other").touch()
    fill(tmp_path / "b")
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["mark"]
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_any_other_directory_is_refused_and_left_alone(tmp_path):
    (tmp_path / "precious").touch()
    with pytest.raises(InputError, match="is not empty and was not made by fcgen"):
        fill(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file, not a directory"):
        fill(tmp_path / "file")


def test_a_failure_leaves_the_old_directory_and_nothing_else(tmp_path):
    fill(tmp_path / "b", "old")
    with pytest.raises(ZeroDivisionError):
        fail(tmp_path / "b")
    assert (tmp_path / "b" / "mark").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_parent_that_is_a_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot be written: .*/file is not a directory;"):
        fill(tmp_path / "file" / "b" / "c")


@pytest.mark.parametrize("place", [".", "..", "sub/.."])
def test_the_current_directory_is_never_replaced(place, tmp_path, monkeypatch):
    (tmp_path / "mark").touch()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub" if place == ".." else tmp_path)
    with pytest.raises(InputError, match="is or holds the current directory"):
        fill(Path(place))
    assert (tmp_path / "mark").read_text() == ""


@pytest.mark.parametrize("character", ['"', "\\", "\n", "\t", "\x7f"])
def test_names_that_simulators_cannot_take_are_refused(character, tmp_path):
    for target in (tmp_path / f"a{character}b", tmp_path / f"a{character}b" / "c"):
        with pytest.raises(InputError, match="in its path, which simulators cannot take"):
            fill(target)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a b", "größe", "it's", "$x;y"])
def test_other_names_are_taken(name, tmp_path):
    fill(tmp_path / name)
    assert (tmp_path / name / "mark").exists()


def test_a_failed_exchange_brings_the_old_directory_back(tmp_path, monkeypatch):
    fill(tmp_path / "b", "old")
    rename = type(tmp_path).rename

    def refuse(path, target):
        if path.name.startswith(".b-") and not path.name.endswith("-old"):
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(type(tmp_path), "rename", refuse)
    with pytest.raises(InputError, match="No space left on device"):
        fill(tmp_path / "b")
    assert (tmp_path / "b" / "mark").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
