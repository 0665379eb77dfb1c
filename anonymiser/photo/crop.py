"""Which part of an AVIF or HEIC is meant to be seen.

Phones and editors crop without touching the pixels: the container names the visible part (`clap`, ISO/IEC 14496-12,
12.1.4), and what was cut off is still there. libavif leaves cropping to its caller, and Pillow does not crop. libheif
crops HEIC, but overlooks what stands in the second of several lists of properties.
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
        apertures = list(_apertures(data))
        if len(apertures) > 1:
            raise _unclear()  # each would be of what the one before has left
        return _box(apertures[0], wh) if apertures else None
    except (struct.error, IndexError, ZeroDivisionError):
        raise _unclear() from None


def check_was_cropped(data: bytes, wh: tuple[int, int]) -> None:
    """Refuse a decoded HEIC of `wh` pixels if a crop for it is in its container and was not followed.

    Raises UnreadablePhoto.
    """
    if b"clap" not in data:
        return
    try:
        apertures = list(_apertures(data, turned_first=True))
        sizes = [_fractions(aperture)[:2] for aperture in apertures[-1:]]
    except (struct.error, IndexError, ZeroDivisionError):
        raise _unclear() from None
    for size in sizes:
        # It may have been turned; fractions of pixels are rounded one way or the other.
        if any(abs(side - shown) > 1 for side, shown in zip(sorted(size), sorted(wh), strict=True)):
            raise _unclear()


def _unclear() -> UnreadablePhoto:
    return UnreadablePhoto(
        "the picture was cropped in a way that cannot be followed",
        remedy="Open it, save the cropped picture as JPEG, and put that into the folder.",
    )


def _apertures(data: bytes, *, turned_first: bool = False) -> Iterator[bytes]:
    """The contents of each `clap` that belongs to the main picture.

    Raises UnreadablePhoto if the picture is turned or mirrored before it is cut, where the decoder turns it afterwards.
    """
    top = dict(boxes(data))
    if b"moov" in top and b"clap" in top[b"moov"]:
        raise _unclear()
    if b"meta" not in top:
        return
    listed = list(boxes(top[b"meta"][4:]))
    meta = dict(listed)
    wide = meta[b"pitm"][0] if b"pitm" in meta else 0
    main = int.from_bytes(meta.get(b"pitm", b"")[4 : 8 if wide else 6], "big")
    turned = False
    for kind, content in listed:
        for name, value in _properties(content, main) if kind == b"iprp" else ():
            turned = turned or name in (b"irot", b"imir")
            if name == b"clap" and turned and not turned_first:
                raise _unclear()
            if name == b"clap":
                yield value


def _properties(content: bytes, item: int) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each property of an item, in the order in which they are to be applied."""
    known: list[tuple[bytes, bytes]] = []
    for kind, part in boxes(content):
        if kind == b"ipco":
            known = list(boxes(part))
    for kind, part in boxes(content):
        if kind == b"ipma":
            yield from (known[index - 1] for index in _property_indices(part, item) if 0 < index <= len(known))


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
    across, down, right, below = _fractions(aperture)
    left = right + (wh[0] - across) / 2
    top = below + (wh[1] - down) / 2
    # Never more than was asked for: a pixel that the edge cuts through belongs to the part that was cut off.
    box = (-(-left // 1), -(-top // 1), (left + across) // 1, (top + down) // 1)
    if not (0 <= box[0] < box[2] <= wh[0] and 0 <= box[1] < box[3] <= wh[1]):
        raise _unclear()
    return box


def _fractions(aperture: bytes) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """Width, height and offset of the centre; the offsets' numerators are signed."""
    numbers = struct.unpack_from(">IIIIiIiI", aperture)
    width, height, right, below = (Fraction(numbers[i], numbers[i + 1]) for i in range(0, 8, 2))
    return width, height, right, below
