"""`anonymise evaluate`: how good the parts are, on photos with known answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from anonymiser.cli.console import OutputFile, console, emit, json_option, say
from anonymiser.cli.evaluate_identity import identity
from anonymiser.cli.evaluate_suitability import suitability
from anonymiser.cli.progress import photo_progress
from anonymiser.errors import ExitCode

if TYPE_CHECKING:
    from anonymiser.school.measure import Summary


@click.group()
def evaluate() -> None:
    """Measure on photos with known answers; nothing is published or kept."""


@evaluate.command()
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--turn", "turns", type=float, multiple=True, help="Degrees clockwise; may be given several times.")
@click.option("--report", type=OutputFile(".html"), help="Write a page with every miss here.")
@json_option
def detection(directory: Path, turns: tuple[float, ...], report: Path | None, as_json: bool) -> ExitCode:
    """Count the faces in DIR/images that would stay visible, and what is covered needlessly, by DIR/truth.json."""
    from anonymiser.school import measure  # noqa: PLC0415 - keeps --help fast

    summaries = []
    with photo_progress("searching photos") as progress:
        for summary in measure.detection(directory, turns or (0.0,), progress):
            summaries.append(summary)
            _show(summary)
            if as_json:
                emit(_as_json(summary))
    if report:
        report.write_text(measure.detection_page(directory, summaries), encoding="utf-8")
        say("The page shows pieces of the photos: keep it only where the photos may be kept.")
    return ExitCode.DONE


def _show(summary: Summary) -> None:
    table = Table("faces", "covered", "of", "share", box=None)
    for count in summary.counts:
        table.add_row(count.kind, str(count.covered), str(count.of), f"{count.recall:.2%}")
    say(f"[bold]{summary.photos} photos, turned by {summary.turn_degrees:g} degrees[/]")
    console().print(table)
    say(
        f"{summary.false_boxes:.2f} needless boxes and {summary.needless:.2%} needlessly changed area a photo; "
        f"{summary.seconds * 1000:.0f} ms a photo"
    )


def _as_json(summary: Summary) -> dict[str, Any]:
    return {
        "turn_degrees": summary.turn_degrees,
        "photos": summary.photos,
        "recall": [
            {"faces": count.kind, "covered": count.covered, "of": count.of, "share": round(count.recall, 5)}
            for count in summary.counts
        ],
        "false_boxes_per_photo": round(summary.false_boxes, 3),
        "needless_area": round(summary.needless, 5),
        "precision_recall": [
            {"threshold": point.threshold, "precision": round(point.precision, 4), "recall": round(point.recall, 5)}
            for point in summary.curve
        ],
        "misses": [
            {"photo": miss.score.file, "box": miss.face.box, "covered": round(miss.covered, 2)}
            for miss in summary.misses
        ],
        "seconds_per_photo": round(summary.seconds, 3),
    }


evaluate.add_command(identity)
evaluate.add_command(suitability)
