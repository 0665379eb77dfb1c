"""`anonymise evaluate suitability`: how well photos that a person must see are told from others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.console import OutputFile, console, emit, json_option, say
from anonymiser.cli.progress import photo_progress
from anonymiser.errors import ExitCode

if TYPE_CHECKING:
    from anonymiser.school.measure import SuitabilitySummary


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--report",
    type=OutputFile(".html"),
    help="Write a page here with every photo judged wrongly, by name; it shows no picture.",
)
@json_option
def suitability(directory: Path, report: Path | None, as_json: bool) -> ExitCode:
    """Score the photos of DIR for swimwear and nudity, and say how many of each kind would wait.

    Each sub-folder of DIR is a kind, or DIR/labels.json ({"kind": ["photo.jpg", ...]}) says which photo is of which.
    The kind "swimwear" is wanted; of any other, whatever is flagged is flagged wrongly.
    """
    from anonymiser.school import measure  # noqa: PLC0415 - keeps --help fast

    with photo_progress("looking at photos") as progress:
        summary = measure.suitability(directory, progress)
    _show(summary)
    if as_json:
        emit(_as_json(summary))
    if report:
        report.write_text(measure.suitability_page(summary), encoding="utf-8")
    return ExitCode.DONE


def _show(summary: SuitabilitySummary) -> None:
    kinds = summary.kinds
    table = Table("score", "at or over", *(f"{escape(kind)} ({count})" for kind, count in kinds.items()), box=None)
    for rate in summary.rates:
        shares = (f"{rate.flagged[kind] / count:.1%}" for kind, count in kinds.items())
        table.add_row(rate.score, f"{rate.threshold:g}", *shares)
    table.add_row("either", "default", *(f"{summary.waiting[kind] / count:.1%}" for kind, count in kinds.items()))
    console().print(table)
    if summary.area is not None:
        say(f"area under the curve of swimwear: {summary.area:.4f}")
    say(
        f"{len(summary.errors)} of {len(summary.photos)} photos judged wrongly; {summary.seconds * 1000:.0f} ms a photo"
    )


def _as_json(summary: SuitabilitySummary) -> dict[str, Any]:
    return {
        "photos": summary.kinds,
        "rates": [
            {"score": rate.score, "threshold": rate.threshold, "flagged": rate.flagged} for rate in summary.rates
        ],
        "waiting": summary.waiting,
        "area_under_curve": None if summary.area is None else round(summary.area, 5),
        "errors": [
            {
                "photo": photo.file,
                "kind": photo.kind,
                "swimwear": round(photo.scores.swimwear, 4),
                "unsuitable": round(photo.scores.unsuitable, 4),
            }
            for photo in summary.errors
        ],
        "seconds_per_photo": round(summary.seconds, 3),
    }
