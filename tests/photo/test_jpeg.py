"""Whole JPEGs come through however their files end; damaged ones never do where libjpeg had to fill a gap."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from bad_inputs import encoded, gradient
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from anonymiser.errors import OversizedPhoto, UnreadablePhoto
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.jpeg import MOST_SCANS

LIMITS = DecodeLimits()
VARIANTS = {
    "baseline": {},
    "fitted": {"optimize": True},
    "progressive": {"progressive": True},
    "fine": {"quality": 95, "subsampling": "4:4:4"},
    "restarts": {"restart_marker_rows": 1},
}


def busy(width: int = 320, height: int = 240) -> Image.Image:
    """A picture with as much detail as a photo."""
    noise = np.random.default_rng(1).normal(0, 12, (height, width, 3))
    return Image.fromarray((np.asarray(gradient(width, height)) + noise).clip(0, 255).astype(np.uint8))


FILES = {name: encoded(busy(), "JPEG", **options) for name, options in VARIANTS.items()}
FILES["grey"] = encoded(busy().convert("L"), "JPEG", quality=90)
FILES["cmyk"] = encoded(busy().convert("CMYK"), "JPEG")


def pillows(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def scan_start(data: bytes) -> int:
    return data.index(b"\xff\xda")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "ending",
    [
        b"",
        b"\n",
        b"\r\n",
        b"\xff",
        b"\0\0",
        bytes(60),
        bytes(20_000),
        b"\xff" * 512,
        b"\xff\xd9",
        b"\xff\xd9" + bytes(16_384),
        b"\xff\xd9SEFT" + bytes(range(256)),
        b"\r\n--boundary-7f3a--\r\n",
    ],
    ids=lambda ending: ending[:6].hex() + f"-{len(ending)}",
)
def test_whole_picture_with_any_ending(name: str, ending: bytes) -> None:
    """A picture that is all there is read, whether its end marker is missing, replaced or followed by something."""
    data = FILES[name]
    assert data.endswith(b"\xff\xd9")
    assert np.array_equal(decode(data[:-2] + ending, LIMITS).pixels, pillows(data))


@pytest.mark.parametrize("before", [b"\n", b"\r\n\r\n", b"  "])
def test_blanks_before_the_picture(before: bytes) -> None:
    """What a web form leaves before a file is skipped."""
    assert decode(before + FILES["baseline"], LIMITS).source_wh == (320, 240)


@pytest.mark.parametrize("junk", [bytes(16), b"not a segment", bytes(range(200))])
def test_bytes_between_the_segments(junk: bytes) -> None:
    """Readers skip what stands between the parts of a header, and so does the judgement."""
    data = FILES["baseline"]
    table = data.index(b"\xff\xdb")
    assert np.array_equal(decode(data[:table] + junk + data[table:], LIMITS).pixels, pillows(data))


@pytest.mark.parametrize("grey", [126, 127, 128, 129])
@pytest.mark.parametrize("name", VARIANTS)
def test_grey_border(name: str, grey: int) -> None:
    """Mid grey is a colour like any other: a photo on a grey card is whole."""
    card = Image.new("RGB", (400, 320), (grey, grey, grey))
    card.paste(busy(), (40, 30))
    assert decode(encoded(card, "JPEG", **VARIANTS[name]), LIMITS).source_wh == (400, 320)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.98])
@pytest.mark.parametrize("ending", [b"", b"\xff\xd9", "zeros", "zeros and end"])
def test_missing_lower_part(name: str, share: float, ending: bytes | str) -> None:
    """Half a picture is refused, closed or not, cut off or filled up to its length with zeros."""
    data = FILES[name]
    kept = data[: scan_start(data) + int((len(data) - scan_start(data)) * share)].rstrip(b"\xff")
    if isinstance(ending, str):
        ending = bytes(len(data) - len(kept)) + (b"\xff\xd9" if "end" in ending else b"")
    with pytest.raises(UnreadablePhoto):
        decode(kept + ending, LIMITS)


@pytest.mark.parametrize("name", ["baseline", "fine", "restarts", "grey"])
@settings(max_examples=60, deadline=None)
@given(place=st.floats(0.02, 0.8), size=st.sampled_from([512, 1024, 4096]))
def test_lost_block_in_the_middle(name: str, place: float, size: int) -> None:
    """Where a disk or a transfer lost a block and left zeros, the file is damaged."""
    data = FILES[name]
    at = scan_start(data) + 14 + int((len(data) - scan_start(data)) * place)
    size = min(size, len(data) - at - 100)
    with pytest.raises(UnreadablePhoto, match="damaged"):
        decode(data[:at] + bytes(size) + data[at + size :], LIMITS)


@pytest.mark.parametrize("name", FILES)
def test_damage_of_any_kind(name: str) -> None:
    """Of blocks that were overwritten, lost or repeated nearly all are noticed, and none raises anything else."""
    rng = random.Random(name)  # noqa: S311 - no secret
    data = FILES[name]
    noticed = 0
    for _ in range(40):
        at = rng.randrange(scan_start(data) + 14, len(data) - 3000)
        size = rng.choice([100, 700, 2000])
        filling = rng.choice([b"", rng.randbytes(size), b"\xff" * size, data[at - size : at] * 2])
        try:
            decode(data[:at] + filling + data[at + size :], LIMITS)
        except UnreadablePhoto:
            noticed += 1
    assert noticed >= 34


def test_too_many_scans() -> None:
    """A file of endless scans, each as costly as the whole picture, is refused unread."""
    data = FILES["progressive"]
    last = data.rindex(b"\xff\xda")
    with pytest.raises(OversizedPhoto):
        decode(data[:-2] + data[last:-2] * MOST_SCANS + b"\xff\xd9", LIMITS)


@pytest.mark.parametrize("name", FILES)
@given(megapixels=st.floats(0.004, 0.07))
@settings(max_examples=15, deadline=None)
def test_shrunk_while_it_is_decoded_a_photo_looks_the_same(name: str, megapixels: float) -> None:
    """Whatever working size is asked for, the pixels are those of the whole photo, averaged."""
    small = decode(FILES[name], LIMITS, max_megapixels=megapixels).pixels
    whole = Image.fromarray(decode(FILES[name], LIMITS).pixels)
    averaged = np.asarray(whole.resize(small.shape[1::-1], Image.Resampling.HAMMING))
    assert np.abs(small.astype(int) - averaged).mean() < 4
    assert np.abs(small.astype(float).mean((0, 1)) - averaged.mean((0, 1))).max() < 1


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"progressive"}))
@given(share=st.floats(0.05, 0.9), megapixels=st.floats(0.004, 0.07))
@settings(max_examples=15, deadline=None)
def test_cut_photo_is_refused_at_every_working_size(name: str, share: float, megapixels: float) -> None:
    """A part that is missing is noticed in a small picture too; a progressive file that ends between scans is whole."""
    data = FILES[name]
    start = scan_start(data)
    cut = data[: start + int((len(data) - start) * share)] + bytes(len(data) // 2)
    with pytest.raises(UnreadablePhoto):
        decode(cut, LIMITS, max_megapixels=megapixels)
