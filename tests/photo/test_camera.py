"""The device that a file names, in every kind of file that carries it, and in files that were made to confuse."""

from __future__ import annotations

import io
import struct

import pytest
from bad_inputs import device_exif, encoded, gradient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import Base

from anonymiser.errors import PhotoError
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.values.devices import Camera, DeviceCheck, DeviceEvidence

LIMITS = DecodeLimits(max_source_megapixels=1, min_side_pixels=1)
SCHOOLS = Camera("Canon", "Canon EOS 80D", "032051001234")
LIST = DeviceCheck((SCHOOLS,))


def exif_of(make: object = "Canon", model: object = "canon  eos 80d", serial: object = "032051001234\0") -> Image.Exif:
    return device_exif(make, model, serial)


def camera_in(data: bytes) -> Camera | None:
    return decode(data, LIMITS).camera


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "MPO"])
def test_every_kind_of_file_names_its_device(kind: str) -> None:
    """Make, model and serial number as the camera wrote them, which the list has in other letters."""
    camera = camera_in(encoded(gradient(), kind, exif=exif_of().tobytes()))
    assert camera is not None
    assert (camera.make, camera.model, camera.serial) == ("Canon", "canon eos 80d", "032051001234")
    assert LIST.evidence(camera) is DeviceEvidence.APPROVED


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "BMP", "GIF"])
def test_a_file_without_camera_data_names_none(kind: str) -> None:
    """As after a messaging app or an editor; a TIFF says nothing by itself either."""
    assert camera_in(encoded(gradient().quantize() if kind == "GIF" else gradient(), kind)) is None


def test_a_serial_number_alone_names_no_device() -> None:
    """Numbers of different makers may be equal."""
    assert camera_in(encoded(gradient(), "JPEG", exif=exif_of(None, None).tobytes())) is None


def test_a_picture_that_was_shrunk_on_the_way_in_names_its_device_too() -> None:
    """The fast path for large JPEGs reads the same data."""
    data = encoded(gradient(640, 480), "JPEG", exif=exif_of().tobytes())
    assert decode(data, LIMITS, max_megapixels=0.02).camera == camera_in(data)


def jpeg_with(exif: bytes) -> bytes:
    """A JPEG whose EXIF segment holds these bytes."""
    plain = encoded(gradient(32, 32), "JPEG")
    segment = b"Exif\0\0" + exif
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + plain[2:]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=600), st.sampled_from([b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]))
def test_random_camera_data_neither_crash_nor_approve(noise: bytes, header: bytes) -> None:
    """Whatever stands there, a photo comes out, or a refusal; never an approved device."""
    try:
        camera = camera_in(jpeg_with(header + noise))
    except PhotoError:
        return
    assert LIST.evidence(camera) is not DeviceEvidence.APPROVED


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_camera_data_with_bytes_changed_never_crash(data: st.DataObject) -> None:
    """Real data, damaged at random: every offset, count and type may be wrong."""
    exif = bytearray(exif_of(serial="1").tobytes().removeprefix(b"Exif\0\0"))
    for _ in range(data.draw(st.integers(1, 6))):
        exif[data.draw(st.integers(0, len(exif) - 1))] = data.draw(st.integers(0, 255))
    try:
        camera = camera_in(jpeg_with(bytes(exif)))
    except PhotoError:
        return
    assert LIST.evidence(camera) is not DeviceEvidence.APPROVED  # its serial number is another


@pytest.mark.parametrize("text", ["x" * 60_000, "\0" * 200, "\x1b]0;title\x07" * 9, "\u202enonaC", "\ud7ff\uffff"])
def test_strange_texts_are_cleaned_and_cut(text: str) -> None:
    """A terminal, a note and a table can take what comes out."""
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = text.encode("utf-8", "replace").decode("latin-1"), "EOS"
    written = io.BytesIO()
    gradient(32, 32).save(written, "PNG", exif=exif.tobytes())
    camera = camera_in(written.getvalue())
    assert camera is not None
    assert camera.described.isprintable()
    assert len(camera.described) <= 80
