"""What the two processes say to each other: a short line of JSON, then bytes.

Never pickles: whoever writes a pickle runs code in the process that reads it.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from anonymiser.errors import OversizedPhoto, PhotoError, UnreadablePhoto, UnsupportedFile
from anonymiser.photo.decode import DecodeLimits
from anonymiser.photo.encode import LONGEST_SIDE
from anonymiser.photo.sniff import Picture
from anonymiser.values.devices import Camera
from anonymiser.values.photo import Photo, Pixels
from anonymiser.values.reasons import Code

_LENGTHS = struct.Struct(">IQ")
_LONGEST_HEADER = 16_384
_LONGEST_SENTENCE = 300
_REFUSALS: Mapping[str, type[PhotoError]] = {
    "unreadable": UnreadablePhoto,
    "unsupported": UnsupportedFile,
    "oversized": OversizedPhoto,
}
_NOTICES = {
    code.stable_name: code
    for code in (
        Code.VIDEO_LEFT_OUT,
        Code.PICTURE_LEFT_OUT,
        Code.DEPTH_LEFT_OUT,
        Code.FRAMES_LEFT_OUT,
        Code.CAMERA_NOTES_DAMAGED,
        Code.PROFILE_UNUSABLE,
    )
}
"""Everything that `photo.decode` may remark."""


class Lost(Exception):
    """The other process has gone, or says what it must not."""


def send(stream: io.RawIOBase, header: Mapping[str, Any], body: bytes | memoryview = b"") -> None:
    """Write one message. Raises OSError if nobody reads any more."""
    line = json.dumps(header).encode()
    for part in (_LENGTHS.pack(len(line), len(body)), line, body):
        _write(stream, memoryview(part))


def receive(stream: io.RawIOBase) -> tuple[dict[str, Any], int]:
    """The header of the next message, and the length in bytes of the body that follows. Raises Lost."""
    length, body = _LENGTHS.unpack(bytes(read(stream, bytearray(_LENGTHS.size))))
    if length > _LONGEST_HEADER:
        raise Lost
    try:
        header = json.loads(bytes(read(stream, bytearray(length))))
    except ValueError as error:
        raise Lost from error
    if not isinstance(header, dict):
        raise Lost
    return header, body


def read(stream: io.RawIOBase, buffer: bytearray) -> bytearray:
    """Fill the buffer and return it. Raises Lost if the other process ends before."""
    _fill(stream, memoryview(buffer))
    return buffer


def _fill(stream: io.RawIOBase, view: memoryview) -> None:
    while len(view):
        try:
            count = stream.readinto(view)
        except (OSError, ValueError) as error:  # ValueError: closed meanwhile
            raise Lost from error
        if not count:
            raise Lost
        view = view[count:]


def _write(stream: io.RawIOBase, view: memoryview) -> None:
    while len(view):
        view = view[stream.write(view) or 0 :]


def photo_header(photo: Photo) -> dict[str, Any]:
    """Everything of a photo but its pixels."""
    camera = photo.camera
    return {
        "hw": photo.pixels.shape[:2],
        "source_wh": photo.source_wh,
        "media_type": photo.media_type,
        "taken_on": photo.taken_on and photo.taken_on.isoformat(),
        "camera": camera and [camera.make, camera.model, camera.serial],
        "notices": [notice.code.stable_name for notice in photo.notices],
        "crop": photo.crop,
    }


def receive_photo(stream: io.RawIOBase, header: Mapping[str, Any], body: int, limits: DecodeLimits) -> Photo:
    """The photo of a message; every value is checked, because the other process has read a file from outside.

    Raises Lost if a value is none that `photo.decode` can return within these limits.
    """
    try:
        height, width = (_side(value) for value in header["hw"])
        most = int(limits.max_source_megapixels * 1e6)
        if max(height, width) > LONGEST_SIDE or height * width > most or body != height * width * 3:
            raise Lost
        source_width, source_height = (_side(value) for value in header["source_wh"])
        taken_on, camera, crop = header["taken_on"], header["camera"], header["crop"]
        facts = Photo(
            pixels=np.empty((height, width, 3), np.uint8),
            source_wh=(source_width, source_height),
            media_type=Picture(header["media_type"]).value,
            taken_on=None if taken_on is None else dt.date.fromisoformat(taken_on),
            camera=None if camera is None else Camera.of(*camera),
            notices=tuple(_NOTICES[name]() for name in header["notices"]),
            crop=None if crop is None else _box(crop),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Lost from error
    _fill(stream, facts.pixels.data.cast("B"))
    return facts


def _side(value: object) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(value)
    return value


def _box(value: list[int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = value
    if not all(type(edge) is int for edge in value) or not 0 <= left < right or not 0 <= top < bottom:
        raise ValueError(value)
    return left, top, right, bottom


def refusal_header(error: PhotoError) -> dict[str, Any]:
    """Why the file is refused."""
    kind = next(kind for kind, refused in _REFUSALS.items() if isinstance(error, refused))
    return {"refused": kind, "message": error.message, "remedy": error.remedy}


def refusal(header: Mapping[str, Any]) -> PhotoError:
    """The error of a message. Raises Lost if it is none."""
    try:
        message, remedy = (str(header[name]) for name in ("message", "remedy"))
        return _REFUSALS[header["refused"]](_sentence(message), remedy=_sentence(remedy))
    except (KeyError, TypeError) as error:
        raise Lost from error


def _sentence(text: str) -> str:
    """Visible characters on one line, and no more of them than a sentence of this program has."""
    return "".join(character for character in text if character.isprintable())[:_LONGEST_SENTENCE]


def pixels_of(photo: Photo) -> memoryview:
    """The body of a photo's message."""
    pixels: Pixels = np.ascontiguousarray(photo.pixels)
    return pixels.data.cast("B")
