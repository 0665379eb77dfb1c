"""`anonymise bench`: how fast this computer is, on invented pupils."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from PIL import Image, ImageOps
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.console import console, emit, json_option, say
from anonymiser.consent.contexts import NoRegister
from anonymiser.errors import ExitCode, ModelError
from anonymiser.samples import sample_images
from anonymiser.settings import Runtime, Settings
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.report import Job
from anonymiser.workers.pool import Pool, pipeline_setup

if TYPE_CHECKING:
    from anonymiser.detect.interface import TileDetector

SAMPLE = "Sports day/IMG_4312.jpg"
"""Seven faces; enlarged to every size, so that only the number of pixels differs."""
_RUNTIME_MEGAPIXELS = 0.3
"""Of the photo whose tiles the two runtimes compare: about the size at which BlazeFace sees a whole photo in a few."""


@dataclass(frozen=True, slots=True)
class Speed:
    """One size of photo with one number of workers."""

    megapixels: float
    jobs: int
    photos_per_second: float
    seconds: dict[str, float]
    """Median wall time of every stage."""


@click.command()
@click.option("--megapixels", type=float, multiple=True, default=(2, 12, 24), show_default=True, help="Sizes of photo.")
@click.option("--jobs", type=click.IntRange(1), multiple=True, help="Workers (default: 1, and one per processor).")
@click.option("--photos", type=click.IntRange(1), default=6, show_default=True, help="Photos a worker and size.")
@json_option
def bench(megapixels: tuple[float, ...], jobs: tuple[int, ...], photos: int, as_json: bool) -> ExitCode:
    """Measure photos a second of the whole way, from file to verified copy, and where the time goes."""
    measured = []
    for workers in jobs or sorted({1, os.cpu_count() or 1}):
        with tempfile.TemporaryDirectory() as folder, Pool(pipeline_setup(Settings()), workers, 300) as pool:
            for size in megapixels:
                with console().status(f"{size:g} megapixels, {workers} at a time"):
                    measured.append(_measure(Path(folder), pool, size, workers, photos))
                if as_json:
                    emit(_as_json(measured[-1]))
    _show(measured)
    _compare_runtimes(as_json)
    return ExitCode.DONE


def _measure(folder: Path, pool: Pool, megapixels: float, workers: int, photos: int) -> Speed:
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


def _show(measured: list[Speed]) -> None:
    table = Table("", *(f"{speed.megapixels:g} MP x{speed.jobs}" for speed in measured), box=None)
    table.add_row("photos/s", *(f"{speed.photos_per_second:.2f}" for speed in measured))
    for stage in measured[0].seconds:
        table.add_row(f"{stage} ms", *(f"{1000 * speed.seconds.get(stage, 0):.0f}" for speed in measured))
    console().print(table)
    say("MP: megapixels of the original; x: photos at a time. The times are of one photo.")
    say("Without a register: every face is obscured, nobody is compared, and no names are looked for.")


def _compare_runtimes(as_json: bool) -> None:
    """How fast MediaPipe's two networks are in either runtime, where MediaPipe's wheel is installed."""
    if find_spec("mediapipe") is None:
        return
    from anonymiser.detect import blazeface, blazepose  # noqa: PLC0415 - only here do these processes load networks
    from anonymiser.stages import load_blazeface, load_blazepose  # noqa: PLC0415

    networks = {"BlazeFace": (load_blazeface, blazeface.TILE_PX), "BlazePose": (load_blazepose, blazepose.TILE_PX)}
    try:
        speeds = {
            (name, runtime): _tiles_per_second(load(runtime), side)
            for name, (load, side) in networks.items()
            for runtime in Runtime
        }
    except ModelError as error:
        say(f"{escape(error.message)}. {escape(error.remedy)}")
        return
    for name in networks:
        shown = ", ".join(f"{speeds[name, runtime]:.0f} tiles/s in {runtime}" for runtime in Runtime)
        say(f"{name}: {shown}")
    if as_json:
        for (name, runtime), speed in speeds.items():
            emit({"network": name, "runtime": str(runtime), "tiles_per_second": round(speed, 1)})


def _tiles_per_second(detect: TileDetector, side: int) -> float:
    """The median of seven batches of eight tiles cut from the sample, after one to warm up."""
    with Image.open(io.BytesIO(enlarged(_RUNTIME_MEGAPIXELS))) as image:
        pixels = np.asarray(image.convert("RGB"))
    starts = np.linspace(0, pixels.shape[1] - side, 8).astype(int)
    tiles = np.stack([pixels[:side, start : start + side] for start in starts])
    taken = []
    for _ in range(8):
        start = time.perf_counter()
        detect(tiles, 0.5)
        taken.append(time.perf_counter() - start)
    return len(tiles) / median(taken[1:])


def _as_json(speed: Speed) -> dict[str, Any]:
    return {
        "megapixels": speed.megapixels,
        "jobs": speed.jobs,
        "photos_per_second": round(speed.photos_per_second, 3),
        "seconds": {stage: round(seconds, 4) for stage, seconds in speed.seconds.items()},
    }
