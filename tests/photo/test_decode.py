"""Every kind of picture becomes the same upright, opaque sRGB pixels."""

from __future__ import annotations

import datetime as dt
import io
import struct
import warnings
import zlib

import numpy as np
import pillow_heif
import pytest
from bad_inputs import encoded, gradient, png_that_claims
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PIL.ExifTags import IFD, Base
from PIL.PngImagePlugin import PngImageFile

from anonymiser.errors import OversizedPhoto, UnreadablePhoto, UnsupportedFile
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.encode import LONGEST_SIDE
from anonymiser.wording import say

LIMITS = DecodeLimits()


def rgb(image: Image.Image) -> NDArray[np.int16]:
    return np.asarray(image.convert("RGB"), np.int16)


def worst(pixels: NDArray[np.uint8], image: Image.Image) -> int:
    """Largest difference of any value from the picture that was stored."""
    assert pixels.shape == (image.height, image.width, 3)
    return int(np.abs(pixels.astype(np.int16) - rgb(image)).max())


@pytest.mark.parametrize(
    ("kind", "media_type", "options", "tolerance"),
    [
        ("JPEG", "image/jpeg", {"quality": 95}, 12),
        ("JPEG", "image/jpeg", {"quality": 95, "progressive": True, "optimize": True}, 12),
        ("PNG", "image/png", {}, 0),
        ("WEBP", "image/webp", {"lossless": True}, 0),
        ("WEBP", "image/webp", {"quality": 95}, 16),
        ("TIFF", "image/tiff", {}, 0),
        ("TIFF", "image/tiff", {"compression": "tiff_lzw"}, 0),
        ("TIFF", "image/tiff", {"compression": "tiff_adobe_deflate", "big_tiff": True}, 0),
        ("BMP", "image/bmp", {}, 0),
        ("HEIF", "image/heic", {"quality": 95}, 16),
        ("AVIF", "image/avif", {"quality": 95}, 16),
    ],
)
def test_every_format(kind: str, media_type: str, options: dict[str, object], tolerance: int) -> None:
    """Each format is recognised by content and gives back its picture as a writable, contiguous RGB array."""
    photo = decode(encoded(gradient(), kind, **options), LIMITS)
    assert worst(photo.pixels, gradient()) <= tolerance
    assert photo.media_type == media_type
    assert photo.source_wh == (320, 240)
    assert photo.scale == 1
    assert photo.notices == ()
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.flags.c_contiguous
    assert photo.pixels.flags.writeable


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF"])
def test_all_orientations(kind: str, orientation: int) -> None:
    """The picture comes out upright exactly once, whether EXIF or the container asks for the turn."""
    upright = gradient(160, 96)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # orientation -> the Transpose that stores it
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    photo = decode(encoded(stored, kind, exif=exif.tobytes(), quality=95), LIMITS)
    assert photo.source_wh == (160, 96)
    assert worst(photo.pixels, upright) <= (0 if kind in ("PNG", "TIFF") else 20)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_nonsense_orientation_is_none(orientation: int) -> None:
    """A value that EXIF does not know leaves the picture as it is."""
    exif = Image.Exif()
    exif[Base.Orientation] = orientation
    assert decode(encoded(gradient(64, 48), "PNG", exif=exif.tobytes()), LIMITS).source_wh == (64, 48)


def test_working_size_is_upright_and_proportional() -> None:
    """A sideways photo is reduced below the limit, and its scale counts from the upright original."""
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    stored = gradient(1200, 800)
    photo = decode(encoded(stored, "JPEG", exif=exif.tobytes()), LIMITS, max_megapixels=0.1)
    height, width = photo.pixels.shape[:2]
    assert photo.source_wh == (800, 1200)
    assert 0.097 < width * height / 1e6 <= 0.1
    assert height / width == pytest.approx(1.5, rel=0.01)
    expected = stored.transpose(Image.Transpose.ROTATE_270).resize((width, height), Image.Resampling.BOX)
    assert np.abs(photo.pixels.astype(int) - rgb(expected)).mean() < 2


