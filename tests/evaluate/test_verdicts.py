"""Verdicts come from the pixels and bytes of copies, and nothing that exposes somebody escapes them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from anonymiser.errors import UsageError
from anonymiser.evaluate.truth import Photo, Truth
from anonymiser.evaluate.verdicts import Published, Question, Verdicts, check
from anonymiser.samples import sample_images
from anonymiser.values.photo import Pixels
from anonymiser.values.report import OutcomeKind

WHOLE = Truth.load(sample_images() / "truth.json")
TRUTH = WHOLE.model_copy(
    update={"photos": tuple(p for p in WHOLE.photos if p.event in {"Playground", "Star of the week", "Classroom"})}
)
WITH_STICKER = "Playground/MVIMG_20260605_101500.jpg"
KEPT = "Star of the week/IMG_0103.jpg"


def original_of(photo: Photo) -> Pixels:
    pillow_heif.register_heif_opener()
    with Image.open(sample_images() / "inbox" / photo.file) as image:
        return np.array(ImageOps.exif_transpose(image).convert("RGB"))


def cover(pixels: Pixels, box: tuple[float, ...]) -> None:
    left, top, right, bottom = (max(int(value), 0) for value in box)
    pixels[max(top - 8, 0) : bottom + 8, max(left - 8, 0) : right + 8] = 127


def around(quad: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    return *np.min(quad, axis=0), *np.max(quad, axis=0)


def publish(photo: Photo, path: Path, scale: float = 1.0) -> Path:
    """A copy that shows exactly who may be shown."""
    pixels = original_of(photo)
    for face in photo.faces:
        if not face.may_keep:
            cover(pixels, face.box)
    for label in photo.labels:
        cover(pixels, around(label.quad))
    image = Image.fromarray(pixels)
    if scale != 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    image.save(path, quality=90)
    return path


@pytest.fixture(scope="module")
def correct(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Published]:
    folder = tmp_path_factory.mktemp("outbox")
    return {
        photo.file: Published(photo.outcome, publish(photo, folder / f"{number}.jpg") if photo.size else None)
        for number, photo in enumerate(TRUTH.photos)
    }


@pytest.fixture
def published(correct: dict[str, Published]) -> dict[str, Published]:
    return dict(correct)


def photo_named(file: str) -> Photo:
    return next(photo for photo in TRUTH.photos if photo.file == file)


def missed(verdicts: Verdicts) -> set[Question]:
    return {answer.question for answer in verdicts.misses}


def test_correct_copies_are_perfect(published: dict[str, Published]) -> None:
    """Nothing is missed where exactly the right faces and labels are covered."""
    verdicts = check(TRUTH, published, original_of)
    assert verdicts.misses == ()
    assert verdicts.safe
    for question in Question:
        assert verdicts.count(question).of > 0


def test_smaller_copies_are_judged_alike(published: dict[str, Published], tmp_path: Path) -> None:
    """Boxes of the truth follow a copy that was reduced in size."""
    for number, file in enumerate((WITH_STICKER, KEPT)):
        copy = publish(photo_named(file), tmp_path / f"{number}.jpg", scale=0.75)
        published[file] = Published(OutcomeKind.RELEASED, copy)
    assert check(TRUTH, published, original_of).misses == ()


def test_an_untouched_copy_exposes_everybody(published: dict[str, Published], tmp_path: Path) -> None:
    """Publishing a photo as it is misses each of its hidden faces and labels, and no clear face."""
    photo = photo_named(WITH_STICKER)
    Image.fromarray(original_of(photo)).save(tmp_path / "raw.jpg", quality=90)
    published[photo.file] = Published(OutcomeKind.RELEASED, tmp_path / "raw.jpg")
    verdicts = check(TRUTH, published, original_of)
    hidden = [face for face in photo.faces if not face.may_keep]
    assert [miss.file for miss in verdicts.misses] == [photo.file] * (len(hidden) + len(photo.labels))
    assert missed(verdicts) == {Question.HIDDEN, Question.UNNAMED}
    assert not verdicts.safe


def test_a_needlessly_covered_face_is_safe_but_missed(published: dict[str, Published], tmp_path: Path) -> None:
    """Obscuring a clear face of somebody who agreed exposes nobody, and is reported."""
    photo = photo_named(KEPT)
    Image.new("RGB", photo.size or (1, 1), (127, 127, 127)).save(tmp_path / "grey.jpg")
    published[photo.file] = Published(OutcomeKind.RELEASED, tmp_path / "grey.jpg")
    verdicts = check(TRUTH, published, original_of)
    assert missed(verdicts) == {Question.SHOWN}
    assert verdicts.safe


@pytest.mark.parametrize("extra", ["comment", "exif", "profile", "trailing"])
def test_hidden_data_is_found(published: dict[str, Published], tmp_path: Path, extra: str) -> None:
    """A copy with a comment, EXIF data, a profile or bytes behind the picture is not clean."""
    copy = publish(photo_named(KEPT), tmp_path / "copy.jpg")
    with Image.open(copy) as image:
        image.load()
    exif = Image.Exif()
    exif[0x010E] = "where it was"
    options = {"comment": {"comment": b"hello"}, "exif": {"exif": exif}, "profile": {"icc_profile": b"profile"}}
    image.save(copy, quality=95, **options.get(extra, {}))
    if extra == "trailing":
        copy.write_bytes(copy.read_bytes() + b"film")
    published[KEPT] = Published(OutcomeKind.RELEASED, copy)
    verdicts = check(TRUTH, published, original_of)
    assert missed(verdicts) == {Question.CLEAN}
    assert not verdicts.safe


def test_a_held_back_photo_shows_nobody(published: dict[str, Published]) -> None:
    """Without a copy hidden faces are safe, clear ones are missed, and the outcome is wrong."""
    published[KEPT] = Published(OutcomeKind.QUARANTINED, None)
    published[WITH_STICKER] = Published(OutcomeKind.QUARANTINED, None)
    verdicts = check(TRUTH, published, original_of)
    assert missed(verdicts) == {Question.SHOWN, Question.ARRIVED}
    assert verdicts.safe


@pytest.mark.parametrize("file", ["Class assembly/DSC_0102.jpg", "Class photo/oak class 1.jpg", "Classroom/notes.jpg"])
def test_a_photo_that_must_wait_and_was_released_is_unsafe(tmp_path: Path, file: str) -> None:
    """Even where its copy exposes nobody: a hold, or a file that is no photo, is for a person first."""
    truth = WHOLE.model_copy(update={"photos": tuple(photo for photo in WHOLE.photos if photo.file == file)})
    (photo,) = truth.photos
    assert photo.outcome is not OutcomeKind.RELEASED
    copy = publish(photo, tmp_path / "copy.jpg") if photo.size else None

    def verdicts(found: OutcomeKind) -> Verdicts:
        return check(truth, {file: Published(found, copy)}, original_of)

    assert Question.HELD_BACK in missed(verdicts(OutcomeKind.RELEASED))
    assert not verdicts(OutcomeKind.RELEASED).safe
    assert verdicts(photo.outcome).misses == ()
    assert missed(verdicts(OutcomeKind.FAILED)) == {Question.ARRIVED}
    assert not check(truth, {}, original_of).safe


def test_only_the_sealed_folder_is_good_enough_for_what_must_be_sealed() -> None:
    """The office looks into review and quarantine."""
    photo = photo_named(KEPT).model_copy(update={"outcome": OutcomeKind.SEALED})
    truth = WHOLE.model_copy(update={"photos": (photo,)})

    def safe(found: OutcomeKind) -> bool:
        return check(truth, {KEPT: Published(found, None)}, original_of).safe

    assert safe(OutcomeKind.SEALED)
    assert not any(map(safe, set(OutcomeKind) - {OutcomeKind.SEALED}))


def test_a_lost_file_is_missed(published: dict[str, Published]) -> None:
    """A file without any result is reported by name."""
    del published[KEPT]
    verdicts = check(TRUTH, published, original_of)
    assert (Question.ARRIVED, KEPT, "lost instead of released") in {
        (miss.question, miss.file, miss.subject) for miss in verdicts.misses
    }


def test_either_of_two_equal_files_may_be_the_duplicate(tmp_path: Path) -> None:
    """Which one is processed depends on arrival; both processed, or neither, is wrong."""
    twins = [photo for photo in WHOLE.photos if photo.same_as]
    truth = WHOLE.model_copy(update={"photos": tuple(twins)})
    copy = publish(twins[0], tmp_path / "copy.jpg")
    released, duplicate = Published(OutcomeKind.RELEASED, copy), Published(OutcomeKind.DUPLICATE, None)

    def misses(first: Published, second: Published) -> int:
        return len(check(truth, {twins[0].file: first, twins[1].file: second}, original_of).misses)

    assert misses(released, duplicate) == misses(duplicate, released) == 0
    assert misses(released, released) == 1
    assert misses(duplicate, duplicate) > 1


def test_the_table_is_for_people_and_names_nobody(published: dict[str, Published], tmp_path: Path) -> None:
    """Every question has its line; neither the table nor a miss holds a pupil's name."""
    photo = photo_named(WITH_STICKER)
    Image.fromarray(original_of(photo)).save(tmp_path / "raw.jpg")
    published[photo.file] = Published(OutcomeKind.RELEASED, tmp_path / "raw.jpg")
    verdicts = check(TRUTH, published, original_of)
    assert len(verdicts.table) == len(Question)
    assert verdicts.table[0][1].endswith(f"of {verdicts.count(Question.HIDDEN).of}")
    said = f"{verdicts.table} {verdicts.misses}"
    assert not any(person.name in said for person in TRUTH.people if person.name)


def test_a_truth_file_is_checked(tmp_path: Path) -> None:
    """A missing, malformed or contradictory truth file is refused."""
    path = tmp_path / "truth.json"
    with pytest.raises(UsageError, match="cannot be read"):
        Truth.load(path)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="not a truth file"):
        Truth.load(path)
    values = WHOLE.model_dump(mode="json")
    hidden = next(face for photo in values["photos"] for face in photo["faces"] if face["because"] != "agreed")
    hidden["must_keep"] = True
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(UsageError, match="not a truth file"):
        Truth.load(path)


def test_names_stay_out_of_reprs() -> None:
    """A person's or label's repr, which may reach a log, holds no name."""
    said = "".join(map(repr, (*TRUTH.people, *(label for photo in TRUTH.photos for label in photo.labels))))
    assert not any(person.name in said for person in TRUTH.people if person.name)
