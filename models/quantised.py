"""Taking apart OpenCV Zoo's block-quantised ONNX files: 8-bit weights back to float32, constants by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class PlainNetwork:
    """A network whose weights are plain arrays again."""

    nodes: tuple[NodeProto, ...]
    """In the file's order; dequantisation, constants and what has no effect at inference are gone."""
    arrays: dict[str, NDArray[np.generic]]
    """Every constant by name."""


def read(data: bytes) -> PlainNetwork:
    """Read the file and restore its weights.

    Weights are stored as `DequantizeLinear` of 8-bit integers and, where they were flattened for it, a `Reshape`.
    """
    graph = onnx.load_model_from_string(data).graph
    arrays: dict[str, NDArray[np.generic]] = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    same_as: dict[str, str] = {}
    nodes = []
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            stored, scale, zero = (arrays[name] for name in node.input)
            arrays[node.output[0]] = dequantise(
                stored, scale, zero, axis=attribute(node, "axis", 1), block=attribute(node, "block_size", 0)
            )
        elif node.op_type == "Reshape" and node.input[0] in arrays:
            arrays[node.output[0]] = arrays[node.input[0]].reshape(arrays[node.input[1]].tolist())
        elif node.op_type == "Constant":
            arrays[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        elif node.op_type == "Dropout":
            same_as[node.output[0]] = node.input[0]
        else:
            node.input[:] = [same_as.get(name, name) for name in node.input]
            nodes.append(node)
    return PlainNetwork(tuple(nodes), arrays)


def dequantise(
    stored: NDArray[np.generic], scale: NDArray[np.generic], zero: NDArray[np.generic], axis: int, block: int
) -> NDArray[np.float32]:
    """`(stored - zero) * scale` in float32, as ONNX defines `DequantizeLinear`.

    `scale` and `zero` are one number for all, one per index of `axis` (block 0), or one per `block` indices of it.
    """

    def spread(values: NDArray[np.generic]) -> NDArray[np.float32]:
        single = values.astype(np.float32)
        if block:
            # The last block may be cut short.
            return np.take(np.repeat(single, block, axis), range(stored.shape[axis]), axis)
        if single.size == 1:
            return single.reshape([1] * stored.ndim)
        return single.reshape([-1 if k == axis else 1 for k in range(stored.ndim)])

    return (stored.astype(np.float32) - spread(zero)) * spread(scale)


def attribute(node: NodeProto, name: str, default: _Value) -> _Value:
    """Value of a node's attribute, or the default that ONNX gives it."""
    for candidate in node.attribute:
        if candidate.name == name:
            value: _Value = helper.get_attribute_value(candidate)
            return value
    return default
