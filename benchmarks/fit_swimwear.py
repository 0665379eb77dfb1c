"""Fit the weights of the swimwear score, each half of the photos without the other, and show what they do there.

Usage: python benchmarks/fit_swimwear.py SUITABILITY_DIR WIDER_SCHOOL_DIR WIDER_POSE_DIR
The folders are as for `anonymise evaluate suitability`, the first with the kinds swimwear, pool_empty and clothed. A
photo's half is the last bit of its SHA-256. Besides the photos themselves, those of swimmers are judged when they fill
30% and 45% of the width of a larger picture: of an empty pool ("pool 30"), and of a school event ("school 30"). No
picture is written or shown.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.evaluate.suitability import load_kinds
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.stages import load_head_finder
from anonymiser.suitability.swimwear import INTERCEPT, WEIGHTS, SwimwearModel
from anonymiser.values.photo import Pixels
from anonymiser.weights import ModelId, session

SHARES = {"swimwear": 1.0, "pool 30": 0.25, "pool_empty": 0.15, "clothed": 0.25, "school": 0.35, "pose": 0.25}
"""Weight of each kind in the fit, whatever its number of photos; other kinds are only judged."""
WORST_VIEWS = 2
"""Of a photo without swimwear that are fitted; of one with swimwear, the single worst view."""
RIDGE, ROUNDS = 1.0, 8
CANVAS_WH = (2000, 1333)
OPERATING_POINT = 1.2
"""Log-odds of the balanced fit that become the score of 0.15."""

Evidence = NDArray[np.float64]


def pixels_of(path: Path) -> Pixels:
    """An upright RGB photo."""
    return decode(path.read_bytes(), DecodeLimits()).pixels


def half_of(path: Path) -> int:
    """0 or 1."""
    return int(hashlib.sha256(path.read_bytes()).hexdigest(), 16) % 2


def inset(path: Path, background: Path, share: float, seed: int) -> Pixels:
    """The photo somewhere in a background, with this share of its width."""
    random = np.random.default_rng(seed)
    small, (width, height) = pixels_of(path), CANVAS_WH
    ratio = small.shape[0] / small.shape[1]
    wide = min(int(share * width), int(height / ratio))
    size = (wide, round(wide * ratio))
    how = cv2.INTER_AREA if wide < small.shape[1] else cv2.INTER_CUBIC
    canvas = cv2.resize(pixels_of(background), CANVAS_WH, interpolation=cv2.INTER_CUBIC)
    x, y = random.integers(0, width - size[0] + 1), random.integers(0, max(1, height - size[1] + 1))
    canvas[y : y + size[1], x : x + size[0]] = cv2.resize(small, size, interpolation=how)[: height - y]
    return np.asarray(canvas, np.uint8)


def photos(suitability: Path, school: Path, pose: Path) -> Iterator[tuple[str, int, Pixels]]:
    """Every photo with its kind and half."""
    kinds = {kind: [suitability / name for name in sorted(files)] for kind, files in load_kinds(suitability).items()}
    for name, folder in (("school", school), ("pose", pose)):
        kinds[name] = [folder / file for files in load_kinds(folder).values() for file in sorted(files)]
    for kind, paths in kinds.items():
        for path in paths:
            yield kind, half_of(path), pixels_of(path)
    for number, path in enumerate(kinds["swimwear"]):
        half = half_of(path)
        events = [event for event in kinds["school"] if half_of(event) == half]
        pool = kinds["pool_empty"][number % len(kinds["pool_empty"])]
        for place, background in (("pool", pool), ("school", events[7 * number % len(events)])):
            for share in (30, 45):
                yield f"{place} {share}", half, inset(path, background, share / 100, number)


def fitted(photos: list[Evidence], kinds: list[str]) -> NDArray[np.float64]:
    """Weights and intercept `[6]`: logistic regression on each photo's worst views, chosen anew in each round."""
    every = np.concatenate(photos)
    mean, deviation = every.mean(0), every.std(0) + 1e-6
    views = [np.column_stack([(photo - mean) / deviation, np.ones(len(photo))]) for photo in photos]
    weights = np.eye(6)[0]
    for _ in range(ROUNDS):
        rows, wanted, shares = [], [], []
        for kind, photo in zip(kinds, views, strict=True):
            shows = kind in {"swimwear", "pool 30"}
            worst = np.argsort(-(photo @ weights))[: 1 if shows else WORST_VIEWS]
            rows += list(photo[worst])
            wanted += [float(shows)] * len(worst)
            shares += [SHARES[kind] / kinds.count(kind) / len(worst)] * len(worst)
        weights = regression(np.array(rows), np.array(wanted), len(photos) * np.array(shares) / sum(shares))
    scaled = weights[:5] / deviation
    return np.append(scaled, weights[5] - mean @ scaled)


def regression(rows: Evidence, wanted: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Newton's method; all weights but the last, the intercept, are held small."""
    weights, ridge = np.zeros(6), RIDGE * np.diag([1.0] * 5 + [1e-6])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (shares * (chance - wanted)) + ridge @ weights
        weights -= np.linalg.solve((rows * (shares * chance * (1 - chance))[:, None]).T @ rows + ridge, slope)
    return weights


def main() -> None:
    """Print the weights, and what those of each half find in the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for folder in ("suitability", "school", "pose"):
        parser.add_argument(folder, type=Path)
    given = parser.parse_args()
    model, people = SwimwearModel(session(ModelId.EFFICIENTNET_LITE2)), load_head_finder()
    kinds, halves, evidence = [], [], []
    for kind, half, pixels in photos(given.suitability, given.school, given.pose):
        kinds.append(kind)
        halves.append(half)
        evidence.append(model.evidence(pixels, people.heads(pixels).xyxy))

    def weights_of(others: set[int]) -> NDArray[np.float64]:
        rows = [row for row, kind in enumerate(kinds) if kind in SHARES and halves[row] in others]
        return fitted([evidence[row] for row in rows], [kinds[row] for row in rows])

    def show(name: str, weights: NDArray[np.float64], tested: set[int], offset: float) -> None:
        print(f"{name}: weights {np.round(weights, 3).tolist()}")
        for kind in dict.fromkeys(kinds):
            rows = [row for row, each in enumerate(kinds) if each == kind and halves[row] in tested]
            found = sum((evidence[row] @ weights[:5]).max() + weights[5] >= offset for row in rows)
            print(f"  {kind:10s} {found:3d} of {len(rows):3d}  {found / len(rows):.1%}")

    for half in (0, 1):
        show(f"half {half}, fitted on the other", weights_of({1 - half}), {half}, OPERATING_POINT)
    show("fitted on both", weights_of({0, 1}), {0, 1}, OPERATING_POINT)
    show("as installed", np.append(WEIGHTS, INTERCEPT), {0, 1}, np.log(0.15 / 0.85))


if __name__ == "__main__":
    main()
