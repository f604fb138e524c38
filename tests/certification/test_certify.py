"""The certificate: what it proves holds everywhere, and what it lists is all that differs."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

import fcgen
import shared_models
from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.load.integer_model import IntegerLayer, IntegerModel
from fcgen.network.dense_layer import ThresholdList
from fcgen.network.network import End
from fcgen.network.reference import requantize, run, trace
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.float_chain import FloatChain
from fcgen.numerics.real_map import RealMap
from fcgen.numerics.roundings import BIPOLAR, ROUNDERS
from fcgen.numerics.source_step import DoubleProduct, FloatProduct, LikeStep
from fcgen.numerics.thresholds import thresholds

INT8 = IntegerFormat(8, signed=True)
INT4 = IntegerFormat(4, signed=True)


def layer(step, weight=None, bias=None, inputs=6, **fields):
    outputs = len(step.slope) if step is not None else 3
    random = np.random.default_rng(outputs)
    weight = random.integers(-9, 10, (outputs, inputs)) if weight is None else np.asarray(weight)
    given = {
        "name": "fc",
        "weight": weight,
        "bias": np.zeros(outputs, np.int64) if bias is None else np.asarray(bias),
        "weight_format": INT8,
        "activation_format": INT4,
        "input_zero_point": 0,
        "input_lo": -8,
        "input_hi": 7,
        "step": step,
    }
    return IntegerLayer(**{**given, **fields})


def model(*layers, target="onnxruntime"):
    shape = (layers[0].inputs,)
    return IntegerModel("m", "test", "x", shape, layers, target, None, None)


def every_accumulator(source, made):
    """For each output: accumulators of its reach, what the source and what the network gives."""
    least, most = source.reach
    for m in range(source.outputs):
        sums = np.arange(least[m], most[m] + 1)
        spread = np.repeat(sums[:, None], source.outputs, axis=1)
        own = requantize(made.requantization, spread - source.bias + made.bias)
        yield sums, source.step(spread)[:, m], own[:, m]


def differing(source, made):
    """All (output, accumulator) for which the two differ, by looking at each."""
    return {
        (m, int(at))
        for m, (sums, wanted, own) in enumerate(every_accumulator(source, made))
        for at in sums[wanted != own]
    }


def differences(source, made):
    """By how much the network's code is larger, for (output, accumulator) where it differs."""
    return {
        (m, int(at)): int(mine - theirs)
        for m, (sums, wanted, own) in enumerate(every_accumulator(source, made))
        for at, theirs, mine in zip(sums, wanted, own, strict=True)
        if theirs != mine
    }


def listed_steps(certificate):
    """The same, as the certificate lists it; no accumulator stands in two ranges."""
    found = {}
    for one in certificate.differences:
        for at in range(one.first, one.last + 1):
            assert (one.output, at) not in found
            found[one.output, at] = one.steps
    return found


def listed(certificate):
    return {
        (found.output, at)
        for found in certificate.differences
        for at in range(found.first, found.last + 1)
    }


def product(kind, slopes, zero_point=0, lo=-128, hi=127, form=INT8):
    dtype = np.float32 if kind is FloatProduct else np.float64
    return kind(np.asarray(slopes, dtype), form, zero_point, lo, hi)


def chain(operations, scale=1.0, form=INT4, outputs=3, rounding="ROUND", zero_point=0, **fields):
    constants = tuple((name, np.asarray(value, np.float32)) for name, value in operations)
    bounds = {"lo": form.minimum, "hi": form.maximum, **fields}
    return FloatChain(
        operations=constants,
        scale=np.asarray([scale], np.float32),
        rounding=rounding,
        output=form,
        zero_point=zero_point,
        outputs=outputs,
        **bounds,
    )


