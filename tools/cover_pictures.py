"""Draws the pictures of covers in docs/images from the sample photos, in which nobody is real.

    anonymise demo DEMO
    python tools/cover_pictures.py DEMO

covers.jpg shows every head of two photos in each style; before-after.jpg shows a photo beside the demo's copy of it.
Without DEMO only covers.jpg is drawn.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from anonymiser.evaluate.truth import Truth
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.redaction import redact
from anonymiser.samples import sample_images
from anonymiser.settings import RedactionStyle
from anonymiser.values.faces import Faces
from anonymiser.values.photo import Pixels

PICTURES = Path(__file__).parents[1] / "docs" / "images"
SHEET = PICTURES / "covers.jpg"
_CAPTIONS = {
    None: "as taken",
    RedactionStyle.TONES: "tones (the default)",
    RedactionStyle.STICKER: "sticker",
    RedactionStyle.BLUR: "blur",
}
_PARTS = {
    "Class assembly/DSC_0101.jpg": (180, 90, 1340, 690),
    "Playground/IMG_0009.jpg": (0, 0, 680, 420),
}
"""Photo -> left, top, right, bottom of what is shown of it."""
_WIDTH, _CAPTION, _GAP = 620, 34, 8
_PAIR = Path("inbox/Class assembly/DSC_0101.jpg"), Path("outbox/newsletter/class-assembly-2026-06-12-001.jpg")


def covered(file: str, style: RedactionStyle | None) -> Pixels:
    """A sample photo with every head covered, or as it is."""
    pixels = decode((sample_images() / "inbox" / file).read_bytes(), DecodeLimits()).pixels
    if style is None:
        return pixels
    truth = Truth.load(sample_images() / "truth.json")
    faces = next(photo.faces for photo in truth.photos if photo.file == file)
    heads = Faces(
        np.array([face.box for face in faces], np.float32),
        np.ones(len(faces), np.float32),
        np.array([face.points for face in faces], np.float32),
    )
    return redact(pixels, heads, np.zeros((0, 4, 2), np.float32), style)


def sheet() -> Image.Image:
    """Two photos, each as taken and in three styles."""
    font = ImageFont.load_default(22)
    rows: list[Image.Image] = []
    for file, part in _PARTS.items():
        tiles = []
        for style, caption in _CAPTIONS.items():
            shown = Image.fromarray(covered(file, style)).crop(part)
            height = round(_WIDTH * shown.height / shown.width)
            tile = Image.new("RGB", (_WIDTH, height + _CAPTION), "white")
            tile.paste(shown.resize((_WIDTH, height), Image.Resampling.LANCZOS))
            ImageDraw.Draw(tile).text((4, height + 2), caption, "black", font)
            tiles.append(tile)
        rows += [_joined(tiles[:2], down=False), _joined(tiles[2:], down=False)]
    return _joined(rows, down=True)


def _joined(tiles: list[Image.Image], *, down: bool) -> Image.Image:
    if down:
        whole = Image.new("RGB", (tiles[0].width, sum(tile.height for tile in tiles)), "white")
    else:
        whole = Image.new("RGB", (sum(tile.width + _GAP for tile in tiles) - _GAP, tiles[0].height), "white")
    at = 0
    for tile in tiles:
        whole.paste(tile, (0, at) if down else (at, 0))
        at += tile.height if down else tile.width + _GAP
    return whole


def before_and_after(demo: Path) -> Image.Image:
    """A class assembly as taken, and as the demo published it."""
    tiles = []
    for path in (sample_images() / _PAIR[0], demo / _PAIR[1]):
        with Image.open(path) as photo:
            tiles.append(photo.resize((800, round(800 * photo.height / photo.width)), Image.Resampling.LANCZOS))
    return _joined(tiles, down=False)


if __name__ == "__main__":
    sheet().save(SHEET, quality=80)
    for folder in sys.argv[1:2]:
        before_and_after(Path(folder)).save(PICTURES / "before-after.jpg", quality=90)
