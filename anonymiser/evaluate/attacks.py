"""Attacks on redacted faces: how often is somebody still identified whose face should have been destroyed?

The attacker is better placed than any reader of a school's website: they know everybody who could be in the photo, have
several clear photos of each, know exactly where eyes, nose and mouth were, and own the program that redacted them. They
guess who each redacted face is (rank 1). To do so they compare what a recogniser, or plain pixels, say about it with a
gallery of clear photos, or of photos that they redacted in the same way. The latter, a "parrot" attack, defeats most
blurring (McPherson, Shokri and Shmatikov, "Defeating image obfuscation with deep learning", 2016; Newton, Sweeney and
Malin, "Preserving privacy by de-identifying face images", TKDE 2005). They subtract from every vector the mean of its
kind, which is what all redactions have in common, and average several redactions of one photo.

Hair, collar and background around the head give something away that is not from the face. So success is judged against
the same attack on heads that are one constant grey. A cover that is drawn from the rest of the photo brings some of
that to where the recognisers look. It is judged against covers that the attacker drew from the copy with grey heads.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.recognise.align import align
from anonymiser.recognise.embed import BATCH, normalised
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.redaction import redact
from anonymiser.settings import RedactionStyle
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Embedding
from anonymiser.values.photo import Pixels

_NO_LABELS = np.zeros((0, 4, 2), np.float32)


@dataclass(frozen=True, slots=True)
class Portrait:
    """A photo, and the one face in it that is attacked."""

    pixels: Pixels = field(repr=False)
    face: Faces
    """One row, with all five points."""

    @property
    def face_px(self) -> float:
        """The longer side of the face box."""
        return float((self.face.xyxy[0, 2:] - self.face.xyxy[0, :2]).max())

    def scaled(self, face_px: float) -> Portrait:
        """The same photo, enlarged or reduced so that the face has this size."""
        height, width = self.pixels.shape[:2]
        factor = face_px / self.face_px
        size = max(1, round(width * factor)), max(1, round(height * factor))
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        return Portrait(np.asarray(cv2.resize(self.pixels, size, interpolation=how), np.uint8), self.face.moved(factor))


Redaction = Callable[[Portrait], Pixels]
"""The photo with its face redacted: the same size, and every other face left as it is."""

Recogniser = Callable[[Sequence[Portrait]], Embedding]
"""Vectors `float32 [N, D]`, one per face; similar faces point in similar directions."""


def product(style: RedactionStyle) -> Redaction:
    """The product's own redaction."""
    return lambda portrait: redact(portrait.pixels, portrait.face, _NO_LABELS, style)


def again(first: RedactionStyle, then: RedactionStyle) -> Redaction:
    """The product's redaction in one style, and over its copy the same in another.

    With `FILL` first, this is what an attacker makes of a copy with grey heads. Whatever a style draws from the rest of
    the photo, they can draw too; a style is harmless if it helps nobody more than that.
    """
    grey, covered = product(first), product(then)
    return lambda portrait: covered(replace(portrait, pixels=grey(portrait)))


def gaussian(sigma: float) -> Redaction:
    """`cv2.GaussianBlur` of the grown face box; sigma in longer sides of the face."""

    def apply(portrait: Portrait) -> Pixels:
        area = _around(portrait)
        redacted = portrait.pixels.copy()
        redacted[area] = cv2.GaussianBlur(portrait.pixels[area], (0, 0), sigma * portrait.face_px)
        return redacted

    return apply


