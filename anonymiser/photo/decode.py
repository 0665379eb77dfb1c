"""From the bytes of a file to an upright sRGB photo, or one plain sentence on why not."""

from __future__ import annotations

import contextlib
import io
import logging
import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from anonymiser.errors import OversizedPhoto, PhotoError, UnreadablePhoto, UnsupportedFile
from anonymiser.photo.colour import flatten, to_srgb
from anonymiser.photo.encode import LONGEST_SIDE
from anonymiser.photo.exif import read_camera_facts
from anonymiser.photo.sniff import Foreign, Picture, looks_like_text, sniff
from anonymiser.values.photo import Photo, Pixels
from anonymiser.values.reasons import Code, Reason


def quieten_pillow() -> None:
    """Keep Pillow's own remarks on damaged files off the terminal: every file gets one plain reason instead."""
    logging.getLogger("PIL").addHandler(logging.NullHandler())


_ASK_AGAIN = "Copy it again from the camera, or ask whoever took it for the original."


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What a file may claim to hold; checked before its pixels are touched."""

    max_source_megapixels: float = 200
    """Larger pictures are refused unread: decoding them could exhaust the computer's memory."""
    min_side_pixels: int = 32
    """Pictures with a shorter side are icons and tracking pixels, not photos."""


def decode(data: bytes, limits: DecodeLimits, *, max_megapixels: float = 0) -> Photo:
    """The picture in a file, recognised by content alone; of several pictures the primary or first one.

    `max_megapixels` above 0 reduces the picture to that working size, proportions kept; it is never enlarged,
    and always small enough for `encode`. Transparency shows white, and every colour space becomes sRGB.
    `Photo.notices` tells what the file held besides, and what of it could not be used.

    Raises UnreadablePhoto (damaged, empty, too small, no picture), UnsupportedFile (video, RAW, PDF, ...) and
    OversizedPhoto (more pixels than `limits` allow), each with one sentence and a remedy; nothing else, however
    damaged the file.
    """
    kind = _kind_of(data)
    with _pillow_warnings_ignored():
        try:
            return _decode(data, kind, limits, max_megapixels)
        except PhotoError:
            raise
        except (MemoryError, Image.DecompressionBombError) as error:
            raise _oversized("the picture") from error
        except Exception as error:  # decoders raise whatever a damaged file leads them to
            raise UnreadablePhoto("the file is damaged or incomplete", remedy=_ASK_AGAIN) from error


def _kind_of(data: bytes) -> Picture:
    if not data:
        raise UnreadablePhoto("the file is empty", remedy=_ASK_AGAIN)
    match sniff(data):
        case Picture() as kind:
            return kind
        case Foreign(what, remedy):
            raise UnsupportedFile(f"this is {what}, and only photos are processed", remedy=remedy)
        case None:
            what = "text, not a picture" if looks_like_text(data) else "no picture, or its beginning is damaged"
            raise UnreadablePhoto(f"the file holds {what}", remedy=_ASK_AGAIN)


