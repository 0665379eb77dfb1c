"""Faces that stay visible, with nobody asked, behind patterns and in faint tones laid over photos with known truth.

    python benchmarks/filtered_faces.py DIR [--photos 40] [--patterns 12] [--only pen] [--least-faces 1] [--together]
        [--seed 1]

DIR has the form that docs/detection.md describes (`images`, `truth.json`). Each photo is cut to what surrounds its
faces, so that a run stays short, and gets so many of the patterns below, drawn at random; periods, angles, widths and
colours are random too. A face counts where it is annotated as recognisable, has 24 px and more, is found in the photo
without the pattern, and can still be recovered: at least RECOVERABLE of its detail survives in the patterned picture
or in a smoothed copy (evaluate/covered.py). It is visible where less than 70% of its box is replaced, and unasked
where no reason makes the photo wait.

With `--together`, a picture is twelve pieces of photos side by side, each around one face of up to 90 px. That tells of
many more faces a minute, under patterns that lie over a whole picture. A pen over single faces is left out there: one
face that the program asks about would excuse eleven others.
"""

from __future__ import annotations

import argparse
import collections
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from anonymiser.detect.interface import FaceDetector, HeadFinder
from anonymiser.detect.people import likely, unseen
from anonymiser.evaluate import overlays
from anonymiser.evaluate.covered import surviving_share
from anonymiser.evaluate.detection import COVERED_SHARE, PhotoTruth, compare, load_photo, load_truth
from anonymiser.evaluate.overlays import Overlay
from anonymiser.stages import load_stages
from anonymiser.values.faces import Faces
from anonymiser.values.photo import Pixels

LEAST_PX = 24
CUT_WH = (640, 480)
RECOVERABLE = 0.6
PIECE_PX, LARGEST_PIECED_PX = 160, 90
PLACES = [(left, top) for top in range(0, CUT_WH[1], PIECE_PX) for left in range(0, CUT_WH[0], PIECE_PX)]
COLOURS = ((0, 0, 0), (30, 30, 30), (120, 120, 120), (240, 240, 240), (255, 255, 255), (40, 90, 50), (200, 60, 40))
Kind = Callable[[np.random.Generator, np.ndarray], Overlay]


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    return COLOURS[rng.integers(len(COLOURS))]


def _net(rng: np.random.Generator, longest: float, thick: float) -> Overlay:
    period, degrees, colour = rng.uniform(4, longest), rng.choice([0, 45, rng.uniform(0, 90)]), _colour(rng)
    wire, opacity = max(1.0, period * thick), rng.choice([1.0, 1.0, 0.6])
    return lambda pixels: overlays.net(pixels, period, wire, degrees, colour, opacity)


def _fence(rng: np.random.Generator) -> Overlay:
    period, share, degrees = rng.uniform(6, 30), rng.uniform(0.25, 0.5), rng.choice([0, 90, rng.uniform(-20, 20)])
    colour = _colour(rng)
    return lambda pixels: overlays.fence(pixels, period, share, degrees, colour)


def _stored(rng: np.random.Generator, overlay: Overlay) -> Overlay:
    quality = int(rng.integers(60, 95))
    return overlay if rng.random() < 0.5 else lambda pixels: overlays.stored_as_jpeg(overlay(pixels), quality)


def _halftone(rng: np.random.Generator) -> Overlay:
    period, degrees = rng.uniform(3, 8), rng.uniform(0, 90)
    return lambda pixels: overlays.halftone(pixels, period, degrees)


def _moire(rng: np.random.Generator) -> Overlay:
    period, degrees, depth = rng.uniform(2.5, 9), rng.uniform(0, 90), rng.uniform(0.4, 0.9)
    return lambda pixels: overlays.moire(pixels, period, degrees, depth)


def _faded(rng: np.random.Generator) -> Overlay:
    share, colour = rng.uniform(0.02, 0.12), COLOURS[rng.choice([0, 4, 5])]
    return lambda pixels: overlays.faded(pixels, share, colour)


def _penned(rng: np.random.Generator, boxes: np.ndarray) -> Overlay:
    share, colour = rng.uniform(0.03, 0.12), _colour(rng)
    return lambda pixels: overlays.penned(pixels, boxes, share, colour)


