"""The four networks: decoding against plain loops, and whether they agree with each other."""

import math

import numpy as np
import pytest
from PIL import Image

from anonymiser.detect import blazeface, blazeface_short_range, centerface, yunet
from anonymiser.detect.merge import overlaps, suppress
from anonymiser.samples import sample_images
from anonymiser.stages import load_detector
from anonymiser.weights import ModelId, session

RNG = np.random.default_rng(20)


def portraits():
    """Sample portraits, RGB."""
    paths = sorted(sample_images().glob("enrolment/*/*.jpg"))[::5]
    return [np.asarray(Image.open(path).convert("RGB")) for path in paths]


def test_yunet_decoding_equals_a_plain_loop():
    """Boxes, scores and landmarks of a batch are what the formula gives cell by cell."""
    stride, columns, rows, threshold = 16, 4, 3, 0.5
    cells = columns * rows
    cls, obj = RNG.uniform(0, 1, (2, 2, cells, 1)).astype(np.float32)
    bbox = RNG.normal(0, 1, (2, cells, 4)).astype(np.float32)
    kps = RNG.normal(0, 1, (2, cells, 10)).astype(np.float32)
    expected = []
    for tile in range(2):
        for cell in range(cells):
            score = math.sqrt(cls[tile, cell, 0] * obj[tile, cell, 0])
            if score < threshold:
                continue
            column, row = cell % columns, cell // columns
            x, y, w, h = bbox[tile, cell].tolist()
            cx, cy, w, h = (column + x) * stride, (row + y) * stride, math.exp(w) * stride, math.exp(h) * stride
            points = [
                ((column + px) * stride, (row + py) * stride) for px, py in kps[tile, cell].reshape(5, 2).tolist()
            ]
            expected.append((tile, score, [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], points))
    faces, which = yunet.decode(cls, obj, bbox, kps, stride=stride, columns=columns, threshold=threshold)
    assert which.tolist() == [tile for tile, *_ in expected]
    np.testing.assert_allclose(faces.score, [score for _, score, *_ in expected], rtol=1e-5)
    np.testing.assert_allclose(faces.xyxy, [box for _, _, box, _ in expected], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(faces.points, [points for *_, points in expected], rtol=1e-4, atol=1e-3)


def test_blazeface_decoding_equals_a_plain_loop():
    """Boxes and the three shared landmarks of a batch are what the formula gives anchor by anchor."""
    regressors = RNG.normal(0, 20, (2, 3, 4, 16)).astype(np.float32)
    logits = RNG.normal(0, 3, (2, 3, 4, 1)).astype(np.float32)
    expected = []
    for tile in range(2):
        for row in range(3):
            for column in range(4):
                score = 1 / (1 + math.exp(-logits[tile, row, column, 0]))
                if score < 0.5:
                    continue
                ax, ay = (column + 0.5) * 4, (row + 0.5) * 4
                r = regressors[tile, row, column].tolist()
                w, h = max(r[2], 0), max(r[3], 0)
                box = [ax + r[0] - w / 2, ay + r[1] - h / 2, ax + r[0] + w / 2, ay + r[1] + h / 2]
                points = [(ax + r[4 + 2 * k], ay + r[5 + 2 * k]) for k in range(3)]
                expected.append((tile, score, box, points))
    faces, which = blazeface.decode(regressors, logits, threshold=0.5)
    assert which.tolist() == [tile for tile, *_ in expected]
    np.testing.assert_allclose(faces.score, [score for _, score, *_ in expected], rtol=1e-4)
    np.testing.assert_allclose(faces.xyxy, [box for _, _, box, _ in expected], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(faces.points[:, :3], [points for *_, points in expected], rtol=1e-4, atol=1e-3)
    assert np.isnan(faces.points[:, 3:]).all()


def test_centerface_decoding_equals_a_plain_loop():
    """Boxes, scores and landmarks of a batch are what the formula gives cell by cell."""
    shape = (2, 3, 4)
    heat = RNG.uniform(0, 1, (2, 1, 3, 4)).astype(np.float32)
    sizes, offsets = RNG.normal(0, 1, (2, 2, 2, 3, 4)).astype(np.float32)
    points = RNG.uniform(0, 1, (2, 10, 3, 4)).astype(np.float32)
    expected = []
    for tile, row, column in np.ndindex(shape):
        if heat[tile, 0, row, column] < 0.5:
            continue
        h, w = (math.exp(v) * 4 for v in sizes[tile, :, row, column].tolist())
        dy, dx = offsets[tile, :, row, column].tolist()
        x, y = (column + dx + 0.5) * 4 - w / 2, (row + dy + 0.5) * 4 - h / 2
        yx = points[tile, :, row, column].reshape(5, 2).tolist()
        expected.append(
            (tile, heat[tile, 0, row, column], [x, y, x + w, y + h], [(x + w * px, y + h * py) for py, px in yx])
        )
    faces, which = centerface.decode(heat, sizes, offsets, points, threshold=0.5)
    assert which.tolist() == [tile for tile, *_ in expected]
    np.testing.assert_allclose(faces.score, [score for _, score, *_ in expected])
    np.testing.assert_allclose(faces.xyxy, [box for _, _, box, _ in expected], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(faces.points, [points for *_, points in expected], rtol=1e-4, atol=1e-3)


def test_short_range_decoding_equals_a_plain_loop():
    """Rows of anchors are those of a fine grid with two in each cell, then of a coarse one with six."""
    regressors = RNG.normal(0, 20, (2, 896, 16)).astype(np.float32)
    logits = RNG.normal(-3, 3, (2, 896, 1)).astype(np.float32)
    cells = [(8 * (k + 0.5), 8 * (j + 0.5)) for j in range(16) for k in range(16) for _ in range(2)]
    cells += [(16 * (k + 0.5), 16 * (j + 0.5)) for j in range(8) for k in range(8) for _ in range(6)]
    expected = []
    for tile in range(2):
        for row, (ax, ay) in enumerate(cells):
            score = 1 / (1 + math.exp(-logits[tile, row, 0]))
            if score < 0.5:
                continue
            r = regressors[tile, row].tolist()
            w, h = max(r[2], 0), max(r[3], 0)
            box = [ax + r[0] - w / 2, ay + r[1] - h / 2, ax + r[0] + w / 2, ay + r[1] + h / 2]
            expected.append((tile, score, box, [(ax + r[4 + 2 * k], ay + r[5 + 2 * k]) for k in range(3)]))
    faces, which = blazeface_short_range.decode(regressors, logits, threshold=0.5)
    assert which.tolist() == [tile for tile, *_ in expected]
    np.testing.assert_allclose(faces.score, [score for _, score, *_ in expected], rtol=1e-4)
    np.testing.assert_allclose(faces.xyxy, [box for _, _, box, _ in expected], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(faces.points[:, :3], [points for *_, points in expected], rtol=1e-4, atol=1e-3)
    assert np.isnan(faces.points[:, 3:]).all()


def test_the_four_networks_agree_on_a_portrait():
    """Boxes overlap, and the eyes of one lie near the eyes of the other: coordinates are decoded in the same frame."""
    detectors = (
        yunet.YuNet(session(ModelId.YUNET)),
        centerface.CenterFace(session(ModelId.CENTERFACE)),
        blazeface.BlazeFace(session(ModelId.BLAZEFACE)),
        blazeface_short_range.BlazeFaceShortRange(session(ModelId.BLAZEFACE_SHORT_RANGE)),
    )
    for pixels in portraits()[:3]:
        tile = np.asarray(Image.fromarray(pixels).resize((128, 128), Image.Resampling.BOX))[None]
        found = [suppress(detect(tile, 0.5)[0]) for detect in detectors]
        assert all(len(faces) == 1 for faces in found)
        first, *others = found
        for other in others:
            assert overlaps(first.xyxy, other.xyxy)[0][0, 0] > 0.4
            face_px = first.xyxy[0, 3] - first.xyxy[0, 1]
            assert np.abs(first.points[0, :3] - other.points[0, :3]).max() < face_px / 5


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_portrait_is_found_whichever_way_up_it_is(turn):
    """Quarter turns without an orientation tag cost nothing."""
    detector = load_detector()
    for pixels in portraits()[:3]:
        faces = detector.detect(np.ascontiguousarray(np.rot90(pixels, turn)))
        height, width = np.rot90(pixels, turn).shape[:2]
        middle = np.abs((faces.xyxy[:, :2] + faces.xyxy[:, 2:]) / 2 - [width / 2, height / 2]) < [width / 4, height / 4]
        assert middle.all(1).any()


def test_an_empty_wall_has_no_faces():
    """A photo of nothing gives no face, and no error."""
    assert len(load_detector().detect(np.full((200, 300, 3), 128, np.uint8))) == 0
