from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from anonymiser.detect.interface import FaceDetector
from anonymiser.enrol import EnrolmentResult, enrol_folder
from anonymiser.errors import UnreadablePhoto, UsageError
from anonymiser.recognise import rendered
from anonymiser.recognise.align import COPIES, TEMPLATE
from anonymiser.recognise.embed import normalised
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.values.faces import Faces
from anonymiser.values.identity import COULD_BE, Embedding, Gallery, Thresholds
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Photo, Pixels
from anonymiser.values.progress import Progress, untold
from anonymiser.values.reasons import Code

_NOBODY = replace(Gallery.closed(Code.GATE_CLOSED()), thresholds=Thresholds.standard(1000, 0.08))


def _vector(*scores: float) -> Embedding:
    """A unit vector with the given similarities to the first axes, the rest in a direction of its own."""
    vector = np.zeros(128, np.float32)
    vector[: len(scores)] = scores
    vector[64 + int(sum(scores) * 1000) % 60] = np.sqrt(max(0.0, 1 - sum(score**2 for score in scores)))
    return vector


@dataclass
class Studio(FaceDetector, FaceEmbedder):
    """Plays decoder, detector and embedder for files that say what they show.

    A file is JSON: `faces`, a list of x, y, size and score of each face, and `embedding`.
    """

    root: Path
    model_sha256: str = "model"
    opened: list[str] = field(default_factory=list)
    _in_hand: threading.local = field(default_factory=threading.local)
    """What the file that a thread is reading says."""

    def shoot(self, person: str, name: str, embedding: Embedding, faces: list | None = None, **extra: object) -> None:
        """Write a file with one good face, or with the faces given."""
        (self.root / person).mkdir(parents=True, exist_ok=True)
        shown = {"faces": [[300, 300, 2.0, 0.9]] if faces is None else faces, "embedding": embedding.tolist(), **extra}
        (self.root / person / name).write_text(json.dumps(shown), encoding="utf-8")

    def decode(self, data: bytes) -> Photo:
        if not data.startswith(b"{"):
            raise UnreadablePhoto("the file is damaged")
        self._in_hand.file = json.loads(data)
        self.opened.append(str(self._in_hand.file.get("mark", "")))
        pixels = np.random.default_rng(0).integers(0, 256, (1200, 1200, 3), np.uint8)
        if self._in_hand.file.get("blank"):
            pixels[:] = 128
        return Photo(pixels, (1200, 1200), "image/jpeg", None, None)

    def detect(self, pixels: Pixels) -> Faces:
        rows = np.array(self._in_hand.file["faces"], float).reshape(-1, 4)
        points = TEMPLATE * rows[:, 2, None, None] + rows[:, None, :2] - 56 * rows[:, 2, None, None]
        if self._in_hand.file.get("unlocated"):
            points[:] = np.nan
        half = 40 * rows[:, 2:3]
        boxes = np.concatenate([rows[:, :2] - half, rows[:, :2] + half], 1)
        return Faces(boxes.astype(np.float32), rows[:, 3].astype(np.float32), points.astype(np.float32))

    def embed(self, chips: np.ndarray) -> Embedding:
        return np.repeat(np.array([self._in_hand.file["embedding"]], np.float32), len(chips), 0)

    def enrol(
        self,
        forbidden: Callable[[PersonId], str] = lambda _: "",
        gallery: Gallery = _NOBODY,
        progress: Progress = untold,
    ) -> EnrolmentResult:
        return enrol_folder(
            self.root,
            forbidden=forbidden,
            decode=self.decode,
            detector=self,
            embedder=self,
            gallery=gallery,
            progress=progress,
        )


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "portraits")


def _reasons(result: EnrolmentResult, person: str = "p1") -> list[str]:
    found = next(entry for entry in result.people if entry.person == person)
    return [photo.rejected_because for photo in found.photos]


A, B = _vector(1.0), _vector(0.0, 1.0)


