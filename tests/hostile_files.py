"""Files that are wrong in their structure: sizes, counts, offsets and tables of each format, not only bytes at random.

Each format is cut into its parts (segments, chunks, boxes, directory entries). A mutation sets a number of a part to a
value at the edge, or drops, doubles, swaps, fills or cuts a part; checksums are made right again, so that a decoder
reads on.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np
from bad_inputs import device_exif, encoded, gradient, heic_with_depth
from PIL import ImageCms

Part = tuple[int, int]
"""Where a part begins and ends, in bytes."""
Parts = list[Part]


def valid_files() -> dict[str, bytes]:
    """One or two real files of each format, with everything in them that has a parser of its own."""
    image = gradient(96, 80)
    layered = image.copy()
    layered.putalpha(gradient(96, 80, seed=2).convert("L"))
    extras = {
        "exif": device_exif("Canon", "Canon EOS 80D", "1234").tobytes(),
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes(),
    }
    return {
        "jpeg": encoded(image, "JPEG", **extras),
        "jpeg-progressive": encoded(image, "JPEG", progressive=True),
        "png": encoded(layered, "PNG", **extras),
        "png-palette": encoded(image.quantize(16), "PNG"),
        "webp": encoded(layered, "WEBP", **extras),
        "webp-lossless": encoded(image, "WEBP", lossless=True),
        "gif": encoded(image.quantize(16), "GIF", save_all=True, append_images=[image.quantize(8)]),
        "tiff": encoded(image, "TIFF", compression="tiff_lzw"),
        "tiff-jpeg": encoded(image, "TIFF", compression="jpeg"),
        "bmp": encoded(image.quantize(16), "BMP"),
        "heic": encoded(layered, "HEIF", exif=extras["exif"]),
        "heic-depth": heic_with_depth(),
        "avif": encoded(layered, "AVIF", **extras),
    }


def mutated(kind: str, data: bytes, rng: np.random.Generator) -> bytes:
    """`data`, a file of `valid_files`, with one to three things wrong in it; never the same bytes."""
    wrong = data
    while wrong == data:
        wrong = data
        for _ in range(int(rng.integers(1, 4))):
            parts = _parts(kind, wrong)
            wrong = _MUTATIONS[int(rng.integers(len(_MUTATIONS)))](wrong, parts, rng)
        if kind.startswith("png"):
            wrong = _right_sums(wrong)
    return wrong


_EDGES = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def _set_number(data: bytes, parts: Parts, rng: np.random.Generator) -> bytes:
    """A number in the beginning of a part, of 1, 2, 4 or 8 bytes in either order, becomes one at the edge."""
    start, end = parts[int(rng.integers(len(parts)))]
    size = int(rng.choice([1, 2, 4, 8]))
    last = min(start + 40, end, len(data)) - size
    if last < start:
        return data
    at = int(rng.integers(start, last + 1))
    order = "big" if rng.random() < 0.5 else "little"
    now = int.from_bytes(data[at : at + size], order)
    value = int(rng.choice([*_EDGES, now + 1, max(now - 1, 0), now * 2])) & ((1 << 8 * size) - 1)
    return data[:at] + value.to_bytes(size, order) + data[at + size :]


def _drop(data: bytes, parts: Parts, rng: np.random.Generator) -> bytes:
    start, end = parts[int(rng.integers(len(parts)))]
    return data[:start] + data[end:]


def _double(data: bytes, parts: Parts, rng: np.random.Generator) -> bytes:
    """A part comes again, up to a thousand times."""
    start, end = parts[int(rng.integers(len(parts)))]
    times = int(rng.choice([1, 2, 1000])) if end - start < 2000 else 1
    return data[:end] + data[start:end] * times + data[end:]


def _swap(data: bytes, parts: Parts, rng: np.random.Generator) -> bytes:
    first, second = sorted(rng.integers(0, len(parts), 2).tolist())
    (a, b), (c, d) = parts[first], parts[second]
    return data if b > c else data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _fill(data: bytes, parts: Parts, rng: np.random.Generator) -> bytes:
    """The body of a part becomes noise, or one byte all over."""
    start, end = parts[int(rng.integers(len(parts)))]
    start = min(end, start + int(rng.choice([4, 8, 12])))
    body = rng.bytes(end - start) if rng.random() < 0.5 else bytes([int(rng.choice([0, 255]))]) * (end - start)
    return data[:start] + body + data[end:]


def _cut(data: bytes, parts: Parts, rng: np.random.Generator) -> bytes:
    """The file ends within a part."""
    start, end = parts[int(rng.integers(len(parts)))]
    return data[: int(rng.integers(start, end + 1))]


def _flip(data: bytes, parts: Parts, rng: np.random.Generator) -> bytes:
    """A few bits of a part's body."""
    start, end = parts[int(rng.integers(len(parts)))]
    damaged = bytearray(data)
    for at in rng.integers(start, max(end, start + 1), 8).tolist():
        if at < len(damaged):
            damaged[at] ^= 1 << int(rng.integers(8))
    return bytes(damaged)


