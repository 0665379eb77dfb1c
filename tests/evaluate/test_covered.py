"""Destruction is told from re-encoding by the pixels alone."""

from __future__ import annotations

import io
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from anonymiser.evaluate.covered import box_quad, destroyed, intact, surviving_share
from anonymiser.evaluate.truth import Photo, Truth
from anonymiser.redaction import redact
from anonymiser.samples import sample_images
from anonymiser.settings import RedactionStyle
from anonymiser.values.faces import Faces
from anonymiser.values.photo import Pixels

TRUTH = Truth.load(sample_images() / "truth.json")
PHOTOS = {
    photo.file: photo
    for photo in TRUTH.photos
    if photo.file in {"Class assembly/DSC_0102.jpg", "Classroom/board.jpg", "Star of the week/IMG_0101.jpg"}
}


@cache
def original(file: str) -> Pixels:
    with Image.open(sample_images() / "inbox" / file) as image:
        return np.array(ImageOps.exif_transpose(image).convert("RGB"))


def encoded(pixels: Pixels, quality: int, scale: float = 1.0) -> Pixels:
    image = Image.fromarray(pixels)
    if scale != 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as copy:
        return np.array(copy)


def quads(photo: Photo) -> list[np.ndarray]:
    return [box_quad(np.array(face.box)) for face in photo.faces] + [np.array(label.quad) for label in photo.labels]


def area_around(quad: np.ndarray, margin: float) -> tuple[slice, slice]:
    low, high = quad.min(0), quad.max(0)
    grow = (high - low) * margin
    left, top = np.maximum(low - grow, 0).astype(int)
    right, bottom = (high + grow).astype(int)
    return slice(top, bottom), slice(left, right)


def cells(part: Pixels, across: int, interpolation: int) -> Pixels:
    few = cv2.resize(part, (across, across), interpolation=cv2.INTER_AREA)
    few = few // 43 * 43 + 21
    return cv2.resize(few, part.shape[1::-1], interpolation=interpolation)


