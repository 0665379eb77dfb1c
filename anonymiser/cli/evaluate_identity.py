"""`anonymise evaluate identity`: how often recognition is right, wrong and silent."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import OutputFile, emit, json_option, say
from anonymiser.cli.progress import photo_progress
from anonymiser.errors import ExitCode


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--enrolled", type=click.IntRange(1), help="How many people are enrolled (default: half of them).")
@click.option("--photos", type=click.IntRange(1), default=3, show_default=True, help="Photos of each for enrolment.")
@click.option(
    "--draws", type=click.IntRange(1), default=10, show_default=True, help="How often to choose them at random."
)
@click.option("--others", type=click.IntRange(0), default=0, show_default=True, help="People enrolled in other groups.")
@click.option("--report", type=OutputFile(".html"), help="Write a page with the curves here.")
@json_option
def identity(
    directory: Path, enrolled: int | None, photos: int, draws: int, others: int, report: Path | None, as_json: bool
) -> ExitCode:
    """Identify the people of DIR/identities.json ({"person": ["photo.jpg", ...]}) when some of them are enrolled.

    DIR/groups.json ({"person": "group"}), if there is one, adds curves for each group.
    """
    from anonymiser.school import measure  # noqa: PLC0415 - keeps --help fast

    with photo_progress("looking at photos") as progress:
        curves, plan, faces = measure.identity(directory, enrolled, photos, draws, others, progress)
    for curve in curves:
        say(
            f"[bold]{escape(curve.group)}[/]: {curve.enrolled_faces} faces of enrolled people, "
            f"{curve.stranger_faces} of strangers"
        )
        for rate in measure.RATES:
            found = curve.at_fpir(rate)
            kept = f"from {found[0]:.2f} on {found[1]:.1%} are recognised" if found else "no threshold does that"
            say(f"  at most {rate:.1%} of strangers taken for somebody: {kept}")
        for one_in, sure in measure.SURE_BY_RISK.items():
            strangers, recognised = curve.at(sure)
            say(
                f"  standard threshold for 1 in {one_in:,} ({sure:.2f}): {recognised:.1%} are recognised, "
                f"{strangers:.2%} of strangers taken for somebody"
            )
    if as_json:
        emit(measure.identity_json(curves, plan, faces))
    if report:
        report.write_text(measure.identity_page(curves, plan, faces), encoding="utf-8")
    return ExitCode.DONE
