"""BlazeFace and BlazePose in MediaPipe's own runtime, for a school that prefers it (`[detection] runtime`).

The networks, tiles and thresholds are those of `blazeface.py` and `blazepose.py`; what differs is who runs them:
MediaPipe's FaceDetector and ObjectDetector tasks, one tile after another, from MediaPipe's own files. A test holds both
ways against each other. MediaPipe cuts off the fractions of pixels of BlazeFace's boxes, and shows no raw
outputs, so values that are no numbers cannot be refused here: the canary finds a network that sees nothing.

Needs `pip install "anonymiser[mediapipe]"`. A wheel that is missing or cannot be loaded is an error; the other runtime
never takes its place unasked.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect import blazepose, mediapipe_metadata
from anonymiser.detect.interface import TileDetector
from anonymiser.errors import ModelError
from anonymiser.values.faces import Faces, Float32

_Foreign = Any
"""Something of MediaPipe's, which has no types."""

_NOT_INSTALLED = (
    'Install it: pip install "anonymiser[mediapipe]", or choose runtime = "onnxruntime" under [detection] in '
    "anonymiser.toml."
)
_BROKEN = (
    "Install it again: pip install --force-reinstall mediapipe (on Linux it also needs the system packages libegl1 and "
    'libgles2), or choose runtime = "onnxruntime" under [detection] in anonymiser.toml.'
)
_EVERY_CANDIDATE = 0.99
"""Hardly two boxes overlap by more, so MediaPipe merges nothing by itself; at 1.0 it would stop after the first."""


class MediaPipeBlazeFace(TileDetector):
    """BlazeFace by MediaPipe's FaceDetector task; tiles should be of blazeface.TILE_PX."""

    def __init__(self, model: Path) -> None:
        """`model` is MediaPipe's own file. Raises ModelError where MediaPipe is missing or cannot use it."""
        self._model = model
        _face_task(model, 0.5)

    def __call__(self, tiles: NDArray[np.uint8], threshold: float) -> tuple[Faces, NDArray[np.intp]]:
        """Faces above the threshold in tile pixels, and the tile of each."""
        found = _detections(_face_task(self._model, threshold), tiles)
        boxes = [detection.bounding_box for _, detection in found]
        # MediaPipe cuts off fractions of pixels; half of one is what it cuts off on average.
        xywh = np.array([[box.origin_x, box.origin_y, box.width, box.height] for box in boxes], np.float32) + 0.5
        xywh = xywh.reshape(-1, 4)
        points = np.full((len(found), 5, 2), np.nan, np.float32)
        # Right eye, left eye, nose tip; MediaPipe's mouth centre and ears are of no use here, as in blazeface.py.
        for row, (_, detection) in enumerate(found):
            points[row, :3] = [[point.x, point.y] for point in detection.keypoints[:3]]
        points *= np.array(tiles.shape[2:0:-1], np.float32)
        xyxy = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], 1)
        return Faces(xyxy, _scores(found), points), np.array([index for index, _ in found], np.intp)


class MediaPipeBlazePose(TileDetector):
    """BlazePose's person detector by MediaPipe's ObjectDetector task; tiles must be of blazepose.TILE_PX.

    MediaPipe's pose task keeps its person detector to itself, but its ObjectDetector runs any detector whose file says
    how to read its outputs. So the file is given that description in memory (`mediapipe_metadata.py`); no weight is
    touched. Of several people whose bounding boxes overlap by more than 0.3 the task keeps one.
    """

    def __init__(self, model: Path) -> None:
        """`model` is MediaPipe's own file. Raises ModelError where MediaPipe is missing or cannot use it."""
        self._model = model
        _person_task(model, 0.5)

    def __call__(self, tiles: NDArray[np.uint8], threshold: float) -> tuple[Faces, NDArray[np.intp]]:
        """Heads of people above the threshold in tile pixels, and the tile of each."""
        found = _detections(_person_task(self._model, threshold), tiles)
        # The task takes every pair for y before x, and the network gives x before y.
        places = np.array([[[point.y, point.x] for point in detection.keypoints] for _, detection in found], np.float32)
        places = places.reshape(-1, 4, 2) * blazepose.TILE_PX
        points = np.full((len(found), 5, 2), np.nan, np.float32)
        heads = Faces(blazepose.head_boxes(places[:, 2], places[:, 3]), _scores(found), points)
        return heads, np.array([index for index, _ in found], np.intp)


# Tasks are kept until the process ends, as onnxruntime's sessions are. MediaPipe 1.2.3 also waits for ever where a task
# is closed by Python's cyclic garbage collection.


@functools.cache
def _face_task(model: Path, threshold: float) -> _Foreign:
    mediapipe = _imported()
    vision = mediapipe.tasks.vision
    options = vision.FaceDetectorOptions(
        base_options=mediapipe.tasks.BaseOptions(model_asset_buffer=model.read_bytes()),
        min_detection_confidence=threshold,
        min_suppression_threshold=_EVERY_CANDIDATE,
    )
    return _made(lambda: vision.FaceDetector.create_from_options(options))


@functools.cache
def _person_task(model: Path, threshold: float) -> _Foreign:
    mediapipe = _imported()
    vision = mediapipe.tasks.vision
    options = vision.ObjectDetectorOptions(
        base_options=mediapipe.tasks.BaseOptions(model_asset_buffer=_described(model)), score_threshold=threshold
    )
    return _made(lambda: vision.ObjectDetector.create_from_options(options))


@functools.cache
def _described(model: Path) -> bytes:
    content = model.read_bytes()
    described: bytes = _made(lambda: mediapipe_metadata.described(content))
    return described


@atexit.register
def _close_tasks() -> None:
    """After MediaPipe's own exit, which is registered later: a task that is closed later still prints a traceback."""
    for tasks in (_face_task, _person_task):
        tasks.cache_clear()


def _detections(task: _Foreign, tiles: NDArray[np.uint8]) -> list[tuple[int, _Foreign]]:
    """What a task finds on each tile, with the tile's number."""
    mediapipe = _imported()
    return [
        (index, detection)
        for index, tile in enumerate(tiles)
        for detection in task.detect(
            mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(tile))
        ).detections
    ]


def _scores(found: list[tuple[int, _Foreign]]) -> Float32:
    return np.array([detection.categories[0].score for _, detection in found], np.float32)


def _imported() -> _Foreign:
    """The package. Raises ModelError where it is missing or broken."""
    # Its native library otherwise writes to the terminal whatever it likes.
    os.environ.setdefault("GLOG_minloglevel", "2")
    try:
        return importlib.import_module("mediapipe")
    except ImportError as error:
        if error.name == "mediapipe":
            raise ModelError("MediaPipe's runtime is chosen, but not installed", remedy=_NOT_INSTALLED) from error
        raise ModelError("MediaPipe's runtime cannot be loaded", remedy=_BROKEN) from error
    except Exception as error:  # a native library may be missing, or be for another processor
        raise ModelError("MediaPipe's runtime cannot be loaded", remedy=_BROKEN) from error


def _made(make: Callable[[], _Foreign]) -> _Foreign:
    try:
        return make()
    except Exception as error:  # whatever its native library raises
        raise ModelError(
            f"MediaPipe's runtime cannot use its own model file ({type(error).__name__})", remedy=_BROKEN
        ) from error