_MUTATIONS: tuple[Callable[[bytes, Parts, np.random.Generator], bytes], ...] = (
    _set_number,
    _set_number,
    _set_number,
    _drop,
    _double,
    _swap,
    _fill,
    _cut,
    _flip,
)


def _parts(kind: str, data: bytes) -> Parts:
    parts = [part for part in _READERS[kind.split("-", 1)[0]](data) if part[0] < part[1] <= len(data)]
    return parts or [(0, len(data))]


def _jpeg(data: bytes) -> Parts:
    parts, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        parts.append((at, end))
        if data[at + 1] == 0xDA:
            parts.append((end, len(data)))
            break
        at = end
    return parts


def _png(data: bytes) -> Parts:
    parts, at = [], 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        parts.append((at, end))
        at = end
    return parts


def _right_sums(png: bytes) -> bytes:
    fixed = bytearray(png)
    for start, end in _png(png):
        if end <= len(png) and start + 8 <= end - 4:
            fixed[end - 4 : end] = struct.pack(">I", zlib.crc32(png[start + 4 : end - 4]))
    return bytes(fixed)


def _webp(data: bytes) -> Parts:
    parts, at = [(0, 12)], 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        parts.append((at, at + 8 + size + size % 2))
        at += 8 + size + size % 2
    return parts


def _gif(data: bytes) -> Parts:
    """Screen, its table of colours, and the rest in blocks of 64 bytes: sub-blocks have no length of their own."""
    table = 13 + 3 * (2 << (data[10] & 7)) if len(data) > 10 and data[10] & 0x80 else 13
    return [(0, 13), (13, table), *((at, min(at + 64, len(data))) for at in range(table, len(data), 64))]


def _tiff(data: bytes) -> Parts:
    parts = [(0, 8)]
    at = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[at : at + 2], "little")
    parts += [(at, at + 2), *((entry, entry + 12) for entry in range(at + 2, at + 2 + 12 * min(count, 50), 12))]
    parts.append((8, at) if at > 8 else (at + 2 + 12 * count, len(data)))
    return parts


def _bmp(data: bytes) -> Parts:
    pixels = int.from_bytes(data[10:14], "little")
    return [(0, 14), (14, 54), (54, pixels), (pixels, len(data))]


_CONTAINERS = {b"meta": 12, b"iprp": 8, b"ipco": 8, b"iref": 12}
"""Boxes that hold boxes, and how far into them these begin (ISO/IEC 14496-12)."""


def _boxes(data: bytes, at: int = 0, end: int | None = None) -> Parts:
    parts, end = [], len(data) if end is None else min(end, len(data))
    while at + 8 <= end:
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8:
            break
        parts.append((at, at + size))
        if skip := _CONTAINERS.get(data[at + 4 : at + 8]):
            parts += _boxes(data, at + skip, at + size)
        at += size
    return parts


_READERS: dict[str, Callable[[bytes], Parts]] = {
    "jpeg": _jpeg,
    "png": _png,
    "webp": _webp,
    "gif": _gif,
    "tiff": _tiff,
    "bmp": _bmp,
    "heic": _boxes,
    "avif": _boxes,
}
