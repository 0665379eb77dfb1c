"""Says whether a PNG holds its whole picture undamaged, which its decoder does not (PNG 1.2)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Values of a pixel, by colour type (4.1.1)."""
_WHOLE = ((0, 0, 1, 1),)
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column and row of each part of an interlaced picture, and the steps to the next (2.6)."""
_PIECE = 1 << 20


def sums_are_right(data: bytes) -> bool:
    """Whether every chunk that the picture needs is undamaged; the decoder handles a cut one (3.2)."""
    return all(
        end + 4 > len(data) or zlib.crc32(memoryview(data)[at + 4 : end]) == int.from_bytes(data[end : end + 4], "big")
        for at, end in _chunks(data)
        if data[at + 4 : at + 8] == b"tRNS" or not data[at + 4] & 0x20
    )


def holds_every_row(data: bytes) -> bool:
    """Whether there are bytes for each row: a compressed picture that ends early, but properly, ends in black."""
    header = data[16:29]
    width, height = (int.from_bytes(header[at : at + 4], "big") for at in (0, 4))
    bits = header[8] * _SAMPLES.get(header[9], 1)
    needed = 0
    for left, top, across, down in _PASSES if header[12] else _WHOLE:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            needed += rows * (1 + -(-columns * bits // 8))
    unpacker = zlib.decompressobj()
    for at, end in _chunks(data):
        packed = data[at + 8 : end] if data[at + 4 : at + 8] == b"IDAT" else b""
        unpacked = packed
        while needed > 0 and (packed or unpacked):
            unpacked = unpacker.decompress(packed, _PIECE)
            needed -= len(unpacked)
            packed = unpacker.unconsumed_tail
    return needed <= 0


def _chunks(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each chunk before the end mark begins, and where its content ends."""
    at = 8
    while at + 12 <= len(data) and data[at + 4 : at + 8] != b"IEND":
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        yield at, end
        at = end + 4
