"""The irreversible change of pixels: heads and name labels are destroyed.

Nothing of a head is kept. It is covered by the tones of the rest of the photo, by a sticker, or by an ornament that is
the same for every head: whatever the head's pixels are, the copy is the same to the byte. So there is nothing that a
filter, a learned model, a comparison with photos redacted in the same way or an average of several copies could find;
an attacker is left with what surrounds the head.

A mosaic of the head's own colours is not enough. With 4 x 4 cells in 150 colours it looks destroyed, and a face
recogniser makes nothing of it; but compared with photos redacted in the same way it names one in eight of thirty
people, where one in thirty is chance: skin, hair and light are enough. If the number of cells grows with the face it is
worse: a mosaic of 10 pixels on a face of 100 is recognised after nothing more than a low-pass filter.

One mask says for every pixel of the photo how much of it is replaced; where several heads overlap, paint covers paint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.covers.pictures import Painter
from anonymiser.covers.regions import Head, Mask, grown_labels, heads_in
from anonymiser.covers.tones import GREY
from anonymiser.rulings import box_of_quad
from anonymiser.settings import RedactionStyle
from anonymiser.values.decision import Keep, Obscure, PhotoDecision
from anonymiser.values.faces import Faces
from anonymiser.values.labels import Clue, NameLabel
from anonymiser.values.photo import Box, Pixels
from anonymiser.values.reasons import Code


def redact(pixels: Pixels, heads: Faces, label_quads: NDArray[np.float32], style: RedactionStyle) -> Pixels:
    """A copy of the photo in which the heads and labels cannot be recovered; no bit changes outside the mask.

    `heads` are faces as detected (not grown); their landmarks, if there are any, show which way up the head is.
    `label_quads` is `float32 [M, 4, 2]`, the corners of lines of text. Both are in pixels of this photo, and may be
    partly or wholly outside it. The same input gives the same bytes.

    Raises ValueError if a coordinate of a label is not finite.
    """
    redacted = pixels.copy()
    visible = heads_in(heads, pixels.shape)
    labels = list(grown_labels(label_quads))
    painter = Painter(style, pixels, visible, labels)
    scratch = _Scratch.for_heads(visible)
    for head in visible:
        _paint(head, redacted, painter, scratch)
    for polygon in labels:
        cv2.fillConvexPoly(redacted, polygon, (GREY, GREY, GREY))
    return redacted


def redaction_mask(shape: tuple[int, ...], heads: Faces, label_quads: NDArray[np.float32]) -> Mask:
    """The mask that `redact` uses, for a photo of `shape` (height, width, ...); the other arguments are the same."""
    mask = np.zeros(shape[:2], np.uint8)
    for head in heads_in(heads, shape):
        region = mask[head.rows, head.columns]
        np.maximum(region, head.alpha(), out=region)
    for polygon in grown_labels(label_quads):
        cv2.fillConvexPoly(mask, polygon, 255)
    return mask


_WIDEST_HEAD = 2.0
"""A box that a person drew with sides further apart than this is no head, but a name or a body: a plain region."""


def to_destroy(
    faces: Faces, text: Sequence[NameLabel | Clue], decision: PhotoDecision
) -> tuple[Faces, NDArray[np.float32]]:
    """Heads and quads `[M, 4, 2]` for `redact`: what is obscured, and what a person covered besides."""
    obscured = np.array([not isinstance(face, Keep) for face in decision.faces], bool)
    quads = [
        _corners(box_of_quad(one)) if what.reason.code is Code.CLUE_COVERED_BY_PERSON else one.quad
        for one, what in zip(text, decision.text, strict=True)
        if isinstance(what, Obscure)
    ]
    heads = []
    for left, top, right, bottom in (place.box for place in decision.covered):
        if max(right - left, bottom - top) <= _WIDEST_HEAD * min(right - left, bottom - top):
            heads.append((left, top, right, bottom))
        else:
            quads.append(_corners((left, top, right, bottom)))
    everybody = Faces.concatenate([faces[obscured], without_points(heads)])
    return everybody, np.array(quads, np.float32).reshape(-1, 4, 2)


def without_points(boxes: Sequence[Box]) -> Faces:
    """Places that a person drew, as faces whose landmarks are unknown."""
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Faces(xyxy, np.zeros(len(xyxy), np.float32), np.full((len(xyxy), 5, 2), np.nan, np.float32))


def _corners(box: Box) -> NDArray[np.float32]:
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


@dataclass(frozen=True, slots=True)
class _Scratch:
    """Memory that all heads of a photo share: getting new pages for each would take longer than painting it."""

    grey: NDArray[np.uint8]
    """`uint8 [H, W]`, as large as the largest head."""
    colour: NDArray[np.uint8]
    """`uint8 [3, H, W, 3]`."""

    @staticmethod
    def for_heads(heads: list[Head]) -> _Scratch:
        """Large enough for each of `heads`."""
        shape = np.array([(0, 0), *(head.shape for head in heads)]).max(0)
        return _Scratch(np.empty(shape, np.uint8), np.empty((3, *shape, 3), np.uint8))


def _paint(head: Head, redacted: Pixels, painter: Painter, scratch: _Scratch) -> None:
    height, width = head.shape
    alpha = scratch.grey[:height, :width]
    picture, opacity, left = scratch.colour[:, :height, :width]
    target = redacted[head.rows, head.columns]
    head.alpha(alpha)
    painter.draw(head, alpha, picture)
    cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB, dst=opacity)
    cv2.bitwise_not(opacity, dst=left)
    cv2.multiply(picture, opacity, dst=picture, scale=1 / 255)
    cv2.multiply(target, left, dst=left, scale=1 / 255)
    cv2.add(picture, left, dst=target)
