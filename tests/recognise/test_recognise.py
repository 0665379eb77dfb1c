from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from anonymiser.recognise.embed import SFaceEmbedder
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.recognise.quality import MATCHING
from anonymiser.recognise.recognise import NOT_LOCATED, describe, recognise
from anonymiser.values.identity import Embedding, Gallery, Known, Thresholds, Unknown, Unsure
from anonymiser.values.reasons import Code

_RENDERED = Thresholds(could_be=0.60, sure=0.70, margin=0.05)
"""Rendered faces resemble each other more than real ones."""


class _Forbidden(FaceEmbedder):
    """Fails the test that lets it be called."""

    model_sha256 = ""

    def embed(self, chips: np.ndarray) -> Embedding:
        raise AssertionError("an embedding was computed")


@pytest.fixture(scope="module")
def enrolled(sface: SFaceEmbedder, sample_photo) -> dict[str, Embedding]:
    """One template per person of the first class photo, strangers included."""
    photo = sample_photo("Class photo/oak class 1.jpg")
    described = describe(photo.pixels, photo.faces, sface)
    return {photo.people[row]: described.embeddings[i : i + 1] for i, row in enumerate(described.rows)}


@pytest.mark.parametrize(
    "gallery", [Gallery.closed(Code.GATE_CLOSED()), replace(Gallery.closed(Code.GATE_CLOSED()), closed_because=None)]
)
def test_no_embedding_is_computed_where_nobody_may_be_known(gallery: Gallery, sample_photo) -> None:
    """A closed or empty gallery never reaches the network: no biometric data comes into being."""
    photo = sample_photo("Class photo/oak class 1.jpg")
    found = recognise(photo.pixels, photo.faces, gallery, _Forbidden())
    assert len(found) == len(photo.faces)
    assert all(isinstance(identity, Unknown) for identity in found)


def test_no_face_needs_no_embedding(enrolled, gallery_of, sample_photo) -> None:
    """A photo without faces is answered without the network."""
    photo = sample_photo("Class photo/oak class 1.jpg")
    none = photo.faces[slice(0, 0)]
    assert recognise(photo.pixels, none, gallery_of(enrolled), _Forbidden()) == ()


def test_enrolled_people_are_known_in_their_own_photo(sface, enrolled, gallery_of, sample_photo) -> None:
    """The photo that the templates come from identifies everybody who is seen well enough."""
    photo = sample_photo("Class photo/oak class 1.jpg")
    found = recognise(photo.pixels, photo.faces, gallery_of(enrolled, thresholds=_RENDERED), sface)
    known = [(identity.person, person) for identity, person in zip(found, photo.people, strict=True)
             if isinstance(identity, Known)]  # fmt: skip
    assert len(known) >= 3
    assert all(found == true for found, true in known)


def test_people_of_one_photo_are_never_the_same(sface, enrolled, gallery_of, sample_photo) -> None:
    """Whatever the thresholds, no two faces of a photo are known as one person."""
    loose = Thresholds(could_be=0.1, sure=0.1, margin=0.0)
    for number in (1, 2, 3):
        photo = sample_photo(f"Class photo/oak class {number}.jpg")
        found = recognise(photo.pixels, photo.faces, gallery_of(enrolled, thresholds=loose), sface)
        known = [identity.person for identity in found if isinstance(identity, Known)]
        assert len(known) == len(set(known))


def test_a_face_shown_twice_is_unsure_both_times(sface, enrolled, gallery_of, sample_photo) -> None:
    """A collage that shows one child twice keeps neither: one of the faces must be somebody else's."""
    photo = sample_photo("Class photo/oak class 1.jpg")
    twice = photo.faces[np.array([0, 0, 1])]
    first, second, other = recognise(photo.pixels, twice, gallery_of(enrolled, thresholds=_RENDERED), sface)
    assert isinstance(first, Unsure)
    assert first == second
    assert photo.people[0] in first.could_be
    assert isinstance(other, Known)


def test_twins_are_not_told_apart(sface, enrolled, gallery_of, sample_photo) -> None:
    """Two enrolled people with the same face make it unsure, and it could be either."""
    photo = sample_photo("Class photo/oak class 1.jpg")
    person = photo.people[0]
    twins = {**enrolled, "twin": enrolled[person]}
    found = recognise(photo.pixels, photo.faces, gallery_of(twins, thresholds=replace(_RENDERED, could_be=0.4)), sface)[
        0
    ]
    assert isinstance(found, Unsure)
    assert {person, "twin"} <= found.could_be


def test_a_declared_twin_counts_even_if_only_one_is_known(sface, enrolled, gallery_of, sample_photo) -> None:
    """The answer names everybody who must have agreed, although the declared twin has no template here."""
    photo = sample_photo("Class photo/oak class 1.jpg")
    person = photo.people[0]
    gallery = gallery_of(enrolled, thresholds=_RENDERED, lookalikes=((person, "twin"),))
    found = recognise(photo.pixels, photo.faces, gallery, sface)[0]
    assert isinstance(found, Known)
    assert {person, "twin"} <= found.could_be


def test_faces_without_points_are_unknown(sface, enrolled, gallery_of, sample_photo) -> None:
    """A face without landmarks cannot be aligned: it is unknown, and the others keep their places."""
    photo = sample_photo("Class photo/oak class 1.jpg")
    gallery = gallery_of(enrolled, thresholds=_RENDERED)
    whole = recognise(photo.pixels, photo.faces, gallery, sface)
    points = photo.faces.points.copy()
    points[1, 2] = np.nan
    points[2] = 7.0
    partial = recognise(photo.pixels, replace(photo.faces, points=points), gallery, sface)
    assert partial[1] == partial[2] == Unknown(NOT_LOCATED)
    untouched = [0, *range(3, len(whole))]
    assert [type(partial[row]) for row in untouched] == [type(whole[row]) for row in untouched]


def test_good_faces_are_those_without_a_shortcoming(sface, sample_photo) -> None:
    """What calibration may use leaves out blurred, small and turned faces, and keeps the order."""
    photo = sample_photo("Class photo/oak class 1.jpg")
    described = describe(photo.pixels, photo.faces, sface, replace(MATCHING, inter_ocular=21))
    fit = np.array([not reason for reason in described.shortcomings])
    assert 0 < fit.sum() < len(fit)
    assert np.array_equal(described.good, described.embeddings[fit])


def test_embeddings_are_neither_printed_nor_logged(
    sface,
    enrolled,
    gallery_of,
    sample_photo,
    caplog,
    capfd,
) -> None:
    """No repr, log line or output of recognition holds a number of an embedding."""
    photo = sample_photo("Class photo/oak class 1.jpg")
    caplog.set_level(logging.DEBUG)
    gallery = gallery_of(enrolled, cohort=next(iter(enrolled.values())), thresholds=_RENDERED)
    found = recognise(photo.pixels, photo.faces, gallery, sface)
    described = describe(photo.pixels, photo.faces, sface)
    written = repr((found, gallery, described)) + caplog.text + "".join(capfd.readouterr())
    assert "array" not in written.replace("rows=array", "").replace("xyxy", "")
