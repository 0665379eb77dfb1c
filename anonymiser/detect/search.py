"""Search a photo on several scales, tile by tile: a core in NumPy that knows no model.

A level is the photo at one scale, perhaps turned. It is cut into equal overlapping tiles, which go to a tile detector
in batches. What the detector finds is moved back into the photo's own frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.interface import TileDetector
from anonymiser.photo.warp import ScaledVersions, turned
from anonymiser.values.faces import Faces
from anonymiser.values.photo import Pixels


@dataclass(frozen=True, slots=True)
class Level:
    """The photo at one scale and turn, and how it is cut into tiles."""

    scale: float
    """Pixels of this level per pixel of the photo."""
    tile_px: int
    """Largest side of a tile, in level pixels. A level is cut into as few tiles as that allows, and they are no larger
    than necessary."""
    overlap_px: int
    """How much neighbouring tiles share, in level pixels; faces up to this size are whole in at least one tile."""
    multiple: int = 32
    """Tile sides are rounded up to a multiple of this, as the network's strides or its fixed size require."""
    turn_degrees: float = 0.0
    """Clockwise turn of the photo before it is searched, for heads that are not upright."""
    least_px: float = 0.0
    """Smaller faces, in level pixels, are left to levels that show them larger."""


def search(
    photo: ScaledVersions,
    levels: tuple[Level, ...],
    detect: TileDetector,
    threshold: float,
    *,
    batch_pixels: int = 1 << 20,
) -> Faces:
    """Faces of all levels with a score of `threshold` or more, in photo pixels, not yet merged.

    `batch_pixels` limits the level pixels in each call of `detect`, and so the network's memory.
    """
    return Faces.concatenate([_search_level(photo, level, detect, threshold, batch_pixels) for level in levels])


def tile_side(length: int, largest: int, overlap: int) -> int:
    """The smallest side with which the fewest tiles of no more than `largest` pixels cover `length`.

    Neighbours share at least `overlap` pixels.
    """
    if length <= largest:
        return length
    count = -(-(length - overlap) // (largest - overlap))
    return -(-(length + (count - 1) * overlap) // count)


def tile_starts(length: int, tile: int, overlap: int) -> NDArray[np.intp]:
    """Where tiles begin along one side, evenly spread so that the first and the last touch the ends.

    Neighbours share at least `overlap` pixels.
    """
    if length <= tile:
        return np.zeros(1, np.intp)
    count = -(-(length - overlap) // (tile - overlap))
    return np.linspace(0, length - tile, count).round().astype(np.intp)


def moved(faces: Faces, affine: NDArray[np.float64]) -> Faces:
    """Boxes and points through an affine `[2, 3]` of rotation, scale and shift.

    Quarter turns keep boxes exact; at an oblique turn a box keeps its own sides around its turned centre, because the
    box that bounds a turned square is larger by up to 41%.
    """
    linear, shift = affine[:, :2].astype(np.float32), affine[:, 2].astype(np.float32)
    centre = (faces.xyxy[:, :2] + faces.xyxy[:, 2:]) / 2 @ linear.T + shift
    half = (faces.xyxy[:, 2:] - faces.xyxy[:, :2]) / 2
    right_angled = np.isclose(np.abs(linear).min(1), 0, atol=1e-6).all()
    half = half @ np.abs(linear).T if right_angled else half * np.hypot(linear[0], linear[1]).mean()
    xyxy = np.concatenate([centre - half, centre + half], 1).astype(np.float32)
    return Faces(xyxy, faces.score, (faces.points @ linear.T + shift).astype(np.float32))


def _search_level(
    photo: ScaledVersions, level: Level, detect: TileDetector, threshold: float, batch_pixels: int
) -> Faces:
    scaled = photo.at(level.scale)
    image = turned(scaled, level.turn_degrees)
    # Scaling has no shift: what leads back from the turned version is scaled as a whole.
    to_photo = photo.to_photo(level.scale)[:, :2] @ image.back
    height, width = image.pixels.shape[:2]
    tile_h, tile_w = (
        _round_up(tile_side(side, level.tile_px, level.overlap_px), level.multiple) for side in (height, width)
    )
    found = []
    for tiles, origins in _batches(image.pixels, (tile_h, tile_w), level.overlap_px, batch_pixels):
        faces, which = detect(tiles, threshold)
        if not len(faces):
            continue
        origin = origins[which]
        whole = _not_cut_inside(faces, origin, (tile_h, tile_w), (height, width))
        whole &= (faces.xyxy[:, 2:] - faces.xyxy[:, :2]).max(1) >= level.least_px
        found.append(moved(_shifted(faces[whole], origin[whole]), to_photo))
    return Faces.concatenate(found)


def _batches(
    image: Pixels, tile_hw: tuple[int, int], overlap: int, batch_pixels: int
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.intp]]]:
    """Tiles `uint8 [B, h, w, 3]` and their top left corners `intp [B, 2]` as x, y."""
    height, width = image.shape[:2]
    tile_h, tile_w = tile_hw
    ys, xs = tile_starts(height, tile_h, overlap), tile_starts(width, tile_w, overlap)
    origins = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
    if tile_h > height or tile_w > width:
        image = np.pad(image, ((0, max(0, tile_h - height)), (0, max(0, tile_w - width)), (0, 0)))
    size = max(1, batch_pixels // (tile_h * tile_w))
    for start in range(0, len(origins), size):
        part = origins[start : start + size]
        tiles = np.stack([image[y : y + tile_h, x : x + tile_w] for x, y in part])
        yield tiles, part


def _not_cut_inside(
    faces: Faces, origin: NDArray[np.intp], tile_hw: tuple[int, int], image_hw: tuple[int, int]
) -> NDArray[np.bool_]:
    """False for faces that an inner tile edge cuts, because the neighbouring tile sees them whole.

    A face larger than a quarter of the tile is kept anyway, because a neighbour may see no more of it.
    """
    tile_wh = np.array(tile_hw[::-1], np.float32)
    inner_low = origin > 0
    inner_high = origin + tile_wh < np.array(image_hw[::-1])
    cut = ((faces.xyxy[:, :2] < 1) & inner_low) | ((faces.xyxy[:, 2:] > tile_wh - 1) & inner_high)
    large = (faces.xyxy[:, 2:] - faces.xyxy[:, :2]).max(1) > tile_wh.min() / 4
    uncut: NDArray[np.bool_] = ~cut.any(1) | large
    return uncut


def _shifted(faces: Faces, by_xy: NDArray[np.intp]) -> Faces:
    shift = by_xy.astype(np.float32)
    return Faces(faces.xyxy + np.tile(shift, 2), faces.score, faces.points + shift[:, None])


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
