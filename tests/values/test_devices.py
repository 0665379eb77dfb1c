"""What a photo says about its device, compared with the school's list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.values.devices import Camera, DeviceCheck, DeviceEvidence, cleaned

IPAD = Camera("Apple", "iPad (9th generation)")
CANON = Camera("Canon", "Canon EOS 80D", "032051001234")
LIST = DeviceCheck((IPAD, CANON))
anything = st.one_of(st.text(), st.none(), st.integers(), st.binary(), st.floats(), st.tuples(st.integers()))


@pytest.mark.parametrize(
    ("make", "model", "device"),
    [
        ("Apple", "iPad (9th generation)", "Apple iPad (9th generation)"),
        ("Canon", "Canon EOS 80D", "Canon EOS 80D"),
        ("NIKON CORPORATION", "NIKON D3200", "NIKON D3200"),
        ("samsung\0\0\0", "  SM-T510 \0junk", "samsung SM-T510"),
        ("Apple", None, "Apple"),
        (None, "iPad", "iPad"),
        ("", "\0", None),
        (None, None, None),
        (b"Apple", 7, None),
        ("A\x1b[31mB", "line\nbreak", "A [31mB line break"),
    ],
)
def test_make_and_model_join_to_one_clean_name(make: object, model: object, device: str | None) -> None:
    """Padding, control characters and repetitions go."""
    camera = Camera.of(make, model)
    assert (camera and camera.described) == device


@given(anything, anything, anything)
def test_whatever_a_file_says_is_one_short_printable_line(make: object, model: object, serial: object) -> None:
    """Nothing in it can break a line, a terminal or a table."""
    camera = Camera.of(make, model, serial)
    assert camera is None or (camera.described.isprintable() and 0 < len(camera.described) <= 80)
    assert cleaned(serial).isprintable()
    assert len(cleaned(serial)) <= 80


@pytest.mark.parametrize(
    ("camera", "evidence"),
    [
        (IPAD, DeviceEvidence.APPROVED),
        (Camera("Apple", "iPad (9th generation)", "DMPX1"), DeviceEvidence.APPROVED),
        (Camera("APPLE", " ipad  (9TH generation) "), DeviceEvidence.APPROVED),
        (CANON, DeviceEvidence.APPROVED),
        (Camera("Canon", "Canon EOS 80D", "032051009999"), DeviceEvidence.NOT_ON_LIST),
        (Camera("Canon", "Canon EOS 80D"), DeviceEvidence.NOT_ON_LIST),
        (Camera("Apple", "iPhone 14"), DeviceEvidence.NOT_ON_LIST),
        (Camera("", "iPad (9th generation)"), DeviceEvidence.NOT_ON_LIST),
        (Camera("Apple", ""), DeviceEvidence.NOT_ON_LIST),
        (None, DeviceEvidence.NO_EVIDENCE),
    ],
)
def test_a_device_is_approved_by_make_model_and_the_serial_number_that_the_list_has(
    camera: Camera | None, evidence: DeviceEvidence
) -> None:
    """Case and blanks make no difference; a serial number on the list must be in the photo."""
    assert LIST.evidence(camera) is evidence


def test_an_approved_folder_speaks_only_for_photos_that_name_no_device() -> None:
    """A private telephone does not become the school's by the folder that its photo lies in."""
    folder = DeviceCheck(LIST.cameras, from_approved_folder=True)
    assert folder.evidence(None) is DeviceEvidence.APPROVED
    assert folder.evidence(Camera("Apple", "iPhone 14")) is DeviceEvidence.NOT_ON_LIST


def test_an_empty_list_approves_nothing() -> None:
    """A list without entries is not the absence of a list."""
    assert DeviceCheck().evidence(IPAD) is DeviceEvidence.NOT_ON_LIST
    assert DeviceCheck().evidence(None) is DeviceEvidence.NO_EVIDENCE


@given(st.text(), st.text(), st.text(), st.sampled_from([str.upper, str.lower, "  {} ".format]))
def test_list_and_photo_are_read_alike(make: str, model: str, serial: str, spelt) -> None:
    """A device is on the list that its own photo was put on, however another program of it spells its name."""
    camera = Camera.of(make, model, serial)
    if camera is not None:
        again = Camera.of(camera.make, camera.model, camera.serial)
        assert DeviceCheck((camera,)).evidence(again) is DeviceEvidence.APPROVED
        plain = Camera.of(*(text if not text.isascii() else spelt(text) for text in (make, model, serial)))
        if max(map(len, (make, model, serial))) < 70 and "\0" not in make + model + serial:
            assert DeviceCheck((camera,)).evidence(plain) is DeviceEvidence.APPROVED


def test_a_serial_number_stays_out_of_what_is_printed_by_accident() -> None:
    """It identifies one device, and so whoever carries it."""
    assert "032051001234" not in repr(CANON) + repr(LIST)
