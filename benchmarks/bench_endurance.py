"""Many photos through one `watch`: do the rate, the memory and the open files stay the same?

    python benchmarks/bench_endurance.py FOLDER [--photos 10000] [--hours 2] [--megapixels 12] [--jobs 2] [--every 250]

The photos of FOLDER, enlarged to so many megapixels if asked, come into the inbox of a new workspace a few at a time,
each with other bytes after its end, so that no file equals another. Every so many photos a line tells the rate since
the last line, and the resident memory and the open handles of the main process and of those that it started. It ends
after so many photos or hours, whichever comes first, and says whether every photo is accounted for.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from PIL import Image

from anonymiser import Result, School
from anonymiser.intake.batch import Stop

AHEAD = 8
"""Photos that lie in the inbox or are in work; all at once would ask for two copies of everything on the disk."""
SETTINGS = "[intake]\nquiet_seconds = 0.5\nrescan_seconds = 2\n"


def prepare(source: Path, target: Path, megapixels: float) -> None:
    """A JPEG of so many megapixels; the file as it is if 0."""
    if not megapixels:
        shutil.copyfile(source, target)
        return
    with Image.open(source) as image:
        width, height = image.size
        scale = math.sqrt(megapixels * 1e6 / (width * height))
        image.convert("RGB").resize((round(width * scale), round(height * scale))).save(target, quality=90)


class Feeder(threading.Thread):
    """Puts photos into the inbox, each when there is room for it."""

    def __init__(self, photos: list[Path], inbox: Path, count: int) -> None:
        super().__init__(daemon=True)
        self._photos, self._inbox, self._count = photos, inbox, count
        self.room = threading.Semaphore(AHEAD)
        self.fed, self.ending = 0, False

    def run(self) -> None:
        """Until all are there, or it is told to end."""
        while self.fed < self._count:
            self.room.acquire()
            if self.ending:
                return
            data = self._photos[self.fed % len(self._photos)].read_bytes() + b"%d" % self.fed
            (self._inbox / f"{self.fed:06}.jpg").write_bytes(data)
            self.fed += 1


def handles(process: psutil.Process) -> int:
    """Open files, sockets and pipes of a process; on Windows all of its handles."""
    return int(process.num_handles() if psutil.WINDOWS else process.num_fds())


def processes() -> Iterator[tuple[str, float, int]]:
    """Kind, resident megabytes and handles of this process and of every one that it started."""
    own = psutil.Process()
    for process in (own, *own.children(recursive=True)):
        try:
            yield ("main" if process == own else "other"), process.memory_info().rss / 2**20, handles(process)
        except psutil.Error:  # it has ended meanwhile
            continue


def line(number: int, seconds: float, rate: float) -> str:
    """What is printed every so many photos; the other processes by size."""
    found = sorted(processes(), key=lambda one: (one[0], one[1]))
    memory = " ".join(f"{megabytes:.0f}" for _, megabytes, _ in found)
    opened = " ".join(str(number) for _, _, number in found)
    return f"{number:6} photos  {seconds:6.0f} s  {rate:5.2f} photos/s  MB {memory}  handles {opened}"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--megapixels", type=float, default=0.0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=250)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        photos, root = [], Path(place, "school")
        for number, path in enumerate(sorted(options.folder.rglob("*.jpg"))):
            photos.append(Path(place, f"{number}.jpg"))
            prepare(path, photos[-1], options.megapixels)
        with School.create(root):
            (root / "anonymiser.toml").write_text(SETTINGS, encoding="utf-8")
        start = last = time.perf_counter()
        number, stop = 0, Stop()
        with School.open(root) as school, school.watch(jobs=options.jobs, stop=stop) as run:
            feeder = Feeder(photos, school.workspace.inbox, options.photos)
            feeder.start()
            for event in run:
                if not isinstance(event, Result):
                    continue
                number += 1
                now = time.perf_counter()
                if number % options.every == 0:
                    print(line(number, now - start, options.every / (now - last)), flush=True)
                    last = now
                if now - start > 3600 * options.hours:
                    feeder.ending = True
                feeder.room.release()
                if number == feeder.fed and (feeder.ending or number == options.photos):
                    stop.requests = 1
            print(json.dumps(run.summary.to_json()))
            apart = "; ".join(school.status().differences)
            print(f"{feeder.fed} photos came, {number} results; {apart or 'ledger and folders agree'}")


if __name__ == "__main__":
    main()
