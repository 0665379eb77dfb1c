"""How alike a face and a person are, in the company of everybody else who is enrolled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser.detect.search import Level, search
from anonymiser.detect.yunet import YuNet
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.warp import ScaledVersions
from anonymiser.recognise import rendered
from anonymiser.recognise.embed import SFaceEmbedder, normalised
from anonymiser.recognise.identify import identify
from anonymiser.recognise.recognise import describe
from anonymiser.recognise.score import pair_scores, person_scores
from anonymiser.samples import sample_images
from anonymiser.values.identity import Embedding, Gallery, Known, Thresholds, Unknown
from anonymiser.values.people import PersonId
from anonymiser.weights import ModelId, model_sha256, session

_LOOSE = Thresholds(could_be=0.05, sure=0.05, margin=0.0)


def school(seed: int, people: int, each: int, cohort: int, *, common: float = 0.6) -> tuple[Gallery, Embedding]:
    """Invented people who share much, and 20 faces of nobody among them."""
    random = np.random.default_rng(seed)
    shared = rendered.MEAN / np.linalg.norm(rendered.MEAN)

    def faces(count: int) -> Embedding:
        own = random.normal(size=(count, 128)) / np.sqrt(128)
        return normalised(common * shared + np.sqrt(1 - common**2) * own)

    own = np.repeat(faces(people), each, axis=0)
    templates = normalised(own + 0.4 * random.normal(size=own.shape) / np.sqrt(128))
    ids = tuple(PersonId(str(number)) for number in range(people))
    return Gallery(ids, templates, np.repeat(np.arange(people), each), _LOOSE, faces(cohort)), faces(20)


schools = st.builds(
    school, st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 4), st.sampled_from([0, 1, 7, 40])
)


def by_the_formula(face: Embedding, gallery: Gallery, person: int) -> float:
    """The score of one face for one person, written out."""
    own = [gallery.templates[gallery.owner == row].astype(float) for row in range(len(gallery.people))]
    cohort = gallery.cohort.astype(float)
    total = sum(part.mean(0) for part in own) + cohort.sum(0) + 10 * rendered.MEAN.astype(float)
    mean = total / (len(own) + len(cohort) + 10)

    def unit(vector: np.ndarray) -> np.ndarray:
        return vector / np.linalg.norm(vector)

    z = unit(face - mean)
    templates = [[unit(row - mean) for row in part] for part in own]
    people = [unit(np.mean(part, axis=0)) for part in templates]
    others = [p for row, p in enumerate(people) if row != person] + [unit(row - mean) for row in cohort]
    b = 0.7 * z @ people[person] + 0.3 * max(z @ t for t in templates[person])
    f, p = (
        np.sqrt((sum((v @ other) ** 2 for other in others) + 40 * 0.112**2) / (len(others) + 40))
        for v in (z, people[person])
    )
    return float(b * (min(0.112 / f, 1.5) + min(0.112 / p, 1.5)) / 2)


@settings(max_examples=25, deadline=None)
@given(schools, st.integers(0, 19))
def test_scores_are_those_of_the_formula(drawn: tuple[Gallery, Embedding], face: int) -> None:
    """All at once, or one by one as it is written down: the same numbers."""
    gallery, faces = drawn
    found = person_scores(faces, gallery)[face]
    assert found == pytest.approx([by_the_formula(faces[face], gallery, row) for row in range(len(found))], abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(schools, st.randoms(use_true_random=False))
def test_no_order_matters(drawn: tuple[Gallery, Embedding], random) -> None:
    """People, templates and cohort may come in any order."""
    gallery, faces = drawn
    templates, cohort, people = (
        np.array(random.sample(range(n), n), np.intp)
        for n in (len(gallery.templates), len(gallery.cohort), len(gallery.people))
    )
    shuffled = replace(
        gallery,
        people=tuple(gallery.people[row] for row in people),
        templates=gallery.templates[templates],
        owner=np.argsort(people)[gallery.owner[templates]],
        cohort=gallery.cohort[cohort],
    )
    assert np.allclose(person_scores(faces, shuffled), person_scores(faces, gallery)[:, people], atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(schools)
def test_scores_are_finite_and_bounded(drawn: tuple[Gallery, Embedding]) -> None:
    """However small the company, and however little anybody resembles it: 1.5 times the centred similarity at most."""
    gallery, faces = drawn
    for asked in (faces, gallery.templates, np.zeros((1, 128), np.float32)):
        scores = person_scores(asked, gallery)
        assert np.isfinite(scores).all()
        assert np.abs(scores).max() <= 1.5 + 1e-5


@settings(max_examples=25, deadline=None)
@given(schools)
def test_nobody_of_the_cohort_is_taken_for_anybody(drawn: tuple[Gallery, Embedding]) -> None:
    """The very faces of the cohort are known as nobody of the gallery, and as nobody else."""
    gallery = replace(drawn[0], thresholds=Thresholds.standard(100, 0.08))
    for face in gallery.cohort:
        assert not isinstance(identify(face[None], [None], gallery)[0], Known)


def test_whoever_resembles_everybody_scores_less() -> None:
    """A face, and a person, that resemble the others lose: that is what the company is for."""
    gallery, _ = school(3, 12, 2, 60)
    plain = person_scores(gallery.templates[:1], replace(gallery, cohort=gallery.cohort[:0]))[0, 0]
    alike = normalised(gallery.templates[:1] + 0.8 * gallery.cohort)
    assert person_scores(gallery.templates[:1], replace(gallery, cohort=alike))[0, 0] < plain - 0.2


def test_a_twin_in_the_company_errs_towards_obscuring() -> None:
    """Whose double is enrolled too scores less than alone, whether the double is a candidate or of the cohort."""
    gallery, _ = school(5, 10, 1, 0)
    face = normalised(gallery.templates[:1] + 0.03)
    alone = person_scores(face, gallery)[0, 0]
    twin = gallery.templates[:1]
    candidate = replace(
        gallery,
        people=(*gallery.people, PersonId("twin")),
        templates=np.concatenate([gallery.templates, twin]),
        owner=np.append(gallery.owner, len(gallery.people)),
    )
    assert person_scores(face, candidate)[0, 0] < alone
    assert person_scores(face, replace(gallery, cohort=twin))[0, 0] < alone


def test_identical_templates_are_a_tie() -> None:
    """Two people with one template score alike, so the margin makes the face unsure."""
    gallery, _ = school(1, 2, 1, 0)
    same = replace(gallery, templates=gallery.templates[[0, 0]], thresholds=replace(_LOOSE, margin=0.08))
    scores = person_scores(gallery.templates[:1], same)
    assert scores[0, 0] == pytest.approx(scores[0, 1])
    assert not isinstance(identify(gallery.templates[:1], [None], same)[0], Known)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["templates", "cohort"])
def test_a_broken_company_knows_nobody(bad: float, where: str) -> None:
    """One number that is none, anywhere in the gallery or the cohort, and nobody is recognised."""
    gallery, faces = school(2, 5, 2, 3)
    getattr(gallery, where)[1, 7] = bad
    with np.errstate(invalid="ignore"):
        found = identify(np.concatenate([faces, gallery.templates[:1]]), [None] * 21, gallery)
    assert all(isinstance(identity, Unknown) for identity in found)


def test_people_without_templates_match_nobody(gallery_of: Callable[..., Gallery]) -> None:
    """An expired person listed without templates scores minus infinity, and is nobody's company."""
    axes = np.eye(128, dtype=np.float32)
    gallery = gallery_of({"a": axes[:1], "b": axes[:0], "c": axes[1]})
    scores = person_scores(axes[:1], gallery)
    assert scores[0, 1] == -np.inf
    assert scores[0, [0, 2]].tolist() == person_scores(axes[:1], gallery_of({"a": axes[:1], "c": axes[1]}))[0].tolist()


