"""The few facts taken from a file's EXIF data; nothing else in it is ever read."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from PIL.ExifTags import IFD, Base
from PIL.Image import Exif, Image

from anonymiser.values.devices import Camera
from anonymiser.values.reasons import Code, Reason


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """What the camera noted about one photo."""

    orientation: int = 1
    """EXIF orientation, 1..8, of the stored pixels."""
    taken_on: dt.date | None = None
    camera: Camera | None = None
    notices: tuple[Reason, ...] = ()


def read_camera_facts(image: Image) -> CameraFacts:
    """The facts of a loaded image; damaged data count as absent, with a notice."""
    exif, day, damaged = Exif(), None, False
    try:
        exif = image.getexif()
        day = _day(exif.get_ifd(IFD.Exif).get(Base.DateTimeOriginal))
    except Exception:  # noqa: BLE001 - EXIF is full of offsets, and a wrong one can make Pillow raise anything
        damaged = True
    orientation = exif.get(Base.Orientation, 1)
    return CameraFacts(
        orientation=orientation if orientation in range(1, 9) else 1,
        taken_on=day,
        camera=_camera(exif),
        notices=(Code.CAMERA_NOTES_DAMAGED(),) if damaged else (),
    )


def _camera(exif: Exif) -> Camera | None:
    """The device that the data name; what cannot be read counts as absent (Exif 2.32, tags 271, 272 and 42033)."""
    return Camera.of(_text(exif, Base.Make), _text(exif, Base.Model), _text(exif, Base.BodySerialNumber, IFD.Exif))


def _text(exif: Exif, tag: Base, part: IFD | None = None) -> object:
    try:
        return (exif if part is None else exif.get_ifd(part)).get(tag)
    except Exception:  # noqa: BLE001 - as above: a value is decoded only when it is asked for
        return None


def _day(value: object) -> dt.date | None:
    """`2024:06:12 10:33:21` as a date; cameras without a clock write zeros or blanks."""
    match = re.match(r"(\d{4})[:-](\d\d)[:-](\d\d)", value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return dt.date(*map(int, match.groups()))
    except ValueError:
        return None
