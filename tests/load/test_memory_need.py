"""What needs more memory than there is is refused before it is taken."""

import numpy as np
import pytest

from command_line import run
from fcgen.errors import InputError
from fcgen.load import detect, memory_need


@pytest.fixture
def free(monkeypatch):
    """Set how many GiB are free."""
    return lambda gib: monkeypatch.setattr(memory_need, "available", lambda: int(gib * 2**30))


def test_the_largest_layer_is_refused_in_a_machine_without_64_gib(capsys, free, tmp_path):
    free(21.5)
    outcome = run(capsys, "layer", "65535", "65535", "-o", tmp_path / "out")
    assert outcome.code == 2
    assert outcome.error == (
        "layer: 4,294,836,225 weights: need about 64.0 GiB of memory, and 21.5 GiB are free; give "
        "a smaller one, or a machine with more memory"
    )
    assert not (tmp_path / "out").exists()


def test_what_fits_is_not_refused(capsys, free, tmp_path):
    free(0.001)
    assert run(capsys, "layer", "8", "4", "-q", "-o", tmp_path / "out").code == 0


def test_a_model_is_refused_by_its_weights(free, tmp_path):
    free(1e-6)
    np.savez(tmp_path / "m.npz", w=np.ones((300, 700), np.float32))
    (tmp_path / "m.json").write_text(
        '{"format": "fcgen-model-1", "input_shape": [700], '
        '"layers": [{"weight": "w", "name": "a"}]}'
    )
    with pytest.raises(InputError, match=r"m\.npz: 210,000 weights: need about 0\.0"):
        detect.load_model(tmp_path / "m.npz")


def test_a_system_that_says_nothing_refuses_nothing(monkeypatch):
    monkeypatch.setattr(memory_need, "available", lambda: None)
    memory_need.check_memory("x", 1 << 60, 16)


def test_the_memory_of_this_machine_is_known():
    assert memory_need.available() > 1 << 20


def test_the_limit_of_a_control_group_holds(monkeypatch, tmp_path):
    (tmp_path / "memory.max").write_text("1048576\n")
    monkeypatch.setattr(memory_need, "CGROUP", tmp_path)
    assert memory_need.available() == 1048576
    (tmp_path / "memory.max").write_text("max\n")
    assert memory_need.available() > 1048576
