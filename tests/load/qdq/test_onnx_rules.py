"""What onnxruntime's default session makes of dense operations, and fcgen after it."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import fcgen
import shared_models
from fcgen.certification.certify import certify
from fcgen.errors import InputError
from fcgen.load.detect import load_model
from fcgen.network.reference import run
from onnx_examples import save

KINDS = {"int8": np.int8, "uint8": np.uint8, "int16": np.int16, "int32": np.int32}
GRID = (("xs", 1.0), ("ys", 1.0))


def graph(*, weight=(3, -5), kind="int8", scale=0.25, bias=None, zero=True, behind=(), opset=21,
          codes="int8", matmul=False, precision=None, end=True, **attributes):  # fmt: skip
    """QuantizeLinear, DequantizeLinear, Gemm or MatMul + Add, QuantizeLinear, DequantizeLinear.

    ``bias``: a list of floats, or (codes, kind, scale); ``behind``: operations before the last
    QuantizeLinear.
    """
    values = {
        "xs": np.float32(attributes.pop("xs", 1.0)),
        "ys": np.float32(attributes.pop("ys", 1.0)),
    }
    values |= {"ws": np.float32(scale), "z": np.zeros((), KINDS[codes])}
    columns = np.asarray(weight).reshape(1, -1)
    made = []
    number = getattr(TensorProto, kind.upper())
    for name, value in (("w", columns.T if matmul else columns), ("wz", np.zeros((), int))):
        made.append(helper.make_tensor(name, number, value.shape, value.reshape(-1).tolist()))
    options = {} if precision is None else {"precision": precision}
    add = helper.make_node
    nodes = [
        add("QuantizeLinear", ["x", "xs", "z"], ["xq"], **options),
        add("DequantizeLinear", ["xq", "xs", "z"], ["xd"]),
        add("DequantizeLinear", ["w", "ws", *(["wz"] if zero else [])], ["wd"]),
    ]
    operands = ["xd", "wd"]
    if bias is not None:
        operands.append("b")
        if isinstance(bias, tuple):
            values |= {"bq": np.asarray(bias[0], KINDS[bias[1]]), "bs": np.float32(bias[2])}
            nodes.append(add("DequantizeLinear", ["bq", "bs"], ["b"]))
        else:
            values["b"] = np.asarray(bias, np.float32)
    if matmul:
        nodes.append(add("MatMul", operands[:2], ["g"], name="fc"))
        if bias is not None:
            nodes.append(add("Add", ["g", "b"], ["sum"]))
    else:
        nodes.append(add("Gemm", operands, ["g"], name="fc", transB=1, **attributes))
    running = nodes[-1].output[0]
    for place, each in enumerate(behind):
        nodes.append(add(each, [running], [f"a{place}"]))
        running = f"a{place}"
    if end:
        nodes.append(add("QuantizeLinear", [running, "ys", "z"], ["yq"]))
        nodes.append(add("DequantizeLinear", ["yq", "ys", "z"], ["y"]))
    else:
        nodes.append(add("Identity", [running], ["y"]))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])
            for name, size in (("x", columns.size), ("y", 1))]  # fmt: skip
    made += [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]
    whole = helper.make_graph(nodes, "g", ends[:1], ends[1:], made)
    version = 13 if opset > 23 else 11 if opset == 23 else 10
    return helper.make_model(
        whole, opset_imports=[helper.make_opsetid("", opset)], ir_version=version
    )


def session(model, *, optimised=True, entries=()):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if not optimised:
        level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.graph_optimization_level = level
    for entry in entries:
        options.add_session_config_entry(*entry)
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def answers(model, x, folder, target=None):
    """What fcgen reads for reals, and the certificate, which lists what the network does not."""
    loaded = load_model(save(model, folder / "m.onnx"), target)
    network, certificate = certify(loaded)
    codes, _ = network.quantize(np.asarray(x, np.float32))
    found = loaded.output(loaded.trace(codes)[-1])
    assert not certificate.exact or np.array_equal(network.output(run(network, codes)), found)
    return found.reshape(-1).tolist(), certificate


def both(model, x, folder):
    """What fcgen and onnxruntime's default session give."""
    found, _ = answers(model, x, folder)
    return found, session(model).run(None, {"x": np.asarray(x, np.float32)})[0].reshape(-1).tolist()


