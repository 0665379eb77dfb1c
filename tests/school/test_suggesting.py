"""Whom a face may show, asked for one face of a real picture, with the product's own networks."""

from __future__ import annotations

import functools
import json
from dataclasses import replace

import numpy as np
import pytest

from anonymiser.detect.interface import FaceDetector
from anonymiser.enrol import enrol_portraits
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.warp import turned
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.samples import sample_images
from anonymiser.school.faces import networks
from anonymiser.school.suggesting import MOST, Suggester
from anonymiser.values.identity import MARGIN, Gallery, Thresholds
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Photo
from anonymiser.values.reasons import Code

PICTURE = "Class photo/oak class 1.jpg"
_decoded = functools.partial(decode, limits=DecodeLimits(100, 64), max_megapixels=4)


@pytest.fixture(scope="module")
def loaded() -> tuple[FaceDetector, FaceEmbedder]:
    return networks()


@pytest.fixture(scope="module")
def gallery(loaded: tuple[FaceDetector, FaceEmbedder]) -> Gallery:
    """Who of the sample is in the picture, each from two portraits."""
    nobody = replace(Gallery.closed(Code.GATE_CLOSED()), thresholds=Thresholds.standard(1000, MARGIN))
    folders = [sample_images() / "enrolment" / face["person"] for face in people_in_picture()]
    found = enrol_portraits(
        {PersonId(folder.name): sorted(folder.glob("*.jpg"))[:2] for folder in folders if folder.is_dir()},
        forbidden=lambda _: "",
        decode=_decoded,
        detector=loaded[0],
        embedder=loaded[1],
        gallery=nobody,
    )
    people = [person for person in found.people if len(person.templates)]
    return replace(
        nobody,
        people=tuple(person.person for person in people),
        templates=np.concatenate([person.templates for person in people]),
        owner=np.repeat(np.arange(len(people)), [len(person.templates) for person in people]),
        closed_because=None,
    )


@pytest.fixture(scope="module")
def photo() -> Photo:
    return _decoded((sample_images() / "inbox" / PICTURE).read_bytes())


def people_in_picture() -> list[dict]:
    truth = json.loads((sample_images() / "truth.json").read_text(encoding="utf-8"))
    (shown,) = (entry for entry in truth["photos"] if entry["file"] == PICTURE)
    faces: list[dict] = shown["faces"]
    return faces


@pytest.mark.parametrize("degrees", [0, 90])
def test_the_person_who_is_there_is_among_those_suggested(
    loaded: tuple[FaceDetector, FaceEmbedder], gallery: Gallery, photo: Photo, degrees: int
) -> None:
    """Also where the copy is turned: the box is in the turned frame, as the page shows it."""
    suggester = Suggester(lambda: loaded)
    stored = turned(photo.pixels, -degrees).pixels
    faces = [face for face in people_in_picture() if face["person"] in gallery.people]
    right = 0
    for face in faces:
        likely = suggester.suggest(replace(photo, pixels=stored), degrees, tuple(face["box"]), photo.source_wh, gallery)
        right += face["person"] in likely[:MOST]
    assert right >= 0.8 * len(faces) > 0


def test_where_recognition_is_off_no_network_is_loaded(photo: Photo) -> None:
    """Nothing is computed about a face that may not be recognised."""

    def never() -> tuple[FaceDetector, FaceEmbedder]:
        raise AssertionError

    closed = Gallery.closed(Code.GATE_CLOSED())
    assert Suggester(never).suggest(photo, 0, (10, 10, 90, 90), photo.source_wh, closed) == []


def test_a_place_without_a_face_is_nobody(
    loaded: tuple[FaceDetector, FaceEmbedder], gallery: Gallery, photo: Photo
) -> None:
    """A box that was drawn on a wall, or at the very edge."""
    width, height = photo.source_wh
    for box in ((0, 0, 40, 40), (width - 5, height - 5, width, height)):
        assert Suggester(lambda: loaded).suggest(photo, 0, box, photo.source_wh, gallery) == []
