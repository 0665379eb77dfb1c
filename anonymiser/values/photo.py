"""What a decoded photo is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.reasons import Reason

Pixels = NDArray[np.uint8]
"""RGB image, `uint8 [H, W, 3]`, C-contiguous, upright (EXIF orientation applied), sRGB."""

Box = tuple[float, float, float, float]
"""`xyxy` in upright pixel coordinates of the original."""


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
    device: str | None
    """Camera make and model as recorded ("Apple iPad (9th generation)"), never a serial number or owner."""
    notices: tuple[Reason, ...] = ()
    """Remarks for the report: an attached video was left out, only the first frame was used."""
    crop: Box | None = None
    """The part of the upright original that `pixels` show, in whole pixels; None for all of it."""

    @property
    def frame(self) -> Box:
        """The part of the upright original that `pixels` show."""
        return self.crop or (0.0, 0.0, float(self.source_wh[0]), float(self.source_wh[1]))

    @property
    def scale(self) -> float:
        """Working pixels per original pixel, 1.0 if nothing was reduced."""
        return float(self.pixels.shape[1] / (self.frame[2] - self.frame[0]))
