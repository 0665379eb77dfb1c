"""Converts every way in which files store colour to opaque 8-bit sRGB."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from anonymiser.errors import UnsupportedFile
from anonymiser.values.photo import Pixels
from anonymiser.values.reasons import Code, Reason

_SAVE_AS = "Open it in the program it came from, save the picture as JPEG, and put that into the folder."
_STRIP_PIXELS = 4_000_000
"""A picture is converted in strips of about this many pixels, so that only one strip exists in every form."""
_DEEPEST_SHORT = 1 << 14
"""16-bit values that stay below this come from a sensor with 9 to 14 bits: shown by the full range they are black."""


def render(
    image: Image.Image, wh: tuple[int, int], profile: bytes | None, *, white_is_zero: bool = False
) -> tuple[Pixels, tuple[Reason, ...]]:
    """A loaded image as opaque sRGB of `wh` pixels, transparency on white paper; `flatten` says what is refused.

    Returns a notice too if the profile cannot be used because it is damaged or for another space.
    """
    tones = _tones(image, white_is_zero=white_is_zero)
    to_srgb = _converter(flatten(image.crop((0, 0, 1, 1)), tones), profile)
    width, height = wh
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, int(_STRIP_PIXELS / image.width * height / image.height))
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = np.asarray((to_srgb or _plainly)(_strip(image, wh, top, bottom, tones)))
    return pixels, () if to_srgb else (Code.PROFILE_UNUSABLE(),)


def _strip(image: Image.Image, wh: tuple[int, int], top: int, bottom: int, tones: Pixels | None) -> Image.Image:
    """Rows `top` to `bottom` of the flattened image at its new size."""
    if image.size == wh:
        return flatten(image.crop((0, top, image.width, bottom)), tones)
    scale = image.height / wh[1]
    margin = 2 * scale + 2  # the filter looks this far beyond the rows that it makes
    first, last = max(0, int(top * scale - margin)), min(image.height, int(bottom * scale + margin))
    source = flatten(image.crop((0, first, image.width, last)), tones)
    box = (0.0, top * scale - first, float(image.width), min(bottom * scale - first, source.height))
    return source.resize((wh[0], bottom - top), Image.Resampling.HAMMING, box=box)


def flatten(image: Image.Image, tones: Pixels | None = None) -> Image.Image:
    """The loaded image as `L`, `RGB` or `CMYK`, still in its own colour space, seen on white paper.

    `tones`: the 8-bit value of each 16-bit one, `uint8 [65536]`. Raises UnsupportedFile for 32-bit and
    floating-point pictures, whose brightness has no agreed meaning, and for Lab.
    """
    if tones is not None:
        return Image.fromarray(tones[np.asarray(image)])
    if image.mode in ("I", "F", "LAB"):
        raise UnsupportedFile("this picture stores colour in a scientific or printing format", remedy=_SAVE_AS)
    if image.has_transparency_data:
        if image.mode == "La":
            image = image.convert("LA")
        base = "L" if image.mode in ("L", "LA") else "RGB"
        layer = image.convert("RGBA")
        paper = Image.new(base, image.size, "white")
        paper.paste(layer.convert(base), mask=layer.getchannel("A"))
        return paper
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _tones(image: Image.Image, *, white_is_zero: bool) -> Pixels | None:
    """For 16-bit grey the 8-bit value of each value, else None.

    Values that never reach a quarter of the range are a sensor's 9 to 14 bits, stored unscaled. Viewers stretch them,
    so they are stretched here by the bits that they use: what is searched is what is published.
    """
    if not image.mode.startswith("I;16"):
        return None
    most = int(np.asarray(image.getextrema(), np.float64).max())
    full = 65_535 if most >= _DEEPEST_SHORT else max(1, (1 << most.bit_length()) - 1)
    values: NDArray[np.uint32] = np.minimum(np.arange(65_536, dtype=np.uint32), full)
    tones = ((values * 255 + full // 2) // full).astype(np.uint8)
    return np.asarray(255 - tones, np.uint8) if white_is_zero else tones


def refuse_unscaled(image: Image.Image) -> None:
    """Refuse 16-bit colour that uses 14 bits or fewer: the decoder kept the upper eight, which hold hardly anything.

    Raises UnsupportedFile. A plain black picture passes: whether anything can be seen is checked elsewhere.
    """
    ranges = np.reshape(np.asarray(image.getextrema(), np.int64), (-1, 2))
    brightest = max(high for band, (_, high) in zip(image.getbands(), ranges.tolist(), strict=True) if band != "A")
    if 0 < brightest < _DEEPEST_SHORT >> 8:
        raise UnsupportedFile("the picture is stored so darkly that hardly anything can be seen", remedy=_SAVE_AS)


def _plainly(flat: Image.Image) -> Image.Image:
    return flat.convert("RGB")


def _converter(flat: Image.Image, profile: bytes | None) -> Callable[[Image.Image], Image.Image] | None:
    """What turns images like `flat` into sRGB, or None if the profile is damaged or for another space."""
    if not profile:
        return _plainly
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if flat.mode == "RGB" and (source.profile.profile_description or "").startswith("sRGB"):
            return _plainly
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        transform = ImageCms.ImageCmsTransform(source, srgb, flat.mode, "RGB")
        transform.apply(flat)
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError, AttributeError):
        return None
    return transform.apply
