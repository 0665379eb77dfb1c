"""Things laid over the people in a photo on purpose: screens, nets, two levels, and tones that are nearly gone.

Each changes a photo as a photocopier, a newspaper, a goal net or a wrong exposure does, and leaves enough of a face for
a person to see it. They are used to measure and test the search of filtered copies (detect/filtered.py).
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.values.photo import Pixels

Overlay = Callable[[Pixels], Pixels]
"""A photo `uint8 [H, W, 3]` RGB to one of the same size."""

_Plane = NDArray[np.float32]

_BAYER_2 = np.array([[0, 2], [3, 1]])
_DIFFUSION = ((0, 1, 7), (1, -1, 3), (1, 0, 5), (1, 1, 1))
"""Floyd and Steinberg: rows down, columns right, sixteenths of the error."""


def halftone(pixels: Pixels, period: float, degrees: float) -> Pixels:
    """Black dots on white, as in a newspaper: the larger the dots, the darker the place."""
    return _two_levels(_grey(pixels), _dots(pixels.shape, period, degrees))


def colour_halftone(pixels: Pixels, period: float) -> Pixels:
    """Dots of three inks, each screen turned by a different angle."""
    planes = [
        _two_levels(pixels[..., channel].astype(np.float32), _dots(pixels.shape, period, degrees))[..., 0]
        for channel, degrees in enumerate((15.0, 75.0, 0.0))
    ]
    return np.stack(planes, -1)


def ordered_dither(pixels: Pixels, order: int) -> Pixels:
    """Two levels by Bayer's matrix of `2 ** order` rows (B. Bayer, 1973)."""
    matrix = np.zeros((1, 1), np.int64)
    for _ in range(order):
        matrix = np.kron(np.ones((2, 2), np.int64), 4 * matrix) + np.kron(_BAYER_2, np.ones_like(matrix))
    height, width = pixels.shape[:2]
    side = len(matrix)
    tiled = np.tile(matrix, (-(-height // side), -(-width // side)))[:height, :width]
    return _two_levels(_grey(pixels), (255 * (tiled + 0.5) / side**2).astype(np.float32))


def noise_dither(pixels: Pixels, seed: int = 0) -> Pixels:
    """Two levels, by a different threshold for every pixel."""
    height, width = pixels.shape[:2]
    return _two_levels(_grey(pixels), np.random.default_rng(seed).uniform(30, 225, (height, width)).astype(np.float32))


def diffused(pixels: Pixels) -> Pixels:
    """Two levels with the error passed on, as fax machines and `1 bit` files do (R. Floyd and L. Steinberg, 1976)."""
    grey = np.pad(_grey(pixels), ((0, 1), (1, 1)))
    height, width = pixels.shape[:2]
    # Pixels of one anti-diagonal (x + 2 y) depend on earlier ones only.
    for step in range(width + 2 * (height - 1)):
        rows = np.arange(max(0, -(-(step - width + 1) // 2)), min(height - 1, step // 2) + 1)
        columns = step - 2 * rows + 1
        old = grey[rows, columns]
        new = np.where(old >= 128, np.float32(255), np.float32(0))
        grey[rows, columns] = new
        for down, right, parts in _DIFFUSION:
            grey[rows + down, columns + right] += (old - new) * np.float32(parts / 16)
    return _rgb(np.clip(grey[:height, 1 : width + 1], 0, 255))


def photocopy(pixels: Pixels) -> Pixels:
    """Two levels and nothing in between: dark where a place is darker than its surroundings."""
    grey = _grey(pixels)
    around = cv2.GaussianBlur(grey, (0, 0), max(pixels.shape) / 16)
    return _two_levels(grey, (0.5 * around + 0.5 * float(np.median(grey))).astype(np.float32))


def net(
    pixels: Pixels,
    period: float,
    wire: float,
    degrees: float = 0.0,
    colour: tuple[int, int, int] = (240, 240, 240),
    opacity: float = 1.0,
) -> Pixels:
    """Square meshes of `period` pixels, `wire` thick: goal and cricket nets, chain link (45 degrees), fly screens."""
    across, along = (_stripes(pixels.shape, period, wire, angle) for angle in (degrees, degrees + 90))
    return _blended(pixels, np.maximum(across, along) * np.float32(opacity), colour)


def fence(
    pixels: Pixels,
    period: float,
    share: float,
    degrees: float = 0.0,
    colour: tuple[int, int, int] = (30, 30, 30),
    opacity: float = 1.0,
) -> Pixels:
    """Bars that hide `share` of the photo, upright at 0 degrees."""
    return _blended(pixels, _stripes(pixels.shape, period, period * share, degrees) * np.float32(opacity), colour)


def perforated(pixels: Pixels, period: float, hole: float, colour: tuple[int, int, int] = (40, 40, 40)) -> Pixels:
    """A sheet with round holes of `hole` periods: window film, loudspeaker cloth, shade cloth."""
    u, v = _turned_axes(pixels.shape, 30.0)
    away = np.hypot((u / period) % 1 - 0.5, (v / period) % 1 - 0.5)
    sheet = np.clip((away - hole / 2) * period + 0.5, 0, 1)
    return _blended(pixels, sheet.astype(np.float32), colour)


def moire(pixels: Pixels, period: float, degrees: float, depth: float) -> Pixels:
    """Bands of the three primary colours, shifted against each other, as on a photographed screen."""
    u, _ = _turned_axes(pixels.shape, degrees)
    phase = 2 * np.pi * (u[..., None] / period + np.arange(3) / 3)
    factor = 1 - depth / 2 + depth / 2 * np.sin(phase)
    return _uint8(pixels * factor)


def faded(pixels: Pixels, share: float, colour: tuple[int, int, int]) -> Pixels:
    """Only `share` of the photo's contrast; the rest is one colour, as with transparency, fog or wrong exposure."""
    return _blended(pixels, np.full(pixels.shape[:2], 1 - share, np.float32), colour)


def penned(
    pixels: Pixels, boxes: NDArray[np.floating], share: float, colour: tuple[int, int, int], grow: float = 0.35
) -> Pixels:
    """A disc of one colour over every box `[N, 4]`; `share` of what is under it shines through."""
    cover = np.zeros(pixels.shape[:2], np.float32)
    for left, top, right, bottom in boxes:
        centre = (round((left + right) / 2), round((top + bottom) / 2))
        axes = (round((right - left) * (0.5 + grow)), round((bottom - top) * (0.5 + grow)))
        cv2.ellipse(cover, centre, axes, 0, 0, 360, 1 - share, cv2.FILLED)
    return _blended(pixels, cover, colour)


def stored_as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """What is left after a JPEG file of that quality."""
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])


def _grey(pixels: Pixels) -> _Plane:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)


def _rgb(plane: NDArray[np.floating]) -> Pixels:
    return np.repeat(_uint8(plane)[..., None], 3, 2)


def _uint8(values: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def _two_levels(grey: _Plane, threshold: _Plane) -> Pixels:
    return _rgb(np.where(grey > threshold, np.float32(255), np.float32(0)))


def _turned_axes(shape: tuple[int, ...], degrees: float) -> tuple[_Plane, _Plane]:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    cos, sin = np.float32(np.cos(np.radians(degrees))), np.float32(np.sin(np.radians(degrees)))
    return x * cos + y * sin, y * cos - x * sin


def _dots(shape: tuple[int, ...], period: float, degrees: float) -> _Plane:
    """Thresholds `float32 [H, W]` of a screen of round dots."""
    u, v = _turned_axes(shape, degrees)
    wave = np.cos(2 * np.pi * u / period) + np.cos(2 * np.pi * v / period)
    # By rank, so that every tone gets the share of ink that it should.
    return np.asarray(127.5 + 120 * np.sin(np.clip(wave / 2, -1, 1) * np.pi / 2), np.float32)


def _stripes(shape: tuple[int, ...], period: float, thick: float, degrees: float) -> _Plane:
    """`float32 [H, W]` in 0..1: how much of each pixel a bar covers."""
    u, _ = _turned_axes(shape, degrees)
    away = np.abs((u + period / 2) % period - period / 2)
    return np.asarray(np.clip(thick / 2 - away + 0.5, 0, 1), np.float32)


def _blended(pixels: Pixels, cover: _Plane, colour: tuple[int, int, int]) -> Pixels:
    return _uint8(pixels * (1 - cover[..., None]) + np.array(colour, np.float32) * cover[..., None])