def test_never_enlarged() -> None:
    """A picture below the working size keeps its own."""
    assert decode(encoded(gradient(), "JPEG"), LIMITS, max_megapixels=24).source_wh == (320, 240)


def test_longer_than_a_jpeg_can_be() -> None:
    """An extreme panorama is reduced until a JPEG can hold it, even where every pixel is to be kept."""
    photo = decode(encoded(Image.new("L", (70_000, 40), 90), "PNG"), LIMITS)
    assert photo.pixels.shape[1] == LONGEST_SIDE
    assert photo.source_wh == (70_000, 40)


def test_limits_are_inclusive() -> None:
    """Exactly the limit passes, one pixel beyond does not."""
    data = encoded(gradient(100, 50), "PNG")
    assert decode(data, DecodeLimits(max_source_megapixels=0.005, min_side_pixels=50)).source_wh == (100, 50)
    with pytest.raises(OversizedPhoto):
        decode(data, DecodeLimits(max_source_megapixels=0.004999))
    with pytest.raises(UnreadablePhoto, match="too small"):
        decode(data, DecodeLimits(min_side_pixels=51))


def test_header_is_judged_before_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes that claim 10.8 GB are refused without loading, and Pillow's own limit warns nobody."""
    monkeypatch.delattr(PngImageFile, "load_prepare")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(OversizedPhoto, match="60,000 x 60,000"):
            decode(png_that_claims(60_000, 60_000), LIMITS)


def test_pillows_own_limit_is_an_oversized_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Pillow refuses a size that our limit allows, the reason is still the size."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(OversizedPhoto):
        decode(encoded(gradient(), "TIFF"), LIMITS)


def test_out_of_memory_is_an_oversized_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that does not fit into memory is refused like one that claims too much."""

    def refuse(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(PngImageFile, "load", refuse)
    with pytest.raises(OversizedPhoto):
        decode(encoded(gradient(), "PNG"), LIMITS)


# --- colour ---------------------------------------------------------------------------------------------


def test_grey_and_bilevel() -> None:
    """Greyscale and black-and-white become three equal channels."""
    grey = gradient().convert("L")
    for image in (grey, grey.convert("1")):
        photo = decode(encoded(image, "PNG"), LIMITS)
        assert worst(photo.pixels, image) == 0


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled(kind: str) -> None:
    """16-bit grey keeps its gradations instead of being cut at 255."""
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (64, 1))
    photo = decode(encoded(Image.fromarray(ramp), kind), LIMITS)
    assert np.array_equal(photo.pixels[0, :, 0], np.arange(256))


def test_sixteen_bit_rgb_is_scaled() -> None:
    """16 bits a channel keep their gradations too."""
    ramp = np.tile((np.arange(256) * 257).astype(">u2")[None, :, None], (40, 1, 3))
    rows = b"".join(b"\0" + row.tobytes() for row in ramp)

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 256, 40, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    assert np.array_equal(decode(data, LIMITS).pixels[0, :, 1], np.arange(256))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_shows_white(mode: str) -> None:
    """What is transparent looks as on white paper, whatever colour hides below it."""
    image = gradient().convert(mode)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    photo = decode(encoded(image, "PNG"), LIMITS)
    alpha = np.asarray(image.getchannel("A"), float)[..., None] / 255
    expected = rgb(image.convert(mode[:-1])) * alpha + 255 * (1 - alpha)
    assert np.abs(photo.pixels - expected).max() <= 1


def test_palette_with_transparency() -> None:
    """A GIF's transparent colour becomes white, the others their palette's colour."""
    image = Image.new("P", (64, 64), 0)
    image.putpalette([10, 200, 30, 90, 0, 0])
    image.paste(1, (0, 0, 32, 64))
    photo = decode(encoded(image, "GIF", transparency=0), LIMITS)
    assert photo.media_type == "image/gif"
    assert photo.pixels[5, 5].tolist() == [90, 0, 0]
    assert photo.pixels[5, 60].tolist() == [255, 255, 255]


def test_premultiplied_and_palette_alpha() -> None:
    """Grey with a transparent value, stored without an alpha channel, is seen on white too."""
    photo = decode(encoded(Image.new("L", (64, 64), 7), "PNG", transparency=7), LIMITS)
    assert (photo.pixels == 255).all()


def test_cmyk_is_not_inverted() -> None:
    """An Adobe CMYK JPEG, which stores inverted ink, shows red as red."""
    image = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    photo = decode(encoded(image, "JPEG", quality=95), LIMITS)
    red, green, blue = photo.pixels[30, 30].tolist()
    assert (red > 240, green < 15, blue < 15) == (True, True, True)


@pytest.mark.parametrize("mode", ["F", "I"])
def test_scientific_pictures_are_refused(mode: str) -> None:
    """A picture whose brightness has no agreed meaning is not guessed at."""
    with pytest.raises(UnsupportedFile, match="scientific"):
        decode(encoded(Image.new(mode, (64, 64), 1), "TIFF"), LIMITS)


def wide_gamut_profile() -> bytes:
    """The primaries of sRGB under another name, with red and green exchanged: an unmistakable conversion."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    name = profile.index("sRGB".encode("utf-16-be"))
    profile[name : name + 8] = "Odd1".encode("utf-16-be")
    return bytes(profile)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF"])
