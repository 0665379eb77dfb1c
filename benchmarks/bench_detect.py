"""Where detection's time goes, what vectorising brings, and how it compares with deface 1.5.0.

    python benchmarks/bench_detect.py [--deface PYTHON]

PYTHON is the interpreter of an environment of its own into which `deface==1.5.0`, `onnx` and `onnxruntime` are
installed. Both programs take the same JPEG file in turn, decoding included, and the ratio is the median of the pairs:
load on the computer meets both alike. deface uses every core for one photo. anonymiser uses one core for each, so a
pair is deface's photo against as many of anonymiser's as there are cores, in as many processes, and the ratio that of
photos a second; the time of one photo alone on one core stands beside it.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import multiprocessing
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from anonymiser import pipeline
from anonymiser.consent.contexts import NoRegister
from anonymiser.detect.blazeface import BlazeFace
from anonymiser.detect.blazeface import decode as decode_blazeface
from anonymiser.detect.centerface import CenterFace
from anonymiser.detect.detector import (
    CENTERFACE_PX,
    LARGE_TILE_PX,
    OVERLAP_PX,
    TURNED_PX,
    TURNS,
    blazeface_levels,
)
from anonymiser.detect.evidence import FLOOR, Source
from anonymiser.detect.interface import FaceDetector, TileDetector
from anonymiser.detect.merge import suppress
from anonymiser.detect.search import Level, search
from anonymiser.detect.yunet import YuNet
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.warp import ScaledVersions
from anonymiser.school.measure import enlarged
from anonymiser.settings import Publishing, Settings
from anonymiser.stages import load_detector
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.faces import Faces
from anonymiser.values.photo import Pixels
from anonymiser.values.report import Job, OutcomeKind
from anonymiser.weights import ModelId, session
from anonymiser.wording import say_all

SIZES = (2, 12, 24)
"""Megapixels of the originals."""

DEFACE = """
import sys, time, contextlib
import imageio.v2
with contextlib.redirect_stdout(sys.stderr):
    from deface.centerface import CenterFace
    centerface = CenterFace(in_shape=None, backend="onnxrt")
for line in sys.stdin:
    start = time.perf_counter()
    centerface(imageio.v2.imread(line.strip()), threshold=0.2)
    print(time.perf_counter() - start, flush=True)
"""


def seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """The quickest of several rounds, after one to warm up."""
    work()
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def plain_suppress(faces: Faces, iou: float = 0.4) -> list[int]:
    """The textbook's non-maximum suppression, pair by pair."""
    boxes, kept = faces.xyxy.tolist(), []
    for row in np.argsort(-faces.score, kind="stable").tolist():
        a = boxes[row]
        for other in kept:
            b = boxes[other]
            w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            shared = max(w, 0) * max(h, 0)
            if shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared) >= iou:
                break
        else:
            kept.append(row)
    return kept


def plain_decode(regressors: np.ndarray, logits: np.ndarray, threshold: float) -> list[tuple[float, ...]]:
    """BlazeFace's outputs cell by cell."""
    found = []
    for tile, row, column in np.ndindex(logits.shape[:3]):
        score = 1 / (1 + np.exp(-logits[tile, row, column, 0]))
        if score >= threshold:
            x, y, w, h = regressors[tile, row, column, :4]
            cx, cy = (column + 0.5) * 4 + x, (row + 0.5) * 4 + y
            found.append((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score))
    return found


def vectorised_against_plain() -> None:
    """The same work in NumPy and in loops."""
    random = np.random.default_rng(0)
    regressors = random.normal(0, 10, (16, 48, 48, 16)).astype(np.float32)
    logits = random.normal(-4, 2, (16, 48, 48, 1)).astype(np.float32)
    ours = seconds(lambda: decode_blazeface(regressors, logits, threshold=0.4))
    plain = seconds(lambda: plain_decode(regressors, logits, 0.4), 1)
    print(f"decode 16 tiles     vectorised {1e3 * ours:7.2f} ms   loop {1e3 * plain:8.1f} ms   x {plain / ours:.0f}")
    corner = random.uniform(0, 1000, (600, 2)).astype(np.float32)
    boxes = np.concatenate([corner, corner + random.uniform(10, 80, (600, 2)).astype(np.float32)], 1)
    faces = Faces(boxes, random.uniform(0, 1, 600).astype(np.float32), np.zeros((600, 5, 2), np.float32))
    ours, plain = seconds(lambda: suppress(faces)), seconds(lambda: plain_suppress(faces), 1)
    print(f"suppress 600 boxes  vectorised {1e3 * ours:7.2f} ms   loop {1e3 * plain:8.1f} ms   x {plain / ours:.0f}")


def _level(scale: float, turn: float = 0.0) -> Level:
    return Level(scale, LARGE_TILE_PX, OVERLAP_PX, turn_degrees=turn)


def _search(pixels: Pixels, levels: tuple[Level, ...], detect: TileDetector, source: Source) -> Callable[[], object]:
    """A search that shrinks the photo anew each time."""
    return lambda: search(ScaledVersions(pixels), levels, detect, float(FLOOR[source]))