def test_good_photos_become_templates(studio: Studio) -> None:
    """Every good photo gives one template, in order of the file names."""
    studio.shoot("p1", "b.jpg", _vector(0.8))
    studio.shoot("p1", "a.jpg", A)
    studio.shoot("p2", "x.jpg", B)
    result = studio.enrol()
    assert [person.person for person in result.people] == ["p1", "p2"]
    assert np.allclose(result.people[0].templates, [A, _vector(0.8)])
    assert result.people[1].templates.shape == (1, 128)
    assert not any(person.refused_because for person in result.people)
    assert result.lookalikes == ()


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ({"faces": []}, "no face"),
        ({"faces": [[300, 300, 2.0, 0.9], [800, 300, 1.5, 0.9]]}, "several faces"),
        ({"faces": [[300, 300, 2.0, 0.9], [480, 300, 2.0, 0.9]]}, "several faces"),
        ({"faces": [[300, 300, 2.0, 0.9], [800, 300, 0.5, 0.9]]}, ""),
        ({"faces": [[300, 300, 2.0, 0.9], [800, 300, 2.0, 0.3]]}, ""),
        ({"faces": [[300, 300, 2.0, 0.9], [330, 360, 1.6, 0.6]]}, ""),
        ({"faces": [[300, 300, 0.5, 0.9]]}, "too small"),
        ({"blank": True}, "blurred"),
        ({"unlocated": True}, "eyes, nose and mouth cannot be made out"),
    ],
)
def test_each_bad_photo_has_its_reason(studio: Studio, shown: dict, reason: str) -> None:
    """The gate names what is wrong; bystanders far behind and second boxes on one head are no reason."""
    studio.shoot("p1", "1.jpg", A, **shown)
    assert _reasons(studio.enrol()) == [reason]


def test_unreadable_files_are_reasons_not_errors(studio: Studio) -> None:
    """A damaged file among good ones rejects itself only."""
    studio.shoot("p1", "1.jpg", A)
    (studio.root / "p1" / "2.jpg").write_bytes(b"\xff\xd8 damaged")
    result = studio.enrol()
    assert _reasons(result) == ["", "the file is damaged"]
    assert len(result.people[0].templates) == 1


