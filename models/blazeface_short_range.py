"""BlazeFace short range (MediaPipe), with a free batch."""

from __future__ import annotations

from onnx import ModelProto

from models import tflite_to_onnx


def convert(data: bytes) -> ModelProto:
    """Translate `face_detection_short_range.tflite`.

    Input `image` `float32 [B, 3, 128, 128]`, RGB in -1..1. Outputs for 896 anchors, those of 16 x 16 and 8 x 8 cells
    with 2 and 6 anchors each, row by row: `regressors` `[B, 896, 16]` in input pixels relative to the centre of the
    cell (cx, cy, width, height, then x, y of right eye, left eye, nose tip, mouth centre, right ear, left ear) and
    `logits` `[B, 896, 1]`.
    """
    return tflite_to_onnx.convert(
        data,
        inputs={"image": ["B", 3, 128, 128]},
        outputs={"regressors": ["B", 896, 16], "logits": ["B", 896, 1]},
    )
