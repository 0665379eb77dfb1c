"""QR codes, Aztec codes and barcodes, drawn into noise: found where they are, and unreadable once they are covered."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from anonymiser.labels.codes import find_codes
from anonymiser.redaction import redact
from anonymiser.settings import RedactionStyle
from anonymiser.values.faces import Faces
from anonymiser.values.labels import ClueKind

Image = NDArray[np.uint8]
CONTENT = "https://example.org/where-we-are"


def ground(seed: int = 1, size: tuple[int, int] = (1200, 900)) -> Image:
    coarse = np.random.default_rng(seed).integers(0, 255, (size[1] // 30, size[0] // 30, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def drawn(kind: zxingcpp.BarcodeFormat, content: str = CONTENT) -> Image:
    return np.asarray(zxingcpp.create_barcode(content, kind).to_image(scale=4), np.uint8)


def pasted(photo: Image, code: Image, wide: int, *, turned: float = 0, slant: float = 0, blur: float = 0.6) -> Image:
    """The code about the photo's middle."""
    height, width = code.shape
    half = np.array([wide, wide * height / width]) / 2
    corners = np.array([[-1, -1], [1, -1], [1 - slant, 1], [slant - 1, 1]]) * half
    turn = np.array([[np.cos(turned), np.sin(turned)], [-np.sin(turned), np.cos(turned)]])
    target = (corners @ turn + np.array(photo.shape[1::-1]) / 2).astype(np.float32)
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    to_photo = cv2.getPerspectiveTransform(source, target)
    size = photo.shape[1::-1]
    layer = cv2.GaussianBlur(cv2.warpPerspective(code, to_photo, size, flags=cv2.INTER_AREA), (0, 0), blur)
    inside = cv2.warpPerspective(np.full_like(code, 255), to_photo, size) > 127
    return np.where(inside[..., None], layer[..., None], photo).astype(np.uint8)


def readable(photo: Image) -> bool:
    return any(
        zxingcpp.read_barcodes(np.ascontiguousarray(cv2.resize(photo, None, fx=scale, fy=scale)))
        for scale in (1, 2)
    )  # fmt: skip


QR, EAN, CODE_128 = zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.Code128
AZTEC = zxingcpp.BarcodeFormat.Aztec


@pytest.mark.parametrize(("kind", "content", "wide", "angles"), [
    (QR, CONTENT, 150, (0, 7, 30, 90, 200)), (QR, CONTENT, 400, (0, 7, 30, 90, 200)),
    (AZTEC, CONTENT, 150, (0, 7, 30, 90, 200)), (AZTEC, CONTENT, 400, (0, 7, 30, 90, 200)),
    (EAN, "501234567890", 260, (0, 3, 90, 180)), (EAN, "501234567890", 480, (0, 3, 90, 180)),
    (CODE_128, "Library 4711", 420, (0, 3, 90, 180)),
])  # fmt: skip
def test_a_code_is_found_and_cannot_be_read_once_it_is_covered(
    kind: zxingcpp.BarcodeFormat, content: str, wide: int, angles: tuple[int, ...]
) -> None:
    """Whichever way up, and slanted a little."""
    for turned in angles:
        photo = pasted(ground(), drawn(kind, content), wide, turned=np.radians(turned), slant=0.08)
        assert readable(photo)
        clues = find_codes(photo)
        assert {clue.kind for clue in clues} == {ClueKind.CODE}
        middle = (photo.shape[1] / 2, photo.shape[0] / 2)
        assert any(cv2.pointPolygonTest(clue.quad, middle, measureDist=False) >= 0 for clue in clues)
        copy = redact(photo, Faces.none(), np.array([clue.quad for clue in clues]), RedactionStyle.TONES)
        assert not readable(copy)


def test_every_code_of_several_is_found() -> None:
    """Side by side, of all kinds."""
    photo = ground()
    for column, kind in enumerate((QR, EAN, AZTEC)):
        part = photo[200:700, 400 * column : 400 * column + 400]
        part[:] = pasted(part.copy(), drawn(kind, "501234567890" if kind == EAN else f"{CONTENT}/{column}"), 260)
    copy = redact(photo, Faces.none(), np.array([clue.quad for clue in find_codes(photo)]), RedactionStyle.FILL)
    assert len(zxingcpp.read_barcodes(photo)) == 3
    assert not readable(copy)


@pytest.mark.parametrize("size", [(900, 600), (2448, 1632)])
def test_an_aztec_code_is_covered_where_it_is_in_photos_of_every_size(size: tuple[int, int]) -> None:
    """A large photo is made smaller for that look, and what is found there must cover the code in the photo."""
    photo = pasted(ground(size=size), drawn(AZTEC), size[0] // 8, turned=0.3)
    (clue,) = find_codes(photo)
    sides = np.ptp(clue.quad, axis=0)
    assert readable(photo)
    assert not readable(redact(photo, Faces.none(), clue.quad[None], RedactionStyle.TONES))
    assert (np.abs(clue.quad.mean(0) - np.array(size) / 2) < size[0] / 100).all()
    assert (sides < size[0] / 5).all()


def test_a_light_code_on_dark_ground_is_found() -> None:
    """As on a screen at night."""
    photo = pasted(ground(), 255 - drawn(QR), 300)
    assert find_codes(photo)


@pytest.mark.parametrize("seed", range(8))
def test_noise_stripes_and_squares_are_no_codes(seed: int) -> None:
    """Fine noise, a fence, a chessboard."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:600, :800]
    patterns = [
        rng.integers(0, 255, (600, 800), np.uint8),
        (columns // (3 + seed) % 2 * 255).astype(np.uint8),
        ((columns // 20 + rows // 20) % 2 * 255).astype(np.uint8),
    ]
    for pattern in patterns:
        assert not find_codes(np.repeat(pattern[..., None], 3, axis=2))


def test_what_a_code_says_is_in_no_value() -> None:
    """Only its place and its kind leave the module."""
    clues = find_codes(pasted(ground(), drawn(QR), 300))
    assert clues
    assert "example" not in repr(clues)