REDACTIONS = {
    "mosaic": lambda part: cells(part, 4, cv2.INTER_NEAREST),
    "soft mosaic": lambda part: cells(part, 4, cv2.INTER_CUBIC),
    "strong blur": lambda part: cv2.GaussianBlur(part, (0, 0), part.shape[0] / 6),
    "fill": lambda part: np.full_like(part, 127),
    "noise": lambda part: np.random.default_rng(0).integers(0, 255, part.shape).astype(np.uint8),
}
DISGUISES = {
    "veil": lambda part: (part * 0.4 + 90).astype(np.uint8),
    "darkening": lambda part: part // 3,
    "grey": lambda part: np.repeat(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
    "weak blur": lambda part: cv2.GaussianBlur(part, (0, 0), part.shape[0] / 60),
}


@pytest.mark.parametrize(("quality", "scale"), [(85, 1.0), (95, 1.0), (90, 0.7)])
@pytest.mark.parametrize("file", PHOTOS)
def test_encoding_again_destroys_nothing(file: str, quality: int, scale: float) -> None:
    """Every face and label of a copy that was only compressed or reduced is intact."""
    copy = encoded(original(file), quality, scale)
    for quad in quads(PHOTOS[file]):
        assert intact(original(file), copy, quad)
        assert not destroyed(original(file), copy, quad)


@pytest.mark.parametrize("redaction", REDACTIONS)
@pytest.mark.parametrize("scale", [1.0, 0.7])
@pytest.mark.parametrize("file", PHOTOS)
def test_redaction_is_recognised(file: str, redaction: str, scale: float) -> None:
    """Every face and label behind few cells, a strong blur, a fill or noise counts as destroyed."""
    pixels = original(file).copy()
    for quad in quads(PHOTOS[file]):
        area = area_around(quad, 0.35)
        pixels[area] = REDACTIONS[redaction](original(file)[area])
    copy = encoded(pixels, 90, scale)
    for quad in quads(PHOTOS[file]):
        assert destroyed(original(file), copy, quad)
        assert not intact(original(file), copy, quad)


@pytest.mark.parametrize("style", RedactionStyle)
@pytest.mark.parametrize("scale", [1.0, 0.7])
@pytest.mark.parametrize("file", PHOTOS)
def test_every_cover_of_the_product_is_recognised(file: str, style: RedactionStyle, scale: float) -> None:
    """Every face and label behind what the program draws counts as destroyed, whatever it takes from the photo."""
    photo = PHOTOS[file]
    count = len(photo.faces)
    faces = Faces(
        np.array([face.box for face in photo.faces], np.float32),
        np.ones(count, np.float32),
        np.array([face.points for face in photo.faces], np.float32),
    )
    labels = np.array([label.quad for label in photo.labels], np.float32).reshape(-1, 4, 2)
    copy = encoded(redact(original(file), faces, labels, style), 90, scale)
    assert all(destroyed(original(file), copy, quad) for quad in quads(photo))


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("file", PHOTOS)
def test_disguise_is_not_destruction(file: str, disguise: str) -> None:
    """What a veil, a darkening, a loss of colour or a weak blur leaves can still be recognised."""
    pixels = original(file).copy()
    for face in PHOTOS[file].faces:
        area = area_around(box_quad(np.array(face.box)), 0.35)
        pixels[area] = DISGUISES[disguise](original(file)[area])
    copy = encoded(pixels, 90)
    for face in PHOTOS[file].faces:
        assert not destroyed(original(file), copy, box_quad(np.array(face.box)))


@pytest.mark.parametrize("half", ["upper", "lower", "left", "right"])
@pytest.mark.parametrize("row", range(8))
def test_half_a_face_is_neither_destroyed_nor_intact(half: str, row: int) -> None:
    """A face of which one half is covered is not safe, and not shown either."""
    photo = PHOTOS["Class assembly/DSC_0102.jpg"]
    pixels = original(photo.file).copy()
    left, top, right, bottom = (int(value) for value in photo.faces[row].box)
    across, down = (left + right) // 2, (top + bottom) // 2
    area = {
        "upper": np.s_[top:down, left:right],
        "lower": np.s_[down:bottom, left:right],
        "left": np.s_[top:bottom, left:across],
        "right": np.s_[top:bottom, across:right],
    }[half]
    pixels[area] = 127
    quad = box_quad(np.array(photo.faces[row].box))
    assert not intact(original(photo.file), pixels, quad)
    assert not destroyed(original(photo.file), pixels, quad)


def test_covering_beside_the_face_does_not_help() -> None:
    """A redaction next to the face leaves the face intact."""
    photo = PHOTOS["Star of the week/IMG_0101.jpg"]
    pixels = original(photo.file).copy()
    left, top, right, bottom = (int(value) for value in photo.faces[0].box)
    pixels[:, : left - 30] = 127
    pixels[bottom + 30 :] = 127
    pixels[: top - 30] = 127
    pixels[:, right + 30 :] = 127
    assert intact(original(photo.file), pixels, box_quad(np.array(photo.faces[0].box)))


def test_a_place_without_detail_never_counts_as_destroyed() -> None:
    """Where there was nothing to see, nothing proves that it was covered."""
    wall = np.full((120, 160, 3), 200, np.uint8)
    quad = box_quad(np.array([40, 30, 100, 90]))
    assert surviving_share(wall, np.zeros_like(wall), quad) == 1.0


def test_boxes_may_reach_beyond_the_picture() -> None:
    """A face that the frame cuts is judged by what is there."""
    photo = PHOTOS["Star of the week/IMG_0101.jpg"]
    cut = np.ascontiguousarray(original(photo.file)[:, 200:])
    left, top, right, bottom = photo.faces[0].box
    quad = box_quad(np.array([left - 200, top, right - 200, bottom]))
    assert intact(cut, encoded(cut, 90), quad)
    assert destroyed(cut, np.full_like(cut, 99), quad)


def test_a_quad_may_be_turned() -> None:
    """A line of text that runs upwards is judged along its own direction."""
    photo = PHOTOS["Star of the week/IMG_0101.jpg"]
    turned = np.ascontiguousarray(np.rot90(original(photo.file)))
    quad = np.array(photo.labels[0].quad)
    upwards = np.stack([quad[:, 1], turned.shape[0] - quad[:, 0]], axis=1)
    assert intact(turned, encoded(turned, 90), upwards)
    assert destroyed(turned, np.full_like(turned, 99), upwards)