KINDS: dict[str, Kind] = {
    "halftone": lambda rng, _: _halftone(rng),
    "colour halftone": lambda rng, _: partial(overlays.colour_halftone, period=rng.uniform(3, 7)),
    "diffused": lambda *_: overlays.diffused,
    "ordered dither": lambda rng, _: partial(overlays.ordered_dither, order=int(rng.integers(1, 4))),
    "noise dither": lambda *_: overlays.noise_dither,
    "photocopy": lambda *_: overlays.photocopy,
    "net": lambda rng, _: _net(rng, 30, 0.15),
    "mesh": lambda rng, _: _net(rng, 9, 0.3),
    "fence": lambda rng, _: _fence(rng),
    "perforated": lambda rng, _: partial(overlays.perforated, period=rng.uniform(5, 12), hole=rng.uniform(0.7, 0.9)),
    "screen": lambda rng, _: _moire(rng),
    "faded": lambda rng, _: _faded(rng),
    "pen": _penned,
}


def cut(
    pixels: Pixels, truth: PhotoTruth, scale: float, size_wh: tuple[int, int] = CUT_WH
) -> tuple[Pixels, PhotoTruth]:
    """What surrounds the faces that count, and the truth in its pixels; faces that the cut halves are ignored."""
    boxes = np.array([face.box for face in truth.faces]) * scale
    counts = [row for row, face in enumerate(truth.faces) if truth.recognisable(face)]
    middle = np.median((boxes[:, :2] + boxes[:, 2:] / 2)[counts], 0)
    size = np.minimum(size_wh, pixels.shape[1::-1])
    low = np.clip(middle - size / 2, 0, np.array(pixels.shape[1::-1]) - size).astype(int)
    part = np.ascontiguousarray(pixels[low[1] : low[1] + size[1], low[0] : low[0] + size[0]])
    faces, ignore = [], []
    for face, box in zip(truth.faces, boxes, strict=True):
        moved = (*(box[:2] - low), *box[2:])
        whole = (np.array(moved[:2]) >= 0).all() and (np.array(moved[:2]) + box[2:] <= size).all()
        (faces if whole else ignore).append(face.model_copy(update={"box": moved}) if whole else moved)
    return part, PhotoTruth(event=truth.event, faces=tuple(faces), ignore=tuple(ignore))


def together(
    directory: Path, truths: dict[str, PhotoTruth], names: Sequence[str]
) -> Iterator[tuple[Pixels, PhotoTruth]]:
    """Pictures of pieces side by side, each around a face that counts and is in no earlier piece; and their truth."""
    pieces = []
    for name in names:
        pixels, truth, scale = _photo(directory, name, truths)
        taken: set[int] = set()
        for row, face in enumerate(truth.faces):
            if row in taken or not truth.recognisable(face) or not LEAST_PX <= face.side <= LARGEST_PIECED_PX:
                continue
            taken |= _overlapping(truth, row)
            alone = truth.model_copy(update={"faces": (face,)})
            pieces.append(cut(pixels, alone, scale, (PIECE_PX, PIECE_PX)))
            if len(pieces) == len(PLACES):
                yield _montage(pieces)
                pieces = []


def _overlapping(truth: PhotoTruth, row: int) -> set[int]:
    """Rows of the faces that a piece around one of them shows."""
    middles = np.array([[x + w / 2, y + h / 2] for x, y, w, h in (face.box for face in truth.faces)])
    return set(np.flatnonzero((np.abs(middles - middles[row]) < PIECE_PX).all(1)).tolist())


