import json

import numpy as np
import pytest

from designs import small_layer
from fcgen.errors import InputError
from fcgen.network.network import Network
from fcgen.quantization.accuracy import CLASSES_MAX, Accuracy, accuracy_of_integers
from fcgen.quantization.model_data import LabelledData, labelled

TRUTH = np.array([0, 1, 2, 2])


@pytest.fixture
def accuracy():
    return Accuracy.of(TRUTH, TRUTH, np.array([0, 1, 1, 2]), 3)


def test_the_confusion_counts_labels_by_row_and_classes_by_column(accuracy):
    assert accuracy.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    assert (accuracy.float_model, accuracy.quantised) == (1.0, 0.75)


def test_its_text_gives_it_back(accuracy):
    found = Accuracy.from_json(accuracy.to_json(), "accuracy.json")
    assert found.as_dict() == accuracy.as_dict()
    assert np.array_equal(found.confusion, accuracy.confusion)


def test_many_classes_have_no_matrix():
    found = Accuracy.of(TRUTH, TRUTH, TRUTH, CLASSES_MAX + 1)
    assert found.confusion is None
    assert Accuracy.from_json(found.to_json(), "accuracy.json").confusion is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vectors", 0),
        ("quantised", None),
        ("confusion", 5),
        ("confusion", []),
        ("confusion", [[1, 0], [0]]),
        ("confusion", [[1, -1], [0, 1]]),
        ("more", 1),
    ],
)
def test_a_changed_text_is_one_line_with_the_file(field, value, accuracy):
    text = json.dumps(json.loads(accuracy.to_json()) | {field: value})
    with pytest.raises(InputError, match=r"^accuracy\.json"):
        Accuracy.from_json(text, "accuracy.json")


@pytest.mark.parametrize(("outputs", "known"), [(1, False), (2, True)])
def test_a_single_output_whose_worth_nobody_knows_has_no_class(outputs, known):
    data = LabelledData(np.zeros((3, 6), np.int8), np.array([0, 1, 1]))
    network = Network.single(small_layer(6, outputs))
    if known:
        assert accuracy_of_integers(network, data).vectors == 3
        return
    with pytest.raises(InputError, match=r"^--labels: .*leave --labels and --test out$"):
        accuracy_of_integers(network, data)


@pytest.mark.parametrize("value", [np.int8(3), np.float64(3), np.array(True)])
def test_an_array_without_rows_is_one_line(value):
    network = Network.single(small_layer(6, 3))
    with pytest.raises(InputError, match=r"^--test: .* of shape \(\): must hold"):
        labelled(network, np.asarray(value), np.array([0]))