def test_colour_profile_is_applied(kind: str) -> None:
    """A picture in another colour space is converted to sRGB, in every format that can carry a profile."""
    red = Image.new("RGB", (64, 64), (200, 40, 40))
    photo = decode(encoded(red, kind, icc_profile=wide_gamut_profile(), quality=95), LIMITS)
    assert np.abs(photo.pixels[30, 30].astype(int) - (40, 200, 40)).max() <= 12
    assert photo.notices == ()


def test_srgb_profile_changes_nothing() -> None:
    """An sRGB profile costs no conversion and no rounding."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert worst(decode(encoded(gradient(), "PNG", icc_profile=srgb), LIMITS).pixels, gradient()) == 0


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_unusable_profile_is_ignored_with_a_notice(mode: str) -> None:
    """A damaged profile, or one of another kind of picture, leaves sRGB and says so."""
    image = gradient().convert(mode)
    profile = b"not a profile" * 20 if mode == "RGB" else wide_gamut_profile()
    photo = decode(encoded(image, "PNG", icc_profile=profile), LIMITS)
    assert worst(photo.pixels, image) == 0
    assert "colour profile" in say(photo.notices[0])


# --- what else a file holds -----------------------------------------------------------------------------


def camera_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make] = "Apple"
    exif[Base.Model] = "iPad (9th generation)\0"
    exif[Base.Artist] = "Amelia Featherstone"
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "2024:06:12 10:33:21"
    exif.get_ifd(IFD.Exif)[Base.BodySerialNumber] = "SN-4711"
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_camera_facts(kind: str) -> None:
    """Day and camera are kept; the owner is not, and nothing prints the serial number."""
    photo = decode(encoded(gradient(), kind, exif=camera_exif().tobytes()), LIMITS)
    assert photo.taken_on == dt.date(2024, 6, 12)
    assert photo.camera is not None
    assert photo.camera.described == "Apple iPad (9th generation)"
    assert "Amelia" not in repr(photo)
    assert "4711" not in repr(photo)


@pytest.mark.parametrize("day", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", "2024:13:40 00:00:00"])
def test_a_camera_without_a_clock_gives_no_day(day: str) -> None:
    """Zeros, blanks and impossible days count as absent."""
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = day
    assert decode(encoded(gradient(), "JPEG", exif=exif.tobytes()), LIMITS).taken_on is None


def test_damaged_exif_does_not_lose_the_photo() -> None:
    """EXIF that cannot be read at all is a notice, not a failure."""
    photo = decode(encoded(gradient(), "WEBP", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f", lossless=True), LIMITS)
    assert worst(photo.pixels, gradient()) == 0
    photo = decode(encoded(gradient(), "WEBP", exif=b"Exif\0\0hopeless", lossless=True), LIMITS)
    assert "damaged" in say(photo.notices[0])


def test_first_page_of_several() -> None:
    """Files with several pages, frames or pictures give the first or main one and say so."""
    first, second = Image.new("RGB", (64, 64), "navy"), Image.new("RGB", (64, 64), "red")
    album = pillow_heif.from_pillow(first)
    album.add_from_pillow(second)
    stream = io.BytesIO()
    album.save(stream)
    files = {"HEIF": stream.getvalue()} | {
        kind: encoded(first, kind, save_all=True, append_images=[second], duration=90)
        for kind in ("TIFF", "GIF", "WEBP", "PNG", "AVIF")
    }
    for kind, data in files.items():
        photo = decode(data, LIMITS)
        assert np.abs(photo.pixels[9, 9].astype(int) - (0, 0, 128)).max() < 9, kind
        assert "only the main or first one" in say(photo.notices[0]), kind


def test_second_picture_of_a_jpeg() -> None:
    """Of a JPEG with a second picture behind it (MPF) the first is used."""
    first, second = Image.new("RGB", (64, 64), "navy"), Image.new("RGB", (64, 64), "red")
    photo = decode(encoded(first, "MPO", save_all=True, append_images=[second]), LIMITS)
    assert np.abs(photo.pixels[9, 9].astype(int) - (0, 0, 128)).max() < 3
    assert "second picture" in say(photo.notices[0])


def test_thumbnail_is_never_used() -> None:
    """A HEIC's embedded thumbnail stays unused, even where the working size would suit it."""
    photo = decode(encoded(gradient(640, 480), "HEIF", thumbnails=[128]), LIMITS, max_megapixels=0.01)
    reduced = gradient(640, 480).resize(photo.pixels.shape[1::-1], Image.Resampling.BOX)
    assert worst(photo.pixels, reduced) <= 16


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.97])
def test_truncated(kind: str, share: float) -> None:
    """No format shows the part that arrived as if it were the picture."""
    data = encoded(gradient(), kind)
    with pytest.raises(UnreadablePhoto):
        decode(data[: int(len(data) * share)], LIMITS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF"])
def test_interrupted_copy_of_full_length(kind: str) -> None:
    """A copy whose end is zeros, as an interrupted transfer leaves it, is incomplete."""
    noise = Image.effect_noise((320, 240), 90).convert("RGB")
    data = encoded(noise, kind)
    half = len(data) // 2
    with pytest.raises(UnreadablePhoto):
        decode(data[:half] + bytes(len(data) - half), LIMITS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF"])
@pytest.mark.parametrize("tail", [bytes(4096), b"\n", b"SEFT" * 99])
def test_whatever_stands_behind_the_picture(kind: str, tail: bytes) -> None:
    """A whole picture is whole, whatever a transfer or an editor left behind it."""
    data = encoded(gradient(), kind)
    assert np.array_equal(decode(data + tail, LIMITS).pixels, decode(data, LIMITS).pixels)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("filling", [b"\0", b"\xff", b"R"])
def test_damage_that_check_sums_tell(filling: bytes, place: float) -> None:
    """A block lost inside the picture of a PNG is damage, even where the rest can be unpacked."""
    data = encoded(Image.effect_noise((320, 240), 90).convert("RGB"), "PNG")
    at = int(len(data) * place)
    with pytest.raises(UnreadablePhoto, match="damaged"):
        decode(data[:at] + filling * 300 + data[at + 300 :], LIMITS)


def test_lying_header() -> None:
    """A container that announces another size than its picture has is damaged."""
    data = encoded(gradient(320, 240), "HEIF")
    lie = data.replace(struct.pack(">II", 320, 240), struct.pack(">II", 300, 240))
    assert lie != data
    with pytest.raises(UnreadablePhoto):
        decode(lie, LIMITS)