def _montage(pieces: list[tuple[Pixels, PhotoTruth]]) -> tuple[Pixels, PhotoTruth]:
    picture = np.zeros((CUT_WH[1], CUT_WH[0], 3), np.uint8)
    faces = []
    for (left, top), (pixels, truth) in zip(PLACES, pieces, strict=True):
        picture[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        for face in truth.faces:
            x, y, w, h = face.box
            faces.append(face.model_copy(update={"box": (x + left, y + top, w, h)}))
    return picture, PhotoTruth(faces=tuple(faces))


def covered(truth: PhotoTruth, pixels: Pixels, faces: Faces) -> np.ndarray:
    """`bool [N]`: which faces of the truth are replaced in the copy."""
    return compare("", truth, pixels.shape, faces, corners(truth)).covered[0] >= COVERED_SHARE


def corners(truth: PhotoTruth) -> np.ndarray:
    """`[N + I, 4, 2]`, as `compare` asks for them."""
    quads = [
        [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
        for x, y, w, h in (*(face.box for face in truth.faces), *truth.ignore)
    ]
    return np.array(quads, np.float64).reshape(-1, 4, 2)


def recoverable(before: Pixels, after: Pixels, quads: np.ndarray) -> np.ndarray:
    """`bool [N]`: whose detail survives in the patterned picture, or in a smoothed copy of it; not of an empty box."""
    copies = [after, *(cv2.GaussianBlur(after, (0, 0), sigma) for sigma in (1.5, 3, 6))]
    copies += [cv2.medianBlur(after, side) for side in (5, 9)]
    sized = (np.ptp(quads, axis=1) >= 1).all(1)
    shares = [[surviving_share(before, copy, quad.astype(np.float32)) for quad in quads[sized]] for copy in copies]
    sized[sized] = np.max(shares, 0) >= RECOVERABLE
    return sized


def judge(detector: FaceDetector, people: HeadFinder, pixels: Pixels, truth: PhotoTruth) -> tuple[np.ndarray, bool]:
    """Which faces are covered, and whether somebody is asked: as in the pipeline, by likely heads only."""
    seen = detector.examine(pixels)
    asked = bool(seen.doubts) or len(unseen(likely(people.heads(pixels)), seen.faces)) > 0
    return covered(truth, pixels, seen.faces), asked


def main() -> None:
    """Print one line a kind, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--patterns", type=int, default=12)
    parser.add_argument("--only", choices=KINDS, help="one kind of pattern")
    parser.add_argument("--least-faces", type=int, default=1, help="of a photo that is used; more tell more a minute")
    parser.add_argument("--together", action="store_true", help="pieces of several photos in each picture")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    stages = load_stages()
    rng = np.random.default_rng(options.seed)
    truths = load_truth(options.directory)
    usable = [
        name
        for name, truth in truths.items()
        if sum(truth.recognisable(face) and face.side >= LEAST_PX for face in truth.faces) >= options.least_faces
    ]
    sums: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    names = [str(name) for name in rng.permutation(usable)[: options.photos]]
    if options.together:
        kinds = [kind for kind in KINDS if kind == options.only or (options.only is None and kind != "pen")]
        pictures = together(options.directory, truths, names)
    else:
        kinds = [options.only] if options.only else list(KINDS)
        pictures = (cut(*_photo(options.directory, name, truths)) for name in names)
    for photo, truth in pictures:
        big = np.array([truth.recognisable(face) and face.side >= LEAST_PX for face in truth.faces], bool)
        if not big.any():
            continue
        before, _ = judge(stages.detector, stages.people, photo, truth)
        quads = corners(truth)[: len(truth.faces)]
        boxes = np.concatenate([quads[big].min(1), quads[big].max(1)], 1)
        for kind in rng.permutation(kinds)[: options.patterns]:
            picture = _stored(rng, KINDS[kind](rng, boxes))(photo)
            counts = big & before & recoverable(photo, picture, quads)
            after, asked = judge(stages.detector, stages.people, picture, truth)
            visible = int((counts & ~after).sum())
            sums[kind] += collections.Counter(
                pictures=1, asked=asked, faces=int(counts.sum()), visible=visible, unasked=0 if asked else visible
            )
        _print(sums)


def _photo(directory: Path, name: str, truths: dict[str, PhotoTruth]) -> tuple[Pixels, PhotoTruth, float]:
    pixels, scale = load_photo(directory, name)
    return pixels, truths[name], scale


def _print(sums: dict[str, collections.Counter[str]]) -> None:
    print(f"{'kind':16} pictures  wait  faces  visible  visible and unasked", flush=True)
    for kind, line in (*sorted(sums.items()), ("all", sum(sums.values(), collections.Counter()))):
        values = f"{line['pictures']:8} {line['asked']:5} {line['faces']:6} {line['visible']:8} {line['unasked']:8}"
        print(f"{kind:16} {values}", flush=True)


if __name__ == "__main__":
    main()
