from __future__ import annotations

import numpy as np
import pytest

from anonymiser import weights
from anonymiser.recognise.align import align
from anonymiser.recognise.embed import BATCH, SFaceEmbedder, normalised
from anonymiser.weights import ModelId


@pytest.fixture(scope="module")
def chips(sample_photo) -> np.ndarray:
    photo = sample_photo("Class photo/oak class 1.jpg")
    return align(photo.pixels, photo.faces.points)


def test_embeddings_are_unit_vectors(sface: SFaceEmbedder, chips: np.ndarray) -> None:
    """One finite row of length one per chip, more chips than a batch included."""
    embeddings = sface.embed(chips)
    assert len(chips) > BATCH
    assert embeddings.shape == (len(chips), 128)
    assert embeddings.dtype == np.float32
    assert np.allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_a_face_does_not_depend_on_its_batch(sface: SFaceEmbedder, chips: np.ndarray) -> None:
    """Alone, in a full batch or in the last short one, a chip gives the same vector."""
    together = sface.embed(chips)
    alone = np.concatenate([sface.embed(chip[None]) for chip in chips])
    assert np.allclose(together, alone, atol=1e-4)


def test_no_chips_give_no_embeddings(sface: SFaceEmbedder) -> None:
    """An empty photo is no error."""
    assert sface.embed(np.zeros((0, 112, 112, 3), np.uint8)).shape == (0, 128)


def test_colour_order_is_red_green_blue(sface: SFaceEmbedder, chips: np.ndarray) -> None:
    """Swapping red and blue changes the embedding: the order is not an accident."""
    swapped = sface.embed(np.ascontiguousarray(chips[..., ::-1]))
    assert ((sface.embed(chips) * swapped).sum(1) < 0.99).all()


def test_the_same_person_is_nearer_than_others(sface: SFaceEmbedder, sample_photo) -> None:
    """Across two photos of a class nearly everybody's nearest face is their own."""
    first, second = (sample_photo(f"Class photo/oak class {n}.jpg") for n in (1, 2))
    a, b = (sface.embed(align(photo.pixels, photo.faces.points)) for photo in (first, second))
    nearest = (a @ b.T).argmax(1)
    shared = [row for row, person in enumerate(first.people) if person in second.people]
    right = sum(second.people[nearest[row]] == first.people[row] for row in shared)
    assert len(shared) >= 3
    assert right >= 0.8 * len(shared)


def test_templates_are_tied_to_the_weights(sface: SFaceEmbedder) -> None:
    """The embedder names the weights by the SHA-256 of the manifest."""
    assert sface.model_sha256 == weights.model_sha256(ModelId.SFACE)


def test_a_zero_vector_resembles_nothing() -> None:
    """Normalising zero gives zero, not a number that compares with everything."""
    assert not normalised(np.zeros((1, 128), np.float32)).any()
