"""What a decoded photo is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.devices import Camera
from anonymiser.values.reasons import Reason

Pixels = NDArray[np.uint8]
"""RGB image, `uint8 [H, W, 3]`, C-contiguous, upright (EXIF orientation applied), sRGB."""

Box = tuple[float, float, float, float]
"""`xyxy` in upright pixel coordinates of the original."""


def turned_box(box: Box, wh: tuple[float, float], degrees: int) -> Box:
    """Where a box of a picture of size `wh` is after the picture was turned clockwise by 0, 90, 180 or 270 degrees."""
    (left, top, right, bottom), (width, height) = box, wh
    match degrees % 360:
        case 90:
            return height - bottom, left, height - top, right
        case 180:
            return width - right, height - bottom, width - left, height - top
        case 270:
            return top, width - right, bottom, width - left
    return box


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture in memory, and the few facts about its file that later stages may use."""

    pixels: Pixels
    """At working size, which is both the size that is analysed and the size that is published."""
    source_wh: tuple[int, int]
    """Width and height of the upright original, before any reduction to working size."""
    media_type: str
    """`image/jpeg`, `image/png`, `image/webp`, `image/tiff`, `image/bmp`, `image/gif`, `image/heic`,
    `image/avif`."""
    taken_on: dt.date | None
    """Day the camera recorded, for the neutral output name; None if the file does not say."""
    camera: Camera | None
    """The device that the file names; its serial number goes no further than this value."""
    notices: tuple[Reason, ...] = ()
    """Remarks for the report: an attached video was left out, only the first frame was used."""
    crop: Box | None = None
    """The part of the upright original that `pixels` show, in whole pixels; None for all of it."""

    turn_degrees: int = 0
    """By how much `pixels` were turned clockwise since, because the heads say so: 0, 90, 180 or 270."""

    @property
    def unturned_wh(self) -> tuple[int, int]:
        """Width and height of `pixels` before that turn."""
        height, width = self.pixels.shape[:2]
        return (height, width) if self.turn_degrees % 180 else (width, height)

    @property
    def frame(self) -> Box:
        """The part of the upright original that `pixels` show."""
        return self.crop or (0.0, 0.0, float(self.source_wh[0]), float(self.source_wh[1]))

    @property
    def scale(self) -> float:
        """Working pixels per original pixel, 1.0 if nothing was reduced."""
        return float(self.unturned_wh[0] / (self.frame[2] - self.frame[0]))
