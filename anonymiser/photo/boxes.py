"""The boxes that HEIC, AVIF and videos are made of (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_MOST_BOXES = 1_000


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box in a row of boxes, up to the first bytes that are not a box."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        header = 8
        if size == 1 and at + 16 <= len(data):
            size, header = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif size == 0 and kind.isalnum():
            size = len(data) - at
        if size < header:
            return
        yield kind, data[at + header : at + size]
        at += size
