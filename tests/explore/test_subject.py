import numpy as np
import pytest

from fcgen.errors import InputError
from fcgen.explore.definition import fingerprint
from fcgen.explore.point import Widths
from fcgen.explore.store import Store
from fcgen.explore.subject import LayerSubject, load, prepare

BITS = Widths(4, 6)


def test_a_network_is_made_once_for_each_pair_of_widths(tmp_path):
    store = Store(tmp_path)
    prepare(store, LayerSubject((8,), 4), BITS)
    prepare(store, LayerSubject((8,), 5), BITS)
    network, accuracy = load(tmp_path, BITS)
    assert (network.outputs, accuracy) == (4, None)
    assert network.layers[0].weight_format.bits == 4
    assert network.activation_format.bits == 6


def test_a_process_that_has_seen_another_sweep_there_reads_the_new_one(tmp_path):
    for outputs in (4, 5):
        store = Store(tmp_path)
        prepare(store, LayerSubject((8,), outputs), BITS)
        assert load(tmp_path, BITS)[0].outputs == outputs
        store.path("networks", str(BITS)).unlink()


def test_a_network_that_is_not_there_is_not_made_up(tmp_path):
    with pytest.raises(InputError, match="belongs here; remove the file"):
        load(tmp_path, BITS)


def test_a_file_is_known_by_its_contents_and_those_of_its_json(tmp_path):
    path = tmp_path / "w.npz"
    np.savez(path, a=np.zeros(3))
    seen = {fingerprint(path)}
    path.with_suffix(".json").write_text("{}")
    seen.add(fingerprint(path))
    np.savez(path, a=np.ones(3))
    seen.add(fingerprint(path))
    assert len(seen) == 3
    assert all(text.startswith("w.npz (") for text in seen)
