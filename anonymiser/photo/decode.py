"""From the bytes of a file to an upright sRGB photo, or one plain sentence that says why not."""

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
from anonymiser.photo.colour import refuse_unscaled, render
from anonymiser.photo.crop import check_was_cropped, visible_part
from anonymiser.photo.encode import LONGEST_SIDE
from anonymiser.photo.exif import read_camera_facts
from anonymiser.photo.items import picture_data
from anonymiser.photo.jpeg import MOST_SCANS, StoredPicture
from anonymiser.photo.png import holds_every_row, sums_are_right
from anonymiser.photo.sniff import Foreign, Picture, looks_like_text, sniff
from anonymiser.values.photo import Box, Photo, Pixels
from anonymiser.values.reasons import Code, Reason


def quieten_pillow() -> None:
    """Keep Pillow's own remarks on damaged files off the terminal: every file gets one plain reason instead."""
    logging.getLogger("PIL").addHandler(logging.NullHandler())


_ASK_AGAIN = "Copy it again from the camera, or ask the photographer to send the original."


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What a file may claim to hold; checked before its pixels are touched."""

    max_source_megapixels: float = 200
    """Larger pictures are refused unread: decoding them could exhaust the computer's memory."""
    min_side_pixels: int = 32
    """Pictures with a shorter side are icons and tracking pixels, not photos."""


def decode(data: bytes, limits: DecodeLimits, *, max_megapixels: float = 0, crop: Box | None = None) -> Photo:
    """The picture in a file, recognised by content alone. If there are several pictures, the primary or first one.

    `max_megapixels` above 0 reduces the picture to that working size and keeps its proportions. The picture is never
    enlarged, and always small enough for `encode`. Transparency shows white, and every colour space becomes sRGB.
    `Photo.notices` says what else the file held, and which parts of it could not be used. With `crop`, in pixels of the
    upright picture, only that part is used, grown to whole pixels and cut at the edges.

    Raises UnreadablePhoto (damaged, empty, too small, not a picture), UnsupportedFile (video, RAW, PDF, ...) and
    OversizedPhoto (more pixels than `limits` allow), each with one sentence and a remedy. It raises nothing else,
    however damaged the file is.
    """
    if data[:1].isspace():  # a web form may leave blanks before a file; no kind of picture begins with one
        data = data.lstrip()
    kind = _kind_of(data)
    with _pillow_warnings_ignored():
        try:
            return _decode(data, kind, limits, max_megapixels, crop)
        except PhotoError:
            raise
        except (MemoryError, Image.DecompressionBombError) as error:
            raise _oversized("the picture") from error
        except Exception as error:  # a damaged file can make a decoder raise anything
            raise UnreadablePhoto("the file is damaged or incomplete", remedy=_ASK_AGAIN) from error


def _kind_of(data: bytes) -> Picture:
    if not data:
        raise UnreadablePhoto("the file is empty", remedy=_ASK_AGAIN)
    match sniff(data):
        case Picture() as kind:
            return kind
        case Foreign(what, remedy):
            raise UnsupportedFile(f"this is {what}, and only photos are processed", remedy=remedy)
        case None if not data.strip(b"\0"):
            raise UnreadablePhoto("the file holds nothing but zeros: it was never filled", remedy=_ASK_AGAIN)
        case None:
            what = (
                "text, not a picture"
                if looks_like_text(data)
                else "no picture of a kind that is known here, or is damaged"
            )
            raise UnreadablePhoto(f"the file holds {what}", remedy=_ASK_AGAIN)


