"""MediaPipe's two networks in MediaPipe's own tasks, held against the runtime that runs them otherwise."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest
from PIL import Image

from anonymiser import canary
from anonymiser.detect import blazeface, blazepose, mediapipe_runtime
from anonymiser.detect.merge import overlaps, suppress
from anonymiser.detect.people import likely
from anonymiser.errors import ModelError
from anonymiser.samples import sample_images
from anonymiser.settings import Runtime, Settings
from anonymiser.stages import load_blazeface, load_blazepose, load_detector, load_head_finder, load_stages
from anonymiser.weights import ModelId, model_file

HAS_MEDIAPIPE = importlib.util.find_spec("mediapipe") is not None
needs_mediapipe = pytest.mark.skipif(not HAS_MEDIAPIPE, reason="the test extra brings MediaPipe")
GROUPS = ("Class photo/oak class 1.jpg", "Sports day/IMG_4312.jpg", "Sports day/IMG_4313.jpg")


def pictures():
    """Sample portraits and group photos, RGB."""
    paths = [*sorted(sample_images().glob("enrolment/*/*.jpg"))[::6], *(sample_images() / "inbox" / g for g in GROUPS)]
    return [Image.open(path).convert("RGB") for path in paths]


def tiles_of(side):
    """Each picture squeezed into a tile, and a part of each at its own size."""
    whole = [picture.resize((side, side), Image.Resampling.BOX) for picture in pictures()]
    parts = [picture.crop((100, 60, 100 + side, 60 + side)) for picture in pictures()]
    return np.stack([np.asarray(tile) for tile in (*whole, *parts)])


@pytest.fixture(scope="module")
def faces():
    tiles = tiles_of(blazeface.TILE_PX)
    return tiles, *(load_blazeface(runtime)(tiles, 0.5) for runtime in Runtime)


@pytest.fixture(scope="module")
def heads():
    tiles = tiles_of(blazepose.TILE_PX)
    return tiles, *(load_blazepose(runtime)(tiles, 0.5) for runtime in Runtime)


def by_score(found, tile):
    """What is in one tile, best first."""
    rows, which = found
    rows = rows[which == tile]
    return rows[np.argsort(-rows.score, kind="stable")]


@needs_mediapipe
def test_blazeface_is_the_same_network_in_either_runtime(faces):
    """Every face on every tile, with the same score and landmarks, and its box to the pixel that MediaPipe cuts off."""
    tiles, ours, theirs = faces
    compared = 0
    for tile in range(len(tiles)):
        a, b = by_score(ours, tile), by_score(theirs, tile)
        assert len(a) == len(b)
        np.testing.assert_allclose(a.score, b.score, atol=0.001)
        np.testing.assert_allclose(a.points, b.points, atol=0.05)
        sides = [found.xyxy[:, 2:] - found.xyxy[:, :2] for found in (a, b)]
        assert np.abs(a.xyxy[:, :2] - b.xyxy[:, :2]).max(initial=0) <= 1
        assert np.abs(sides[0] - sides[1]).max(initial=0) <= 1
        compared += len(a)
    assert compared >= 20


@needs_mediapipe
def test_blazeface_gives_what_mediapipes_task_gives_by_itself(faces):
    """With MediaPipe's own suppression: as many faces, and its scores and blended boxes from ours."""
    import mediapipe as mp  # noqa: PLC0415 - only the test extra has it

    tiles, (ours, which), _ = faces
    options = mp.tasks.vision.FaceDetectorOptions(
        base_options=mp.tasks.BaseOptions(model_asset_buffer=model_file(ModelId.BLAZEFACE_ORIGINAL).read_bytes()),
        min_detection_confidence=0.5,
        min_suppression_threshold=0.3,
    )
    compared = 0
    with mp.tasks.vision.FaceDetector.create_from_options(options) as task:
        for index, tile in enumerate(tiles):
            theirs = task.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(tile))).detections
            candidates = ours[which == index]
            kept = suppress(candidates, iou=0.3)
            assert len(kept) == len(theirs)
            for row, detection in enumerate(sorted(theirs, key=lambda found: -found.categories[0].score)):
                assert kept.score[row] == pytest.approx(detection.categories[0].score, abs=0.001)
                box = detection.bounding_box
                left, top, right, bottom = blended_box(candidates, kept.xyxy[row])
                theirs_xywh = [box.origin_x, box.origin_y, box.width, box.height]
                assert np.abs(np.array([left, top, right - left, bottom - top]) - theirs_xywh).max() <= 1
                compared += 1
    assert compared >= 10