STEPS = {
    "small slopes": product(DoubleProduct, [0.01, 0.13, 0.4]),
    "slopes above one": product(DoubleProduct, [1.5, 3.7, 40.0]),
    "an exact power of two, with ties": product(FloatProduct, [0.5, 0.25, 0.125]),
    "onnxruntime, with ties": product(FloatProduct, [0.5, 0.137, 0.313], 5),
    "ties away from zero": product(DoubleProduct, [0.5, 0.25, 1.5], -7),
    "relu in the zero point": product(DoubleProduct, [0.1, 0.2, 0.3], -128, -128),
    "steep, off the grid": chain([("multiply", [1.3, 17.33, -2.7]), ("add", [5.85, -7.7, 3.3])]),
    "steeper than any multiplier": chain([("multiply", [2.0**25, -3e9, 1e7]), ("add", 6.5)]),
    "an odd zero point before ties": chain([("multiply", [0.5, 0.25, -0.125])], zero_point=5,
                                           form=INT8),
    "an odd zero point, some ties": chain([("multiply", [0.5, 0.371, 0.125])], zero_point=-3,
                                          form=INT8),
    "a zero point before ties away from it": chain([("multiply", [0.5, -0.25, 1.5])],
                                                   rounding="HALF_UP", zero_point=7, form=INT8),
    "a single code": product(DoubleProduct, [0.1, 0.2, 0.3], 127, 127),
    "a single code of few bits": product(DoubleProduct, [0.1, 0.2, 0.3], 3, 3, 3, INT4),
    "falling": chain([("multiply", [-0.1, -0.25, 0.3]), ("add", [0.53, -3.0, 1.13])]),
    "far offsets": chain([("multiply", [0.02, 0.02, 0.02]), ("add", [900.0, -900.0, 7.53])]),
    "relu inside": chain([("multiply", [0.113, 0.217, 0.313]), ("maximum", 0.0)], lo=-8),
    "relu inside, ties": chain([("multiply", 0.125), ("maximum", 0.0)]),
    "outputs that never change": chain([("multiply", [1e-9, 0.0, 0.2])]),
    "a sign": chain([("multiply", [0.01, -0.2, 1.0]), ("add", [0.3, 0.0, -2.0])],
                    rounding=BIPOLAR, form=IntegerFormat(2, True), lo=-1, hi=1),
    **{
        f"rounding {mode}": chain([("multiply", [0.125, 0.37, -0.5])], rounding=mode)
        for mode in ROUNDERS
        if mode != BIPOLAR
    },
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_the_verdict_is_what_every_accumulator_shows(name):
    source = layer(STEPS[name], bias=[3, -40, 0])
    network, certificate = certify(model(source))
    found = differing(source, network.layers[0])
    assert listed(certificate) == found
    assert certificate.exact == (not found)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in STEPS
        if name not in tuple(f"rounding {mode}" for mode in ("UP", "DOWN", "ROUND_TO_ZERO"))
    ],
)
def test_usual_steps_are_certified(name):
    _, certificate = certify(model(layer(STEPS[name], bias=[3, -40, 0])))
    assert certificate.exact
    assert "equal to onnxruntime for every input" in certificate.line()


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("kind", [FloatProduct, DoubleProduct])
def test_random_scales_are_judged_rightly(seed, kind):
    random = np.random.default_rng(seed)
    outputs, inputs = 5, 40
    weight = np.clip(np.rint(random.normal(0, 42, (outputs, inputs))), -127, 127).astype(int)
    slopes = 127 / (np.sqrt((weight**2).sum(1)) * 5 * random.uniform(2.5, 5, outputs))
    zero_point = int(random.integers(-128, 128))
    source = layer(
        product(kind, slopes, zero_point, zero_point if seed % 2 else -128),
        weight,
        random.integers(-2000, 2000, outputs),
        input_zero_point=int(random.integers(-8, 8)),
    )
    network, certificate = certify(model(source))
    assert listed(certificate) == differing(source, network.layers[0])
    if kind is DoubleProduct:
        assert certificate.exact


@pytest.mark.parametrize("seed", range(40))
def test_random_steps_of_any_slope_are_judged_rightly_and_right_where_a_form_exists(seed):
    random = np.random.default_rng(seed)
    modes = [mode for mode in ROUNDERS if mode != BIPOLAR]
    form = IntegerFormat(int(random.integers(5, 9)), bool(seed % 2))
    slopes = random.choice([-1, 1], 3) * np.exp2(random.uniform(-9, 9, 3))
    ties = random.integers(0, 2, 3)
    slopes = np.where(ties, np.exp2(random.integers(-4, 4, 3)), slopes)
    bias = random.choice([0, 1, 5.85, -300.3]) * random.integers(0, 2, 3)
    zero_point = int(random.integers(form.minimum, form.maximum))
    step = chain([("multiply", slopes), ("add", bias)], form=form,
                 rounding=modes[seed % len(modes)], zero_point=zero_point)  # fmt: skip
    source = layer(step, bias=random.integers(-50, 50, 3))
    network, certificate = certify(model(source))
    found = differences(source, network.layers[0])
    assert listed_steps(certificate) == found
    assert certificate.layers[0].differing.sum() == len(found)
    # Halves that are rounded towards zero, and what turns round at zero, are no straight line.
    if step.rounding not in ("UP", "DOWN", "ROUND_TO_ZERO", "HALF_DOWN"):
        assert certificate.exact


@pytest.mark.parametrize("seed", range(6))
def test_the_verdict_counts_accumulators_once_and_names_the_largest_difference(seed):
    random = np.random.default_rng(seed)
    # A step that no constants have, with jumps of several codes.
    jumps = np.sort(random.integers(-400, 400, (90, 3)), axis=0)
    source = layer(Jumps(product(DoubleProduct, [0.1] * 3, lo=-45, hi=45), jumps))
    network, certificate = certify(model(source))
    found = differences(source, network.layers[0])
    assert listed_steps(certificate) == found
    worst = max(map(abs, found.values()))
    assert worst > 1
    assert certificate.line() == (
        f"certificate: not equal to onnxruntime: 3 of 3 outputs differ for {len(found):,} "
        f"accumulator values, by at most {worst}"
    )


