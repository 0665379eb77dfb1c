"""Eight-bit weights come back as ONNX defines them, and folded networks compute what they did before."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from models import efficientnet_lite2, quantised, sface, text_detector

RNG = np.random.default_rng(11)


@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    axis=st.integers(0, 1),
    block=st.integers(0, 4),
    seed=st.integers(0),
)
def test_dequantise_is_element_by_element(rows, columns, axis, block, seed):
    """Every weight uses the scale and zero of its own channel or block, also where the last block is cut short."""
    rng = np.random.default_rng(seed)
    stored = rng.integers(-128, 128, (rows, columns)).astype(np.int8)
    groups = [rows, columns]
    groups[axis] = -(-groups[axis] // block) if block else groups[axis]
    shape = groups if block else [groups[axis]]
    scale = rng.uniform(0.01, 1, shape).astype(np.float32)
    zero = rng.integers(-128, 128, shape).astype(np.int8)
    got = quantised.dequantise(stored, scale, zero, axis, block)
    for i in range(rows):
        for j in range(columns):
            own = [i, j]
            own[axis] //= max(block, 1)
            key = tuple(own) if block else (own[axis] if len(scale) > 1 else 0,)
            assert got[i, j] == (np.float32(stored[i, j]) - np.float32(zero[key])) * scale[key]


def network(slopes):
    """A network of SFace's operators and contract with random weights, in the dialect of OpenCV Zoo's files."""
    constants, nodes = {}, []

    def constant(name, array):
        constants[name] = array
        return name

    def norm(x, name, channels, **attributes):
        values = [RNG.uniform(0.5, 1.5, channels).astype(np.float32) for _ in range(4)]
        names = [constant(f"{name}_{k}", value) for k, value in enumerate(values)]
        nodes.append(helper.make_node("BatchNormalization", [x, *names], [name], **attributes))
        return name

    constant("half", np.array(127.5, np.float32))
    nodes.append(helper.make_node("Sub", ["data", "half"], ["centred"]))
    constant("stored", RNG.integers(-128, 128, (8, 48)).astype(np.int8))
    constant("scales", RNG.uniform(0.001, 0.01, (8, 2)).astype(np.float32))
    constant("zeros", RNG.integers(-9, 9, (8, 2)).astype(np.int8))
    constant("shape", np.array([8, 3, 4, 4]))
    nodes.append(helper.make_node("DequantizeLinear", ["stored", "scales", "zeros"], ["flat"], axis=1, block_size=24))
    nodes.append(helper.make_node("Reshape", ["flat", "shape"], ["kernel"]))
    nodes.append(helper.make_node("Conv", ["centred", "kernel"], ["conv"], strides=[16, 16]))
    norm("conv", "conv_norm", 8, epsilon=2e-5)
    constant("slope", np.asarray(slopes, np.float32).reshape(8, 1, 1))
    nodes.append(helper.make_node("PRelu", ["conv_norm", "slope"], ["active"]))
    norm("active", "free_norm", 8)
    ratio = numpy_helper.from_array(np.array(0.5, np.float32))
    nodes.append(helper.make_node("Constant", [], ["ratio"], value=ratio))
    nodes.append(helper.make_node("Dropout", ["free_norm", "ratio"], ["kept"]))
    nodes.append(helper.make_node("Flatten", ["kept"], ["vector"]))
    constant("matrix", RNG.normal(0, 0.01, (128, 392)).astype(np.float32))
    constant("bias", RNG.normal(size=128).astype(np.float32))
    nodes.append(helper.make_node("Gemm", ["vector", "matrix", "bias"], ["gemm"], transB=1))
    norm("gemm", "fc1", 128)
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["n", 3, 112, 112])],
        [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, ["n", 128])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10).SerializeToString()


@pytest.mark.parametrize("highest", [0.9, 1.7])
def test_folding_changes_nothing(run, highest):
    """Restored weights, folded norms and rewritten PReLUs give the original's embedding, slopes over 1 included."""
    data = network(np.linspace(0.1, highest, 8))
    faces = RNG.uniform(0, 255, (3, 3, 112, 112)).astype(np.float32)
    converted = sface.convert(data)
    np.testing.assert_allclose(run(converted, data=faces)[0], run(data, data=faces)[0], rtol=1e-4, atol=1e-4)
    assert {"DequantizeLinear", "BatchNormalization", "PRelu", "Dropout"}.isdisjoint(
        n.op_type for n in converted.graph.node
    )


def test_conversion_is_deterministic():
    """The same file gives the same bytes, or the pinned hash of the result would mean nothing."""
    data = network(np.full(8, 0.5))
    first, second = (sface.convert(data).SerializeToString(deterministic=True) for _ in range(2))
    assert first == second
    onnx.checker.check_model(onnx.load_model_from_string(first), full_check=True)


def test_efficientnet_lite2_has_the_published_table():
    """Width 1.1 and depth 1.2 give Lite2's 23 blocks with channels in multiples of 8."""
    table = efficientnet_lite2.stages()
    assert [stage.repeats for stage in table] == [1, 3, 3, 4, 4, 5, 1]
    assert [stage.channels for stage in table] == [16, 24, 48, 88, 120, 208, 352]


def test_subnormal_weights_become_zero_and_nothing_else_changes():
    """Weights too small to matter are zero afterwards; the smallest ordinary ones and whole numbers are kept."""
    tiny = np.finfo(np.float32).tiny
    stored = np.array([1.0, tiny, -tiny, tiny / 2, -tiny / 1024, 0.0], np.float32)
    shape = np.array([6])
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["w", "s"], ["y"])],
        "small",
        [],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [6])],
        [numpy_helper.from_array(stored, "w"), numpy_helper.from_array(shape, "s")],
    )
    converted = text_detector.convert(helper.make_model(graph).SerializeToString()).graph
    weights, kept = map(numpy_helper.to_array, converted.initializer)
    np.testing.assert_array_equal(weights, np.array([1.0, tiny, -tiny, 0, 0, 0], np.float32))
    np.testing.assert_array_equal(kept, shape)
