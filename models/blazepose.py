"""BlazePose's person detector (MediaPipe), with a free batch."""

from __future__ import annotations

from onnx import ModelProto

from models import tflite_to_onnx


def convert(data: bytes) -> ModelProto:
    """Translate `pose_detection.tflite`.

    Input `image` `float32 [B, 3, 224, 224]`, RGB in -1..1. Outputs for 2,254 anchors, those of 28 x 28, 14 x 14 and
    7 x 7 cells with 2, 2 and 6 anchors each, row by row: `regressors` `[B, 2254, 12]` in input pixels relative to the
    centre of the cell (cx, cy, width, height, then x, y of middle of the hips, a point on the circle around the whole
    body, middle of the shoulders, a point on the circle around the upper body) and `logits` `[B, 2254, 1]`.
    """
    return tflite_to_onnx.convert(
        data,
        inputs={"image": ["B", 3, 224, 224]},
        outputs={"regressors": ["B", 2254, 12], "logits": ["B", 2254, 1]},
    )
