"""Every operator that both BlazeFaces and BlazePose use against its definition in NumPy; everything else refused."""

from __future__ import annotations

import numpy as np
import pytest
import tflite
from hypothesis import given, settings
from hypothesis import strategies as st

from models import tflite_to_onnx
from models.tflite_to_onnx import UnsupportedNetwork

VALID, SAME = tflite.Padding.VALID, tflite.Padding.SAME
RELU, NONE = tflite.ActivationFunctionType.RELU, tflite.ActivationFunctionType.NONE
RNG = np.random.default_rng(7)
PADDINGS = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)


def convert(data: bytes, channels: int):
    return tflite_to_onnx.convert(data, {"x": ["B", 3, "H", "W"]}, {"y": ["B", "h", "w", channels]})


def picture(size: int = 8, batch: int = 1):
    return RNG.normal(size=(batch, 3, size, size)).astype(np.float32)


def correlate(x, kernel, stride):
    """Valid cross-correlation of `x [H, W, I]` with `kernel [O, kh, kw, I]`, written out."""
    out, kh, kw, _ = kernel.shape
    h, w = (x.shape[0] - kh) // stride + 1, (x.shape[1] - kw) // stride + 1
    y = np.zeros((h, w, out))
    for i in range(h):
        for j in range(w):
            patch = x[i * stride : i * stride + kh, j * stride : j * stride + kw]
            y[i, j] = (kernel * patch).sum((1, 2, 3))
    return y


def plain_convolution():
    """Options of a 1 x 1 convolution that does nothing else."""
    ones = dict.fromkeys(("StrideH", "StrideW", "DilationHFactor", "DilationWFactor"), 1)
    return {"table": "Conv2DOptions", "Padding": SAME, **ones}


def convolution(tflite_file, weights, bias, stride=1, padding=VALID, activation=NONE, pad=False, dilation=1):
    file = tflite_file([1, 8, 8, 3])
    x = file.operator("PAD", [0, file.constant(PADDINGS)]) if pad else 0
    y = file.operator(
        "CONV_2D",
        [x, file.constant(weights), file.constant(bias)],
        table="Conv2DOptions",
        Padding=padding,
        StrideH=stride,
        StrideW=stride,
        FusedActivationFunction=activation,
        DilationHFactor=dilation,
        DilationWFactor=dilation,
    )
    return file.finish(y)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("pad", [False, True])
def test_convolution(tflite_file, run, stride, pad):
    """A convolution, its stride, the explicit padding before it and its activation keep their meaning."""
    weights = RNG.normal(size=(5, 3, 3, 3)).astype(np.float32)
    bias = RNG.normal(size=5).astype(np.float32)
    model = convert(convolution(tflite_file, weights, bias, stride=stride, activation=RELU, pad=pad), 5)
    x = picture()
    hwc = np.pad(x[0].transpose(1, 2, 0), [(1, 1), (1, 1), (0, 0)] if pad else 0)
    expected = np.maximum(correlate(hwc, weights, stride) + bias, 0)
    np.testing.assert_allclose(run(model, x=x)[0][0], expected, atol=1e-5)


def test_same_padding_follows_the_input_size(tflite_file, run):
    """TensorFlow's SAME pads more at the bottom right, and for whatever size the picture has."""
    weights = RNG.normal(size=(2, 3, 3, 3)).astype(np.float32)
    model = convert(convolution(tflite_file, weights, np.zeros(2, np.float32), stride=2, padding=SAME), 2)
    x = picture(12)
    expected = correlate(np.pad(x[0].transpose(1, 2, 0), [(0, 1), (0, 1), (0, 0)]), weights, 2)
    np.testing.assert_allclose(run(model, x=x)[0][0], expected, atol=1e-5)