def mosaic(cell_px: int) -> Redaction:
    """Squares of a fixed number of pixels over the grown face box."""

    def apply(portrait: Portrait) -> Pixels:
        area = _around(portrait)
        redacted = portrait.pixels.copy()
        part = redacted[area]
        cells = max(1, part.shape[1] // cell_px), max(1, part.shape[0] // cell_px)
        small = cv2.resize(part, cells, interpolation=cv2.INTER_AREA)
        redacted[area] = cv2.resize(small, part.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        return redacted

    return apply


def _around(portrait: Portrait) -> tuple[slice, slice]:
    """The face box and a third of its size on every side, which is what other tools cover."""
    margin = portrait.face_px / 3
    left, top, right, bottom = portrait.face.xyxy[0] + np.array([-margin, -margin, margin, margin])
    height, width = portrait.pixels.shape[:2]
    return (
        slice(max(0, int(top)), min(height, int(bottom) + 1)),
        slice(max(0, int(left)), min(width, int(right) + 1)),
    )


def by_embedder(embedder: FaceEmbedder) -> Recogniser:
    """A recogniser from an embedder of the product."""
    return lambda portraits: embedder.embed(
        np.concatenate([align(portrait.pixels, portrait.face.points) for portrait in portraits])
    )


@enum.unique
class View(enum.Enum):
    """What the attacker turns the photos into before comparing them."""

    CLEAR = "clear"
    REDACTED = "redacted"
    SHARPENED = "redacted, sharpened, twice the size"
    SMOOTHED = "redacted, low-pass"
    AVERAGE = "mean of several redactions"
    AROUND = "redacted, in colour, and what surrounds the head"


@enum.unique
class Attack(enum.Enum):
    """What is compared: the view of the redacted face, the view of the gallery, and whether by pixels."""

    DIRECT = (View.REDACTED, View.CLEAR, False)
    SHARPENED = (View.SHARPENED, View.CLEAR, False)
    SMOOTHED = (View.SMOOTHED, View.CLEAR, False)
    AVERAGED = (View.AVERAGE, View.CLEAR, False)
    PARROT = (View.REDACTED, View.REDACTED, False)
    PARROT_SMOOTHED = (View.SMOOTHED, View.SMOOTHED, False)
    PARROT_AVERAGED = (View.AVERAGE, View.AVERAGE, False)
    PIXELS = (View.REDACTED, View.REDACTED, True)
    PIXELS_AVERAGED = (View.AVERAGE, View.AVERAGE, True)
    AROUND = (View.AROUND, View.AROUND, True)

    @property
    def against_clear(self) -> bool:
        """Whether the gallery is of clear photos, so that success must be no better than chance."""
        return self.value[1] is View.CLEAR


SMOOTH_SIGMA = 0.03
"""Sigma of the low-pass, in longer sides of the face: the one that best undoes a mosaic of ten cells a face."""
COPIES = 6
"""Redactions of one photo that are averaged."""
_JITTER = 0.03
"""Standard deviation of their boxes' edges, in sides of the face: as much as versions of a detector differ."""
_AROUND = 1.5
"""Half the side of the square about a head, in longer sides of the face: the head is two thirds as high as it."""
_SIZES = (1.0, 0.9, 0.75)
"""The photo is published in these sizes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All vectors that the attacker computes from some portraits with one redaction."""

    vectors: Mapping[tuple[View, bool], NDArray[np.float32]] = field(repr=False)
    """`[N, D]` by view and by whether they are pixels."""


def look(
    portraits: Sequence[Portrait], clear: Embedding, redaction: Redaction, recognise: Recogniser, seed: int = 0
) -> Seen:
    """Redact every portrait and see what is left in each view; `clear` are the recogniser's vectors of them all."""
    random = np.random.default_rng(seed)
    parts: dict[tuple[View, bool], list[NDArray[np.float32]]] = defaultdict(list)
    for start in range(0, len(portraits), BATCH):
        # All views of all large photos at once would not fit into memory.
        originals = portraits[start : start + BATCH]
        redacted = [replace(portrait, pixels=redaction(portrait)) for portrait in originals]
        average = [replace(portrait, pixels=_average(portrait, redaction, random)) for portrait in originals]
        parts[View.REDACTED, False].append(recognise(redacted))
        parts[View.SHARPENED, False].append(recognise([_sharpened(portrait) for portrait in redacted]))
        parts[View.SMOOTHED, False].append(recognise([_smoothed(portrait) for portrait in redacted]))
        parts[View.AVERAGE, False].append(recognise(average))
        parts[View.REDACTED, True].append(_grey_values(redacted))
        parts[View.AVERAGE, True].append(_grey_values(average))
        parts[View.AROUND, True].append(_colours_around(redacted))
    vectors = {view: np.concatenate(part) for view, part in parts.items()}
    return Seen({(View.CLEAR, False): clear, **vectors})


def _sharpened(portrait: Portrait) -> Portrait:
    """Unsharp mask, then twice the size, unless the face is already large enough for any recogniser."""
    soft = cv2.GaussianBlur(portrait.pixels, (0, 0), 0.05 * portrait.face_px)
    crisp = cv2.addWeighted(portrait.pixels, 2.5, soft, -1.5, 0)
    return replace(portrait, pixels=np.asarray(crisp, np.uint8)).scaled(
        min(2 * portrait.face_px, max(portrait.face_px, 300))
    )


def _smoothed(portrait: Portrait) -> Portrait:
    soft = cv2.GaussianBlur(portrait.pixels, (0, 0), SMOOTH_SIGMA * portrait.face_px)
    return replace(portrait, pixels=np.asarray(soft, np.uint8))


def _average(portrait: Portrait, redaction: Redaction, random: np.random.Generator) -> Pixels:
    """The mean of redactions with slightly different boxes and sizes, scaled to one size."""
    height, width = portrait.pixels.shape[:2]
    total = np.zeros(portrait.pixels.shape, np.float32)
    for copy in range(COPIES):
        sized = portrait.scaled(portrait.face_px * _SIZES[copy % len(_SIZES)])
        shift = random.normal(scale=_JITTER * sized.face_px, size=(1, 4)).astype(np.float32)
        published = redaction(replace(sized, face=replace(sized.face, xyxy=sized.face.xyxy + shift)))
        total += cv2.resize(published, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.rint(total / COPIES).astype(np.uint8)


def _grey_values(portraits: Sequence[Portrait]) -> NDArray[np.float32]:
    """16 x 16 grey values of each aligned face."""
    chips = np.concatenate([align(portrait.pixels, portrait.face.points) for portrait in portraits])
    small = [cv2.resize(cv2.cvtColor(c, cv2.COLOR_RGB2GRAY), (16, 16), interpolation=cv2.INTER_AREA) for c in chips]
    return np.stack(small).reshape(len(chips), -1).astype(np.float32)


def _colours_around(portraits: Sequence[Portrait]) -> NDArray[np.float32]:
    """16 x 16 colours of a square about each head."""
    found = []
    for portrait in portraits:
        centre = portrait.face.xyxy[0].reshape(2, 2).mean(0)
        corners = [centre + _AROUND * portrait.face_px * np.array(way) for way in ((-1, -1), (1, -1), (-1, 1))]
        matrix = cv2.getAffineTransform(np.array(corners, np.float32), np.array([[0, 0], [64, 0], [0, 64]], np.float32))
        square = cv2.warpAffine(portrait.pixels, matrix, (64, 64), borderMode=cv2.BORDER_REPLICATE)
        found.append(cv2.resize(square, (16, 16), interpolation=cv2.INTER_AREA).ravel())
    return np.stack(found).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Draw:
    """Who is in the gallery, and which of their photos are attacked."""

    people: tuple[str, ...]
    gallery: NDArray[np.intp]
    """`[P, G]`: portraits, one row a person."""
    probes: NDArray[np.intp]
    """`[P, Q]`: other portraits of the same people."""


def draws(
    owner: Sequence[str], *, people: int, gallery: int, probes: int, count: int, seed: int = 0
) -> tuple[Draw, ...]:
    """Choose people and photos at random, `count` times.

    `owner` says who each portrait shows. Raises ValueError if fewer than `people` have enough portraits.
    """
    random = np.random.default_rng(seed)
    names = np.array(owner)
    enough = [name for name in sorted(set(owner)) if (names == name).sum() >= gallery + probes]
    if len(enough) < people:
        raise ValueError(f"only {len(enough)} people have {gallery + probes} portraits")
    made = []
    for _ in range(count):
        chosen = random.permutation(enough)[:people]
        rows = np.stack([random.permutation(np.flatnonzero(names == name))[: gallery + probes] for name in chosen])
        made.append(Draw(tuple(chosen.tolist()), rows[:, :gallery], rows[:, gallery:]))
    return tuple(made)


def hits(seen: Seen, attack: Attack, draw: Draw) -> NDArray[np.bool_]:
    """Which probes `[P, Q]` are attributed to the right person."""
    of_face, of_gallery, pixels = attack.value
    faces, known = seen.vectors[of_face, pixels], seen.vectors[of_gallery, pixels]
    gallery = known[draw.gallery] - known[draw.gallery].mean((0, 1))
    # The mean of what the attacker can make: the gallery photos, treated like the face.
    probes = faces[draw.probes] - faces[draw.gallery].mean((0, 1))
    likeness = normalised(probes) @ normalised(normalised(gallery).mean(1)).T
    right: NDArray[np.bool_] = likeness.argmax(-1) == np.arange(len(likeness))[:, None]
    return right


@dataclass(frozen=True, slots=True)
class Rate:
    """A share, with its 95% confidence interval over the choice of people."""

    value: float
    low: float
    high: float


def success(seen: Seen, attack: Attack, chosen: Sequence[Draw]) -> Rate:
    """How often the attack is right."""
    return _rate([(draw, hits(seen, attack, draw).mean(1)) for draw in chosen])


def advantage(seen: Seen, base: Seen, attack: Attack, chosen: Sequence[Draw]) -> Rate:
    """How much more often the attack is right on `seen` than on `base`, the same portraits redacted differently."""
    return _rate([(draw, hits(seen, attack, draw).mean(1) - hits(base, attack, draw).mean(1)) for draw in chosen])


def _rate(by_draw: Sequence[tuple[Draw, NDArray[np.floating]]]) -> Rate:
    """The mean over people of the mean of their draws; people are resampled for the interval."""
    of_person: dict[str, list[float]] = {}
    for draw, values in by_draw:
        for person, value in zip(draw.people, values, strict=True):
            of_person.setdefault(person, []).append(float(value))
    means = np.array([np.mean(values) for values in of_person.values()])
    random = np.random.default_rng(0)
    drawn = means[random.integers(0, len(means), (2000, len(means)))].mean(1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Rate(float(means.mean()), float(low), float(high))
