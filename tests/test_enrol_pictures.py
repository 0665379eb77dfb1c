"""Enrolment from real pictures, with the product's own networks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from anonymiser.detect.detector import CombinedDetector
from anonymiser.enrol import EnrolmentResult, enrol_folder
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.samples import sample_images
from anonymiser.stages import load_detector, load_embedder
from anonymiser.values.identity import Gallery, Thresholds
from anonymiser.values.photo import Pixels
from anonymiser.values.reasons import Code

_NOBODY = replace(Gallery.closed(Code.GATE_CLOSED()), thresholds=Thresholds.standard(1000, 0.08))


def _reasons(result: EnrolmentResult, person: str = "p1") -> list[str]:
    found = next(entry for entry in result.people if entry.person == person)
    return [photo.rejected_because for photo in found.photos]


@pytest.fixture(scope="module")
def detector() -> CombinedDetector:
    return load_detector()


@dataclass
class Portraits:
    """Real pictures in people's folders, and what the product's own models make of them."""

    root: Path
    detector: CombinedDetector

    def add(self, person: str, name: str, source: str | Pixels) -> None:
        """A sample picture as it is, or pixels."""
        target = self.root / person / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, str):
            target.write_bytes((sample_images() / source).read_bytes())
        else:
            Image.fromarray(source).save(target, quality=92)

    def with_glasses(self, source: str, tint: tuple[int, int, int], opacity: float) -> Pixels:
        """A sample portrait with lenses of a tint drawn over the eyes, in a thin frame."""
        pixels = load(source)
        left, right = self.detector.detect(pixels).points[0, :2].astype(float)
        unit = float(np.hypot(*(right - left)))
        lens = np.zeros(pixels.shape[:2], np.uint8)
        for eye in (left, right):
            centre = tuple((eye + np.array([0, 0.1 * unit])).round().astype(int).tolist())
            axes = (round(0.4 * unit), round(0.32 * unit))
            cv2.ellipse(lens, centre, axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
            cv2.ellipse(pixels, centre, axes, 0, 0, 360, (40, 30, 30), 2, cv2.LINE_AA)
        share = opacity * lens[:, :, None] / 255
        return (pixels * (1 - share) + np.array(tint) * share).astype(np.uint8)

    def enrol(self) -> EnrolmentResult:
        return enrol_folder(
            self.root,
            forbidden=lambda _: "",
            decode=lambda data: decode(data, DecodeLimits()),
            detector=self.detector,
            embedder=load_embedder(),
            gallery=_NOBODY,
        )


def load(source: str) -> Pixels:
    return decode((sample_images() / source).read_bytes(), DecodeLimits()).pixels.copy()


@pytest.fixture
def portraits(tmp_path: Path, detector: CombinedDetector) -> Portraits:
    return Portraits(tmp_path, detector)


def test_every_reason_is_given_to_real_pictures(portraits: Portraits) -> None:
    """With the product's own models: good portraits pass, and each fault that a school may send is named."""
    good = "enrolment/pupil-002/1.jpg"
    face = load(good)
    portraits.add("p1", "a good one.jpg", good)
    portraits.add("p1", "a second one.jpg", "enrolment/pupil-002/2.jpg")
    portraits.add("p1", "b of the body.jpg", face[360:])
    portraits.add("p1", "c of the class.jpg", "inbox/Class photo/oak class 1.jpg")
    portraits.add("p1", "d from afar.jpg", cv2.resize(face, None, fx=0.28, fy=0.28, interpolation=cv2.INTER_AREA))
    portraits.add("p1", "e out of focus.jpg", cv2.GaussianBlur(face, (0, 0), 7))
    portraits.add("p1", "f looking away.jpg", "enrolment/pupil-002/4.jpg")
    portraits.add("p1", "g of somebody else.jpg", "enrolment/pupil-005/1.jpg")
    portraits.add("p1", "h the first again.jpg", good)
    portraits.add("p1", "i in dark glasses.jpg", portraits.with_glasses(good, (15, 15, 18), 0.95))
    portraits.add("p1", "j no picture.jpg", np.zeros((1, 1, 3), np.uint8))
    portraits.add("p2", "a good one.jpg", "enrolment/pupil-001/1.jpg")
    portraits.add("p2", "b shared.jpg", "enrolment/pupil-003/1.jpg")
    portraits.add("p3", "a shared, saved anew.jpg", load("enrolment/pupil-003/1.jpg")[10:-10, 10:-10])
    result = portraits.enrol()
    assert _reasons(result) == [
        "", "", "no face", "several faces", "too small", "blurred", "turned away",
        "does not look like the person's other photos", "given twice for this person", "eyes hidden",
        "the picture is too small to be a photo (1 x 1 pixels)",
    ]  # fmt: skip
    assert _reasons(result, "p2") == ["", "given for two people"]
    assert _reasons(result, "p3") == ["given for two people"]
    assert [len(person.templates) for person in result.people] == [2, 1, 0]
    assert np.allclose(np.linalg.norm(result.people[0].templates, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("tint", "opacity", "reason"),
    [
        ((8, 8, 10), 1.0, "eyes hidden"),
        ((35, 35, 38), 0.9, "eyes hidden"),
        ((60, 35, 20), 0.85, "eyes hidden"),
        ((200, 205, 210), 0.08, ""),
    ],
    ids=["black", "grey", "brown", "spectacles"],
)
def test_dark_glasses_hide_the_eyes_and_spectacles_do_not(
    portraits: Portraits, tint: tuple[int, int, int], opacity: float, reason: str
) -> None:
    """On portraits of different complexions; clear lenses in a dark frame pass."""
    people = ("pupil-001", "pupil-002", "pupil-004", "pupil-007", "staff-001")
    for person in people:
        portraits.add(person, "1.jpg", portraits.with_glasses(f"enrolment/{person}/1.jpg", tint, opacity))
    result = portraits.enrol()
    assert [_reasons(result, person) for person in people] == [[reason]] * len(people)


def test_every_sample_portrait_that_is_turned_to_the_camera_is_good_enough(portraits: Portraits) -> None:
    """The gate is no nuisance: everybody's first portrait passes."""
    for folder in sorted((sample_images() / "enrolment").iterdir()):
        portraits.add(folder.name, "1.jpg", f"enrolment/{folder.name}/1.jpg")
    assert {photo.rejected_because for person in portraits.enrol().people for photo in person.photos} == {""}
