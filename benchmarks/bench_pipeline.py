"""The whole way of photos at several sizes: rate, time per stage, memory; and how fast `anonymise --help` answers.

    python benchmarks/bench_pipeline.py [--photos 8] [--jobs 1 2]

Photos are enlarged sample photos with noise, so that a JPEG of 12 megapixels is as heavy as a camera's. Each run is
a fresh `anonymise batch` in a process of its own; times are wall seconds, memory is the largest resident set of any
one process of the run, as the operating system accounts it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image

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


def run(photos: Path, jobs: int) -> tuple[dict[str, float], list[dict[str, float]], float]:
    """One batch: its summary, the stage times of each photo, and the largest resident set in MB."""
    with tempfile.TemporaryDirectory() as out:
        process = subprocess.Popen(
            [*COMMAND, "batch", str(photos), "--output", out, "--jobs", str(jobs), "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        peak = _Peak(process.pid)
        printed, _ = process.communicate()
    lines = [json.loads(line) for line in printed.splitlines()]
    return lines[-1]["summary"], [line["seconds"] for line in lines[:-1]], peak.megabytes


class _Peak(threading.Thread):
    """Watches a process and its children; Linux only, elsewhere it reports 0."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.megabytes = 0.0
        self.start()

    def run(self) -> None:
        while Path(f"/proc/{self._pid}").exists():
            for pid in [self._pid, *self._children(self._pid)]:
                try:
                    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
                except OSError:
                    continue
                high = [line for line in status.splitlines() if line.startswith("VmHWM")]
                self.megabytes = max(self.megabytes, *(int(line.split()[1]) / 1024 for line in high), 0.0)
            time.sleep(0.05)

    @staticmethod
    def _children(pid: int) -> list[int]:
        try:
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            return []


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
                summary, stages, megabytes = run(Path(folder), jobs)
                median = {stage: statistics.median(s[stage] for s in stages) for stage in stages[0]}
                told = "  ".join(f"{stage} {1000 * seconds:.0f}" for stage, seconds in median.items())
                print(
                    f"{name}, {jobs} jobs: {summary['photos_per_second']:.2f} photos/s, {megabytes:.0f} MB; ms: {told}"
                )


if __name__ == "__main__":
    main()
