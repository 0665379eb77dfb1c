"""`anonymise bench`: how fast this computer is, on invented pupils."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from anonymiser.cli.console import console, emit, given_workers, json_option, say
from anonymiser.errors import ExitCode

if TYPE_CHECKING:
    from anonymiser.school.measure import Speed


@click.command()
@click.option("--megapixels", type=float, multiple=True, default=(2, 12, 24), show_default=True, help="Sizes of photo.")
@click.option("--jobs", type=click.IntRange(1), multiple=True, help="Workers (default: 1, and one per processor).")
@click.option("--photos", type=click.IntRange(1), default=6, show_default=True, help="Photos for each worker and size.")
@json_option
def bench(megapixels: tuple[float, ...], jobs: tuple[int, ...], photos: int, as_json: bool) -> ExitCode:
    """Measure photos a second, from file to verified copy, and where the time goes."""
    from anonymiser.school.measure import speeds  # noqa: PLC0415 - keeps --help fast
    from anonymiser.school.runtimes import runtime_speeds  # noqa: PLC0415

    measured = []
    with console().status("measuring") as status:
        for speed in speeds(megapixels, jobs, photos, given_workers()):
            measured.append(speed)
            status.update(f"{speed.megapixels:g} megapixels, {speed.jobs} at a time: done")
            if as_json:
                emit(_as_json(speed))
    _show(measured)
    for runtime_speed in runtime_speeds():
        say(f"{runtime_speed.network}: {runtime_speed.tiles_per_second:.0f} tiles a second in {runtime_speed.runtime}")
        if as_json:
            emit(asdict(runtime_speed))
    return ExitCode.DONE


def _show(measured: list[Speed]) -> None:
    table = Table("", *(f"{speed.megapixels:g} MP x{speed.jobs}" for speed in measured), box=None)
    table.add_row("photos/s", *(f"{speed.photos_per_second:.2f}" for speed in measured))
    for stage in measured[0].seconds:
        table.add_row(f"{stage} ms", *(f"{1000 * speed.seconds.get(stage, 0):.0f}" for speed in measured))
    console().print(table)
    say("MP: megapixels of the original; x: photos at a time. The times are of one photo.")
    say("Without a register: every face is obscured, nobody is compared, and no names are looked for.")


def _as_json(speed: Speed) -> dict[str, Any]:
    return {
        "megapixels": speed.megapixels,
        "jobs": speed.jobs,
        "photos_per_second": round(speed.photos_per_second, 3),
        "seconds": {stage: round(seconds, 4) for stage, seconds in speed.seconds.items()},
    }