THREE = [[0, 0], [4, 0], [8, 4]]
CASES = {
    "the integers of an int32 bias": ({"bias": ([40], "int32", 0.5)}, THREE, [10, 13, 11]),
    "those of an int32 bias of another MatMul": (
        {"bias": ([40], "int32", 0.5), "matmul": True}, THREE, [10, 13, 11],
    ),
    "what an int32 bias is worth where a Relu stays": (
        {"bias": ([40], "int32", 0.5), "behind": ["Relu"]}, THREE, [20, 23, 21],
    ),
    "a float bias in steps where int4 weights stay floats": (
        {"kind": "int4", "scale": 2.0, "bias": [0.9]}, [[0, 0]], [0],
    ),
    "a float bias in steps where a Relu stays": (
        {"scale": 2.0, "bias": [0.9], "behind": ["Relu"]}, [[0, 0]], [0],
    ),
    "a float bias as it is in a row of its own": (
        {"kind": "int4", "scale": 2.0, "bias": [[0.9]]}, [[0, 0]], [1],
    ),
    "an int8 bias as it is": ({"scale": 2.0, "bias": ([9], "int8", 0.1)}, [[0, 0]], [1]),
    "floats where the weights have no zero point": (
        {"weight": [1], "scale": 0.004, "bias": [0.0], "zero": False, "xs": 0.1, "ys": 0.02},
        [[12.5]], [np.float32(0.02) * 2],
    ),
    "integers where a MatMul's weights have none": (
        {"weight": [1], "scale": 0.004, "zero": False, "matmul": True, "xs": 0.1, "ys": 0.02},
        [[12.5]], [np.float32(0.02) * 3],
    ),
    "alpha and beta of floats": (
        {"bias": ([40], "int32", 0.25), "alpha": 0.5, "beta": 3.0}, THREE, [30, 32, 30],
    ),
    "alpha of integers": ({"alpha": 1.5}, [[8, 0], [9, 0], [0, 3]], [9, 10, -6]),
    "a quotient of float16": (
        {"weight": [1, 0], "scale": 10.0, "bias": [0.0], "xs": 0.1, "opset": 23, "precision": 10},
        [[4.95, 0]], [50],
    ),
    "a quotient of float32": (
        {"weight": [1, 0], "scale": 10.0, "bias": [0.0], "xs": 0.1, "opset": 23, "precision": 1},
        [[4.95, 0]], [49],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_default_session_takes(name, tmp_path):
    options, x, right = CASES[name]
    found, theirs = both(graph(**options), x, tmp_path)
    assert theirs == [float(value) for value in right]
    assert found == theirs


@pytest.mark.parametrize(
    ("name", "x", "right"),
    [
        ("bias_scale", THREE, [10, 13, 11]),
        ("float_bias_int4", [[0, 0]], [0]),
        ("bias_int8", [[0, 0]], [1]),
        ("weight_zp_0_value", [[12.5]], [float(np.float32(0.02) * 2)]),
        ("precision_10", [[4.95, 0]], [50]),
    ],
)
def test_shared_cases_give_the_integers_of_the_default_session(name, x, right, tmp_path):
    model = onnx.load(str(shared_models.case(f"{name}.onnx")))
    found, theirs = both(model, x, tmp_path)
    assert found == theirs == right


def test_a_session_without_optimisation_is_a_target_of_its_own(tmp_path):
    model = graph(bias=([40], "int32", 0.5))
    found, certificate = answers(model, THREE, tmp_path, "onnxruntime-unoptimised")
    x = np.array(THREE, np.float32)
    theirs = session(model, optimised=False).run(None, {"x": x})[0].reshape(-1).tolist()
    assert found == theirs == [20, 23, 21]
    assert certificate.target == "onnxruntime-unoptimised"
    assert "equal to onnxruntime-unoptimised for every input" in certificate.line()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"kind": "int2", "weight": (1, -2), "opset": 25}, "its weights of 2 bits become operands"),
        (
            {"opset": 10, "bias": [0.9]},
            "its bias is rounded by an operation that opset 10",
        ),
    ],
)
def test_what_the_default_session_does_not_open_is_refused_with_the_way_out(options, why, tmp_path):
    model = graph(**options)
    with pytest.raises(Exception, match="INVALID_GRAPH"):
        session(model)
    with pytest.raises(InputError, match=why) as error:
        fcgen.load(save(model, tmp_path / "m.onnx"))
    assert "give --target onnxruntime-unoptimised" in str(error.value)
    x = np.array(THREE, np.float32)
    theirs = session(model, optimised=False).run(None, {"x": x})[0].reshape(-1).tolist()
    assert answers(model, x, tmp_path, "onnxruntime-unoptimised")[0] == theirs


def test_a_last_layer_without_a_quantiser_has_the_integers_of_its_bias(tmp_path):
    model = graph(bias=([40], "int32", 0.5), scale=0.1, end=False)
    found, theirs = both(model, THREE, tmp_path)
    assert found == theirs
    assert fcgen.load(tmp_path / "m.onnx").layers[0].bias.tolist() == [40]


