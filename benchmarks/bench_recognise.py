"""How fast recognition is on one core: aligning and embedding faces, and identifying them in a large gallery.

    python benchmarks/bench_recognise.py

CPU time of this process, so that other load on the computer counts little; the best of several rounds.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported: one core is measured

import time
from collections.abc import Callable

import numpy as np

from anonymiser.recognise.align import TEMPLATE, align, copies
from anonymiser.recognise.embed import normalised
from anonymiser.recognise.identify import identify
from anonymiser.recognise.quality import measure
from anonymiser.stages import load_embedder
from anonymiser.values.identity import Gallery, Thresholds
from anonymiser.values.people import PersonId

_THRESHOLDS = Thresholds.standard(1000, 0.08)


def seconds(work: Callable[[], object], rounds: int = 7) -> float:
    """CPU seconds of the quickest round, after one to warm up."""
    work()
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def gallery(people: int, templates_each: int, random: np.random.Generator) -> Gallery:
    """Invented people."""
    templates = normalised(random.normal(size=(people * templates_each, 128)).astype(np.float32))
    owner = np.repeat(np.arange(people), templates_each)
    ids = tuple(PersonId(str(number)) for number in range(people))
    return Gallery(ids, templates, owner, _THRESHOLDS, normalised(random.normal(size=(100, 128)).astype(np.float32)))


def main() -> None:
    """Measure and print."""
    import cv2  # noqa: PLC0415 - only to keep it on the one core that is measured

    cv2.setNumThreads(1)
    random = np.random.default_rng(0)
    photo = random.integers(0, 256, (3000, 4000, 3), np.uint8)
    points = TEMPLATE * 1.5 + random.uniform(100, 2700, (30, 1, 2))
    embedder = load_embedder()
    chips = align(photo, points)
    portrait = copies(photo, points[:1])[0]
    print(f"align 30 faces of 170 px in 12 megapixels   {seconds(lambda: align(photo, points)) * 1e3:7.2f} ms")
    print(f"measure quality of 30 faces                 {seconds(lambda: measure(points, chips)) * 1e3:7.2f} ms")
    print(f"embed                                       {30 / seconds(lambda: embedder.embed(chips)):7.1f} faces/s")
    print(f"embed the copies of one portrait             {seconds(lambda: embedder.embed(portrait)) * 1e3:7.2f} ms")
    faces = normalised(random.normal(size=(30, 128)).astype(np.float32))
    fit = [""] * 30
    for people, each in ((30, 3), (60, 4), (1_000, 3)):
        group = gallery(people, each, random)
        taken = seconds(lambda group=group: identify(faces, fit, group))
        print(f"identify 30 faces, {people:5,} people x {each} templates, 100 others {taken * 1e3:7.2f} ms")


if __name__ == "__main__":
    main()
