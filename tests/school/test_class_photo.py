"""Faces that somebody names in a class photo: who is described, when, and what is learned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pytest
from audit_kit import entries
from class_photo_kit import (
    ANIKA,
    ELSIE,
    LUCAS,
    MINA,
    RORY,
    ZOE,
    Watched,
    as_jpeg,
    class_photo,
    oak_class,
    portraits,
    watched_networks,
    who_is_at,
)

from anonymiser import isolation
from anonymiser.consent.rules import BiometricFact
from anonymiser.errors import SafetyRefusal, UsageError
from anonymiser.recognise.align import COPIES
from anonymiser.school import School, faces
from anonymiser.school.class_photo import ClassPhoto, ClassPhotos
from anonymiser.values.people import PersonId

SIDE = 800


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return watched_networks(monkeypatch)


@pytest.fixture
def oak(school: School, networks: Watched) -> Iterator[School]:
    """Three of the class agreed to recognition, and the gate is open."""
    oak_class(school.workspace)
    return school


@pytest.fixture
def photos(oak: School) -> ClassPhotos:
    return oak.recognition.class_photos


@pytest.fixture
def photo(photos: ClassPhotos) -> ClassPhoto:
    return photos.opening(SIDE)(class_photo())


def places(photo: ClassPhoto) -> dict[str, int]:
    return who_is_at([face.box for face in photo.faces], photo.size)


def templates(school: School, person: PersonId) -> int:
    return school.register.dossier(person, ()).templates


def test_opening_a_photo_finds_faces_and_describes_nobody(photo: ClassPhoto, networks: Watched) -> None:
    """Faces are measured, each with the reason of portraits or none; no embedding is computed."""
    assert networks.chips == 0
    assert len(photo.faces) == 8
    assert [face.number for face in photo.faces] == list(range(1, 9))
    assert {face.why_not for face in photo.faces} == {"", "eyes hidden"}
    assert photo.picture.startswith(b"\xff\xd8")
    assert "pixels" not in repr(photo)


def test_only_those_with_consent_are_described(
    oak: School, photos: ClassPhotos, photo: ClassPhoto, networks: Watched
) -> None:
    """A child without a record, and one who said no, are refused by name before their face is looked at."""
    oak.register.record_biometric_refusal(ZOE, BiometricFact.CHILD_REFUSAL)
    at = places(photo)
    done = photos.learn(photo, {at[ELSIE]: ELSIE, at[ANIKA]: ANIKA, at[ZOE]: ZOE})
    assert networks.chips == len(COPIES)
    assert done.learned == (ELSIE,)
    assert [person for person, _ in done.refused] == [ANIKA, ZOE]
    assert "no consent for face recognition" in done.refused[0][1]
    assert "refused" in done.refused[1][1]
    assert [templates(oak, person) for person in (ELSIE, ANIKA, ZOE)] == [1, 0, 0]


def test_nobody_without_a_record_is_ever_described(photos: ClassPhotos, photo: ClassPhoto, networks: Watched) -> None:
    """Whatever a page sends."""
    at = places(photo)
    done = photos.learn(photo, {at[ANIKA]: ANIKA, at[ELSIE]: MINA, at[RORY]: PersonId("nobody")})
    assert networks.chips == 0
    assert done.learned == ()
    assert len(done.refused) == 3


def test_a_consent_that_ends_meanwhile_counts(
    oak: School, photos: ClassPhotos, photo: ClassPhoto, networks: Watched
) -> None:
    """It is asked about when the face would be described, not when the list was made."""
    assert next(one for one in photos.people("Oak") if one.person == ELSIE).why_not == ""
    oak.register.record_biometric_refusal(ELSIE, BiometricFact.OBJECTION)
    assert photos.learn(photo, {places(photo)[ELSIE]: ELSIE}).learned == ()
    assert networks.chips == 0


def test_with_a_closed_gate_no_photo_is_opened_and_nobody_learned(
    oak: School, photos: ClassPhotos, photo: ClassPhoto, networks: Watched
) -> None:
    """Not even the networks are loaded, and the refusal is in the audit record."""
    oak.register.close_gate()
    networks.forget()
    for refused in (
        lambda: photos.opening(SIDE)(class_photo()),
        lambda: photos.learn(photo, {places(photo)[ELSIE]: ELSIE}),
    ):
        with pytest.raises(SafetyRefusal, match="switched off"):
            refused()
    assert (networks.loaded, networks.chips, templates(oak, ELSIE)) == (0, 0, 0)
    assert [entry.data for entry in entries(oak) if entry.kind == "refused"] == [
        {"what": "enrolment", "why": "SafetyRefusal"}
    ] * 2


@pytest.mark.parametrize("kind", ["twice", "nobody", "no such face"])
def test_names_that_do_not_fit_are_refused(
    photos: ClassPhotos, photo: ClassPhoto, networks: Watched, kind: str
) -> None:
    """One person on two faces, nobody at all, or a face that is not there: nobody is described."""
    named = {"twice": {1: ELSIE, 2: ELSIE}, "nobody": {}, "no such face": {9: ELSIE}}[kind]
    with pytest.raises(UsageError):
        photos.learn(photo, named)
    assert networks.chips == 0


def test_a_photo_without_a_face_is_refused(photos: ClassPhotos) -> None:
    """With a remedy; there is nothing to name."""
    sky = np.full((300, 400, 3), (120, 160, 220), np.uint8)
    with pytest.raises(UsageError, match="no face was found"):
        photos.opening(SIDE)(as_jpeg(sky))


@pytest.mark.parametrize("data", [b"no picture", b"", class_photo()[:2000]])
def test_what_cannot_be_read_is_refused(photos: ClassPhotos, data: bytes) -> None:
    """In words, as a mistake of the file and not of the program."""
    with pytest.raises(UsageError, match="this photo cannot be used") as refusal:
        photos.opening(SIDE)(data)
    assert refusal.value.remedy


def test_the_photo_is_opened_where_nothing_can_be_reached() -> None:
    """By the isolated decoder, as portraits are."""
    assert faces.decode is isolation.decode


def test_a_face_that_is_not_clear_enough_is_not_described(oak: School, photos: ClassPhotos, networks: Watched) -> None:
    """The reasons are those of portraits, and stand beside each face before anybody is named."""
    small = photos.opening(SIDE)(class_photo(500))
    assert {face.why_not for face in small.faces} >= {"too small"}
    done = photos.learn(small, {places(small)[ELSIE]: ELSIE})
    assert done.refused == ((ELSIE, "too small"),)
    assert (networks.chips, templates(oak, ELSIE)) == (0, 0)


def test_a_face_joins_what_was_learned_before(oak: School, photos: ClassPhotos, photo: ClassPhoto) -> None:
    """Portraits stay, the last day too; and the same picture adds nothing a second time."""
    oak.recognition.enrol(ELSIE, portraits(ELSIE))
    before = oak.register.dossier(ELSIE, ())
    at = places(photo)
    assert photos.learn(photo, {at[ELSIE]: ELSIE}).learned == (ELSIE,)
    after = oak.register.dossier(ELSIE, ())
    assert (after.templates, after.templates_expire) == (before.templates + 1, before.templates_expire)
    again = photos.learn(photo, {at[ELSIE]: ELSIE})
    assert again.refused == ((ELSIE, "learned from this very picture before"),)
    assert templates(oak, ELSIE) == after.templates


def test_a_last_day_is_never_put_off(oak: School, photos: ClassPhotos, photo: ClassPhoto) -> None:
    """Templates that end early keep their day when another joins them."""
    at = places(photo)
    photos.learn(photo, {at[ELSIE]: ELSIE})
    rows, sha = faces.whole_school(oak.register, networks_sha(), oak.settings.recognition), networks_sha()
    soon = dt.date.today() + dt.timedelta(days=3)  # noqa: DTZ011 - the school's calendar
    oak.register.store_templates(ELSIE, -rows.templates, sha, soon)
    oak.register.store_templates(ELSIE, rows.templates, sha, soon)
    portrait = photos.opening(SIDE)(portraits(ELSIE)[0])
    assert photos.learn(portrait, {1: ELSIE}).learned == (ELSIE,)
    assert oak.register.dossier(ELSIE, ()).templates_expire == soon


def networks_sha() -> str:
    return faces.networks()[1].model_sha256


def test_a_wrong_name_is_noticed_where_something_was_learned_before(
    oak: School, photos: ClassPhotos, photo: ClassPhoto
) -> None:
    """A neighbour's face is unlike the child's own photos; and nobody is learned from a picture of somebody else."""
    oak.recognition.enrol(ELSIE, portraits(ELSIE))
    at = places(photo)
    done = photos.learn(photo, {at[LUCAS]: ELSIE, at[RORY]: LUCAS})
    assert done.refused == ((ELSIE, "does not look like the person's other photos"),)
    assert done.learned == (LUCAS,)
    again = photos.learn(photo, {at[RORY]: RORY})
    assert again.refused == ((RORY, "the same picture is enrolled for somebody else"),)


def test_a_pair_that_looks_alike_is_counted(oak: School, photos: ClassPhotos, photo: ClassPhoto) -> None:
    """So that the page can lead on to where the two are compared."""
    oak.recognition.enrol(ELSIE, portraits(ELSIE))
    done = photos.learn(photo, {places(photo)[ELSIE]: LUCAS})
    assert done.learned == (LUCAS,)
    assert done.alike >= 1
    state = oak.recognition.state()
    assert {ELSIE, LUCAS} in [{first.id, second.id} for first, second in state.pairs]


def test_the_audit_record_says_the_same_as_of_portraits(oak: School, photos: ClassPhotos, photo: ClassPhoto) -> None:
    """One entry for a person, as `enrol` writes it; no entry has a name."""
    folder = oak.workspace.root.parent / "enrolment"
    (folder / LUCAS).mkdir(parents=True)
    (folder / LUCAS / "1.jpg").write_bytes(portraits(LUCAS)[0])
    oak.enrol(folder)
    assert photos.learn(photo, {places(photo)[RORY]: RORY}).learned == (RORY,)
    root = oak.workspace.root
    oak.close()
    with School.open(root) as again:
        by_command, by_photo = (entry for entry in entries(again) if entry.data.get("what") == "templates")
    assert by_photo.kind == by_command.kind
    assert by_photo.data.keys() == by_command.data.keys()
    assert by_photo.data["rows"] == by_command.data["rows"]
    assert not any(name in str(by_photo.data) for name in ("Rory", "Pemberton", RORY))


def test_everybody_is_listed_the_class_first_and_who_cannot_be_chosen_with_the_reason(
    oak: School, photos: ClassPhotos
) -> None:
    """Nobody hunts for a missing name."""
    found = photos.people("Oak")
    assert len(found) == len(oak.register.people())
    by_id = {one.person: one for one in found}
    assert by_id[ELSIE].why_not == ""
    assert "no consent for face recognition" in by_id[ANIKA].why_not
    surnames = [one.surname for one in found if one.in_group]
    assert surnames == sorted(surnames, key=str.casefold)
    assert not any(one.in_group for one in photos.people("Elm"))
    assert "Elsie" not in repr(found)
