import json
import multiprocessing
import time

import pytest

from fcgen.errors import InputError
from fcgen.explore.store import Store, begin, write

DEFINITION = {"MODEL|SHAPE": "8 4", "--bits": ["8x8", "4x4"], "--seeds": 1}


def slow_once(directory, calls):
    """Make one result, and leave a mark for each time that it is really made."""

    def make():
        (calls / str(time.perf_counter_ns())).touch()
        time.sleep(0.3)
        return {"value": 1}

    Store(directory).once("estimates", "point", make)


def test_two_processes_never_make_one_result_twice(tmp_path):
    store, calls = begin(tmp_path / "d", DEFINITION), tmp_path / "calls"
    calls.mkdir()
    context = multiprocessing.get_context("fork")
    team = [context.Process(target=slow_once, args=(store.directory, calls)) for _ in range(4)]
    for process in team:
        process.start()
    for process in team:
        process.join(30)
    assert [process.exitcode for process in team] == [0] * 4
    assert len(list(calls.iterdir())) == 1
    assert store.read("estimates", "point") == {"value": 1}


def test_a_result_that_could_not_be_made_is_made_the_next_time(tmp_path):
    store = begin(tmp_path / "d", DEFINITION)

    def fail():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.once("estimates", "point", fail)
    assert store.once("estimates", "point", lambda: {"value": 2}) == {"value": 2}
    assert store.once("estimates", "point", fail) == {"value": 2}


def test_what_a_killed_process_has_half_written_does_not_count(tmp_path):
    store = begin(tmp_path / "d", DEFINITION)
    path = store.path("estimates", "point")
    path.parent.mkdir()
    path.with_name(f"{path.name}.partial").write_text('{"val')
    assert store.read("estimates", "point") is None
    assert store.once("estimates", "point", lambda: {"value": 3}) == {"value": 3}
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_is_moved_into_place_when_it_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "results" / "x.json"
    write(path, "old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write(path, "new")
    assert path.read_text() == "old"


def test_the_folder_of_an_attempt_is_new_and_leaves_nothing(tmp_path):
    store = begin(tmp_path / "d", DEFINITION)
    with store.attempt("x") as killed:
        (killed / "file").touch()
        with store.attempt("x") as folder:
            assert not killed.exists()
            assert folder != killed
            assert list(folder.iterdir()) == []
        assert not folder.exists()


def test_a_sweep_is_begun_once_and_gone_on_with(tmp_path):
    begin(tmp_path / "d", DEFINITION)
    stored = (tmp_path / "d" / "sweep.json").read_bytes()
    begin(tmp_path / "d", json.loads(json.dumps(DEFINITION)))
    assert (tmp_path / "d" / "sweep.json").read_bytes() == stored


def test_a_sweep_that_was_killed_before_it_was_defined_is_begun_anew(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "sweep.lock").touch()
    (tmp_path / "d" / "sweep.json.partial").write_text("{")
    begin(tmp_path / "d", DEFINITION)
    assert json.loads((tmp_path / "d" / "sweep.json").read_text())["--seeds"] == 1


def test_other_options_are_refused_in_one_line(tmp_path):
    begin(tmp_path / "d", DEFINITION)
    with pytest.raises(InputError) as caught:
        begin(tmp_path / "d", DEFINITION | {"--bits": ["8x8"]})
    assert str(caught.value) == (
        f"--bits: 8x8: the sweep in {tmp_path / 'd'} was begun with 8x8,4x4; "
        "give the options that it was begun with, or another directory"
    )


def test_a_directory_of_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"^-o: .*: is not empty and was not made by fcgen"):
        begin(tmp_path, DEFINITION)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