def stages() -> None:
    """Milliseconds of every part at three sizes of original, on one core, and tiles a second."""
    detector, yunet = load_detector(), YuNet(session(ModelId.YUNET))
    blazeface, centerface = BlazeFace(session(ModelId.BLAZEFACE)), CenterFace(session(ModelId.CENTERFACE))
    tiles = np.zeros((16, 192, 192, 3), np.uint8)
    print(f"BlazeFace {16 / seconds(lambda: blazeface(tiles, 0.5)):.0f} tiles/s")
    for megapixels in SIZES:
        data = enlarged(megapixels)
        decoded = functools.partial(decode, data, DecodeLimits(), max_megapixels=Publishing().max_megapixels)
        pixels = decoded().pixels
        longest = max(pixels.shape[:2])
        turned = tuple(_level(min(1.0, TURNED_PX / longest), turn) for turn in TURNS)
        heads = (_level(min(1.0, CENTERFACE_PX / longest)),)
        parts: dict[str, Callable[[], object]] = {
            "decode": decoded,
            "YuNet": _search(pixels, (_level(1.0),), yunet, Source.YUNET),
            "YuNet turned": _search(pixels, turned, yunet, Source.YUNET_TURNED),
            "BlazeFace": _search(pixels, blazeface_levels(longest), blazeface, Source.BLAZEFACE),
            "CenterFace": _search(pixels, heads, centerface, Source.CENTERFACE),
            "all detection": functools.partial(detector.detect, pixels),
        }
        times = "   ".join(f"{name} {1e3 * seconds(part, 3):.0f} ms" for name, part in parts.items())
        print(f"{megapixels:3g} megapixels: {times}")


def costs() -> None:
    """What detection takes against the number of pixels, and against that of faces in as many pixels."""
    detector = load_detector()
    for megapixels in (0.5, 1, 2, 4):
        pixels = decode(enlarged(megapixels), DecodeLimits()).pixels
        print(f"{megapixels:3g} megapixels of photo: {1e3 * seconds(lambda: detector.detect(pixels), 3):5.0f} ms")  # noqa: B023
    whole = decode(enlarged(4), DecodeLimits()).pixels
    part = cv2.resize(whole, (whole.shape[1] // 4, whole.shape[0] // 4), interpolation=cv2.INTER_AREA)
    height, width = part.shape[:2]
    for copies in (0, 1, 4, 16):
        pixels = np.full_like(whole, 128)
        for number in range(copies):
            top, left = number // 4 * height, number % 4 * width
            pixels[top : top + height, left : left + width] = part
        found = len(detector.detect(pixels))
        print(f"{found:3} faces in 4 megapixels: {1e3 * seconds(lambda: detector.detect(pixels), 3):5.0f} ms")  # noqa: B023


_detector: FaceDetector | None = None


def load() -> None:
    """Make ready a worker process."""
    global _detector  # noqa: PLW0603 - a worker process has exactly one
    pipeline.initialise(Settings())
    _detector = load_detector()


def search_file(path: Path) -> None:
    """From file to faces."""
    if _detector is None:
        raise RuntimeError("load() was not called in this process")
    _detector.detect(decode(path.read_bytes(), DecodeLimits(), max_megapixels=Publishing().max_megapixels).pixels)


def whole_way(path: Path) -> None:
    """From file to verified copy, with every stage that needs no register."""
    context = NoRegister().current(Event("Bench", Purpose(Settings().publishing.default_purpose))).context
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    report = pipeline.process(Job("bench", path, sha256, path.with_suffix(f".{os.getpid()}"), context))
    if report.kind not in {OutcomeKind.RELEASED, OutcomeKind.REVIEW}:
        raise RuntimeError("; ".join(say_all(report.reasons)))


def against_deface(python: str, pairs: int) -> None:
    """Both on the same file in turn: from file to boxes, and anonymiser's whole way against the same."""
    cores = os.cpu_count() or 1
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(cores, multiprocessing.get_context("spawn"), load) as ours,
        subprocess.Popen([python, "-c", DEFACE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as deface,
    ):
        if deface.stdin is None or deface.stdout is None:
            raise RuntimeError("no pipe")

        def each(work: Callable[[Path], None], photos: int) -> float:
            start = time.perf_counter()
            list(ours.map(work, [path] * photos))
            return (time.perf_counter() - start) / photos

        for megapixels in SIZES:
            path = Path(folder, f"{megapixels}.jpg")
            path.write_bytes(enlarged(megapixels))
            times: dict[str, list[float]] = {name: [] for name in ("detect", "detect alone", "whole way", "deface")}
            for _ in range(pairs + 1):
                times["detect"].append(each(search_file, cores))
                times["detect alone"].append(each(search_file, 1))
                times["whole way"].append(each(whole_way, cores))
                deface.stdin.write(f"{path}\n")
                deface.stdin.flush()
                times["deface"].append(float(deface.stdout.readline()))
            # The first round is to warm up.
            theirs = times.pop("deface")[1:]
            shown = (
                f"{name} {median(own[1:]):.2f} s (x {median(b / a for a, b in zip(own[1:], theirs, strict=True)):.1f})"
                for name, own in times.items()
            )
            print(f"{megapixels:3g} megapixels: {'   '.join(shown)}   deface {median(theirs):.2f} s", flush=True)
        deface.stdin.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--deface", metavar="PYTHON", help="interpreter of an environment with deface 1.5.0")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    vectorised_against_plain()
    stages()
    costs()
    if options.deface:
        against_deface(options.deface, options.pairs)


if __name__ == "__main__":
    main()