def blended_box(candidates, best):
    """MediaPipe's weighted suppression: boxes that overlap the best one, averaged by score."""
    cluster = candidates[overlaps(candidates.xyxy, best[None])[0][:, 0] > 0.3]
    return (cluster.xyxy * cluster.score[:, None]).sum(0) / cluster.score.sum()


@needs_mediapipe
def test_blazepose_is_the_same_network_in_either_runtime(heads):
    """The best head of every tile, and every other that MediaPipe keeps, with the same score and box."""
    tiles, ours, theirs = heads
    compared = 0
    for tile in range(len(tiles)):
        a, b = by_score(ours, tile), by_score(theirs, tile)
        assert bool(len(a)) == bool(len(b))
        if not len(a):
            continue
        same = np.abs(a.xyxy[:, None] - b.xyxy[None]).max(2).argmin(0)
        assert same[0] == 0
        np.testing.assert_allclose(a.xyxy[same], b.xyxy, atol=0.05)
        np.testing.assert_allclose(a.score[same], b.score, atol=0.001)
        compared += len(b)
    assert compared >= 10


@needs_mediapipe
@pytest.mark.parametrize("file", GROUPS)
def test_a_photo_is_searched_alike_in_either_runtime(file):
    """The same faces and likely heads; a box may differ by what MediaPipe cuts off, and it gives fewer weak heads."""
    pixels = np.asarray(Image.open(sample_images() / "inbox" / file).convert("RGB"))
    ours, theirs = (load_detector(runtime).detect(pixels) for runtime in Runtime)
    assert len(ours) == len(theirs)
    assert (overlaps(ours.xyxy, theirs.xyxy)[0].max(1) > 0.9).all()
    ours, theirs = (likely(load_head_finder(runtime).heads(pixels)) for runtime in Runtime)
    np.testing.assert_allclose(ours.xyxy, theirs.xyxy, atol=0.1)
    np.testing.assert_allclose(ours.score, theirs.score, atol=0.001)


@needs_mediapipe
def test_the_canary_lives_in_mediapipes_runtime_too():
    """Every network gives the right answers, whoever runs it."""
    canary.check(load_stages(Runtime.MEDIAPIPE))


@needs_mediapipe
@pytest.mark.parametrize("load", [load_blazeface, load_blazepose])
def test_a_file_that_mediapipe_cannot_use_is_refused(monkeypatch, tmp_path, load):
    """With the remedy, and without MediaPipe's own words."""
    (tmp_path / "network.tflite").write_bytes(b"no network")
    monkeypatch.setattr("anonymiser.stages.model_file", lambda _: tmp_path / "network.tflite")
    with pytest.raises(ModelError, match="cannot use its own model file") as refusal:
        load(Runtime.MEDIAPIPE)
    assert "force-reinstall" in refusal.value.remedy


@pytest.fixture
def not_loaded_yet(monkeypatch):
    """Tasks are made anew."""
    for name in ("_face_task", "_person_task"):
        monkeypatch.setattr(mediapipe_runtime, name, getattr(mediapipe_runtime, name).__wrapped__)


@pytest.mark.usefixtures("not_loaded_yet")
@pytest.mark.parametrize("load", [load_blazeface, load_blazepose])
def test_a_missing_wheel_is_an_error_and_no_silent_change(monkeypatch, load):
    """The remedy names both ways out."""
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(ModelError, match="not installed") as refusal:
        load(Runtime.MEDIAPIPE)
    assert 'pip install "anonymiser[mediapipe]"' in refusal.value.remedy
    assert 'runtime = "onnxruntime"' in refusal.value.remedy


@pytest.mark.usefixtures("not_loaded_yet")
@pytest.mark.parametrize(
    "error", [OSError("libEGL.so.1: cannot open shared object file"), ImportError("no numpy", name="numpy")]
)
def test_a_broken_wheel_is_an_error_and_no_silent_change(monkeypatch, error):
    """A system library that is missing, or a part of the wheel."""

    def fails(_):
        raise error

    monkeypatch.setattr(importlib, "import_module", fails)
    with pytest.raises(ModelError, match="cannot be loaded") as refusal:
        load_stages(Runtime.MEDIAPIPE)
    assert "libegl1" in refusal.value.remedy


def test_onnxruntime_is_what_runs_unless_the_school_chooses():
    """The default needs no MediaPipe."""
    assert Settings().detection.runtime is Runtime.ONNXRUNTIME
    assert isinstance(load_blazeface(Runtime.ONNXRUNTIME), blazeface.BlazeFace)
