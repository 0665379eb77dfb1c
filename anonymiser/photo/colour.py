"""Every way in which files store colour, brought to opaque 8-bit sRGB."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

from anonymiser.errors import UnsupportedFile
from anonymiser.values.reasons import Code, Reason


def flatten(image: Image.Image) -> Image.Image:
    """The loaded image as `L`, `RGB` or `CMYK`, still in its own colour space, seen on white paper.

    16-bit greys are scaled, not cut. Raises UnsupportedFile for 32-bit and floating-point pictures, whose
    brightness has no agreed meaning, and for Lab.
    """
    if image.mode.startswith("I;16"):
        sixteen = np.asarray(image).astype(np.uint32)
        return Image.fromarray(((sixteen + 128) // 257).astype(np.uint8))
    if image.mode in ("I", "F", "LAB"):
        raise UnsupportedFile(
            "this picture stores colour in a scientific or printing format",
            remedy="Open it in the program it came from, save the picture as JPEG, and put that into the folder.",
        )
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


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, tuple[Reason, ...]]:
    """A flattened image in sRGB, and a notice where its profile cannot be used: damaged, or of another space."""
    if not profile:
        return image.convert("RGB"), ()
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode == "RGB" and (source.profile.profile_description or "").startswith("sRGB"):
            return image, ()
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        transform = ImageCms.ImageCmsTransform(source, srgb, image.mode, "RGB")
        return transform.apply(image), ()
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError, AttributeError):
        return image.convert("RGB"), (Code.PROFILE_UNUSABLE(),)
