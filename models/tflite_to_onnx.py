"""From TensorFlow Lite to ONNX, for float networks of convolutions with half-precision or sparse weights.

The result is channels-first and, unless it ends in rows of anchors, fully convolutional: batch, height and width are
free. Only what both BlazeFaces and BlazePose use is translated; anything else is refused by name, because a guess would
be a different network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import tflite
from numpy.typing import NDArray
from onnx import ModelProto

from models.onnx_graph import Graph, Shape

_NUMPY_TYPES: dict[int, type[np.generic]] = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}
_OPERATORS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
_INDEX_VECTORS: dict[int, tuple[type, type[np.generic]]] = {
    tflite.SparseIndexVector.Int32Vector: (tflite.Int32Vector, np.int32),
    tflite.SparseIndexVector.Uint16Vector: (tflite.Uint16Vector, np.uint16),
    tflite.SparseIndexVector.Uint8Vector: (tflite.Uint8Vector, np.uint8),
}
_Options = TypeVar("_Options")


class UnsupportedNetwork(ValueError):
    """The file holds something that this converter does not translate exactly."""


def convert(data: bytes, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> ModelProto:
    """Translate the first subgraph.

    Args:
        data: the .tflite file.
        inputs: name and channels-first shape for each input, in the file's order.
        outputs: name and channels-last shape for each output, in the file's order: `[B, h, w, C]`, where a reshape
            that only flattens the grid at the very end is left out, or `[B, anchors, C]`, where the file joins
            the anchors of several grids.

    Raises:
        UnsupportedNetwork: naming the operator, padding or storage that is not translated.
    """
    return _Converter(data, inputs, outputs).model()


class _Converter:
    def __init__(self, data: bytes, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]) -> None:
        self._file = tflite.Model.GetRootAs(data, 0)
        self._subgraph = self._file.Subgraphs(0)
        self._graph = Graph("converted from TensorFlow Lite")
        self._inputs, self._outputs = inputs, outputs
        self._rows: dict[int, str] = {}
        self._names: dict[int, str] = dict(zip(map(int, self._subgraph.InputsAsNumpy()), inputs, strict=True))
        self._weights: dict[int, NDArray[np.generic]] = {}
        self._padded: dict[int, tuple[str, tuple[int, int, int, int]]] = {}
        self._translate: dict[str, Callable[[tflite.Operator], None]] = {
            "DENSIFY": self._densify,
            "DEQUANTIZE": self._dequantize,
            "PAD": self._pad,
            "CONV_2D": self._convolution,
            "DEPTHWISE_CONV_2D": self._depthwise_convolution,
            "MAX_POOL_2D": self._max_pool,
            "ADD": self._add,
            "RELU": self._relu,
            "RESIZE_BILINEAR": self._resize_bilinear,
            "DEPTH_TO_SPACE": self._depth_to_space,
            "RESHAPE": self._reshape,
            "CONCATENATION": self._concatenation,
        }

    def model(self) -> ModelProto:
        for index in range(self._subgraph.OperatorsLength()):
            operator = self._subgraph.Operators(index)
            code = self._file.OperatorCodes(operator.OpcodeIndex())
            # Files from before 2020 keep the code in the deprecated one-byte field.
            name = _OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            if name not in self._translate:
                raise UnsupportedNetwork(f"operator {name}")
            self._translate[name](operator)
        for index, output in zip(self._subgraph.OutputsAsNumpy(), self._outputs, strict=True):
            if int(index) in self._rows:
                self._graph.node("Identity", self._rows[int(index)], output=output)
            else:
                self._graph.node("Transpose", self._source(int(index)), output=output, perm=[0, 2, 3, 1])
        return self._graph.model(self._inputs, self._outputs)

    def _source(self, index: int) -> str:
        """Name in the new graph of the computed tensor `index`."""
        if index not in self._names:
            raise UnsupportedNetwork(f"tensor {index}, constant, padded or flat, where a computed one is expected")
        return self._names[index]

    def _array(self, index: int) -> NDArray[np.generic]:
        """The constant tensor `index` in its own layout."""
        if index in self._weights:
            return self._weights[index]
        tensor = self._subgraph.Tensors(index)
        buffer = self._file.Buffers(tensor.Buffer())
        if tensor.Type() not in _NUMPY_TYPES or not buffer.DataLength() or tensor.Sparsity() is not None:
            raise UnsupportedNetwork(f"tensor {index} is no plain constant")
        return np.asarray(buffer.DataAsNumpy().view(_NUMPY_TYPES[tensor.Type()]).reshape(tensor.ShapeAsNumpy()))

    def _densify(self, operator: tflite.Operator) -> None:
        """Every dimension dense but the last, which is stored as compressed sparse rows."""
        tensor = self._subgraph.Tensors(operator.Inputs(0))
        shape, sparsity = tensor.ShapeAsNumpy(), tensor.Sparsity()
        rank = len(shape)
        formats = [sparsity.DimMetadata(axis).Format() for axis in range(sparsity.DimMetadataLength())]
        rows_of_last = [tflite.DimensionType.DENSE] * (rank - 1) + [tflite.DimensionType.SPARSE_CSR]
        if formats != rows_of_last or sparsity.TraversalOrderAsNumpy().tolist() != list(range(rank)):
            raise UnsupportedNetwork(f"sparse layout of tensor {operator.Inputs(0)}")
        last = sparsity.DimMetadata(rank - 1)
        starts = _index_vector(last.ArraySegmentsType(), last.ArraySegments())
        columns = _index_vector(last.ArrayIndicesType(), last.ArrayIndices())
        values = self._file.Buffers(tensor.Buffer()).DataAsNumpy().view(_NUMPY_TYPES[tensor.Type()])
        dense = np.zeros((len(starts) - 1, shape[-1]), values.dtype)
        dense[np.repeat(np.arange(len(dense)), np.diff(starts)), columns] = values
        self._weights[operator.Outputs(0)] = dense.reshape(shape)

    def _dequantize(self, operator: tflite.Operator) -> None:
        half = self._array(operator.Inputs(0))
        if half.dtype != np.float16:
            raise UnsupportedNetwork(f"dequantisation of {half.dtype}")
        self._weights[operator.Outputs(0)] = half.astype(np.float32)

    def _pad(self, operator: tflite.Operator) -> None:
        """Of height and width: remembered for the convolution that follows, which pads as it goes.

        Channels of nought, which make the narrower branch of a sum as wide as the other, are added at once.
        """
        before_after = self._array(operator.Inputs(1))
        source = self._source(operator.Inputs(0))
        if before_after[3].any() and not before_after[:3].any():
            # Channels are the second of four dimensions here; a list of what stands before each, then of what after.
            before, after = before_after[3].tolist()
            pads = self._graph.constant(np.array([0, before, 0, 0, 0, after, 0, 0], np.int64))
            self._names[operator.Outputs(0)] = self._graph.node("Pad", source, pads)
            return
        if before_after[[0, 3]].any():
            raise UnsupportedNetwork("padding of batch, or of channels together with other padding")
        (top, bottom), (left, right) = before_after[1:3].tolist()
        self._padded[operator.Outputs(0)] = (source, (top, left, bottom, right))

    def _convolution(self, operator: tflite.Operator) -> None:
        options = _options(operator, tflite.Conv2DOptions())
        out_h_w_in = self._array(operator.Inputs(1))
        self._convolve(operator, options, out_h_w_in.transpose(0, 3, 1, 2), group=1)

    def _depthwise_convolution(self, operator: tflite.Operator) -> None:
        options = _options(operator, tflite.DepthwiseConv2DOptions())
        one_h_w_out = self._array(operator.Inputs(1))
        channels = one_h_w_out.shape[3]
        if options.DepthMultiplier() != 1:
            raise UnsupportedNetwork("depth multiplier")
        self._convolve(operator, options, one_h_w_out.transpose(3, 0, 1, 2), group=channels)

    def _convolve(
        self,
        operator: tflite.Operator,
        options: tflite.Conv2DOptions | tflite.DepthwiseConv2DOptions,
        weights: NDArray[np.generic],
        group: int,
    ) -> None:
        if (options.DilationHFactor(), options.DilationWFactor()) != (1, 1):
            raise UnsupportedNetwork("dilation")
        index = operator.Inputs(0)
        source, pads = self._padded[index] if index in self._padded else (self._source(index), (0, 0, 0, 0))
        attributes: dict[str, Any] = {
            "kernel_shape": weights.shape[2:],
            "strides": [options.StrideH(), options.StrideW()],
            "group": group,
        }
        if options.Padding() == tflite.Padding.VALID:
            attributes["pads"] = pads
        elif pads == (0, 0, 0, 0):
            attributes["auto_pad"] = "SAME_UPPER"
        else:
            raise UnsupportedNetwork("padding before a convolution that pads by itself")
        constants = [self._graph.constant(array) for array in (weights, self._array(operator.Inputs(2)))]
        result = self._graph.node("Conv", source, *constants, **attributes)
        self._names[operator.Outputs(0)] = self._activated(result, options.FusedActivationFunction())

    def _max_pool(self, operator: tflite.Operator) -> None:
        options = _options(operator, tflite.Pool2DOptions())
        result = self._graph.node(
            "MaxPool",
            self._source(operator.Inputs(0)),
            kernel_shape=[options.FilterHeight(), options.FilterWidth()],
            strides=[options.StrideH(), options.StrideW()],
            auto_pad="VALID" if options.Padding() == tflite.Padding.VALID else "SAME_UPPER",
        )
        self._names[operator.Outputs(0)] = self._activated(result, options.FusedActivationFunction())

    def _relu(self, operator: tflite.Operator) -> None:
        self._names[operator.Outputs(0)] = self._graph.node("Relu", self._source(operator.Inputs(0)))

    def _add(self, operator: tflite.Operator) -> None:
        total = self._graph.node("Add", self._source(operator.Inputs(0)), self._source(operator.Inputs(1)))
        options = _options(operator, tflite.AddOptions())
        self._names[operator.Outputs(0)] = self._activated(total, options.FusedActivationFunction())

    def _activated(self, name: str, function: int) -> str:
        if function == tflite.ActivationFunctionType.NONE:
            return name
        if function == tflite.ActivationFunctionType.RELU:
            return self._graph.node("Relu", name)
        if function == tflite.ActivationFunctionType.RELU6:
            bounds = [self._graph.constant(np.array(bound, np.float32)) for bound in (0, 6)]
            return self._graph.node("Clip", name, *bounds)
        raise UnsupportedNetwork(f"activation {function}")

    def _resize_bilinear(self, operator: tflite.Operator) -> None:
        """The fixed size of the file becomes its factor, so that any input size works."""
        options = _options(operator, tflite.ResizeBilinearOptions())
        if options.AlignCorners() or not options.HalfPixelCenters():
            raise UnsupportedNetwork("resizing that does not use pixel centres")
        old, new = (self._subgraph.Tensors(k).ShapeAsNumpy()[1:3] for k in (operator.Inputs(0), operator.Outputs(0)))
        if (new % old).any():
            raise UnsupportedNetwork("resizing by a fraction")
        scales = self._graph.constant(np.array([1, 1, *(new // old)], np.float32))
        self._names[operator.Outputs(0)] = self._graph.node(
            "Resize",
            self._source(operator.Inputs(0)),
            "",
            scales,
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        )

    def _depth_to_space(self, operator: tflite.Operator) -> None:
        block = _options(operator, tflite.DepthToSpaceOptions()).BlockSize()
        source = self._source(operator.Inputs(0))
        self._names[operator.Outputs(0)] = self._graph.node("DepthToSpace", source, blocksize=block, mode="DCR")

    def _reshape(self, operator: tflite.Operator) -> None:
        """A grid becomes rows of anchors; left out where it only flattens the grid of an output."""
        before, after = (
            self._subgraph.Tensors(index).ShapeAsNumpy().tolist() for index in (operator.Inputs(0), operator.Outputs(0))
        )
        if len(before) != 4 or len(after) != 3 or before[0] != after[0]:
            raise UnsupportedNetwork("reshape inside the network")
        source = self._source(operator.Inputs(0))
        if operator.Outputs(0) in self._subgraph.OutputsAsNumpy() and before[-1] == after[-1]:
            self._names[operator.Outputs(0)] = source
            return
        last = self._graph.node("Transpose", source, perm=[0, 2, 3, 1])
        shape = self._graph.constant(np.array([0, -1, after[-1]], np.int64))
        self._rows[operator.Outputs(0)] = self._graph.node("Reshape", last, shape)

    def _concatenation(self, operator: tflite.Operator) -> None:
        """Rows of anchors, one grid's after the other's."""
        options = _options(operator, tflite.ConcatenationOptions())
        parts = [int(index) for index in operator.InputsAsNumpy()]
        if options.Axis() != 1 or not self._rows.keys() >= set(parts):
            raise UnsupportedNetwork("concatenation of anything but rows of anchors")
        if options.FusedActivationFunction() != tflite.ActivationFunctionType.NONE:
            raise UnsupportedNetwork("activation of a concatenation")
        self._rows[operator.Outputs(0)] = self._graph.node("Concat", *(self._rows[part] for part in parts), axis=1)


def _options(operator: tflite.Operator, options: _Options) -> _Options:
    table = operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)  # type: ignore[attr-defined]
    return options


def _index_vector(kind: int, table: tflite.Table) -> NDArray[np.int64]:
    """Row starts or column numbers of a sparse tensor, which come in three integer sizes."""
    if kind not in _INDEX_VECTORS:
        raise UnsupportedNetwork(f"sparse index type {kind}")
    reader, dtype = _INDEX_VECTORS[kind]
    vector = reader()
    vector.Init(table.Bytes, table.Pos)
    return np.asarray(vector.ValuesAsNumpy(), dtype).astype(np.int64)
