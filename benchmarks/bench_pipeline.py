"""The whole way of photos at several sizes: rate, time per stage, memory; and how fast `anonymise --help` answers.

    python benchmarks/bench_pipeline.py [--photos 8] [--jobs 1 2]

Photos are enlarged sample photos with noise, so that a JPEG of 12 megapixels is as heavy as a camera's. Each run is
a `School` with fresh workers; times are wall seconds, memory is the largest resident set of any one process of the
run, looked at twenty times a second.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import numpy as np
import psutil
from PIL import Image

from anonymiser import Result, School
from anonymiser.samples import sample_images

COMMAND = [sys.executable, "-c", "from anonymiser.cli import main; main()"]
SIZES = {"2 MP": (1732, 1155), "12 MP": (4242, 2828), "24 MP": (6000, 4000)}


def make_photos(folder: Path, size: tuple[int, int], count: int) -> None:
    """Write `count` different JPEGs of `size`."""
    noise = np.random.default_rng(1)
    sources = sorted((sample_images() / "inbox").rglob("DSC_010[12].jpg")) + sorted(
        (sample_images() / "inbox" / "Class photo").glob("*.jpg")
    )
    for number in range(count):
        with Image.open(sources[number % len(sources)]) as image:
            pixels = np.asarray(image.convert("RGB").resize(size, Image.Resampling.BICUBIC)).astype(np.int16)
        grain = noise.normal(0, 4, pixels.shape[:2]).astype(np.int16)
        Image.fromarray(np.clip(pixels + grain[..., None], 0, 255).astype(np.uint8)).save(
            folder / f"{number:03}.jpg", quality=92
        )


def run(photos: Path, jobs: int) -> tuple[float, list[dict[str, float]], float]:
    """One run: photos a second, the stage times of each photo, and the largest resident set in MB."""
    with (
        tempfile.TemporaryDirectory() as out,
        School.without_register(Path(out), photos=photos) as school,
        _Peak() as peak,
        school.run(photos, jobs=jobs) as going,
    ):
        stages = [event.report.seconds for event in going if isinstance(event, Result)]
    return going.summary.photos / going.summary.seconds, stages, peak.megabytes


class _Peak(threading.Thread):
    """Watches this process and its workers, twenty times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.megabytes = 0.0
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        own = psutil.Process()
        while not self._over.wait(0.05):
            for process in (own, *own.children()):
                with contextlib.suppress(psutil.Error):  # one that ended meanwhile
                    self.megabytes = max(self.megabytes, process.memory_info().rss / 2**20)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=8)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()

    times = []
    for _ in range(9):
        start = time.perf_counter()
        subprocess.run([*COMMAND, "--help"], stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    print(f"anonymise --help: median {statistics.median(times):.3f} s, slowest {max(times):.3f} s")

    for name, size in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            make_photos(Path(folder), size, options.photos)
            for jobs in options.jobs:
                rate, stages, megabytes = run(Path(folder), jobs)
                median = {stage: statistics.median(s[stage] for s in stages) for stage in stages[0]}
                told = "  ".join(f"{stage} {1000 * seconds:.0f}" for stage, seconds in median.items())
                print(f"{name}, {jobs} jobs: {rate:.2f} photos/s, {megabytes:.0f} MB; ms: {told}")


if __name__ == "__main__":
    main()
