"""What an idle `anonymise watch` costs, and how soon a photo that is dropped into the inbox is out.

Usage: python benchmarks/bench_watch.py PHOTO PHOTO... [--seconds 180] [--polling]
The first photo loads the networks. For each other one: the time from its last byte to its line, less the time for which
a file has to be quiet and less its own processing. Then the processor time of `watch` and its workers while nothing
comes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from anonymiser.school import School

QUIET_SECONDS = 3.0


def processor_seconds(process: psutil.Process) -> float:
    """User and system time of a process and its workers so far."""
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--polling", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "school")
        with School.create(root) as school:
            inbox = school.workspace.inbox
        intake = f"[intake]\nquiet_seconds = {QUIET_SECONDS}\npolling = {str(options.polling).lower()}\n"
        (root / "anonymiser.toml").write_text(intake, encoding="utf-8")
        command = [sys.executable, "-m", "anonymiser", "watch", "--json", "--jobs", "1", "--workspace", str(root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as watch:
            while not (root / "data" / "heartbeat.json").exists():
                time.sleep(0.1)
            time.sleep(2)
            for number, photo in enumerate(options.photos):
                shutil.copyfile(photo, inbox / photo.name)
                dropped = time.monotonic()
                line = json.loads(next(iter(watch.stdout or ())))
                took, worked = time.monotonic() - dropped, sum(line["seconds"].values())
                late = took - QUIET_SECONDS - worked
                print(
                    f"photo {number + 1}: {line['outcome']} after {took:.2f} s, of which {QUIET_SECONDS:.0f} s quiet "
                    f"and {worked:.2f} s processing: {late:.2f} s more"
                )
            time.sleep(10)
            process = psutil.Process(watch.pid)
            before, since = processor_seconds(process), time.monotonic()
            time.sleep(options.seconds)
            used, passed = processor_seconds(process) - before, time.monotonic() - since
            print(f"idle: {used:.2f} s of processor time in {passed:.0f} s: {100 * used / passed:.2f}% of a core")
            (root / "data" / "stop").touch()
            watch.communicate()
            print(f"stop file: exit code {watch.returncode}")


if __name__ == "__main__":
    main()
