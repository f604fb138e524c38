"""Modules of PyTorch: the layers compute what the module does in evaluation."""

import numpy as np
import pytest

import fcgen
from fcgen.errors import InputError

torch = pytest.importorskip("torch")
nn = torch.nn


def batch_norm(features, **options):
    """A BatchNorm1d with statistics and negative gains."""
    module = nn.BatchNorm1d(features, **options)
    with torch.no_grad():
        module.running_mean.normal_()
        module.running_var.uniform_(0.1, 2)
        if module.weight is not None:
            module.weight.normal_()
            module.bias.normal_()
    return module


SHARED = nn.ReLU()
torch.manual_seed(0)
MODULES = {
    "linear": nn.Linear(4, 3),
    "without a bias": nn.Sequential(nn.Linear(4, 3, bias=False)),
    "one input and one output": nn.Sequential(nn.Linear(1, 1)),
    "relu": nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)),
    "a module that is there twice": nn.Sequential(
        nn.Linear(4, 4), SHARED, nn.Linear(4, 4), SHARED, nn.Linear(4, 2)
    ),
    "relu6, hardtanh and leaky relu": nn.Sequential(
        *(nn.Linear(4, 4), nn.ReLU6(), nn.Linear(4, 4), nn.Hardtanh(-0.3, 0.2)),
        *(nn.Linear(4, 4), nn.LeakyReLU(0.3), nn.Linear(4, 2)),
    ),
    "sigmoid and tanh": nn.Sequential(
        nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2), nn.Tanh()
    ),
    "dropout, flatten and identity": nn.Sequential(
        nn.Flatten(), nn.Identity(), nn.Linear(4, 3), nn.Dropout(0.5)
    ),
    "batch normalization in front": nn.Sequential(batch_norm(4), nn.Linear(4, 3)),
    "batch normalization behind": nn.Sequential(nn.Linear(4, 3), batch_norm(3), nn.ReLU()),
    "batch normalization between": nn.Sequential(
        nn.Linear(4, 5), nn.ReLU(), batch_norm(5, affine=False, eps=0.1), nn.Linear(5, 3)
    ),
    "nested": nn.Sequential(
        nn.Sequential(nn.Linear(4, 5), nn.Sequential(nn.ReLU())), nn.Linear(5, 3)
    ),
    "double precision": nn.Sequential(nn.Linear(4, 3), nn.ReLU()).double(),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_read_as_it_evaluates(name):
    module = MODULES[name]
    model = fcgen.load(module.train())
    x = torch.randn(50, *model.input_shape, dtype=next(module.parameters()).dtype)
    expected = module.eval()(x).detach().numpy()
    assert np.allclose(model.forward(x.numpy()), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("end", "tail"),
    [
        (nn.Softmax(1), "softmax"),
        (nn.LogSoftmax(-1), "log_softmax"),
        (nn.Sigmoid(), "sigmoid"),
    ],
)
def test_the_end_of_a_classifier_is_no_activation(end, tail):
    model = fcgen.load(nn.Sequential(nn.Linear(4, 3), end))
    assert (model.tail.kind, model.layers[0].activation.name) == (tail, "")


def test_modules_are_named_by_their_place():
    model = fcgen.load(nn.Sequential(nn.Sequential(nn.Linear(4, 5)), batch_norm(5), nn.ReLU()))
    assert [(node.kind, node.name, node.became) for node in model.nodes] == [
        ("Linear", "0.0", "layer 1, 4 → 5"),
        ("BatchNorm1d", "1", "folded into weights and bias"),
        ("ReLU", "2", "activation of layer 1"),
    ]
    assert (model.name, model.format) == ("Sequential", "PyTorch")


def test_a_subclass_that_only_builds_a_sequential_is_read():
    class Net(nn.Sequential):
        def __init__(self):
            super().__init__(nn.Linear(4, 3), nn.ReLU())

    assert fcgen.load(Net()).name == "Net"


class Own(nn.Module):
    """A module with a forward of its own."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x):
        """Compute something."""
        return self.layer(x) * x[:, :3]


class OwnSequential(nn.Sequential):
    """A Sequential with a forward of its own."""

    def forward(self, x):
        """Compute something."""
        return -super().forward(x)


def hooked():
    module = nn.Sequential(nn.Linear(4, 3))
    module[0].register_forward_hook(lambda module, given, result: -result)
    return module


_EXPORT = "use nn.Sequential of dense layers, or export the model to ONNX"
REFUSED = {
    "a module of one's own": (Own(), f"layer model: Own: is not supported; {_EXPORT}"),
    "a forward of its own": (
        OwnSequential(nn.Linear(4, 3)),
        f"layer model: OwnSequential: has a forward of its own; {_EXPORT}",
    ),
    "another activation": (
        nn.Sequential(nn.Linear(4, 3), nn.ELU()),
        f"layer 1: ELU: is not supported; {_EXPORT}",
    ),
    "hooks": (hooked(), "layer 0: Linear: has hooks, which may change values; remove them"),
    "no statistics": (
        nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3, track_running_stats=False)),
        "layer 1: BatchNorm1d: has no running statistics, and depends on each batch; train it "
        "with track_running_stats",
    ),
    "sizes that do not fit": (
        nn.Sequential(nn.Linear(4, 3), nn.Linear(2, 1)),
        "layer 1: Linear: weights of shape (1, 2) do not take the 3 values before; correct the "
        "model",
    ),
    "a normalization of another size": (
        nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(2)),
        "layer 1: BatchNorm1d: has 2 features, and the layer before gives 3; correct the model",
    ),
    "a flattening of the batch": (
        nn.Sequential(nn.Flatten(0), nn.Linear(4, 3)),
        "layer 0: Flatten: mixes the vectors of a batch; use start_dim=1",
    ),
    "a softmax of the batch": (
        nn.Sequential(nn.Linear(4, 3), nn.Softmax(0)),
        "layer 1: Softmax: is not over the classes; use dim=1",
    ),
    "nothing": (
        nn.Sequential(),
        f"layer model: Sequential: no dense layer was found; {_EXPORT}",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_chain_of_dense_layers_is_refused_by_its_module(name):
    module, line = REFUSED[name]
    with pytest.raises(InputError) as caught:
        fcgen.load(module)
    assert str(caught.value) == line


def test_weights_that_are_not_numbers_are_refused():
    module = nn.Sequential(nn.Linear(4, 3))
    with torch.no_grad():
        module[0].weight[1, 2] = float("nan")
    with pytest.raises(InputError, match=r"^0: weight: nan at \(1, 2\): must be finite; "):
        fcgen.load(module)