@contextlib.contextmanager
def _pillow_warnings_ignored() -> Iterator[None]:
    """Pillow warns of sizes that `DecodeLimits` has already checked, and of sloppy metadata that nobody will read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _decode(data: bytes, kind: Picture, limits: DecodeLimits, max_megapixels: float, crop: Box | None) -> Photo:
    _refuse_lost_data(data, kind)
    image = _open(data, kind)
    stored_wh = image.size
    _check_size(stored_wh, limits)
    if kind is Picture.TIFF:
        _check_tiles(image)
    notices = _notices(image, data, kind)
    loaded_wh = stored_wh if crop is not None else _working_size(stored_wh, max_megapixels)
    loaded = _loaded(image, data, kind, loaded_wh)
    if kind is not Picture.JPEG and image.size != stored_wh:
        raise ValueError("the header lies about the size")
    if kind is Picture.HEIC:
        check_was_cropped(data, stored_wh)
    # libheif has already turned the pixels by the container's own properties, which HEIF's EXIF orientation only
    # repeats. Pillow turns a TIFF while loading it, and reports 1 afterwards.
    facts = read_camera_facts(image)
    orientation = 1 if kind is Picture.HEIC else facts.orientation
    profile, white_is_zero = image.info.get("icc_profile"), _white_is_zero(image)
    if _stores_16_bits(image, data):
        refuse_unscaled(image)
    visible = visible_part(data, stored_wh) if kind is Picture.AVIF else None
    if visible:
        source, source_wh = image.crop(visible), (visible[2] - visible[0], visible[3] - visible[1])
        _check_size(source_wh, limits)
    else:
        source, source_wh = loaded, stored_wh
    upright_wh = source_wh[::-1] if orientation >= 5 else source_wh
    part = None if crop is None else _whole_pixels(crop, upright_wh, limits)
    if part is not None:
        source = source.crop(_stored(part, source_wh, orientation))
    working_wh = _working_size(source_wh if part is None else source.size, max_megapixels)
    pixels, colour_notices = render(source, working_wh, profile, white_is_zero=white_is_zero)
    del image, loaded, source
    return Photo(
        pixels=_upright(pixels, orientation),
        source_wh=upright_wh,
        media_type=kind.value,
        taken_on=facts.taken_on,
        camera=facts.camera,
        notices=(*notices, *facts.notices, *colour_notices),
        crop=part,
    )


def _open(data: bytes, kind: Picture) -> ImageFile:
    """Read the header with the only decoder for this kind."""
    stream = io.BytesIO(data)
    match kind:
        case Picture.JPEG:
            stream.seek(0, io.SEEK_END)
            stream.write(b"\xff\xd9")  # Pillow treats a picture without an end marker as half a picture
            stream.seek(0)
            return JpegImageFile(stream)
        case Picture.PNG:
            return PngImageFile(stream)
        case Picture.WEBP:
            return WebPImageFile(stream)
        case Picture.TIFF:
            return _open_tiff(stream)
        case Picture.BMP:
            return BmpImageFile(stream)
        case Picture.GIF:
            return GifImageFile(stream)
        case Picture.AVIF:
            return AvifImageFile(stream)
        case Picture.HEIC:
            from pillow_heif import HeifImageFile  # noqa: PLC0415 - 20 MB of codecs that most folders never need

            return cast(ImageFile, HeifImageFile(stream))  # type: ignore[no-untyped-call]


def _loaded(image: ImageFile, data: bytes, kind: Picture, working_wh: tuple[int, int]) -> Image.Image:
    """The picture with its pixels: of a JPEG at `working_wh` or a little more, of any other kind as it is stored.

    libjpeg shrinks to eighths while it decodes, which halves the time of a 12-megapixel photo. Raises UnreadablePhoto
    if part of a JPEG is missing, and OversizedPhoto if it has too many scans.
    """
    if kind is Picture.JPEG:
        stored = StoredPicture.of(data)
        if stored.scan_count > MOST_SCANS:
            raise _oversized("the picture")
        if image.mode == "RGB" and (pixels := stored.decoded(working_wh)) is not None:
            return Image.fromarray(cv2.resize(pixels, working_wh, interpolation=cv2.INTER_CUBIC))
        if not stored.is_whole():
            raise _incomplete()
        image.draft(None, working_wh)
    image.load()
    if kind is Picture.PNG and _ends_blank(image) and not holds_every_row(data):
        raise _incomplete()
    return image


def _ends_blank(image: Image.Image) -> bool:
    """Whether one of the last two rows (of which an interlaced picture stores one last) has nothing but zeros."""
    rows = np.asarray(image.crop((0, max(0, image.height - 2), image.width, image.height)))
    return not rows.reshape(len(rows), -1).any(axis=1).all()


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
    """What the file holds in addition to the picture that is used."""
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


def _refuse_lost_data(data: bytes, kind: Picture) -> None:
    """Refuse a file with part of its picture missing if its own decoder would fill the gap without a word.

    JPEGs are judged while they are loaded. An interrupted copy may have its full length and end in zeros, and a disk
    that lost a sector gives zeros for it; libwebp, libheif and libavif show them as a blank or patterned part. Pillow
    skips the checksums of a PNG's picture. In BMP and uncompressed TIFF, zeros are black pixels, so only a large black
    end is taken for a copy that was never finished.
    """
    match kind:
        case Picture.PNG if not sums_are_right(data):
            raise _incomplete()
        case Picture.WEBP if data[: 8 + int.from_bytes(data[4:8], "little")].endswith(_BLANK_TAIL) or any(
            _LOST_CLUSTER in part for part in _lossy_parts(data)
        ):
            raise _incomplete()
        case Picture.HEIC | Picture.AVIF if any(
            part.endswith(_BLANK_TAIL) or _LOST_SECTOR in part for part in picture_data(data)
        ):
            raise _incomplete()
        case Picture.BMP | Picture.TIFF if data.endswith(bytes(max(_LEAST_BLACK, len(data) // _BLACK_SHARE))):
            raise _incomplete()


_BLANK_TAIL, _LOST_SECTOR, _LOST_CLUSTER = bytes(256), bytes(512), bytes(4096)
"""The coders of HEIC and AVIF write none of these. The fastest one of WebP writes a zero for each 90 pixels of a flat
area, so there only what a whole cluster of a disk leaves is taken for a loss."""
_LEAST_BLACK, _BLACK_SHARE = 1 << 14, 10
"""Bytes, and the part of the file (a tenth), that must be zero at its end to look like an unfinished copy. Noise keeps
even the night from being so black; only drawings and black bars are refused needlessly."""


def _lossy_parts(webp: bytes) -> Iterator[bytes]:
    """What a lossy coder wrote; in lossless and transparent parts zeros may be flat areas (RFC 9649, 2.5)."""
    at = 12
    while at + 8 <= len(webp):
        name, length = webp[at : at + 4], int.from_bytes(webp[at + 4 : at + 8], "little")
        if name == b"ANMF":
            at += 24  # its own parts follow
            continue
        if name == b"VP8 ":
            yield webp[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _incomplete() -> UnreadablePhoto:
    return UnreadablePhoto("the file is damaged or incomplete: part of the picture is missing", remedy=_ASK_AGAIN)


def _open_tiff(stream: io.BytesIO) -> TiffImageFile:
    try:
        return TiffImageFile(stream)
    except SyntaxError as error:
        if "unknown pixel mode" not in str(error):
            raise
        raise UnsupportedFile(
            "this picture stores colour in a scientific or printing format",
            remedy="Open it in the program it came from, save the picture as JPEG, and put that into the folder.",
        ) from None


_TIFF_BITS, _TIFF_PHOTOMETRIC, _TIFF_SAMPLES, _TIFF_TILE_WH = 258, 262, 277, (322, 323)
_MOST_PADDING = 1 << 20
"""Pixels by which tiles may exceed the picture: they are 128 to 1,024 pixels wide, and the last ones overhang."""


def _check_tiles(image: ImageFile) -> None:
    """Refuse a TIFF with tiles far larger than its picture, because whole tiles are decoded."""
    tags = cast(TiffImageFile, image).tag_v2
    tile_wh = [int(tags.get(tag, 0)) for tag in _TIFF_TILE_WH]
    width, height = image.size
    padded = math.prod(-(-side // tile) * tile for side, tile in zip((width, height), tile_wh, strict=True) if tile)
    samples = int(tags.get(_TIFF_SAMPLES, 1))
    if padded > 4 * width * height + _MOST_PADDING or samples > _MOST_SAMPLES:
        raise _oversized("the picture")


_MOST_SAMPLES = 8
"""Colours and masks of each pixel; any more would be decoded but never shown."""


def _white_is_zero(image: ImageFile) -> bool:
    """Whether a 16-bit TIFF counts from white to black; Pillow respects that only for fewer bits."""
    return isinstance(image, TiffImageFile) and image.mode.startswith("I;16") and image.tag_v2[_TIFF_PHOTOMETRIC] == 0


def _stores_16_bits(image: ImageFile, data: bytes) -> bool:
    """Whether the decoder reduced 16-bit colour to 8 bits."""
    if image.mode.startswith("I"):
        return False
    if isinstance(image, TiffImageFile):
        return 16 in np.ravel(image.tag_v2.get(_TIFF_BITS, 8))
    return isinstance(image, PngImageFile) and data[24:25] == b""


_FLIPS = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
"""EXIF orientation -> OpenCV's flip code (1 left-right, 0 upside down, -1 both); from 5 on, after a transposition."""