@settings(max_examples=30, deadline=None)
@given(schools)
def test_pairs_are_alike_in_both_directions(drawn: tuple[Gallery, Embedding]) -> None:
    """The table of people against people is symmetric, and nobody is compared with themselves."""
    found = pair_scores(drawn[0])
    assert np.allclose(found, found.T, atol=1e-5)
    assert (np.diag(found) == -np.inf).all()


def test_the_rendered_mean_is_that_of_the_sample_people(sface: SFaceEmbedder) -> None:
    """The numbers that are stored can be measured again on the portraits, with the weights that they name."""
    yunet = YuNet(session(ModelId.YUNET))
    people = []
    for folder in sorted((sample_images() / "enrolment").iterdir()):
        own = []
        for path in sorted(folder.glob("*.jpg")):
            pixels = decode(path.read_bytes(), DecodeLimits()).pixels
            faces = search(ScaledVersions(pixels), (Level(0.5, 1280, 192),), yunet, 0.7)
            own.append(describe(pixels, faces[np.argsort(-faces.score)[:1]], sface).embeddings)
        people.append(np.concatenate(own).mean(0))
    assert len(people) == 14
    mean = np.mean(people, axis=0)
    assert model_sha256(ModelId.SFACE) == rendered.MODEL_SHA256
    assert np.linalg.norm(rendered.MEAN) == pytest.approx(0.666, abs=5e-4)
    assert np.linalg.norm(rendered.MEAN - mean) < 0.08  # YuNet alone, for speed; the tool looks with every detector
