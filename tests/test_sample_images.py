"""The sample images agree with their truth, their lists and themselves."""

from __future__ import annotations

import csv
import datetime as dt
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image, ImageOps

from anonymiser.consent.biometric_import import read_biometric_file
from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.parsed import ParsedFile, ProblemKind
from anonymiser.consent.rules import BiometricFact
from anonymiser.evaluate.truth import Because, Photo, Truth
from anonymiser.samples import sample_images
from anonymiser.values.consent import STANDARD_PURPOSES, Hold
from anonymiser.values.report import OutcomeKind

FOLDER = sample_images()
INBOX = FOLDER / "inbox"
TRUTH = Truth.load(FOLDER / "truth.json")
PEOPLE = {person.id: person for person in TRUTH.people}
READABLE = [photo for photo in TRUTH.photos if photo.size]


def the_one(name: str) -> Photo:
    return next(photo for photo in TRUTH.photos if photo.file.endswith(f"/{name}"))


@pytest.fixture(scope="module")
def consents() -> dict[str, dict[str, str]]:
    with (FOLDER / "consents.csv").open(encoding="utf-8", newline="") as file:
        return {row["person_id"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def agreed_to_recognition() -> set[str]:
    rows = read_biometric_file(FOLDER / "biometric_consent.csv").rows
    return {row.person for row in rows if row.record.fact is BiometricFact.CONSENT}


def test_they_are_small_enough_to_ship() -> None:
    """Everything together stays under 20 MB, because it is part of the wheel."""
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 20e6


def test_truth_and_inbox_hold_the_same_files() -> None:
    """Every photo of the inbox has its truth, and the truth speaks of no other."""
    files = {path.relative_to(INBOX).as_posix() for path in INBOX.rglob("*") if path.is_file()}
    assert {file for file in files if not file.endswith("event.toml")} == {photo.file for photo in TRUTH.photos}


@pytest.mark.parametrize("photo", READABLE, ids=lambda photo: photo.file)
def test_the_truth_is_in_upright_pixels(photo: Photo) -> None:
    """Sizes, boxes and labels fit the picture as a viewer shows it."""
    pillow_heif.register_heif_opener()
    with Image.open(INBOX / photo.file) as image:
        assert ImageOps.exif_transpose(image).size == photo.size
    for face in photo.faces:
        box = np.array(face.box).reshape(2, 2)
        assert (box >= 0).all()
        assert (box <= photo.size).all()
        assert (np.array(face.points) > box[0] - 12).all()
        assert (np.array(face.points) < box[1] + 12).all()
    for label in photo.labels:
        assert (np.array(label.quad) >= 0).all()
        assert (np.array(label.quad) <= photo.size).all()


@pytest.mark.parametrize("event", sorted({photo.event for photo in TRUTH.photos}))
def test_event_files_say_what_the_truth_says(event: str) -> None:
    """Label, purpose, group and date of an event are the same in event.toml and in the truth."""
    said = tomllib.loads((INBOX / event / "event.toml").read_text(encoding="utf-8"))
    assert set(said) == {"label", "purpose", "group", "date"}
    photos = [photo for photo in TRUTH.photos if photo.event == event]
    assert {(photo.event, photo.purpose, photo.date) for photo in photos} == {
        (said["label"], said["purpose"], said["date"])
    }
    assert said["group"] in {person.group for person in TRUTH.people}


def test_every_reason_follows_from_the_lists(
    consents: dict[str, dict[str, str]], agreed_to_recognition: set[str]
) -> None:
    """Why a face may or may not be shown can be derived from the two lists and the labels alone."""

    def derived(person: str, photo: Photo) -> Because:
        row = consents.get(person)
        if row is None:
            return Because.STRANGER
        if row["hold"]:
            return Because.HELD
        if person not in agreed_to_recognition:
            return Because.NOT_ENROLLED
        if row["valid_to"] and dt.date.fromisoformat(row["valid_to"]) < photo.date:
            return Because.EXPIRED
        if row[photo.purpose] != "granted":
            return Because.PURPOSE_REFUSED if row[photo.purpose] else Because.NEVER_ANSWERED
        return Because.NAMED if person in {label.person for label in photo.labels} else Because.AGREED

    for photo in TRUTH.photos:
        for face in photo.faces:
            assert face.because is derived(face.person, photo), (photo.file, face.person)


def test_every_reason_occurs() -> None:
    """The sample holds a face for every reason to show or to hide one."""
    assert {face.because for photo in TRUTH.photos for face in photo.faces} == set(Because)


def test_whoever_is_on_hold_sends_the_photo_to_review(consents: dict[str, dict[str, str]]) -> None:
    """A photo is expected in review exactly where somebody with a hold is in it."""
    held = {person for person, row in consents.items() if row["hold"]}
    assert held
    for photo in READABLE:
        shows_held = any(face.person in held for face in photo.faces)
        assert (photo.outcome is OutcomeKind.REVIEW) == shows_held


def test_only_clear_faces_have_to_be_kept() -> None:
    """Nobody small, hidden or turned away has to be kept, and more than a dozen others have to."""
    kept = [face for photo in TRUTH.photos if not photo.same_as for face in photo.faces if face.must_keep]
    assert len(kept) > 12
    for face in kept:
        left, top, right, bottom = face.box
        assert max(right - left, bottom - top) >= 45
        assert face.visible >= 0.9
        assert abs(face.yaw) <= 30
        assert abs(face.pitch) <= 15


def test_portraits_are_of_those_who_agreed(agreed_to_recognition: set[str]) -> None:
    """Three or four portraits of everybody with biometric consent, and of nobody else."""
    portraits = {folder.name: len(list(folder.glob("*.jpg"))) for folder in (FOLDER / "enrolment").iterdir()}
    assert set(portraits) == agreed_to_recognition == {person.id for person in TRUTH.people if person.enrolled}
    assert set(portraits.values()) <= {3, 4}


def test_the_consent_list_needs_no_mapping(consents: dict[str, dict[str, str]]) -> None:
    """The program reads consents.csv as it is; only the form that never came back is reported."""
    parsed = parse_file(FOLDER / "consents.csv", None, STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)
    assert {person.names.source_id for person in parsed.people} == set(consents)
    assert {problem.kind for problem in parsed.problems} == {ProblemKind.BLANK}
    assert {hold for person in parsed.people for hold in person.holds} == {Hold.NEVER_PUBLISH}


def test_names_cover_the_hard_cases() -> None:
    """Two people share a surname; names with apostrophe, hyphen and accent occur."""
    names = [person.name for person in TRUTH.people if person.name]
    by_surname: dict[str, int] = defaultdict(int)
    for name in names:
        by_surname[name.split()[-1]] += 1
    assert 2 in by_surname.values()
    together = "".join(names)
    assert "'" in together
    assert "-" in together
    assert not together.isascii()


def test_labels_name_people_of_the_register_legibly() -> None:
    """Every label carries a register name in letters that a person can read, on four kinds of thing or more."""
    labels = [label for photo in TRUTH.photos for label in photo.labels]
    assert len({label.kind for label in labels}) >= 4
    for label in labels:
        assert label.text == PEOPLE[label.person].name
        quad = np.array(label.quad)
        assert 16 <= np.linalg.norm(quad[3] - quad[0]) <= 40


def test_photos_carry_what_cameras_leave_in_them() -> None:
    """Place, thumbnail, owner and names are there to be lost."""
    with Image.open(INBOX / the_one("IMG_4312.jpg").file) as image:
        exif = image.getexif()
        assert exif[ExifTags.Base.Orientation] == 6
        assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude]
        assert ExifTags.Base.JpegIFByteCount in exif.get_ifd(ExifTags.IFD.IFD1)
    with Image.open(INBOX / the_one("IMG_4313.jpg").file) as image:
        assert ExifTags.Base.CameraOwnerName in image.getexif().get_ifd(ExifTags.IFD.Exif)
    with Image.open(INBOX / the_one("IMG_4315.jpg").file) as image:
        assert "PersonInImage" in str(image.info["xmp"])
    with Image.open(INBOX / the_one("playground 1.png").file) as image:
        assert image.format == "PNG"
        assert "Lucas Tan" in image.info["Description"]


def test_photos_lie_in_every_direction() -> None:
    """Upright, on both sides and upside down."""
    pillow_heif.register_heif_opener()
    found = set()
    for photo in READABLE:
        with Image.open(INBOX / photo.file) as image:
            found.add(image.getexif().get(ExifTags.Base.Orientation, 1))
    assert found == {1, 3, 6, 8}


def test_difficult_files_are_what_they_claim() -> None:
    """The HEIC, the film behind a photo, the equal files, the broken one and the text are there."""
    assert pillow_heif.is_supported(INBOX / the_one("IMG_0007.heic").file)
    assert b"ftypmp42" in (INBOX / the_one("MVIMG_20260605_101500.jpg").file).read_bytes()[-100:]
    copy = next(photo for photo in TRUTH.photos if photo.outcome is OutcomeKind.DUPLICATE)
    assert copy.same_as
    assert (INBOX / copy.file).read_bytes() == (INBOX / copy.same_as).read_bytes()
    assert [photo.outcome for photo in TRUTH.photos if not photo.size] == [OutcomeKind.QUARANTINED] * 2
    with Image.open(INBOX / the_one("DSC_0103.jpg").file) as image, pytest.raises(OSError, match="truncated"):
        image.load()
    assert (INBOX / the_one("notes.jpg").file).read_text(encoding="utf-8")


def test_one_photo_is_named_after_a_pupil() -> None:
    """A file name with a register name in it is part of the sample, so that output names can be tested."""
    stems = {Path(photo.file).stem for photo in TRUTH.photos}
    assert any(person.name and person.name in stem for person in TRUTH.people for stem in stems)
