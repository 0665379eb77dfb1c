"""SFace (OpenCV Zoo): weights back to float32, batch free, batch norms folded, PReLU in faster operators."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper

from models import quantised
from models.onnx_graph import Graph

Float64 = NDArray[np.float64]


def convert(data: bytes) -> ModelProto:
    """Translate `face_recognition_sface_2021dec_int8bq.onnx`.

    Input `data` `float32 [n, 3, 112, 112]`, RGB 0..255, aligned by five points; the network subtracts 127.5 and
    divides by 128 itself. Output `fc1` `float32 [n, 128]`, not normalised.
    """
    return _Folding(quantised.read(data)).model()


class _Folding:
    """Writes the network again; a batch norm goes into the convolution or matrix before it."""

    def __init__(self, network: quantised.PlainNetwork) -> None:
        self._nodes = network.nodes
        self._arrays = network.arrays
        self._graph = Graph("sface")
        self._names = {"data": "data"}

    def model(self) -> ModelProto:
        norm_after = {node.input[0]: node for node in self._nodes if node.op_type == "BatchNormalization"}
        folded: set[str] = set()
        for node in self._nodes:
            if node.op_type in {"Conv", "Gemm"}:
                norm = norm_after.get(node.output[0])
                self._weighted(node, norm)
                folded.update(norm.output if norm else ())
            elif node.op_type == "BatchNormalization":
                if node.output[0] not in folded:
                    self._norm(node)
            elif node.op_type == "PRelu":
                self._prelu(node)
            else:
                self._as_it_is(node)
        return self._graph.model({"data": ["n", 3, 112, 112]}, {"fc1": ["n", 128]})

    def _weighted(self, node: NodeProto, norm: NodeProto | None) -> None:
        """`Conv` or `Gemm`, multiplied and shifted per output by the batch norm that follows."""
        weights, *bias = (self._arrays[name].astype(np.float64) for name in node.input[1:])
        outputs = len(weights)
        offset = bias[0] if bias else np.zeros(outputs)
        if norm is not None:
            factor, shift = self._factor_and_shift(norm)
            weights = weights * factor.reshape([-1] + [1] * (weights.ndim - 1))
            offset = offset * factor + shift
        self._write(node, norm or node, self._graph.constant(weights), self._graph.constant(offset))

    def _norm(self, node: NodeProto) -> None:
        """A batch norm with nothing before it to fold into."""
        factor, shift = (self._graph.constant(a.reshape(-1, 1, 1)) for a in self._factor_and_shift(node))
        scaled = self._graph.node("Mul", self._names[node.input[0]], factor)
        self._names[node.output[0]] = self._graph.node("Add", scaled, shift)

    def _prelu(self, node: NodeProto) -> None:
        """PReLU with slope `a` from operators that run vectorised: `max(x, a x)` where no slope exceeds 1."""
        slope = self._arrays[node.input[1]].astype(np.float32)
        source, factor = self._names[node.input[0]], self._graph.constant(slope.reshape(-1, 1, 1))
        if (slope <= 1).all():
            result = self._graph.node("Max", source, self._graph.node("Mul", source, factor))
        else:
            positive = self._graph.node("Relu", source)
            negative = self._graph.node("Sub", source, positive)
            result = self._graph.node("Add", positive, self._graph.node("Mul", negative, factor))
        self._names[node.output[0]] = result

    def _as_it_is(self, node: NodeProto) -> None:
        self._write(node, node, *(self._graph.constant(self._arrays[name]) for name in node.input[1:]))

    def _write(self, node: NodeProto, last: NodeProto, *constants: str) -> None:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        output = "fc1" if last.output[0] == "fc1" else ""
        source = self._names[node.input[0]]
        self._names[last.output[0]] = self._graph.node(node.op_type, source, *constants, output=output, **attributes)

    def _factor_and_shift(self, norm: NodeProto) -> tuple[Float64, Float64]:
        gamma, beta, mean, variance = (self._arrays[name].astype(np.float64) for name in norm.input[1:5])
        factor = gamma / np.sqrt(variance + quantised.attribute(norm, "epsilon", 1e-5))
        return factor, beta - mean * factor
