"""BlazeFace full range (MediaPipe), made to search a picture of any size in one pass."""

from __future__ import annotations

from onnx import ModelProto

from models import tflite_to_onnx


def convert(data: bytes) -> ModelProto:
    """Translate `face_detection_full_range_sparse.tflite`.

    Input `image` `float32 [B, 3, H, W]`, RGB in -1..1, H and W multiples of 32 (five halvings; any other size would
    round, and the three up-samplings would no longer meet their skip connections). Outputs on the grid of
    `h = H / 4`, `w = W / 4`: `regressors` `[B, h, w, 16]` in input pixels relative to the centre of the cell (cx, cy,
    width, height, then x, y of right eye, left eye, nose tip, mouth centre, right ear, left ear) and `logits`
    `[B, h, w, 1]`.
    """
    return tflite_to_onnx.convert(
        data,
        inputs={"image": ["B", 3, "H", "W"]},
        outputs={"regressors": ["B", "h", "w", 16], "logits": ["B", "h", "w", 1]},
    )
