"""The closer look, driven by a detector that is a few lines of NumPy."""

import numpy as np
import pytest

from anonymiser.detect.confirm import CROP_PX, View, look_again
from anonymiser.values.faces import Faces

VIEWS = (View(), View(-22.0), View(22.0), View(mirrored=True))


def white_squares(tiles, threshold):
    """One face where a tile holds white pixels; its corners are its landmarks."""
    faces, which = [], []
    for index, tile in enumerate(tiles):
        ys, xs = np.nonzero(tile[..., 0] > 200)
        if len(xs):
            box = np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]], np.float32)
            corners = box[0, [[0, 1], [2, 1], [0, 1], [0, 3], [2, 3]]][None]
            faces.append(Faces(box, np.array([0.8], np.float32), corners))
            which.append(index)
    return Faces.concatenate(faces), np.array(which, np.intp)


def photo(*squares):
    pixels = np.zeros((300, 400, 3), np.uint8)
    for left, top, side in squares:
        pixels[top : top + side, left : left + side] = 255
    return pixels


def looked(pixels, boxes, turns=None):
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    turns = np.zeros(len(xyxy), np.float32) if turns is None else np.array(turns)
    return look_again(pixels, xyxy, turns, white_squares, 0.5, VIEWS).score


@pytest.mark.parametrize("side", [6, 30, 120, 250])
@pytest.mark.parametrize("turn", [0.0, 90.0, 180.0])
def test_a_face_is_seen_in_every_view_whatever_its_size(side, turn):
    """Small faces are enlarged and large ones shrunk to the same size, at every turn."""
    box = [60, 20, 60 + side, 20 + side]
    assert looked(photo((60, 20, side)), [box], [turn]).tolist() == [[pytest.approx(0.8)] * len(VIEWS)]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("turn", "first"), [(0.0, (60, 20)), (90.0, (60, 140)), (180.0, (180, 140))])
def test_landmarks_come_back_to_the_photo(turn, first, mirrored):
    """A corner of the square as seen on a crop is that corner in the photo, however the crop was turned."""
    boxes = np.array([[60, 20, 180, 140]], np.float32)
    look = look_again(photo((60, 20, 120)), boxes, np.array([turn]), white_squares, 0.5, (View(mirrored=mirrored),))
    assert np.abs(look.points[0, 0] - first).max() < 4


def test_a_mirrored_view_shows_the_crop_mirrored():
    """What is on the left of a head is on the right of its mirrored view, whatever the turn."""
    crops = []

    def keeping(tiles, threshold):
        crops.append(tiles)
        return Faces.none(), np.zeros(0, np.intp)

    boxes = np.array([[60, 20, 180, 140]], np.float32)
    look_again(photo((60, 20, 50)), boxes, np.array([30.0]), keeping, 0.5, (View(), View(mirrored=True)))
    ((plain, mirrored),) = crops
    assert plain.any()
    assert np.abs(plain[:, ::-1].astype(int) - mirrored).mean() < 1


@pytest.mark.parametrize(("crop_px", "share"), [(192, 0.35), (128, 0.5), (128, 0.3)])
def test_a_crop_has_the_size_that_the_network_takes_and_the_face_its_share_of_it(crop_px, share):
    """Both are the network's to choose, and what is found is judged by them."""
    widths = []

    def measuring(tiles, threshold):
        widths.append([tile[:, :, 0].any(0).sum() / tile.shape[1] for tile in tiles])
        assert tiles.shape[1:3] == (crop_px, crop_px)
        return white_squares(tiles, threshold)

    boxes = np.array([[60, 20, 180, 140]], np.float32)
    views = (View(face_share=share), View(mirrored=True, face_share=share))
    look = look_again(photo((60, 20, 120)), boxes, np.zeros(1, np.float32), measuring, 0.5, views, crop_px)
    assert look.score.tolist() == [[pytest.approx(0.8)] * 2]
    np.testing.assert_allclose(widths, share, atol=2.5 / crop_px)


@pytest.mark.parametrize(("share", "seen"), [(0.3, True), (0.9, False)])
def test_how_large_a_face_must_look_depends_on_the_view(share, seen):
    """A face that fills a third of the crop is the one that was expected to, and is not one that should fill it."""

    def third(tiles, threshold):
        side = 128 * 0.3
        box = np.array([[64 - side / 2, 64 - side / 2, 64 + side / 2, 64 + side / 2]], np.float32)
        return Faces(box, np.ones(1, np.float32), np.zeros((1, 5, 2), np.float32)), np.zeros(1, np.intp)

    boxes = np.array([[60, 20, 180, 140]], np.float32)
    look = look_again(photo(), boxes, np.zeros(1, np.float32), third, 0.5, (View(face_share=share),), 128)
    assert bool(look.score[0, 0] > 0) is seen


def test_an_empty_place_scores_nothing():
    """Where there is nothing, every view says so."""
    assert (looked(photo(), [[50, 50, 80, 80]]) == 0).all()


def test_a_neighbour_is_not_the_face():
    """What is seen beside the head in question does not count for it."""
    assert (looked(photo((105, 50, 30)), [[50, 50, 80, 80]]) == 0).all()


def test_a_speck_or_a_wall_is_not_the_face():
    """What is found must have about the size of what was proposed."""
    assert (looked(photo((60, 60, 8)), [[50, 50, 80, 80]]) == 0).all()


def test_many_heads_keep_their_rows():
    """Scores belong to the head that was asked about, however the crops are batched."""
    squares = [(20 + 60 * k, 100, 20) for k in range(6)]
    boxes = [[left, top, left + side, top + side] for left, top, side in squares]
    there = np.array([True, False, True, True, False, True])
    pixels = photo(*(square for square, shown in zip(squares, there, strict=True) if shown))
    assert ((looked(pixels, boxes) > 0).all(1) == there).all()


def test_boxes_at_and_beyond_the_edge_are_no_error():
    """Part of a crop may lie outside the photo, and so may all of it."""
    scores = looked(photo((0, 0, 30)), [[-5, -5, 28, 28], [900, 900, 950, 950], [10, 10, 10, 10]])
    assert scores.shape == (3, len(VIEWS))
    assert (scores[1] == 0).all()
    assert CROP_PX % 32 == 0


def test_nobody_to_look_at_is_no_error():
    """No heads, no scores."""
    assert looked(photo(), []).shape == (0, len(VIEWS))
