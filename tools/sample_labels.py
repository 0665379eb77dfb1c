"""Things with names on them, drawn flat and put into a picture in perspective."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int, int]
Box = tuple[float, float, float, float]

FONT = "DejaVuSansCondensed.ttf"
"""Free to use and to draw with; looked up among the system's fonts (Debian: fonts-dejavu-extra)."""
_FINE = 4
"""Drawn and warped at this many pixels per pixel, then averaged down, so that letters have soft edges."""
_INK: Colour = (28, 32, 70, 255)
_PAPER: Colour = (232, 231, 226, 255)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A flat drawing, `_FINE` times as large as it will appear."""

    image: Image.Image
    lines: list[Box] = field(default_factory=list)
    """Boxes of the lines that hold a name, in pixels of `image`."""

    @property
    def draw(self) -> ImageDraw.ImageDraw:
        """A pen."""
        return ImageDraw.Draw(self.image)

    def write(self, text: str, box: Box, *, named: bool, ink: Colour = _INK) -> None:
        """Fit `text` into `box` (shares of the sheet), centred."""
        width, height = self.image.size
        left, top, right, bottom = box[0] * width, box[1] * height, box[2] * width, box[3] * height
        size = (bottom - top) * 1.2
        font = ImageFont.truetype(FONT, size)
        size *= min(1.0, (right - left) / font.getlength(text))
        font = ImageFont.truetype(FONT, size)
        centre = ((left + right) / 2, (top + bottom) / 2)
        self.draw.text(centre, text, fill=ink, font=font, anchor="mm")
        if named:
            x1, y1, x2, y2 = self.draw.textbbox(centre, text, font=font, anchor="mm")
            self.lines.append((x1, y1, x2, y2))


def draw(kind: str, names: tuple[str, ...], size: tuple[float, float]) -> Sheet:
    """The thing of this `kind` with `names` on it, for an appearance of about `size` pixels."""
    pixels = (round(size[0] * _FINE), round(size[1] * _FINE))
    sheet = Sheet(Image.new("RGBA", pixels, (0, 0, 0, 0)))
    {"sticker": _sticker, "certificate": _certificate, "board": _board, "peg": _pegs, "tray": _tray}[kind](sheet, names)
    return sheet


def place(
    photo: Image.Image, sheet: Sheet, quad: NDArray[np.floating]
) -> tuple[Image.Image, list[NDArray[np.floating]]]:
    """The photo with the sheet's corners at `quad` (`[4, 2]`), and the quads of its lines with names."""
    low = np.floor(quad.min(0)).astype(int) - 2
    high = np.ceil(quad.max(0)).astype(int) + 2
    width, height = (high - low).tolist()
    corners = (np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * sheet.image.size).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, ((quad - low) * _FINE).astype(np.float32))
    premultiplied = np.array(sheet.image, np.float32) / 255
    premultiplied[..., :3] *= premultiplied[..., 3:]
    warped = cv2.warpPerspective(premultiplied, matrix, (width * _FINE, height * _FINE))
    warped = cv2.GaussianBlur(cv2.resize(warped, (width, height), interpolation=cv2.INTER_AREA), (0, 0), 0.5)
    pixels = np.array(photo.convert("RGB"), np.float32) / 255
    area = pixels[low[1] : high[1], low[0] : high[0]]
    grain = np.random.default_rng(7).normal(0, 0.008, area.shape)
    area[:] = area * (1 - warped[..., 3:]) + warped[..., :3] + grain * warped[..., 3:]
    quads = []
    for left, top, right, bottom in sheet.lines:
        line = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float32)
        quads.append(cv2.perspectiveTransform(line, matrix)[0] / _FINE + low)
    return Image.fromarray((pixels.clip(0, 1) * 255 + 0.5).astype(np.uint8)), quads


def _sticker(sheet: Sheet, names: tuple[str, ...]) -> None:
    width, height = sheet.image.size
    sheet.draw.rounded_rectangle((0, 0, width - 1, height - 1), height // 6, fill=_PAPER)
    sheet.write(names[0], (0.04, 0.15, 0.96, 0.85), named=True)


def _certificate(sheet: Sheet, names: tuple[str, ...]) -> None:
    width, height = sheet.image.size
    sheet.draw.rectangle((0, 0, width, height), fill=_PAPER)
    edge = width // 40
    sheet.draw.rectangle((edge, edge, width - edge, height - edge), outline=(170, 130, 40, 255), width=edge // 2)
    sheet.write("Certificate", (0.2, 0.1, 0.8, 0.32), named=False, ink=(150, 40, 40, 255))
    sheet.write(names[0], (0.12, 0.4, 0.88, 0.62), named=True)
    sheet.write("for wonderful reading", (0.2, 0.7, 0.8, 0.86), named=False)


def _board(sheet: Sheet, names: tuple[str, ...]) -> None:
    sheet.write(f"Star of the week: {names[0]}", (0.01, 0.05, 0.99, 0.45), named=True, ink=(24, 52, 130, 225))
    sheet.write("Friday: library books", (0.01, 0.55, 0.6, 0.88), named=False, ink=(150, 36, 40, 225))


def _pegs(sheet: Sheet, names: tuple[str, ...]) -> None:
    width, height = sheet.image.size
    sheet.draw.rectangle((0, 0, width, height * 0.55), fill=(150, 112, 70, 255))
    step = 1 / len(names)
    for number, name in enumerate(names):
        left = (number + 0.04) * step
        card = (left * width, height * 0.06, (left + step * 0.92) * width, height * 0.49)
        sheet.draw.rectangle(card, fill=_PAPER)
        sheet.write(name, (left + 0.01, 0.12, left + step * 0.92 - 0.01, 0.43), named=True)
        x = (left + step * 0.46) * width
        sheet.draw.line((x, height * 0.5, x, height * 0.85), fill=(60, 60, 64, 255), width=height // 16)
        knob = height // 12
        sheet.draw.ellipse((x - knob, height * 0.8, x + knob, height * 0.8 + 2 * knob), fill=(60, 60, 64, 255))


def _tray(sheet: Sheet, names: tuple[str, ...]) -> None:
    width, height = sheet.image.size
    sheet.draw.rectangle((0, 0, width, height), fill=(186, 170, 140, 255))
    for number, colour in enumerate(((44, 110, 170, 255), (190, 60, 50, 255))):
        top = (0.06 + number * 0.48) * height
        sheet.draw.rounded_rectangle((width * 0.03, top, width * 0.97, top + height * 0.4), height // 20, fill=colour)
    sheet.draw.rectangle((width * 0.1, height * 0.13, width * 0.9, height * 0.37), fill=_PAPER)
    sheet.write(names[0], (0.12, 0.17, 0.88, 0.33), named=True)
