import socket
import sys

import pytest

from command_line import run
from explore.sweeps import contents, words

distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
# Dask's own threads and sockets end after the test.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def cluster():
    """A cluster in this process, with two workers."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        dashboard_address=None,
        protocol="tcp",
        host="127.0.0.1",
    ) as found:
        yield found


def test_a_cluster_gives_what_the_machine_gives(cluster, tmp_path, capsys):
    address = cluster.scheduler_address
    few = ("--folding", "96,32", "--device", "ice40-up5k")
    outcome = run(capsys, *words(tmp_path / "far"), *few, "--scheduler", address)
    assert outcome.code == 0
    assert "estimates: 4 of 4" in outcome.err
    assert run(capsys, *words(tmp_path / "near"), *few).code == 0
    assert contents(tmp_path / "far") == contents(tmp_path / "near")


def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("fcgen.explore.cluster.CONNECT_SECONDS", 1)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
    outcome = run(capsys, *words(tmp_path / "d"), "--scheduler", address)
    assert outcome.code == 3
    assert outcome.error.startswith(f"--scheduler: {address}: no answer (")


def test_a_word_that_is_no_address_is_one_line(tmp_path, capsys):
    outcome = run(capsys, *words(tmp_path / "d"), "--scheduler", "nonsense://x")
    assert outcome.code == 2
    assert outcome.error.startswith("--scheduler: nonsense://x: is no address of a scheduler")


def test_a_worker_that_does_not_see_the_directory_is_named(cluster, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("fcgen.explore.cluster.SWEEP", "another.json")
    address = cluster.scheduler_address
    outcome = run(capsys, *words(tmp_path / "d"), "--scheduler", address)
    assert outcome.code == 3
    assert outcome.error.endswith("workers need fcgen and the directory under the same path")


def test_without_dask_one_line_says_how_to_install_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setattr("fcgen.explore.cluster.find_spec", lambda _: None)
    outcome = run(capsys, *words(tmp_path / "d"), "--scheduler", "tcp://127.0.0.1:8786")
    assert outcome.code == 3
    assert outcome.error.endswith("pip install 'fcgen[cluster]'`")
    assert not list(tmp_path.iterdir())