def _whole_pixels(crop: Box, wh: tuple[int, int], limits: DecodeLimits) -> tuple[int, int, int, int]:
    left, top = (max(0, math.floor(start)) for start in crop[:2])
    right, bottom = (min(size, math.ceil(end)) for size, end in zip(wh, crop[2:], strict=True))
    if min(right - left, bottom - top) < limits.min_side_pixels:
        raise UnreadablePhoto("the part that was chosen is too small to be a photo", remedy="Choose a larger part.")
    return left, top, right, bottom


def _stored(part: tuple[int, int, int, int], wh: tuple[int, int], orientation: int) -> tuple[int, int, int, int]:
    """Where a part of the upright picture lies in the stored one of size `wh`: `_upright` the other way round."""
    left, top, right, bottom = part
    width, height = wh[::-1] if orientation >= 5 else wh
    flip = _FLIPS.get(orientation)
    if flip in {1, -1}:
        left, right = width - right, width - left
    if flip in {0, -1}:
        top, bottom = height - bottom, height - top
    return (top, left, bottom, right) if orientation >= 5 else (left, top, right, bottom)


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn and mirror stored pixels as EXIF's orientation 1..8 asks (Exif 2.32, tag 274)."""
    if orientation >= 5:
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
    if orientation in _FLIPS:
        pixels = np.asarray(cv2.flip(pixels, _FLIPS[orientation]), np.uint8)
    return pixels
