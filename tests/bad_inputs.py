"""Every file that a school's folder may hold and that is not a plain photo, made as a real file.

`make_bad_files` is about content, `make_awkward_paths` about names and the file system; tests of decoding, intake
and the whole way share them.
"""

from __future__ import annotations

import io
import os
import struct
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image
from PIL.ExifTags import IFD, Base

from anonymiser.errors import OversizedPhoto, PhotoError, UnreadablePhoto, UnsupportedFile


@dataclass(frozen=True)
class BadFile:
    """One file, and what must become of it."""

    path: Path
    error: type[PhotoError] | None
    """What `decode` raises; None where the file is processed."""
    says: str
    """Words of the message, or of a notice where the file is processed; empty where nothing is to be said."""


def gradient(width: int = 320, height: int = 240, seed: int = 0) -> Image.Image:
    """An RGB picture that is smooth enough to survive lossy codecs and the same in no two places."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    wave = 0.5 + 0.5 * np.sin(6 * x + 9 * y + seed)
    return Image.fromarray((np.stack([x, wave, 1 - y], -1) * 235 + 10).astype(np.uint8))


def device_exif(make: object, model: object, serial: object = None) -> Image.Exif:
    """What a camera writes about itself; None leaves a field out."""
    exif = Image.Exif()
    for tag, value in ((Base.Make, make), (Base.Model, model)):
        if value is not None:
            exif[tag] = value
    if serial is not None:
        exif.get_ifd(IFD.Exif)[Base.BodySerialNumber] = serial
    return exif


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """`image` as the bytes of a file; `kind` is Pillow's name of the format, or HEIF."""
    stream = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(stream, **options)
    else:
        image.copy().save(stream, kind, **options)  # saving leaves a codec's settings behind in the image
    return stream.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A valid PNG header of any size, followed by hardly any data."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )


def tiff_with(tags: dict[int, tuple[str, int]], children: tuple[dict[int, tuple[str, int]], ...] = ()) -> bytes:
    """A little-endian TIFF with nothing but directories: tag -> (`H` or `I`, value), and sub-directories of it."""
    head = b"II*\0" + struct.pack("<I", 8)
    first_size = 2 + 12 * (len(tags) + bool(children)) + 4
    sizes = [2 + 12 * len(child) + 4 for child in children]
    starts = [8 + first_size + sum(sizes[:i]) for i in range(len(children))]
    pointers = 8 + first_size + sum(sizes)

    def directory(fields: dict[int, tuple[str, int]], pointer: bytes = b"") -> bytes:
        rows = [
            struct.pack("<HHI", tag, {"H": 3, "I": 4}[kind], 1) + struct.pack(f"<{kind}", value).ljust(4, b"\0")
            for tag, (kind, value) in sorted(fields.items())
        ]
        rows += [pointer] if pointer else []
        return struct.pack("<H", len(rows)) + b"".join(rows) + bytes(4)

    where = starts[0] if len(children) == 1 else pointers
    pointer = struct.pack("<HHII", 330, 4, len(children), where) if children else b""
    body = directory(tags, pointer) + b"".join(map(directory, children))
    return head + body + struct.pack(f"<{len(starts)}I", *starts)


def raw_files() -> dict[str, bytes]:
    """The outer form of the RAW files of five makers, by extension."""
    camera_preview = {254: ("I", 1), 256: ("I", 160), 257: ("I", 120), 259: ("H", 6)}
    return {
        "cr2": b"II*\0\x10\0\0\0CR\x02\0" + bytes(64),
        "nef": tiff_with(camera_preview, ({259: ("H", 34713), 262: ("H", 32803)}, {259: ("H", 6)})),
        "arw": tiff_with({256: ("I", 160), 257: ("I", 120)}, ({259: ("H", 32767), 262: ("H", 32803)},)),
        "dng": tiff_with({256: ("I", 160), 257: ("I", 120), 50706: ("I", 0x0401)}),
        "cr3": struct.pack(">I", 24) + b"ftypcrx \0\0\0\1crx isom" + bytes(64),
    }


def video(brand: bytes) -> bytes:
    """The beginning of an MP4 or QuickTime film."""
    return (
        struct.pack(">I", 24)
        + b"ftyp"
        + brand
        + b"\0\0\2\0"
        + brand
        + b"iso2"
        + struct.pack(">I", 72)
        + b"mdat"
        + bytes(64)
    )


