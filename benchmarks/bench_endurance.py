"""Many photos in one run: does the rate stay constant and the memory flat?

    python benchmarks/bench_endurance.py FOLDER [--photos 10000] [--jobs 2] [--every 500]

The photos of FOLDER are repeated, each time with other bytes after their end, so that no file equals another. One
run takes them all; every so many photos a line tells the rate since the last line and the resident memory of the main
process and of the workers.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
import time
from pathlib import Path

import psutil

from anonymiser import Result, School


def repeat(source: Path, target: Path, count: int) -> None:
    """Write `count` files that all differ."""
    photos = [path.read_bytes() for path in sorted(source.iterdir()) if path.is_file()]
    for number in range(count):
        # Two levels, as a school would have them, and because huge folders are slow on some disks.
        folder = target / f"{number // 500:03}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number:06}.jpg").write_bytes(photos[number % len(photos)] + b"%d" % number)


def resident_mb() -> list[float]:
    """Of this process and of each of its workers, in MB; what has ended meanwhile is left out."""
    own = psutil.Process()
    found = []
    for process in (own, *own.children()):
        with contextlib.suppress(psutil.Error):
            found.append(process.memory_info().rss / 2**20)
    return found


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        inbox, outbox = Path(place, "in"), Path(place, "out")
        inbox.mkdir()
        repeat(options.folder, inbox, options.photos)
        start = last = time.perf_counter()
        number = 0
        with (
            School.without_register(outbox, photos=inbox) as school,
            school.run(inbox, jobs=options.jobs) as run,
        ):
            for event in run:
                number += isinstance(event, Result)
                if number % options.every == 0:
                    now = time.perf_counter()
                    main_mb, *workers = resident_mb()
                    print(
                        f"{number:6} photos  {now - start:6.0f} s  {options.every / (now - last):5.2f} photos/s"
                        f"  main {main_mb:4.0f} MB  workers {' '.join(f'{mb:4.0f}' for mb in sorted(workers))} MB",
                        flush=True,
                    )
                    last = now
        print(json.dumps(run.summary.to_json()))
        copies = sum(path.is_file() for path in outbox.rglob("*.jpg"))
        print(f"{copies} files in the output folder")


if __name__ == "__main__":
    main()