def test_a_file_that_cannot_be_opened_is_a_reason(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another program holds rejects itself only."""
    studio.shoot("p1", "1.jpg", A)

    def held(_: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", held)
    assert _reasons(studio.enrol()) == ["the file cannot be read"]


def test_photos_of_people_without_consent_are_never_opened(studio: Studio) -> None:
    """No pixel is decoded, no face sought, no embedding computed for them; the reason is given."""
    studio.shoot("p1", "1.jpg", A, mark="agreed")
    studio.shoot("p2", "1.jpg", B, mark="refused")
    result = studio.enrol(forbidden=lambda person: "no biometric consent" if person == "p2" else "")
    assert studio.opened == ["agreed"]
    refused = result.people[1]
    assert (refused.refused_because, refused.photos, len(refused.templates)) == ("no biometric consent", (), 0)


def test_progress_is_told_photo_by_photo(studio: Studio) -> None:
    """From none to all of those that may be opened; what it raises ends the work, whatever is left of it."""
    studio.shoot("p1", "1.jpg", A)
    studio.shoot("p1", "2.jpg", _vector(0.8))
    studio.shoot("p2", "1.jpg", B)
    told: list[tuple[int, int]] = []
    studio.enrol(lambda person: "no" if person == "p2" else "", progress=lambda *now: told.append(now))
    assert told == [(0, 2), (1, 2), (2, 2)]

    def enough(done: int, _: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    for number in range(3, 60):
        studio.shoot("p1", f"{number}.jpg", A)
    studio.opened.clear()
    with pytest.raises(KeyboardInterrupt):
        studio.enrol(progress=enough)
    assert len(studio.opened) < 30


def test_a_person_without_a_good_photo_is_not_enrolled(studio: Studio) -> None:
    """The person is refused, and each photo says why; an empty folder says so."""
    studio.shoot("p1", "1.jpg", A, faces=[])
    (studio.root / "p2").mkdir()
    first, second = studio.enrol().people
    assert first.refused_because == "no photo is good enough"
    assert second.refused_because == "no photo was given"


def test_the_same_file_given_twice_counts_once(studio: Studio) -> None:
    """Byte-identical copies do not weigh double."""
    for name in ("1.jpg", "2.jpg"):
        studio.shoot("p1", name, A)
    result = studio.enrol()
    assert _reasons(result) == ["", "given twice for this person"]
    assert len(result.people[0].templates) == 1


def test_the_same_file_for_two_people_counts_for_neither(studio: Studio) -> None:
    """Nothing says whose photo it is, so both lose it, and keep their others."""
    studio.shoot("p1", "1.jpg", A)
    studio.shoot("p2", "1.jpg", A)
    studio.shoot("p2", "2.jpg", _vector(0.5))
    result = studio.enrol()
    assert _reasons(result, "p1") == ["given for two people"]
    assert _reasons(result, "p2") == ["given for two people", ""]
    assert result.people[0].refused_because


def test_the_same_picture_saved_anew_counts_for_neither(studio: Studio) -> None:
    """Another compression or crop of one picture under two ids is caught by its likeness."""
    studio.shoot("p1", "1.jpg", A)
    studio.shoot("p2", "9.jpg", _vector(0.95))
    result = studio.enrol()
    assert _reasons(result, "p1") == _reasons(result, "p2") == ["given for two people"]


def test_a_photo_of_somebody_else_in_the_folder_is_rejected(studio: Studio) -> None:
    """Among three photos the one that resembles no other is dropped: it would show a child who has not agreed."""
    studio.shoot("p1", "1.jpg", A)
    studio.shoot("p1", "2.jpg", _vector(0.8))
    studio.shoot("p1", "3.jpg", B)
    assert _reasons(studio.enrol()) == ["", "", "does not look like the person's other photos"]


def test_two_photos_that_do_not_agree_are_both_rejected(studio: Studio) -> None:
    """With two different faces nothing says which of them is the person."""
    studio.shoot("p1", "1.jpg", A)
    studio.shoot("p1", "2.jpg", B)
    result = studio.enrol()
    assert _reasons(result) == ["does not look like the person's other photos"] * 2
    assert result.people[0].refused_because


def test_look_alikes_are_reported(studio: Studio) -> None:
    """Pairs within "could be" are named once, others not."""
    studio.shoot("p1", "1.jpg", A)
    studio.shoot("p2", "1.jpg", _vector(0.5))
    studio.shoot("p3", "1.jpg", B)
    assert studio.enrol().lookalikes == (("p1", "p2"),)


def test_a_template_is_the_mean_of_the_faces_copies(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every photo is described eight times at once, and kept as one row of unit length."""
    described = []

    def embed(chips: np.ndarray) -> Embedding:
        described.append(np.eye(128, dtype=np.float32)[: len(chips)])
        return described[-1]

    monkeypatch.setattr(studio, "embed", embed)
    studio.shoot("p1", "1.jpg", A)
    (person,) = studio.enrol().people
    assert [len(rows) for rows in described] == [len(COPIES)]
    np.testing.assert_allclose(person.templates, normalised(described[0].mean(0, keepdims=True)))


def test_look_alikes_among_the_enrolled_are_reported(studio: Studio) -> None:
    """People enrolled before count too, except the templates that are replaced now."""
    studio.shoot("p1", "1.jpg", A)
    before = replace(
        _NOBODY,
        people=(PersonId("p1"), PersonId("old"), PersonId("other")),
        templates=np.stack([_vector(0.7), _vector(0.8), B]),
        owner=np.array([0, 1, 2]),
    )
    assert studio.enrol(gallery=before).lookalikes == (("p1", "old"),)


def test_look_alikes_are_judged_as_identification_would(studio: Studio) -> None:
    """What all faces share makes nobody alike."""
    shared = 0.7 * rendered.MEAN / np.linalg.norm(rendered.MEAN)
    people = [normalised(shared + 0.7 * A), normalised(shared + 0.7 * B)]
    assert people[0] @ people[1] > COULD_BE
    for number, embedding in enumerate(people):
        studio.shoot(f"p{number}", "1.jpg", embedding)
    assert not studio.enrol().lookalikes


def test_files_outside_folders_and_hidden_files_are_passed_over(studio: Studio) -> None:
    """What operating systems leave behind is ignored; loose photos are counted, not opened."""
    studio.shoot("p1", "1.jpg", A)
    (studio.root / "p1" / ".DS_Store").write_bytes(b"x")
    (studio.root / "p1" / "Thumbs.db").write_bytes(b"x")
    (studio.root / "p1" / "deeper").mkdir()
    (studio.root / "__MACOSX").mkdir()
    (studio.root / "loose.jpg").write_bytes(b"x")
    (studio.root / ".hidden.jpg").write_bytes(b"x")
    result = studio.enrol()
    assert [person.person for person in result.people] == ["p1"]
    assert _reasons(result) == [""]
    assert result.loose_files == 1


def test_a_folder_without_people_is_a_usage_error(studio: Studio) -> None:
    """An empty or missing folder says how it should look."""
    with pytest.raises(UsageError, match="cannot be read"):
        studio.enrol()
    studio.root.mkdir()
    with pytest.raises(UsageError, match="holds no folder of a person"):
        studio.enrol()


def test_results_show_neither_embeddings_nor_file_names(studio: Studio) -> None:
    """A result may be logged: repr holds ids and reasons only."""
    studio.shoot("p1", "Elsie Marlow.jpg", A)
    studio.shoot("p1", "Elsie 2.jpg", A, faces=[])
    written = repr(studio.enrol())
    assert "Elsie" not in written
    assert "array" not in written
    assert "no face" in written