def test_depthwise_convolution(tflite_file, run):
    """Each channel meets its own kernel only."""
    kernel = RNG.normal(size=(1, 3, 3, 3)).astype(np.float32)
    file = tflite_file([1, 8, 8, 3])
    y = file.operator(
        "DEPTHWISE_CONV_2D",
        [0, file.constant(kernel), file.constant(np.zeros(3, np.float32))],
        table="DepthwiseConv2DOptions",
        Padding=VALID,
        StrideH=1,
        StrideW=1,
        DepthMultiplier=1,
        DilationHFactor=1,
        DilationWFactor=1,
    )
    x = picture()
    got = run(convert(file.finish(y), 3), x=x)[0][0]
    for channel in range(3):
        expected = correlate(x[0, channel, :, :, None], kernel[..., channel, None], 1)
        np.testing.assert_allclose(got[..., channel, None], expected, atol=1e-5)


@given(
    density=st.floats(0, 1),
    index=st.sampled_from(["Uint8Vector", "Uint16Vector", "Int32Vector"]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=30, deadline=None)
def test_sparse_half_precision_weights(tflite_file, rows, run, density, index, seed):
    """Weights stored as sparse rows of half floats come back complete, empty rows included."""
    rng = np.random.default_rng(seed)
    weights = (rng.normal(size=(4, 1, 1, 3)) * (rng.random((4, 1, 1, 3)) < density)).astype(np.float16)
    bias = rng.normal(size=4).astype(np.float16)
    file = tflite_file([1, 8, 8, 3])
    dense = file.operator("DENSIFY", [file.constant(rows(weights, index))])
    single = file.operator("DEQUANTIZE", [dense])
    offset = file.operator("DEQUANTIZE", [file.constant(bias)])
    y = file.operator("CONV_2D", [0, single, offset], **plain_convolution())
    x = picture()
    expected = np.einsum("bihw,oi->bhwo", x, weights[:, 0, 0].astype(np.float32)) + bias.astype(np.float32)
    np.testing.assert_allclose(run(convert(file.finish(y), 4), x=x)[0], expected, atol=1e-5)


def test_addition_of_two_branches(tflite_file, run):
    """A sum takes both branches and applies its own activation."""
    file = tflite_file([1, 8, 8, 3])
    y = file.operator("ADD", [0, 0], table="AddOptions", FusedActivationFunction=RELU)
    x = picture()
    np.testing.assert_allclose(run(convert(file.finish(y), 3), x=x)[0], np.maximum(2 * x, 0).transpose(0, 2, 3, 1))


def test_a_rectifier_by_itself(tflite_file, run):
    """An activation that stands alone is the same function as one that is part of another operator."""
    file = tflite_file([1, 8, 8, 3])
    x = picture()
    got = run(convert(file.finish(file.operator("RELU", [0])), 3), x=x)[0]
    np.testing.assert_allclose(got, np.maximum(x, 0).transpose(0, 2, 3, 1))


@pytest.mark.parametrize("padding", [SAME, VALID])
@pytest.mark.parametrize("size", [8, 9])
def test_the_largest_of_each_window(tflite_file, run, padding, size):
    """A window that the border cuts counts with SAME and not with VALID, and nothing is made up beyond the border."""
    file = tflite_file([1, 8, 8, 3])
    sides = dict.fromkeys(("StrideH", "StrideW", "FilterHeight", "FilterWidth"), 2)
    y = file.operator("MAX_POOL_2D", [0], table="Pool2DOptions", Padding=padding, **sides)
    x = -np.abs(picture(size))
    count = -(-size // 2) if padding == SAME else size // 2
    windows = [(slice(2 * k, 2 * k + 2)) for k in range(count)]
    expected = np.array([[x[0, :, rows, columns].max((1, 2)) for columns in windows] for rows in windows])
    np.testing.assert_allclose(run(convert(file.finish(y), 3), x=x)[0][0], expected)


def test_channels_of_nought_widen_the_narrower_branch_of_a_sum(tflite_file, run):
    """They stand where the file says, before or after the others, and the sum takes both branches."""
    file = tflite_file([1, 8, 8, 3])
    weights = RNG.normal(size=(6, 1, 1, 3)).astype(np.float32)
    wide = file.operator(
        "CONV_2D", [0, file.constant(weights), file.constant(np.zeros(6, np.float32))], **plain_convolution()
    )
    paddings = file.constant(np.array([[0, 0], [0, 0], [0, 0], [1, 2]], np.int32))
    y = file.operator("ADD", [file.operator("PAD", [0, paddings]), wide], table="AddOptions")
    x = picture()
    nhwc = x.transpose(0, 2, 3, 1)
    expected = nhwc @ weights[:, 0, 0].T + np.pad(nhwc, [(0, 0), (0, 0), (0, 0), (1, 2)])
    np.testing.assert_allclose(run(convert(file.finish(y), 6), x=x)[0], expected, atol=1e-5)


def resizing(tflite_file, new=(1, 16, 16, 3), **options):
    file = tflite_file([1, 8, 8, 3])
    options = {"AlignCorners": False, "HalfPixelCenters": True} | options
    size = file.constant(np.array(new[1:3], np.int32))
    return file.finish(file.operator("RESIZE_BILINEAR", [0, size], new, table="ResizeBilinearOptions", **options))


def test_resizing_becomes_a_factor(tflite_file, run):
    """Doubling takes 3/4 of the near and 1/4 of the far pixel, repeats the border, and works at any size."""
    x = picture(6)

    def doubled(a, axis):
        low, high = (np.take(a, np.clip(np.arange(6) + k, 0, 5), axis) for k in (-1, 1))
        pair = np.stack([0.25 * low + 0.75 * a, 0.75 * a + 0.25 * high], axis + 1)
        return pair.reshape([12 if k == axis else size for k, size in enumerate(a.shape)])

    expected = doubled(doubled(x, 2), 3).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(run(convert(resizing(tflite_file), 3), x=x)[0], expected, atol=1e-5)


def test_depth_to_space_and_the_last_reshape(tflite_file, run):
    """Channels become a finer grid in TensorFlow's order, and the grid stays a grid in the output."""
    weights = np.eye(12, 3, dtype=np.float32).reshape(12, 1, 1, 3)
    file = tflite_file([1, 8, 8, 3])
    wide = file.operator(
        "CONV_2D", [0, file.constant(weights), file.constant(np.arange(12, dtype=np.float32))], **plain_convolution()
    )
    grid = file.operator("DEPTH_TO_SPACE", [wide], [1, 16, 16, 3], table="DepthToSpaceOptions", BlockSize=2)
    flat = file.operator("RESHAPE", [grid, file.constant(np.array([1, 256, 3], np.int32))], [1, 256, 3])
    x = picture()
    nhwc = x.transpose(0, 2, 3, 1) @ weights[:, 0, 0].T + np.arange(12)
    expected = nhwc.reshape(1, 8, 8, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(1, 16, 16, 3)
    np.testing.assert_allclose(run(convert(file.finish(flat), 3), x=x)[0], expected, atol=1e-5)


def test_an_activation_that_is_bounded_above(tflite_file, run):
    """RELU6 keeps 0..6."""
    file = tflite_file([1, 8, 8, 3])
    six = tflite.ActivationFunctionType.RELU6
    y = file.operator("ADD", [0, 0], table="AddOptions", FusedActivationFunction=six)
    x = picture() * 5
    got = run(convert(file.finish(y), 3), x=x)[0]
    np.testing.assert_allclose(got, np.clip(2 * x, 0, 6).transpose(0, 2, 3, 1))


def rows_of_anchors(tflite_file, **options):
    """Two anchors a cell of a grid of 8 x 8, and one a cell of the same grid again."""
    file = tflite_file([1, 8, 8, 4])
    parts = [
        file.operator("RESHAPE", [0, file.constant(np.array(shape, np.int32))], shape)
        for shape in ([1, 128, 2], [1, 128, 2])
    ]
    options = {"Axis": 1, "FusedActivationFunction": NONE} | options
    return file.finish(file.operator("CONCATENATION", parts, [1, 256, 2], table="ConcatenationOptions", **options))


def test_rows_of_anchors(tflite_file, run):
    """Anchors stand cell by cell, one grid's after the other's, for every picture of a batch."""
    model = tflite_to_onnx.convert(rows_of_anchors(tflite_file), {"x": ["B", 4, 8, 8]}, {"y": ["B", 256, 2]})
    x = RNG.normal(size=(3, 4, 8, 8)).astype(np.float32)
    grid = x.transpose(0, 2, 3, 1).reshape(3, 128, 2)
    np.testing.assert_allclose(run(model, x=x)[0], np.concatenate([grid, grid], 1))


def test_what_is_not_translated_is_refused_by_name(tflite_file):
    """An operator outside the list stops the conversion with its name."""
    file = tflite_file([1, 8, 8, 3])
    with pytest.raises(UnsupportedNetwork, match="SOFTMAX"):
        convert(file.finish(file.operator("SOFTMAX", [0])), 3)


def bad_files(tflite_file, rows):
    weights, bias = np.ones((5, 3, 3, 3), np.float32), np.ones(5, np.float32)
    yield "dilation", convolution(tflite_file, weights, bias, dilation=2)
    yield "activation", convolution(tflite_file, weights, bias, activation=tflite.ActivationFunctionType.TANH)
    yield "pads by itself", convolution(tflite_file, weights, bias, pad=True, padding=SAME)
    yield "no plain constant", convolution(tflite_file, weights.astype(np.int8), bias)
    yield "pixel centres", resizing(tflite_file, AlignCorners=True)
    yield "pixel centres", resizing(tflite_file, HalfPixelCenters=False)
    yield "fraction", resizing(tflite_file, (1, 12, 12, 3))
    file = tflite_file([1, 8, 8, 3])
    both = file.constant(np.array([[0, 0], [1, 1], [0, 0], [1, 0]], np.int32))
    yield "together with other padding", file.finish(file.operator("PAD", [0, both]))
    file = tflite_file([1, 8, 8, 3])
    pictures = file.constant(np.array([[0, 1], [0, 0], [0, 0], [0, 0]], np.int32))
    yield "padding of batch", file.finish(file.operator("PAD", [0, pictures]))
    file = tflite_file([1, 8, 8, 3])
    yield "dequantisation", file.finish(file.operator("DEQUANTIZE", [file.constant(np.ones(3, np.float32))]))
    file = tflite_file([1, 8, 8, 3])
    inner = file.operator("RESHAPE", [0], [1, 64, 3])
    yield "inside the network", file.finish(file.operator("RESHAPE", [inner], [1, 64, 3]))
    yield "anything but rows", rows_of_anchors(tflite_file, Axis=2)
    yield "activation of a concatenation", rows_of_anchors(tflite_file, FusedActivationFunction=RELU)
    file = tflite_file([1, 8, 8, 3])
    kernel = file.constant(np.ones((1, 3, 3, 6), np.float32))
    options = {"Padding": VALID, "StrideH": 1, "StrideW": 1, "DepthMultiplier": 2}
    twice = file.operator("DEPTHWISE_CONV_2D", [0, kernel], table="DepthwiseConv2DOptions", **options)
    yield "depth multiplier", file.finish(twice)
    file = tflite_file([1, 8, 8, 3])
    other = file.constant(rows(np.ones((2, 3), np.float16), last=tflite.DimensionType.DENSE))
    file_of_sum = tflite_file([1, 8, 8, 3])
    one = file_of_sum.constant(np.ones(3, np.float32))
    yield "constant", file_of_sum.finish(file_of_sum.operator("ADD", [0, one], table="AddOptions"))
    yield "sparse layout", file.finish(file.operator("DENSIFY", [other]))


def test_what_would_be_another_network_is_refused(tflite_file, rows):
    """Every variant of a known operator that is not translated exactly stops the conversion."""
    for reason, data in bad_files(tflite_file, rows):
        with pytest.raises(UnsupportedNetwork, match=reason):
            convert(data, 3)