@dataclass(frozen=True, eq=False)
class Jumps(LikeStep):
    """A step that rises where it is told to."""

    changes: np.ndarray

    def __call__(self, accumulator):
        risen = (accumulator[:, None, :] >= self.changes).sum(axis=1)
        return self.lo + risen


def wide(offset, weight):
    """A layer of 16 bits whose offset is many accumulators."""
    form = IntegerFormat(16, signed=True)
    base = product(DoubleProduct, [2.0**-27] * 3, lo=form.minimum, hi=form.maximum, form=form)
    step = Raised(base, int(offset * 2**27))
    forms = {"weight_format": step.output, "activation_format": step.output}
    return layer(step, [[weight] * 400] * 3, [0] * 3, input_lo=-32768, input_hi=32767, **forms)


@dataclass(frozen=True, eq=False)
class Raised(LikeStep):
    """A step of larger accumulators."""

    by: int

    def __call__(self, accumulator):
        return self.step(accumulator + self.by)

    @property
    def intercept(self):
        return self.by * self.slope


@pytest.mark.parametrize("offset", [3000.0, -3001.5, 5000.25])
def test_offsets_of_more_accumulators_than_a_bias_holds_are_codes_of_the_zero_point(offset):
    source = wide(offset, 30000)
    network, certificate = certify(model(source))
    assert certificate.exact
    x = np.random.default_rng(0).integers(-32768, 32768, (200, 400))
    assert np.array_equal(run(network, x), source.finish(source.accumulate(x)))


def test_constants_that_no_format_holds_are_refused():
    # The zero point ends at 32767, and the bias at 2^31.
    with pytest.raises(InputError, match=r"^fc: 3 outputs: no constants of its steps are within"):
        certify(model(wide(-35000.0, 32767)))


@pytest.mark.parametrize("name", ["q_slope_steep", "q_zp"])
def test_steep_slopes_and_odd_zero_points_of_files_have_exact_constants(name):
    _, certificate = certify(fcgen.load(shared_models.case(f"{name}.onnx")))
    assert certificate.exact


def test_slopes_that_need_more_bits_than_there_are_are_listed_value_by_value():
    slopes = np.random.default_rng(5).uniform(0.001, 0.0011, 6)
    random = np.random.default_rng(1)
    weight = random.integers(-127, 128, (6, 500))
    source = layer(product(FloatProduct, slopes), weight)
    network, certificate = certify(model(source))
    assert not certificate.exact
    assert listed(certificate) == differing(source, network.layers[0])
    assert all(abs(found.steps) == 1 for found in certificate.differences)
    assert certificate.line().startswith("certificate: not equal to onnxruntime: ")


def test_where_the_order_of_float_operations_decides_nothing_is_proven():
    sure = chain([("multiply", 0.125), ("add", 0.3)])
    other = (("multiply", np.float32(0.125)), ("add", np.float32(0.55)))
    source = layer(chain([("multiply", 0.125), ("add", 0.3)], others=(other,)))
    assert certify(model(layer(sure)))[1].exact
    _, certificate = certify(model(source))
    assert not certificate.exact
    assert {found.reason for found in certificate.differences} == {
        "the order of float operations decides"
    }
    wrong = {
        (m, int(at))
        for m in range(3)
        for at in range(int(source.reach[0][m]), int(source.reach[1][m]) + 1)
        if sure(np.full((1, 3), at))[0, m] != source.step.orders[0](np.full((1, 3), at))[0, m]
    }
    assert listed(certificate) == wrong


def test_a_source_whose_sums_are_not_exact_is_proven_only_away_from_thresholds():
    near = chain([("multiply", 0.31)], error=np.full(3, 0.01))
    far = chain([("multiply", 0.31)], error=np.full(3, 0.4))
    assert certify(model(layer(near)))[1].exact
    assert not certify(model(layer(far)))[1].exact


def test_thresholds_are_the_first_accumulators_of_each_code():
    step = product(DoubleProduct, [0.3, -0.3])
    least, most = np.array([-50, -50]), np.array([60, 60])
    found = thresholds(step, least, most)
    sums = np.arange(-50, 61)
    rising = step(np.repeat(sums[:, None], 2, 1))[:, 0]
    for row, code in enumerate(range(-127, 128)):
        reached = sums[rising >= code]
        assert found[row, 0] == (reached[0] if reached.size else 61)
    # Counted with the opposite sign, the falling one rises.
    falling = step(np.repeat(-sums[:, None], 2, 1))[:, 1]
    assert found[127 + 10, 1] == sums[falling >= 10][0]


