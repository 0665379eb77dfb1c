"""What a cluster costs beside the local pool, and whether the asking process stays small.

Usage: python benchmarks/bench_cluster.py [--photos 16] [--fakes 2000]
Starts a scheduler and workers with the command `dask` on this computer, then prints wall seconds for the same sample
photos with 1 and 2 local workers and with 1 and 2 workers of the cluster, and the resident set of the asking process
while many fake photos of 300 kB go there and copies as large come back. Workers are warm: their networks are loaded.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from anonymiser.consent.contexts import NoRegister
from anonymiser.samples import sample_images
from anonymiser.settings import Cluster, Settings
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.report import Answer, Copy, Job, PhotoReport, Released
from anonymiser.workers.cluster import ClusterPool
from anonymiser.workers.interface import PhotoPool, WorkerSetup
from anonymiser.workers.pool import Pool
from anonymiser.workers.product import pipeline_setup
from anonymiser.workers.scheduler import Scheduler

CONTEXT = NoRegister().current(Event("Bench", Purpose("website"))).context
DASK = "import sys; from dask.__main__ import main; sys.argv[0] = 'dask'; main()"


def nothing() -> None:
    """Load nothing."""


def fake_process(job: Job) -> PhotoReport:
    """Never called."""
    raise NotImplementedError(job.item)


def fake_examine(_job: Job, data: bytes) -> Answer:
    """Give the photo back as its own copy."""
    copy = Copy(hashlib.sha256(data).hexdigest(), (1, 1), (1, 1))
    return Answer(PhotoReport(Released(copy)), data)


def accept(_copy: bytes, _size_wh: tuple[int, int]) -> None:
    """Take anything for a picture."""


@contextmanager
def cluster_of(workers: int, folder: Path) -> Iterator[str]:
    """The address of a scheduler with so many worker processes, each started by its own command."""
    port, started = 21786, []
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    commands = [["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]]
    commands += [
        ["worker", f"tcp://127.0.0.1:{port}", "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard",
         "--local-directory", str(folder)]
    ] * workers  # fmt: skip
    try:
        for command in commands:
            started.append(
                subprocess.Popen(
                    [sys.executable, "-c", DASK, *command],
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            time.sleep(3)
        yield f"tcp://127.0.0.1:{port}"
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGINT)
            process.wait(60)


def pool_at(address: str, setup: WorkerSetup) -> ClusterPool:
    """All workers of a scheduler on this computer."""
    return ClusterPool(setup, Scheduler.checked(address, Cluster()), 300)


def jobs_of(sources: Sequence[Path], folder: Path) -> list[Job]:
    """One for each source, with its copy in `folder`."""
    digests = {source: hashlib.sha256(source.read_bytes()).hexdigest() for source in set(sources)}
    return [
        Job(str(number), source, digests[source], folder / f"{number}.copy", CONTEXT)
        for number, source in enumerate(sources)
    ]


def finish(pool: PhotoPool, jobs: Sequence[Job], *, every: int = 0) -> tuple[float, float]:
    """Do the jobs; wall seconds, and the workers' own for all stages. Every so many, the resident set is printed."""
    started, done, waiting, stages = time.perf_counter(), 0, list(reversed(jobs)), 0.0
    while done < len(jobs):
        while waiting and pool.has_room:
            pool.submit(waiting.pop())
        for finished in pool.poll(1):
            finished.job.staging.unlink(missing_ok=True)
            done += 1
            stages += sum(finished.report.seconds.values())
            if every and done % every == 0:
                resident = psutil.Process().memory_info().rss / 1e6
                print(f"  {done} photos: {resident:.1f} MB, {time.perf_counter() - started:.1f} s", flush=True)
    return time.perf_counter() - started, stages


def timed(pool: PhotoPool, workers: int, sources: Sequence[Path], folder: Path) -> tuple[float, float]:
    """As `finish`, after every worker has done one."""
    finish(pool, jobs_of([sources[0]] * workers * 2, folder))
    return finish(pool, jobs_of(sources, folder))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=16)
    parser.add_argument("--fakes", type=int, default=2000)
    asked = parser.parse_args()
    setup, sources = pipeline_setup(Settings()), sorted((sample_images() / "inbox").rglob("*.jpg"))[: asked.photos]
    megabytes = sum(source.stat().st_size for source in sources) / 1e6
    print(f"{len(sources)} photos, {megabytes:.1f} MB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for workers in (1, 2):
            with Pool(setup, workers, 300) as pool:
                here = timed(pool, workers, sources, folder)
            with cluster_of(workers, folder / "dask") as address, pool_at(address, setup) as remote:
                there = timed(remote, workers, sources, folder)
            for where, (wall, stages) in (("local", here), ("cluster", there)):
                beside = 1000 * (wall * workers - stages) / len(sources)
                print(
                    f"{workers} workers, {where}: {wall:.1f} s; a photo: {stages / len(sources):.2f} s of stages, and "
                    f"{beside:.0f} ms beside them; load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )
        fake = folder / "fake.jpg"
        fake.write_bytes(os.urandom(300_000))
        fakes = WorkerSetup(nothing, fake_process, fake_examine, accept)
        with cluster_of(2, folder / "dask") as address, pool_at(address, fakes) as remote:
            finish(remote, jobs_of([fake] * asked.fakes, folder), every=max(1, asked.fakes // 8))


if __name__ == "__main__":
    # Under its own name, so that workers find the functions of this file.
    import bench_cluster

    bench_cluster.main()