def heic_with_depth() -> bytes:
    """A HEIC whose auxiliary image is a depth map, as a phone's portrait mode writes it.

    libheif writes transparency as an auxiliary image; renaming its type turns it into depth.
    """
    image = gradient()
    image.putalpha(gradient(seed=3).convert("L"))
    data = encoded(image, "HEIF")
    assert data.count(b"auxid:1\0") == 1
    return data.replace(b"auxid:1\0", b"auxid:2\0")


def make_bad_files(folder: Path) -> dict[str, BadFile]:
    """Write one file of every kind into `folder`; keys are short names for test ids."""
    photo = encoded(gradient(), "JPEG", quality=90)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("photo.jpg", photo)
    table: dict[str, tuple[str, bytes, type[PhotoError] | None, str]] = {
        "empty": ("empty.jpg", b"", UnreadablePhoto, "empty"),
        "truncated": ("truncated.jpg", photo[: len(photo) * 6 // 10], UnreadablePhoto, "incomplete"),
        "cut-and-closed": ("closed.jpg", photo[: len(photo) // 2] + b"\xff\xd9", UnreadablePhoto, "incomplete"),
        "text": ("text.jpg", b"Dear parents, please find attached\n" * 9, UnreadablePhoto, "text"),
        "noise": ("noise.jpg", bytes(range(1, 256)) * 9, UnreadablePhoto, "no picture"),
        "bomb": ("bomb.png", png_that_claims(60_000, 60_000), OversizedPhoto, "60,000"),
        "dot": ("dot.png", encoded(gradient(1, 1), "PNG"), UnreadablePhoto, "too small"),
        "panorama": ("panorama.jpg", encoded(gradient(20_000, 300), "JPEG"), None, ""),
        "mov": ("film.mov", video(b"qt  "), UnsupportedFile, "a video"),
        "mp4": ("film.mp4", video(b"isom"), UnsupportedFile, "a video"),
        "renamed-mp4": ("film.jpg", video(b"mp42"), UnsupportedFile, "a video"),
        "pdf": ("letter.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(99), UnsupportedFile, "PDF"),
        "zip": ("photos.zip", archive.getvalue(), UnsupportedFile, "ZIP"),
        "svg": (
            "logo.svg",
            b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
            UnsupportedFile,
            "drawing",
        ),
        "motion-photo": ("motion.jpg", photo + video(b"mp42"), None, "video"),
        "depth": ("portrait.heic", heic_with_depth(), None, "depth"),
        **{kind: (f"raw.{kind}", data, UnsupportedFile, "RAW") for kind, data in raw_files().items()},
    }
    made = {}
    for key, (name, data, error, says) in table.items():
        path = folder / name
        path.write_bytes(data)
        made[key] = BadFile(path, error, says)
    return made


def make_awkward_paths(folder: Path) -> dict[str, Path]:
    """Good photos under bad names, and things that are no regular files; what the platform cannot hold is left out.

    `outside` lies beside `folder`; the others are in it.
    """

    def photo(name: str, seed: int) -> Path:
        path = folder / name
        path.write_bytes(encoded(gradient(seed=seed), "JPEG"))
        return path

    made = {
        "spaces": photo("  sports day  (2).jpg", 1),
        "emoji": photo("\N{RUNNER}\N{ZERO WIDTH JOINER}\N{FEMALE SIGN} sports.jpg", 2),
        "pupil": photo("Amelia Rose Featherstone.jpg", 3),
        "long": photo("x" * 246 + ".jpg", 4),
        "twice": photo("same picture (copy).jpg", 1),
        "folder": folder / "x.jpg",
    }
    made["folder"].mkdir()
    if sys.platform == "win32":
        return made
    made["newline"] = photo("two\nlines.jpg", 5)
    made["unreadable"] = photo("locked.jpg", 6)
    made["unreadable"].chmod(0)
    made["outside"] = folder.parent / "outside.jpg"
    made["outside"].write_bytes(encoded(gradient(seed=7), "JPEG"))
    made["symlink"] = folder / "link.jpg"
    made["symlink"].symlink_to(made["outside"])
    made["fifo"] = folder / "pipe.jpg"
    os.mkfifo(made["fifo"])
    return made