@dataclass(frozen=True, eq=False)
class Counted(LikeStep):
    """A step that counts how many accumulators it is asked about."""

    asked: list

    def __call__(self, accumulator):
        self.asked.append(accumulator.size)
        return self.step(accumulator)

    @property
    def intercept(self):
        return self.step.intercept


def test_thresholds_of_16_bits_are_found_by_a_few_looks_each():
    form = IntegerFormat(16, signed=True)
    base = chain([("multiply", [2.0**-9, 0.00317]), ("add", [7.0, -900.3])], form=form, outputs=2)
    least, most = np.full(2, -(1 << 26)), np.full(2, 1 << 26)
    step = Counted(base, [])
    found = thresholds(step, least, most)
    assert sum(step.asked) < 8 * found.size
    assert np.array_equal(found, thresholds(base, least, most, np.zeros_like(found)))


def test_a_chain_of_layers_gives_the_integers_of_its_source():
    random = np.random.default_rng(5)
    first = layer(product(DoubleProduct, random.uniform(0.05, 0.2, 7)), None, inputs=9)
    second = layer(
        product(DoubleProduct, random.uniform(0.001, 0.01, 4), 3),
        random.integers(-127, 128, (4, 7)),
        activation_format=INT8,
        input_lo=-128,
        input_hi=127,
    )
    source = model(first, second)
    network, certificate = certify(source)
    x = random.integers(-8, 8, (500, 9))
    assert certificate.exact
    for wanted, found in zip(source.trace(x), trace(network, x), strict=True):
        assert np.array_equal(wanted, found)


def test_accumulators_that_leave_need_no_thresholds():
    source = model(layer(None, bias=[5, -5, 0]))
    network, certificate = certify(source, End("argmax"))
    x = np.random.default_rng(0).integers(-8, 8, (50, 6))
    assert certificate.exact
    assert certificate.thresholds == 0
    assert np.array_equal(run(network, x), source.trace(x)[-1].argmax(1))


def test_the_certificate_of_a_softmax_states_its_bound():
    source = replace(model(layer(None)), output=RealMap.scaled(0.01))
    made, certificate = certify(source, End("softmax"))
    assert certificate.as_dict()["softmax"] == made.softmax.as_dict()
    assert "softmax" not in certify(source)[1].as_dict()


def test_the_certificate_is_json_with_a_verdict_for_every_output():
    _, certificate = certify(model(layer(STEPS["falling"])))
    values = json.loads(certificate.to_json())
    assert values["exact"] is True
    assert values["differences"] == []
    assert values["thresholds"] == certificate.thresholds > 0
    assert values["layers"][0]["exact"] == [True] * 3
    assert sum(values["layers"][0]["thresholds"]) == certificate.thresholds


@pytest.mark.parametrize("mode", ["UP", "DOWN"])
def test_steps_that_no_constants_have_are_exact_by_thresholds(mode):
    source = layer(STEPS[f"rounding {mode}"], bias=[3, -40, 0])
    network, certificate = certify(model(source))
    assert isinstance(network.layers[0].requantization, ThresholdList)
    assert certificate.exact
    assert not differing(source, network.layers[0])


@pytest.mark.parametrize("mode", ROUNDERS)
@pytest.mark.parametrize("bits", [1, 2, 3, 4])
@pytest.mark.parametrize("signed", [False, True])
def test_outputs_of_at_most_4_bits_are_always_exact(mode, bits, signed):
    random = np.random.default_rng(bits)
    form = IntegerFormat(bits, signed)
    zero_point = int(random.integers(form.minimum, form.maximum, endpoint=True))
    slopes = random.choice([-1, 1], 3) * random.uniform(0.001, 0.5, 3)
    step = chain([("multiply", slopes), ("add", random.normal(0, 2, 3))], form=form,
                 rounding=mode, zero_point=zero_point)  # fmt: skip
    source = layer(step, bias=random.integers(-50, 50, 3))
    network, certificate = certify(model(source))
    assert certificate.exact
    assert not differing(source, network.layers[0])


def test_the_certificate_says_which_layers_end_in_thresholds():
    _, certificate = certify(model(layer(STEPS["a sign"])))
    forms = [entry["form"] for entry in json.loads(certificate.to_json())["layers"]]
    assert forms == ["2 thresholds an output, 1 falling"]


def test_a_bias_beyond_32_bits_is_taken_up_by_thresholds():
    step = chain([("multiply", 0.25), ("add", -float(1 << 32))], form=IntegerFormat(2, False))
    source = layer(step, bias=[1 << 34] * 3)
    network, certificate = certify(model(source))
    assert certificate.exact
    assert not differing(source, network.layers[0])
