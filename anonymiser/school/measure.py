"""How fast this computer is, and how good the parts are on photos with known answers; nothing is published or kept.

It loads the networks, so it is imported only to measure something.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from PIL import Image, ImageOps

from anonymiser.consent.contexts import NoRegister
from anonymiser.evaluate.detection import Summary, load_truth, summarise
from anonymiser.evaluate.detection import evaluate as search_photos
from anonymiser.evaluate.detection_report import detection_page
from anonymiser.evaluate.identity import Curve, NamedFaces, Plan, describe_people, load_identities
from anonymiser.evaluate.identity import evaluate as identify_people
from anonymiser.evaluate.identity_report import RATES, identity_json, identity_page
from anonymiser.evaluate.suitability import Summary as SuitabilitySummary
from anonymiser.evaluate.suitability import error_sheet as suitability_page
from anonymiser.evaluate.suitability import judge, load_kinds
from anonymiser.samples import sample_images
from anonymiser.school.faces import networks
from anonymiser.school.runs import WorkerFactory
from anonymiser.settings import Settings, SuitabilitySettings
from anonymiser.stages import load_classifier, load_head_finder
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.identity import SURE_BY_RISK
from anonymiser.values.progress import Progress, untold
from anonymiser.values.report import Job
from anonymiser.workers.pool import Pool
from anonymiser.workers.product import pipeline_setup

__all__ = [
    "RATES",
    "SURE_BY_RISK",
    "Curve",
    "Plan",
    "Speed",
    "SuitabilitySummary",
    "Summary",
    "detection",
    "detection_page",
    "enlarged",
    "identity",
    "identity_json",
    "identity_page",
    "speeds",
    "suitability",
    "suitability_page",
]

SAMPLE = "Sports day/IMG_4312.jpg"
"""Seven faces; enlarged to every size, so that only the number of pixels differs."""

_PHOTO_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Speed:
    """One size of photo with one number of workers."""

    megapixels: float
    jobs: int
    photos_per_second: float
    seconds: dict[str, float]
    """Median wall time of every stage."""


def speeds(
    megapixels: Sequence[float], jobs: Sequence[int], photos: int, workers: WorkerFactory | None = None
) -> Iterator[Speed]:
    """Photos a second, from file to verified copy, for each number of workers and each size.

    `photos` is how many each worker does; if `jobs` is empty: 1, and one for each processor.
    """
    setup = (workers or pipeline_setup)(Settings())
    for count in jobs or sorted({1, os.cpu_count() or 1}):
        with tempfile.TemporaryDirectory() as folder, Pool(setup, count, _PHOTO_SECONDS) as pool:
            for size in megapixels:
                yield _speed(Path(folder), pool, size, count, photos)


def _speed(folder: Path, pool: Pool, megapixels: float, workers: int, photos: int) -> Speed:
    data = enlarged(megapixels)
    source = folder / f"{megapixels:g}.jpg"
    source.write_bytes(data)
    context = NoRegister().current(Event("Bench", Purpose(Settings().publishing.default_purpose))).context
    sha256 = hashlib.sha256(data).hexdigest()

    def run(count: int) -> dict[str, list[float]]:
        waiting = [Job(str(n), source, sha256, folder / f"{n}.tmp", context) for n in range(count)]
        stages: dict[str, list[float]] = defaultdict(list)
        done = 0
        while done < count:
            while waiting and pool.has_room:
                pool.submit(waiting.pop())
            for finished in pool.poll(1.0):
                done += 1
                for stage, seconds in finished.report.seconds.items():
                    stages[stage].append(seconds)
        return stages

    run(2 * workers)  # every worker has loaded its models and touched its memory
    start = time.perf_counter()
    stages = run(photos * workers)
    elapsed = time.perf_counter() - start
    return Speed(megapixels, workers, photos * workers / elapsed, {name: median(s) for name, s in stages.items()})


def enlarged(megapixels: float) -> bytes:
    """SAMPLE as a JPEG of this size, upright: a photo on its side, without its orientation tag, is searched twice."""
    with Image.open(sample_images() / "inbox" / SAMPLE) as stored:
        image = ImageOps.exif_transpose(stored)
        scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        size = (round(image.width * scale), round(image.height * scale))
        written = io.BytesIO()
        image.resize(size, Image.Resampling.BICUBIC).save(written, "JPEG", quality=92)
    return written.getvalue()


def detection(directory: Path, turns_degrees: Sequence[float], progress: Progress = untold) -> Iterator[Summary]:
    """How many faces of `directory` would stay visible, once for each turn (clockwise).

    Raises UsageError if images or truth.json are missing or wrong.
    """
    truth = load_truth(directory)
    detector, _ = networks()
    for turn in turns_degrees:
        scores = []
        for score in search_photos(directory, truth, detector, turn):
            scores.append(score)
            progress(len(scores), len(truth))
        yield summarise(scores)


def identity(
    directory: Path, enrolled: int | None, photos_each: int, draws: int, others: int = 0, progress: Progress = untold
) -> tuple[list[Curve], Plan, NamedFaces]:
    """How often recognition is right, wrong and silent when `enrolled` of the people (default: half) are known.

    `others` are enrolled too, but belong to other groups. Raises UsageError if identities.json or a photo that it names
    is missing or wrong.
    """
    people, groups = load_identities(directory)
    plan = Plan(enrolled or max(1, len(people) // 2), photos_each, draws, others)
    total = sum(map(len, people.values()))
    done = 0

    def tell() -> None:
        nonlocal done
        progress(done, total)
        done += 1

    faces = describe_people(people, groups, *networks(), tell)
    return list(identify_people(faces, plan)), plan, faces


def suitability(directory: Path, progress: Progress = untold) -> SuitabilitySummary:
    """How well the scores part the kinds of photos in `directory`, at the default settings.

    Raises UsageError if there are none, or if labels.json is wrong or names a photo that is missing.
    """
    kinds = load_kinds(directory)
    total = sum(map(len, kinds.values()))
    photos = []
    for photo in judge(directory, kinds, load_classifier(), load_head_finder()):
        photos.append(photo)
        progress(len(photos), total)
    return SuitabilitySummary(tuple(photos), SuitabilitySettings())