@contextlib.contextmanager
def _pillow_warnings_ignored() -> Iterator[None]:
    """Pillow warns of sizes that `DecodeLimits` already judged, and of sloppy metadata that no one will read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _decode(data: bytes, kind: Picture, limits: DecodeLimits, max_megapixels: float) -> Photo:
    _refuse_missing_end(data, kind)
    image = _open(data, kind)
    stored_wh = image.size
    _check_size(stored_wh, limits)
    working_wh = _working_size(stored_wh, max_megapixels)
    notices = _notices(image, data, kind)
    if kind is Picture.JPEG:
        image.draft(None, working_wh)
    image.load()
    if kind is Picture.JPEG:
        _refuse_blank_end(image)
    elif image.size != stored_wh:
        raise ValueError("the header lies about the size")
    # libheif has already turned the pixels by the container's own properties; HEIF's EXIF orientation only
    # repeats them, and Pillow does the same for TIFF while loading, after which it reports 1.
    facts = read_camera_facts(image)
    orientation = 1 if kind is Picture.HEIC else facts.orientation
    profile = image.info.get("icc_profile")
    flat = flatten(image)
    del image
    if flat.size != working_wh:
        flat = flat.resize(working_wh, Image.Resampling.HAMMING)
    flat, colour_notices = to_srgb(flat, profile)
    return Photo(
        pixels=_upright(_array(flat), orientation),
        source_wh=stored_wh[::-1] if orientation >= 5 else stored_wh,
        media_type=kind.value,
        taken_on=facts.taken_on,
        device=facts.device,
        notices=(*notices, *facts.notices, *colour_notices),
    )


def _open(data: bytes, kind: Picture) -> ImageFile:
    """Read the header with the one decoder for this kind."""
    stream = io.BytesIO(data)
    match kind:
        case Picture.JPEG:
            return JpegImageFile(stream)
        case Picture.PNG:
            return PngImageFile(stream)
        case Picture.WEBP:
            return WebPImageFile(stream)
        case Picture.TIFF:
            return TiffImageFile(stream)
        case Picture.BMP:
            return BmpImageFile(stream)
        case Picture.GIF:
            return GifImageFile(stream)
        case Picture.AVIF:
            return AvifImageFile(stream)
        case Picture.HEIC:
            from pillow_heif import HeifImageFile  # noqa: PLC0415 - 20 MB of codecs that most folders never need

            return cast(ImageFile, HeifImageFile(stream))  # type: ignore[no-untyped-call]


def _check_size(wh: tuple[int, int], limits: DecodeLimits) -> None:
    width, height = wh
    if width * height > limits.max_source_megapixels * 1e6:
        raise _oversized(f"the picture claims {width:,} x {height:,} pixels, which")
    if min(wh) < limits.min_side_pixels:
        raise UnreadablePhoto(
            f"the picture is too small to be a photo ({width:,} x {height:,} pixels)",
            remedy="Use the original instead of a preview or icon.",
        )


def _oversized(what: str) -> OversizedPhoto:
    return OversizedPhoto(
        f"{what} is more than this computer can safely open",
        remedy="Save a smaller copy of it and put that into the folder.",
    )


def _working_size(wh: tuple[int, int], max_megapixels: float) -> tuple[int, int]:
    width, height = wh
    scale = min(1.0, LONGEST_SIDE / max(wh))
    if max_megapixels > 0:
        scale = min(scale, math.sqrt(max_megapixels * 1e6 / (width * height)))
    return max(1, int(width * scale)), max(1, int(height * scale))


_ATTACHED_VIDEO = re.compile(rb"ftyp(?:mp4|isom|iso\d|avc1|M4V|qt  |3gp)")


def _notices(image: ImageFile, data: bytes, kind: Picture) -> tuple[Reason, ...]:
    """What the file holds besides the picture that is used."""
    notices = []
    if _ATTACHED_VIDEO.search(data, 16):
        notices.append(Code.VIDEO_LEFT_OUT())
    match kind:
        case Picture.JPEG if "mp" in image.info:
            notices.append(Code.PICTURE_LEFT_OUT())
        case Picture.HEIC if image.info.get("depth_images") or image.info.get("aux"):
            notices.append(Code.DEPTH_LEFT_OUT())
    if _has_more_frames(image):
        notices.append(Code.FRAMES_LEFT_OUT())
    return tuple(notices)


def _has_more_frames(image: ImageFile) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # noqa: BLE001 - a damaged second page does not spoil the first
        return True


_BLANK_TAIL = bytes(256)
_JPEG_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")


def _refuse_missing_end(data: bytes, kind: Picture) -> None:
    """Refuse the copy of full length whose end was never written, as an interrupted transfer leaves it: zeros.

    libjpeg, libwebp, libheif and libavif show it with a blank or patterned lower part and without an error.
    Decoders of PNG and GIF notice, and in BMP and uncompressed TIFF zeros are black pixels like any others.
    """
    match kind:
        case Picture.JPEG if not _has_end_marker(data):
            raise _incomplete()
        case Picture.WEBP | Picture.HEIC | Picture.AVIF if data.endswith(_BLANK_TAIL):  # no arithmetic coder writes it
            raise _incomplete()


def _has_end_marker(data: bytes) -> bool:
    """Whether the first picture of a JPEG is closed: an end marker that is not part of a segment, such as a preview."""
    at = 2
    while marker := _JPEG_MARKER.search(data, at):
        if marker[1] == b"\xd9":
            return True
        at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return False


def _refuse_blank_end(image: ImageFile) -> None:
    """Refuse a JPEG whose last row of pixels was never there.

    Where the data of a JPEG stop early but its end marker is in place, libjpeg fills the rest with its zero value,
    exactly mid grey, and Pillow does not pass on the warning.
    """
    width, height = image.size
    extrema = image.crop((0, height - 1, width, height)).getextrema()
    if all(value in (127, 128) for value in np.ravel(extrema)):
        raise _incomplete()


def _incomplete() -> UnreadablePhoto:
    return UnreadablePhoto("the file is incomplete: the lower part of the picture is missing", remedy=_ASK_AGAIN)


def _array(image: Image.Image) -> Pixels:
    """An RGB image as a new array, strip by strip: Pillow's own conversion holds the picture three times."""
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, 256):
        bottom = min(top + 256, height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return pixels


_FLIPS = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
"""EXIF orientation -> OpenCV's flip code (1 left-right, 0 upside down, -1 both), after a transposition from 5 on."""


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn and mirror stored pixels as EXIF's orientation 1..8 asks (Exif 2.32, tag 274)."""
    if orientation >= 5:
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
    if orientation in _FLIPS:
        pixels = np.asarray(cv2.flip(pixels, _FLIPS[orientation]), np.uint8)
    return pixels
