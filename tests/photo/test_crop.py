"""What the maker of an AVIF cut off is not shown, nor what a person does not want to keep."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest
from bad_inputs import encoded, gradient
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import Base

from anonymiser.errors import UnreadablePhoto
from anonymiser.photo.crop import visible_part
from anonymiser.photo.decode import DecodeLimits, decode

LIMITS = DecodeLimits()
WIDTH, HEIGHT = 160, 120
SMOOTH = gradient(WIDTH, HEIGHT)
AVIF = encoded(SMOOTH, "AVIF", quality=95)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def clap(width: float, height: float, right: float, below: float) -> bytes:
    numbers = []
    for value in (width, height, right, below):
        fraction = Fraction(value).limit_denominator(1000)
        numbers += [fraction.numerator, fraction.denominator]
    return struct.pack(">IIIIiIiI", *numbers)


def cropped(aperture: bytes, avif: bytes = AVIF) -> bytes:
    """`avif` with a crop in its container."""
    return with_property(box(b"clap", aperture), avif)


def with_property(added: bytes, avif: bytes = AVIF) -> bytes:
    """`avif` with one more property: itself, its association with the main picture (the first), and what moves."""
    count = 0
    at = avif.index(b"ipco") + 4
    end = at - 8 + int.from_bytes(avif[at - 8 : at - 4], "big")
    place = at
    while place < end:
        count += 1
        place += int.from_bytes(avif[place : place + 4], "big")
    data = bytearray(avif[:end] + added + avif[end:])
    ipma = data.index(b"ipma")
    associations = ipma + 14  # after version and flags, the count of entries and the first item's number
    data[associations] += 1
    data[associations + 1 : associations + 1] = bytes([0x80 | (count + 1)])
    shift = len(added) + 1
    for name, more in ((b"meta", shift), (b"iprp", shift), (b"ipco", len(added)), (b"ipma", 1)):
        at = data.index(name) - 4
        data[at : at + 4] = struct.pack(">I", int.from_bytes(data[at : at + 4], "big") + more)
    picture = struct.pack(">I", avif.index(b"mdat") + 4)
    at = data.index(picture, data.index(b"iloc"))
    data[at : at + 4] = struct.pack(">I", avif.index(b"mdat") + 4 + shift)
    return bytes(data)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_only_the_visible_part_is_decoded(data: st.DataObject) -> None:
    """Wherever the crop lies, the picture is the same as one that was cut before it was saved."""
    left, right = sorted(data.draw(st.lists(st.integers(0, WIDTH), min_size=2, max_size=2, unique=True)))
    top, bottom = sorted(data.draw(st.lists(st.integers(0, HEIGHT), min_size=2, max_size=2, unique=True)))
    if min(right - left, bottom - top) < 32:
        return
    aperture = clap(right - left, bottom - top, (left + right - WIDTH) / 2, (top + bottom - HEIGHT) / 2)
    photo = decode(cropped(aperture), LIMITS)
    assert photo.source_wh == (right - left, bottom - top)
    expected = np.asarray(SMOOTH.crop((left, top, right, bottom)), int)
    assert np.abs(photo.pixels - expected).max() <= 16


def test_a_crop_comes_before_the_turn() -> None:
    """The part is cut from the picture as it is stored, and turned then."""
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    photo = decode(cropped(clap(100, 60, -30, -30), encoded(SMOOTH, "AVIF", quality=95, exif=exif.tobytes())), LIMITS)
    expected = np.asarray(SMOOTH.crop((0, 0, 100, 60)).transpose(Image.Transpose.ROTATE_270), int)
    assert photo.source_wh == (60, 100)
    assert np.abs(photo.pixels - expected).max() <= 16


@pytest.mark.parametrize("turn", [box(b"irot", b"\x01"), box(b"imir", b"\x00")], ids=["turned", "mirrored"])
def test_a_turn_that_comes_before_the_crop(turn: bytes) -> None:
    """The crop is of the turned picture then, and the decoder turns afterwards: nobody can say what is cut off."""
    aperture = clap(64, 48, 20, -10)  # `with_property` puts the last one first
    with pytest.raises(UnreadablePhoto, match="cropped"):
        decode(with_property(turn, cropped(aperture)), LIMITS)
    assert sorted(decode(cropped(aperture, with_property(turn)), LIMITS).source_wh) == [48, 64]


def in_a_second_list(heic: bytes) -> bytes:
    """`heic`, with the first property of its main picture (`with_property` put it there) in a list of its own."""
    at = heic.index(b"ipma")
    associations = at + 14
    first = heic[associations + 1] & 0x7F
    second = box(b"ipma", b"\0\0\0\1" + struct.pack(">IHBH", 1, 1, 1, 0x8000 | first))  # 16-bit indices
    size = int.from_bytes(heic[at - 4 : at], "big")
    shift = len(second) - 1
    data = bytearray(heic[: at - 4 + size] + second + heic[at - 4 + size :])
    data[associations] -= 1
    del data[associations + 1]
    for name, more in ((b"meta", shift), (b"iprp", shift), (b"ipma", -1)):
        place = data.index(name) - 4
        data[place : place + 4] = struct.pack(">I", int.from_bytes(data[place : place + 4], "big") + more)
    picture = data.index(struct.pack(">I", heic.index(b"mdat") + 4), data.index(b"iloc"))
    data[picture : picture + 4] = struct.pack(">I", heic.index(b"mdat") + 4 + shift)
    return bytes(data)


def test_a_crop_of_a_heic_that_its_decoder_overlooks() -> None:
    """Where it stands in the second list of properties, libheif shows the whole picture: that is refused."""
    heic = cropped(clap(64, 48, 20, -10), encoded(SMOOTH, "HEIF", quality=95))
    assert decode(heic, LIMITS).source_wh == (64, 48)
    with pytest.raises(UnreadablePhoto, match="cropped"):
        decode(in_a_second_list(heic), LIMITS)
    turned = cropped(clap(99.5, 60.5, 0, 0), with_property(box(b"irot", b"\1"), encoded(SMOOTH, "HEIF", quality=95)))
    assert decode(turned, LIMITS).source_wh in {(60, 99), (60, 100), (61, 99), (61, 100)}


def test_a_crop_of_a_crop() -> None:
    """The second is of what the first has left, even where both say the same."""
    with pytest.raises(UnreadablePhoto, match="cropped"):
        decode(cropped(clap(100, 80, 5, 5), cropped(clap(100, 80, 5, 5))), LIMITS)


def test_part_of_a_pixel_is_cut_off() -> None:
    """A crop through the middle of pixels keeps none of them."""
    assert visible_part(cropped(clap(99.5, 60, 0, 0)), (WIDTH, HEIGHT)) == (31, 30, 129, 90)


@pytest.mark.parametrize(
    "aperture",
    [
        clap(164, 120, 0, 0),
        clap(100, 100, 40, 0),
        clap(100, 100, 0, -11),
        struct.pack(">IIIIiIiI", 100, 0, 100, 1, 0, 1, 0, 1),
        struct.pack(">IIIIiIiI", 0, 1, 100, 1, 0, 1, 0, 1),
        clap(100, 100, 0, 0)[:20],
    ],
    ids=["wider", "beyond the right", "beyond the top", "by nothing", "empty", "short"],
)
def test_a_crop_that_cannot_be_followed(aperture: bytes) -> None:
    """A crop that makes no sense is refused, never passed over."""
    with pytest.raises(UnreadablePhoto, match="cropped"):
        visible_part(cropped(aperture), (WIDTH, HEIGHT))


def test_no_crop() -> None:
    """A file without a crop, or with the word in its picture data only, shows all of it."""
    assert visible_part(AVIF, (WIDTH, HEIGHT)) is None
    assert visible_part(AVIF + b"clap", (WIDTH, HEIGHT)) is None


def test_a_crop_of_a_film() -> None:
    """A moving picture's crop stands elsewhere, and is refused."""
    film = encoded(SMOOTH, "AVIF", save_all=True, append_images=[gradient(WIDTH, HEIGHT, seed=2)])
    at = film.index(b"moov")
    size = int.from_bytes(film[at - 4 : at], "big")
    added = box(b"clap", clap(100, 100, 0, 0))
    film = film[: at - 4] + struct.pack(">I", size + len(added)) + film[at : at - 4 + size] + added
    with pytest.raises(UnreadablePhoto, match="cropped"):
        visible_part(film, (WIDTH, HEIGHT))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_part_of_a_turned_picture_is_that_part_of_what_people_see(kind: str, orientation: int) -> None:
    """However the camera was held: pixel for pixel what the whole picture shows there."""
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    data = encoded(SMOOTH, kind, exif=exif.tobytes())
    whole = decode(data, LIMITS)
    part = decode(data, LIMITS, crop=(10.4, 4.9, 80.2, 100.0))
    assert part.crop == (10, 4, 81, 100)
    assert part.source_wh == whole.source_wh
    assert (part.pixels == whole.pixels[4:100, 10:81]).all()


def test_a_part_that_reaches_beyond_the_picture_ends_at_its_edge() -> None:
    """And one of which hardly anything is left is no photo."""
    data = encoded(SMOOTH, "PNG")
    part = decode(data, LIMITS, crop=(-50.0, 20.0, 1000.0, 1000.0))
    assert part.crop == (0, 20, WIDTH, HEIGHT)
    for nothing in ((-50.0, 0.0, 10.0, 120.0), (500.0, 500.0, 900.0, 900.0)):
        with pytest.raises(UnreadablePhoto, match="too small"):
            decode(data, LIMITS, crop=nothing)


def test_a_part_is_reduced_after_it_was_cut() -> None:
    """So that it keeps as many pixels as a whole picture may have."""
    data = encoded(SMOOTH, "JPEG", quality=95)
    part = decode(data, LIMITS, crop=(0.0, 0.0, 80.0, 60.0), max_megapixels=0.0048)
    assert part.pixels.shape == (60, 80, 3)
    assert decode(data, LIMITS, max_megapixels=0.0048).pixels.shape == (60, 80, 3)
