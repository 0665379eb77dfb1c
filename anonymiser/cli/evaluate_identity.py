"""`anonymise evaluate identity`: how often recognition is right, wrong and silent."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape
from rich.progress import Progress

from anonymiser.cli.console import console, emit, json_option, say
from anonymiser.errors import ExitCode
from anonymiser.evaluate.identity import Plan, describe_people, evaluate, load_identities
from anonymiser.evaluate.identity_report import RATES, identity_json, identity_page
from anonymiser.stages import load_detector, load_embedder


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--enrolled", type=click.IntRange(1), help="How many people are enrolled (default: half of them).")
@click.option("--photos", type=click.IntRange(1), default=3, show_default=True, help="Photos of each for enrolment.")
@click.option("--draws", type=click.IntRange(1), default=10, show_default=True, help="How often they are drawn by lot.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with the curves here.")
@json_option
def identity(
    directory: Path, enrolled: int | None, photos: int, draws: int, report: Path | None, as_json: bool
) -> ExitCode:
    """Identify the people of DIR/identities.json ({"person": ["photo.jpg", ...]}) when some of them are enrolled.

    DIR/groups.json ({"person": "group"}), if there is one, adds curves for each group.
    """
    people, groups = load_identities(directory)
    plan = Plan(enrolled or max(1, len(people) // 2), photos, draws)
    total = sum(map(len, people.values()))
    with Progress(console=console(), transient=True) as progress:
        task = progress.add_task("looking at photos", total=total)
        faces = describe_people(people, groups, load_detector(), load_embedder(), lambda: progress.advance(task))
    curves = evaluate(faces, plan)
    for curve in curves:
        say(f"[bold]{escape(curve.group)}[/]: {curve.enrolled_faces} faces enrolled, {curve.stranger_faces} strange")
        for rate in RATES:
            found = curve.at_fpir(rate)
            kept = f"from {found[0]:.2f} on {found[1]:.1%} are recognised" if found else "no threshold does that"
            say(f"  at most {rate:.1%} of strangers taken for somebody: {kept}")
    if as_json:
        emit(identity_json(curves, plan, faces))
    if report:
        report.write_text(identity_page(curves, plan, faces), encoding="utf-8")
    return ExitCode.DONE
