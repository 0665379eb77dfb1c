"""YuNet (libfacedetection, OpenCV Zoo): weights back to float32, batch, height and width free."""

from __future__ import annotations

from onnx import ModelProto, helper

from models import quantised
from models.onnx_graph import Graph, Shape

STRIDES = (8, 16, 32)
HEADS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}


def convert(data: bytes) -> ModelProto:
    """Translate `face_detection_yunet_2023mar_int8bq.onnx`.

    Input `input` `float32 [B, 3, H, W]`, BGR 0..255, H and W multiples of 32. Outputs for each stride s of 8, 16, 32,
    with `N = (H / s) * (W / s)` cells row by row: `cls_s` and `obj_s` `[B, N, 1]` (the score is the root of their
    product), `bbox_s` `[B, N, 4]` (centre in strides from the cell's corner, then the logarithms of width and height in
    strides) and `kps_s` `[B, N, 10]` (five points in strides from the cell's corner).
    """
    network = quantised.read(data)
    graph = Graph("yunet")
    outputs: dict[str, Shape] = {
        f"{head}_{stride}": ["B", f"N{stride}", size] for head, size in HEADS.items() for stride in STRIDES
    }
    known = {"input": "input", "": ""}
    for node in network.nodes:
        for name in node.input:
            if name not in known:
                array = network.arrays[name].copy()
                if node.op_type == "Reshape":
                    array[0] = 0  # the file fixes the batch to 1; 0 keeps whatever it is
                known[name] = graph.constant(array)
        (result,) = node.output
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        known[result] = graph.node(
            node.op_type,
            *(known[name] for name in node.input),
            output=result if result in outputs else "",
            **attributes,
        )
    return graph.model({"input": ["B", 3, "H", "W"]}, outputs)