def test_a_bias_off_the_grid_of_a_gemm_of_floats_is_added_in_any_order(tmp_path):
    # With one vector, Gemm adds its products to the bias; with many, the bias to the products.
    model = graph(kind="int4", weight=[1] * 16, scale=2.0**-4, bias=[[0.3]], ys=2.0**-4)
    step = fcgen.load(save(model, tmp_path / "m.onnx")).layers[0].step
    assert step.error.all()
    whole = graph(kind="int4", weight=[1] * 16, scale=2.0**-4, bias=[[0.25]], ys=2.0**-4)
    assert not fcgen.load(save(whole, tmp_path / "m.onnx")).layers[0].step.error.any()


@pytest.mark.parametrize("form", [{}, {"matmul": True}, {"kind": "int4"}, {"behind": ["Relu"]}])
def test_odd_zero_points_are_added_after_the_rounding(form, tmp_path):
    model = graph(weight=[1], scale=0.5, **form)
    (zero,) = (tensor for tensor in model.graph.initializer if tensor.name == "z")
    zero.CopyFrom(numpy_helper.from_array(np.int8(3), "z"))
    x = [[1.0], [3.0], [5.0], [7.0]]
    found, theirs = both(model, x, tmp_path)
    assert found == theirs == [0, 2, 2, 4]


@pytest.mark.parametrize(("turned", "notes"), [(0, 1), (1, 0)])
def test_a_note_says_where_eight_bits_are_made_of_sixteen(turned, notes, tmp_path):
    model = graph(codes="int16", weight=[1, 2])
    (gemm,) = (node for node in model.graph.node if node.op_type == "Gemm")
    (w,) = (tensor for tensor in model.graph.initializer if tensor.name == "w")
    if not turned:
        gemm.attribute[0].i = 0
        w.dims[:] = [2, 1]
    loaded = fcgen.load(save(model, tmp_path / "m.onnx"))
    assert len(loaded.notes) == notes
    assert all("session.qdq_matmulnbits_accuracy_level of 1" in note for note in loaded.notes)


def test_a_cast_to_half_precision_is_refused(tmp_path):
    model = graph()
    model.graph.node[0].input[0] = "half"
    model.graph.node.insert(0, helper.make_node("Cast", ["x"], ["half"], to=TensorProto.FLOAT16))
    with pytest.raises(InputError, match="rounds what runs to FLOAT16, and float32 is supported"):
        fcgen.load(save(model, tmp_path / "m.onnx"))


def test_scales_of_blocks_that_differ_are_refused_by_what_they_are(tmp_path):
    model = graph(kind="int4", weight=[1] * 32)
    (ws,) = (tensor for tensor in model.graph.initializer if tensor.name == "ws")
    ws.CopyFrom(numpy_helper.from_array(np.array([[0.5, 0.25]], np.float32), "ws"))
    node = next(node for node in model.graph.node if node.output[0] == "wd")
    node.input.pop()
    node.attribute.extend(
        helper.make_attribute(*pair) for pair in (("axis", 1), ("block_size", 16))
    )
    session(model)
    line = "scales of weights must not change along the inputs; quantise them by output"
    with pytest.raises(InputError, match=line):
        fcgen.load(save(model, tmp_path / "m.onnx"))
    ws.CopyFrom(numpy_helper.from_array(np.array([[0.5, 0.5]], np.float32), "ws"))
    x = np.arange(-64, 64, dtype=np.float32).reshape(4, 32)
    found, theirs = both(model, x, tmp_path)
    assert found == theirs


def test_models_whose_constants_are_no_inputs_open_in_old_ir_versions_too(tmp_path):
    model = graph(opset=11, bias=[1.0])
    model.ir_version = 3
    found, theirs = both(model, THREE, tmp_path)
    assert found == theirs


@pytest.mark.parametrize("kind", [TensorProto.UINT8, TensorProto.INT8])
def test_quantisers_without_zero_point_make_the_type_that_they_say(kind, tmp_path):
    model = graph(matmul=True, weight=[1, 2], scale=0.5)
    for node in model.graph.node:
        if "z" in node.input:
            node.input.pop()
            if node.op_type == "QuantizeLinear":
                node.attribute.append(helper.make_attribute("output_dtype", kind))
    found, theirs = both(model, [[-4, 3], [100, 100], [3, -7]], tmp_path)
    assert found == theirs


