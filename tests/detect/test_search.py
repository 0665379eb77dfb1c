"""The search core, driven by detectors that are a few lines of NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser.detect.search import Level, search, tile_side, tile_starts
from anonymiser.photo.warp import ScaledVersions, turned
from anonymiser.values.faces import Faces


def bright_squares(tiles, threshold):
    """A tile detector: one face where a tile holds white pixels, with the box and corner points of what is white."""
    faces, which = [], []
    for index, tile in enumerate(tiles):
        ys, xs = np.nonzero(tile[..., 0] > 200)
        if not len(xs):
            continue
        box = np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]], np.float32)
        red_y, red_x = np.nonzero((tile[..., 0] > 200) & (tile[..., 1] < 100))
        points = np.full((1, 5, 2), np.nan, np.float32)
        if len(red_x):
            points[0, 0] = red_x.mean() + 0.5, red_y.mean() + 0.5
        faces.append(Faces(box, np.ones(1, np.float32), points))
        which.append(index)
    return Faces.concatenate(faces), np.array(which, np.intp)


def photo_with_square(width, height, left, top, side):
    """A black photo with one white square whose top left quarter is red."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[top : top + side, left : left + side] = 255
    pixels[top : top + side // 2, left : left + side // 2, 1:] = 0
    return pixels


@given(st.integers(1, 5000), st.integers(32, 1500), st.data())
def test_tiles_cover_the_whole_side_and_overlap_enough(length, tile, data):
    """Every pixel is in a tile, neighbours share the overlap, and no tile leaves the image."""
    overlap = data.draw(st.integers(0, tile - 1))
    starts = tile_starts(length, tile, overlap)
    assert starts[0] == 0
    if length <= tile:
        assert len(starts) == 1
        return
    assert starts[-1] + tile == length
    assert (np.diff(starts) <= tile - overlap).all()


@given(st.integers(1, 5000), st.integers(32, 1500), st.data())
def test_tiles_are_as_few_as_can_be_and_no_larger_than_that_takes(length, largest, data):
    """With one pixel less, tiles of `tile_side` no longer cover the side; with the largest, no fewer would do."""
    overlap = data.draw(st.integers(0, largest // 2))
    side = tile_side(length, largest, overlap)
    assert side <= largest
    count = len(tile_starts(length, side, overlap))
    assert count == len(tile_starts(length, largest, overlap))
    if length > largest:
        assert count * (side - 1) - (count - 1) * overlap < length


@pytest.mark.parametrize("scale", [0.3, 0.5, 0.12, 0.06])
def test_a_smaller_version_blurs_what_it_cannot_show(scale):
    """Every pixel of a fine checkerboard counts: skipped ones would make patterns that look like things."""
    board = np.indices((640, 960)).sum(0) % 2 * 255
    pixels = np.repeat(board[..., None], 3, 2).astype(np.uint8)
    assert np.abs(ScaledVersions(pixels).at(scale).astype(int) - 127).max() <= 2


def test_a_scaled_version_is_made_once():
    """Whoever asks for a scale again gets the same array, and the photo itself for its own scale."""
    photo = ScaledVersions(np.zeros((300, 400, 3), np.uint8))
    assert photo.at(1.0) is photo.pixels
    assert photo.at(0.4) is photo.at(0.4)


@settings(max_examples=40, deadline=None)
@given(st.integers(40, 400), st.integers(40, 400), st.data())
def test_a_face_smaller_than_the_overlap_is_found_whole_wherever_it_is(width, height, data):
    """The box comes back in photo pixels from at least one tile, uncut."""
    side = data.draw(st.integers(4, 24))
    left, top = data.draw(st.integers(0, width - side)), data.draw(st.integers(0, height - side))
    level = Level(scale=1.0, tile_px=128, overlap_px=32)
    faces = search(ScaledVersions(photo_with_square(width, height, left, top, side)), (level,), bright_squares, 0.5)
    expected = np.array([left, top, left + side, top + side], np.float32)
    assert np.abs(faces.xyxy - expected).max(1).min() == 0


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_quarter_turns_and_scales_come_back_to_the_photo(turn, scale):
    """Box and landmark of a turned, rescaled search are where they are in the upright photo."""
    pixels = photo_with_square(200, 120, 40, 20, 32)
    faces = search(ScaledVersions(pixels), (Level(scale, 512, 64, turn_degrees=turn),), bright_squares, 0.5)
    assert np.abs(faces.xyxy[0] - [40, 20, 72, 52]).max() <= 1 / scale
    assert np.abs(faces.points[0, 0] - [48, 28]).max() <= 1 / scale


@pytest.mark.parametrize("turn", [30, 45, 135, -60])
def test_oblique_turns_keep_centre_and_size(turn):
    """A box found in an obliquely turned version keeps its centre in the photo."""
    pixels = photo_with_square(200, 160, 90, 60, 30)
    faces = search(ScaledVersions(pixels), (Level(1.0, 512, 64, turn_degrees=turn),), bright_squares, 0.5)
    centre = (faces.xyxy[0, :2] + faces.xyxy[0, 2:]) / 2
    assert np.abs(centre - [105, 75]).max() < 1.5


def test_turned_pixels_are_the_photo_turned_clockwise():
    """The first row of the photo is the last column after a quarter turn clockwise."""
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    assert (turned(pixels, 90).pixels[:, -1] == pixels[0]).all()


def test_batches_never_hold_more_than_the_bound():
    """Memory is bounded by pixels per call, whatever the photo's size."""
    sizes = []

    def counting(tiles, threshold):
        sizes.append(tiles.shape[0] * tiles.shape[1] * tiles.shape[2])
        return Faces.none(), np.zeros(0, np.intp)

    search(
        ScaledVersions(np.zeros((900, 1300, 3), np.uint8)),
        (Level(1.0, 128, 16),),
        counting,
        0.5,
        batch_pixels=128 * 128 * 4,
    )
    assert max(sizes) <= 128 * 128 * 4
    assert sum(sizes) >= 900 * 1300


def test_a_photo_smaller_than_a_tile_is_padded_to_the_stride():
    """Networks get sides that are multiples of their stride, and the padding holds no face."""
    shapes = []

    def looking(tiles, threshold):
        shapes.append(tiles.shape[1:3])
        return bright_squares(tiles, threshold)

    faces = search(
        ScaledVersions(photo_with_square(50, 41, 10, 10, 12)), (Level(1.0, 256, 64, multiple=32),), looking, 0.5
    )
    assert shapes == [(64, 64)]
    assert faces.xyxy.tolist() == [[10, 10, 22, 22]]


def test_faces_too_small_for_a_level_are_left_to_others():
    """A level that shows a face smaller than it can place it well does not report it."""
    pixels = photo_with_square(200, 160, 90, 60, 30)
    assert len(search(ScaledVersions(pixels), (Level(0.5, 512, 64, least_px=16),), bright_squares, 0.5)) == 0
    assert len(search(ScaledVersions(pixels), (Level(1.0, 512, 64, least_px=16),), bright_squares, 0.5)) == 1
