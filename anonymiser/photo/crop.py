"""Which part of an AVIF is meant to be seen.

Phones and editors crop without touching the pixels: the container names the visible part (`clap`, ISO/IEC 14496-12,
12.1.4), and what was cut off is still there. libheif crops HEIC by it. libavif leaves that to its caller, and Pillow
does not crop.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction

from anonymiser.errors import UnreadablePhoto
from anonymiser.photo.boxes import boxes

Box = tuple[int, int, int, int]


def visible_part(data: bytes, wh: tuple[int, int]) -> Box | None:
    """Left, top, right and bottom of the part of the stored picture, `wh` pixels, that shows; None for all of it.

    Raises UnreadablePhoto if the part cannot be worked out, or if it is for the pictures of a video.
    """
    if b"clap" not in data:
        return None
    try:
        apertures = [_box(aperture, wh) for aperture in _apertures(data)]
    except (struct.error, IndexError, ZeroDivisionError):
        raise _unclear() from None
    if not apertures:
        return None
    if len(set(apertures)) > 1:
        raise _unclear()
    return apertures[0]


def _unclear() -> UnreadablePhoto:
    return UnreadablePhoto(
        "the picture was cropped in a way that cannot be followed",
        remedy="Open it, save the cropped picture as JPEG, and put that into the folder.",
    )


def _apertures(data: bytes) -> Iterator[bytes]:
    """The contents of each `clap` that belongs to the main picture."""
    top = dict(boxes(data))
    if b"moov" in top and b"clap" in top[b"moov"]:
        raise _unclear()
    if b"meta" not in top:
        return
    meta = dict(boxes(top[b"meta"][4:]))
    wide = meta[b"pitm"][0] if b"pitm" in meta else 0
    main = int.from_bytes(meta.get(b"pitm", b"")[4 : 8 if wide else 6], "big")
    if b"iprp" not in meta:
        return
    properties: list[tuple[bytes, bytes]] = []
    for kind, content in boxes(meta[b"iprp"]):
        if kind == b"ipco":
            properties = list(boxes(content))
    for kind, content in boxes(meta[b"iprp"]):
        if kind == b"ipma":
            for index in _property_indices(content, main):
                if 0 < index <= len(properties) and properties[index - 1][0] == b"clap":
                    yield properties[index - 1][1]


def _property_indices(content: bytes, item: int) -> Iterator[int]:
    """Places, from 1, of the properties that an `ipma` box associates with an item (ISO/IEC 23008-12, 9.3.1)."""
    version, wide = content[0], content[3] & 1
    (entries,) = struct.unpack_from(">I", content, 4)
    at = 8
    for _ in range(min(entries, len(content))):
        (found,) = struct.unpack_from(">I" if version else ">H", content, at)
        at += 4 if version else 2
        count = content[at]
        at += 1
        for _ in range(count):
            (index,) = struct.unpack_from(">H" if wide else ">B", content, at)
            at += 2 if wide else 1
            if found == item:
                yield index & (0x7FFF if wide else 0x7F)


def _box(aperture: bytes, wh: tuple[int, int]) -> Box:
    """Width, height and offset of the centre, each a fraction; the offsets' numerators are signed."""
    numbers = struct.unpack_from(">IIIIiIiI", aperture)
    across, down, right, below = (Fraction(numbers[i], numbers[i + 1]) for i in range(0, 8, 2))
    left = right + (wh[0] - across) / 2
    top = below + (wh[1] - down) / 2
    # Never more than was asked for: a pixel that the edge cuts through belongs to the part that was cut off.
    box = (-(-left // 1), -(-top // 1), (left + across) // 1, (top + down) // 1)
    if not (0 <= box[0] < box[2] <= wh[0] and 0 <= box[1] < box[3] <= wh[1]):
        raise _unclear()
    return box
