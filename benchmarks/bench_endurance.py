"""Many photos in one run: does the rate stay constant and the memory flat?

    python benchmarks/bench_endurance.py FOLDER [--photos 10000] [--jobs 2] [--every 500]

The photos of FOLDER are repeated, each time with other bytes after their end, so that no file equals another. One
`anonymise batch` takes them all; every so many photos a line tells the rate since the last line and the resident memory
of the main process and of the workers. Memory is read from /proc: Linux only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

COMMAND = [sys.executable, "-c", "from anonymiser.cli import main; main()"]


def repeat(source: Path, target: Path, count: int) -> None:
    """Write `count` files that all differ."""
    photos = [path.read_bytes() for path in sorted(source.iterdir()) if path.is_file()]
    for number in range(count):
        # Two levels, as a school would have them, and because huge folders are slow on some disks.
        folder = target / f"{number // 500:03}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number:06}.jpg").write_bytes(photos[number % len(photos)] + b"%d" % number)


def resident_mb(pid: int) -> list[float]:
    """Of the process and of each of its children, in MB; what has ended meanwhile is left out."""
    found = []
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for process in [pid, *map(int, children)]:
        try:
            status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
        except OSError:
            continue
        found += [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")]
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
        outcomes: Counter[str] = Counter()
        start = last = time.perf_counter()
        with subprocess.Popen(
            [*COMMAND, "batch", str(inbox), "--output", str(outbox), "--jobs", str(options.jobs), "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        ) as process:  # fmt: skip
            if process.stdout is None:
                raise RuntimeError("no pipe")
            for number, line in enumerate(process.stdout, 1):
                told = json.loads(line)
                if "summary" in told:
                    print(json.dumps(told["summary"]))
                    break
                outcomes[told["outcome"]] += 1
                if number % options.every == 0:
                    now = time.perf_counter()
                    main_mb, *workers = resident_mb(process.pid)
                    print(
                        f"{number:6} photos  {now - start:6.0f} s  {options.every / (now - last):5.2f} photos/s"
                        f"  main {main_mb:4.0f} MB  workers {' '.join(f'{mb:4.0f}' for mb in sorted(workers))} MB",
                        flush=True,
                    )
                    last = now
        copies = sum(path.is_file() for path in outbox.rglob("*.jpg"))
        print(f"exit {process.returncode}; {dict(outcomes)}; {copies} files in the output folder")


if __name__ == "__main__":
    main()
