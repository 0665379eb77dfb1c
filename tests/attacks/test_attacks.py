"""Whoever was redacted is not identified, by two recognisers and by plain pixels; and the attacks do work."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from anonymiser.covers import tones
from anonymiser.evaluate.attacks import (
    Attack,
    Draw,
    Portrait,
    Rate,
    Seen,
    View,
    advantage,
    draws,
    gaussian,
    hits,
    mosaic,
    product,
    success,
)
from anonymiser.redaction import redaction_mask
from anonymiser.settings import RedactionStyle
from anonymiser.values.faces import Faces

NO_LABELS = np.zeros((0, 4, 2), np.float32)
ALLOWED = 0.03
"""By how much an attack may do better than on a constant grey head, beyond what fourteen people leave open."""


def broken_by(seen: Seen, sample, base: Seen | None = None) -> dict[Attack, Rate]:
    """Attacks that are better than on a grey head, or on `base`, for certain."""
    rates = {attack: advantage(seen, base or sample.grey, attack, sample.chosen) for attack in Attack}
    return {attack: rate for attack, rate in rates.items() if rate.low > ALLOWED}


@pytest.mark.parametrize("style", [RedactionStyle.STICKER, RedactionStyle.BLUR])
def test_no_attack_does_better_than_on_a_grey_head(sample, style: RedactionStyle) -> None:
    """Direct, sharpened, smoothed, parrot, pixels and averages: all of them fail on the product's styles."""
    assert broken_by(sample.under(product(style)), sample) == {}


def test_tones_tell_nothing_that_a_copy_with_grey_heads_does_not_tell(sample) -> None:
    """No attack does better than on covers that the attacker made themselves from what such a copy shows."""
    assert broken_by(sample.under(product(RedactionStyle.TONES)), sample, sample.own_tones) == {}


def test_tones_of_the_head_would_be_noticed(by_sface, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison above is able to fail: covers drawn from the whole photo, the head included, do not pass."""
    own = by_sface.own_tones
    monkeypatch.setattr(
        tones, "_free", lambda shape, step, heads, labels: np.ones([-(-n // step) for n in shape], "u1")
    )
    assert broken_by(by_sface.under(product(RedactionStyle.TONES)), by_sface, own)


def test_another_head_in_its_place_gives_the_same_copy(owners_and_portraits) -> None:
    """Everybody's cover stays the same to the byte if the head under it and the ring around it are somebody else's."""
    portraits = owners_and_portraits[1]
    for portrait, other in zip(portraits, portraits[3:] + portraits[:3], strict=True):
        mask = redaction_mask(portrait.pixels.shape, portrait.face, NO_LABELS)
        head = cv2.dilate(mask, np.ones((9, 9), np.uint8))[..., None] > 0
        elsewhere = cv2.resize(other.pixels, portrait.pixels.shape[1::-1])
        exchanged = replace(portrait, pixels=np.where(head, elsewhere, portrait.pixels))
        copies = [product(RedactionStyle.TONES)(each)[mask == 255] for each in (portrait, exchanged)]
        assert np.array_equal(*copies)


def test_a_grey_head_is_identified_at_chance(sample) -> None:
    """What surrounds the heads of the sample portraits gives nobody away."""
    for attack in Attack:
        assert success(sample.grey, attack, sample.chosen).low <= 1 / 14 + ALLOWED, attack


def test_a_weak_blur_is_broken(sample) -> None:
    """The suite is able to fail: a Gaussian blur of a tenth of the face does not pass."""
    assert {Attack.PARROT, Attack.PIXELS} <= set(broken_by(sample.under(gaussian(0.1)), sample))


def test_a_small_mosaic_is_broken_by_smoothing(by_dlib) -> None:
    """Ten cells a face look destroyed to a recogniser until somebody squints."""
    broken = broken_by(by_dlib.under(mosaic(10)), by_dlib)
    assert Attack.DIRECT not in broken
    assert {Attack.SMOOTHED, Attack.PARROT_SMOOTHED} <= set(broken)


def test_clear_faces_are_identified(sample) -> None:
    """Without redaction the same comparison is right nearly always."""
    clear = replace(sample.grey, vectors={**sample.grey.vectors, (View.REDACTED, False): sample.clear})
    assert success(clear, Attack.DIRECT, sample.chosen).value > 0.9


def test_draws_are_of_different_photos_of_the_same_people() -> None:
    """Nobody's probe is in the gallery, and every row is one person's."""
    owner = np.repeat([str(number) for number in range(6)], 5)
    for draw in draws(owner.tolist(), people=4, gallery=3, probes=2, count=5):
        rows = np.concatenate([draw.gallery, draw.probes], 1)
        assert rows.shape == (4, 5)
        assert len(np.unique(rows)) == rows.size
        assert (owner[rows] == np.array(draw.people)[:, None]).all()


def test_too_few_people_are_refused() -> None:
    """A draw that cannot be made is an error, not a smaller draw."""
    with pytest.raises(ValueError, match="only 1"):
        draws(["a", "a", "b"], people=2, gallery=1, probes=1, count=1)


def test_hits_count_the_right_person_only() -> None:
    """Vectors that point to their own person are hits, exchanged ones are not, and a common offset is ignored."""
    own = np.eye(3, dtype=np.float32)[[0, 0, 1, 1, 2, 2]] + 5
    draw = Draw(("a", "b", "c"), np.array([[0], [2], [4]]), np.array([[1], [3], [5]]))
    seen = Seen({(View.REDACTED, False): own, (View.CLEAR, False): own})
    assert hits(seen, Attack.DIRECT, draw).all()
    exchanged = Seen({(View.REDACTED, False): own[[0, 2, 2, 0, 4, 5]], (View.CLEAR, False): own})
    assert hits(exchanged, Attack.DIRECT, draw)[:, 0].tolist() == [False, False, True]


def test_the_interval_holds_the_rate(sample) -> None:
    """Low, value, high, in this order."""
    rate = success(sample.grey, Attack.PIXELS, sample.chosen)
    assert 0 <= rate.low <= rate.value <= rate.high <= 1


@pytest.mark.parametrize("redaction", [gaussian(0.2), mosaic(10), product(RedactionStyle.FILL)])
def test_redactions_change_the_face_and_nothing_far_from_it(redaction) -> None:
    """What stands beside the product in the table covers the face, and leaves the rest of the photo."""
    pixels = np.random.default_rng(0).integers(0, 256, (200, 240, 3), np.uint8)
    points = np.array([[[95, 90], [115, 90], [105, 102], [98, 115], [112, 115]]], np.float32)
    face = Faces(np.array([[85, 75, 125, 125]], np.float32), np.ones(1, np.float32), points)
    changed = (redaction(Portrait(pixels, face)) != pixels).any(-1)
    assert changed[75:125, 85:125].mean() > 0.95
    assert not changed[:, :30].any()