def test_inputs_divided_in_half_precision_are_so_from_a_file_too(tmp_path):
    options, x, _ = CASES["a quotient of float16"]
    network, _ = certify(fcgen.load(save(graph(**options), tmp_path / "m.onnx")))
    again = type(network).from_json(network.to_json(), "network")
    assert again.quantize(np.array(x, np.float32))[0].tolist() == [[50, 0]]


@pytest.mark.parametrize("codes", ["uint8", "int8"])
def test_sums_that_pass_int32_are_refused_because_onnxruntime_wraps_them(codes, tmp_path):
    made = graph(codes=codes, bias=([2**31 - 100], "int32", 0.25))
    with pytest.raises(InputError, match="and onnxruntime wraps them to int32; give it a smaller"):
        fcgen.load(save(made, tmp_path / "m.onnx"))
    load_model(save(made, tmp_path / "m.onnx"), target="onnxruntime-unoptimised")


def test_constants_that_are_inputs_too_are_refused_because_onnxruntime_fuses_nothing(tmp_path):
    made = graph(codes="uint8", bias=([7], "int32", 3.0))
    fcgen.load(save(made, tmp_path / "m.onnx"))
    made.graph.input.extend(
        helper.make_tensor_value_info(each.name, each.data_type, list(each.dims))
        for each in made.graph.initializer
    )
    with pytest.raises(InputError, match="constants of the graph are inputs of it too"):
        fcgen.load(save(made, tmp_path / "m.onnx"))
    load_model(save(made, tmp_path / "m.onnx"), target="onnxruntime-unoptimised")


def test_a_clip_that_onnxruntime_drops_although_it_bounds_codes_is_refused(tmp_path):
    made = graph(codes="uint8", behind=["Clip"], ys=1e-8)
    clip = next(node for node in made.graph.node if node.op_type == "Clip")
    ends = {"low": 5e-8, "high": 1.0}
    clip.input.extend(ends)
    made.graph.initializer.extend(
        numpy_helper.from_array(np.float32(value), name) for name, value in ends.items()
    )
    with pytest.raises(InputError, match="drops its Clip: the bounds cut off no more than"):
        fcgen.load(save(made, tmp_path / "m.onnx"))


@pytest.mark.parametrize("passed", [(), ("Relu",), ("Clip",), ("Identity", "Relu")])
@pytest.mark.parametrize("end", [False, True])
def test_a_second_pair_of_the_same_grid_takes_the_place_of_the_first(passed, end, tmp_path):
    # Without a DequantizeLinear at the end int8 stays int8 there, and the layer one of floats,
    # whose int32 bias keeps its own scale.
    values = {"xs": np.float32(1), "xz": np.int8(-128), "w": np.array([[3, -5]], np.int8)}
    values |= {"ws": np.float32(0.25), "wz": np.int8(0), "b": np.array([40, -9], np.int32)}
    values |= {"bs": np.float32(0.5), "ys": np.float32(1), "c0": np.float32(0)}
    add, pair = helper.make_node, ["ys", "xz"]
    nodes = [
        add("QuantizeLinear", ["x", "xs", "xz"], ["xq"]),
        add("DequantizeLinear", ["xq", "xs", "xz"], ["xd"]),
        add("DequantizeLinear", ["w", "ws", "wz"], ["wd"]),
        add("DequantizeLinear", ["b", "bs"], ["bd"]),
        add("Gemm", ["xd", "wd", "bd"], ["g"]),
        add("QuantizeLinear", ["g", *pair], ["q"]),
        add("DequantizeLinear", ["q", *pair], ["d"]),
    ]
    running = "d"
    for number, kind in enumerate(passed):
        bounds = ["c0"] if kind == "Clip" else []
        nodes.append(add(kind, [running, *bounds], [f"p{number}"]))
        running = f"p{number}"
    nodes.append(add("QuantizeLinear", [running, *pair], ["last"]))
    if end:
        nodes.append(add("DequantizeLinear", ["last", *pair], ["y"]))
    name, kind = ("y", TensorProto.FLOAT) if end else ("last", TensorProto.INT8)
    result = helper.make_tensor_value_info(name, kind, [None, 2])
    entry = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1])
    constants = [numpy_helper.from_array(np.asarray(v), k) for k, v in values.items()]
    made = helper.make_graph(nodes, "g", [entry], [result], constants)
    opset = [helper.make_opsetid("", 13)]
    path = save(helper.make_model(made, opset_imports=opset, ir_version=8), tmp_path / "m.onnx")
    network, _ = certify(fcgen.load(path))
    x = np.arange(256, dtype=np.float32)[:, None]
    codes = run(network, network.quantize(x)[0])
    (theirs,) = onnxruntime.InferenceSession(str(path)).run(None, {"x": x})
    assert np.array_equal(network.output(codes) if end else codes, theirs)
