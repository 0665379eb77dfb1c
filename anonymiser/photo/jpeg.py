"""Decodes the picture of a JPEG, and says whether the file holds data for the whole of it.

libjpeg never gives up: if it cannot read a part, it fills that part with grey or noise, and warns. Pillow drops those
warnings; simplejpeg raises them. Only the picture is judged. A missing end marker, anything after the picture or
between the parts of its header, and damaged camera data take nothing away from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import simplejpeg

from anonymiser.values.photo import Pixels

MOST_SCANS = 100
"""A progressive JPEG has about ten; each scan costs as much as the whole picture, even if it is only a few bytes."""

_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""Marker of a segment; not the escaped byte, the fill byte or the restart markers of a scan (T.81, B.1.1.2)."""
_SOI, _EOI, _START_OF_SCAN = b"\xff\xd8", b"\xff\xd9", 0xDA
_ARITHMETIC_FRAMES = frozenset((0xC9, 0xCA))
_NOTES = frozenset((*range(0xE1, 0xEE), 0xEF, 0xFE))
"""Applications' segments and comments, but not 0xE0 (JFIF) and 0xEE (Adobe), which say how colour is stored."""

_HARMLESS = re.compile(
    r"Unknown Adobe color|unknown JFIF revision|ICC|Inconsistent progression|Invalid SOS parameters"
    r"|Could not determine subsampling"
)
"""What libjpeg-turbo says about odd headers when every value of the picture was there (jerror.h), and what simplejpeg
says when it has not looked at the picture at all."""
_LEFT_OVER = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_PADDING = re.compile(rb"[\x00\xff\s]*|[\t-\r -~]*")
"""What programs leave after a picture that has no end marker: a padded block, or a line of text."""

_USUAL_CODES = bytes.fromhex("0002010303020403050504040000017d")
"""Code lengths of the usual table for luminance (T.81, table K.5). With it, zeros are not a flat area but noise."""
_LOST_BLOCK = bytes(64)


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """The first picture of a JPEG file, as it is stored."""

    head: bytes
    """Everything before the first scan, without notes and without the bytes between segments that readers skip."""
    scans: bytes
    """From the first scan up to the end marker, or to the end of the file."""
    ended: bool
    """Whether there is an end marker outside the segments (a preview in a segment has its own)."""
    arithmetic: bool
    """Whether an arithmetic coder wrote it; such data may end anywhere (T.81, D.2.6)."""
    scan_count: int

    @staticmethod
    def of(data: bytes) -> StoredPicture:
        """Find the picture in the bytes of a file; anything may be damaged."""
        head, at, scans_at, count, arithmetic = [_SOI], 2, len(data), 0, False
        while (marker := _MARKER.search(data, at)) and marker[1] != _EOI[1:]:
            kind = marker[1][0]
            at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
            if kind == _START_OF_SCAN:
                scans_at = min(scans_at, marker.start())
                count += 1
            elif scans_at == len(data):
                arithmetic |= kind in _ARITHMETIC_FRAMES
                head += [] if kind in _NOTES else [data[marker.start() : at]]
        end = marker.start() if marker else len(data)
        return StoredPicture(b"".join(head), data[scans_at:end], marker is not None, arithmetic, count)

    def decoded(self, least_wh: tuple[int, int]) -> Pixels | None:
        """`uint8 [H, W, 3]` as the file stores them, or None if libjpeg complains or the picture may not be whole.

        Of the sizes in eighths of the stored one that libjpeg can decode directly, this is the smallest that is at
        least `least_wh`. RGB or greyscale pictures only; in a None case `is_whole` is the judge.
        """
        if self._stops_short() or self._has_lost_block(self.scans):
            return None
        width, height = least_wh
        try:
            pixels = simplejpeg.decode_jpeg(self._alone(), "RGB", min_width=width, min_height=height)
        except ValueError:
            return None
        return np.asarray(pixels, np.uint8)

    def is_whole(self) -> bool:
        """Whether every block is there and, as far as libjpeg can tell, undamaged.

        libjpeg cannot detect damage after which the codes happen to fall into step again.
        """
        if self._stops_short():
            return False
        complaint = _complaint(self._alone())
        scans = self.scans
        if complaint is not None:
            left_over = _LEFT_OVER.search(complaint)
            end = len(scans) - int(left_over[1]) if left_over else 0
            if end <= 0 or not _PADDING.fullmatch(scans, end):
                return False
            # Zeros may have been read as picture before the rest were left over: without them nothing may be missing.
            scans = scans[:end].rstrip(b"\0")
            if all(_complaint(self.head + scans + last + _EOI) for last in (b"", b"\0")):
                return False
        return not self._has_lost_block(scans)

    def _stops_short(self) -> bool:
        return not self.scans or (self.arithmetic and not self.ended)

    def _has_lost_block(self, scans: bytes) -> bool:
        return _USUAL_CODES in self.head and _LOST_BLOCK in scans.rstrip(b"\0")

    def _alone(self) -> bytes:
        """A file with this picture and nothing else."""
        return self.head + self.scans + _EOI


def _complaint(jpeg: bytes) -> str | None:
    """The last complaint that libjpeg has about the picture."""
    try:
        simplejpeg.decode_jpeg(jpeg, "gray", fastdct=True, fastupsample=True, min_height=1, min_width=1)
    except ValueError as error:
        return None if _HARMLESS.search(str(error)) else str(error)
    return None
