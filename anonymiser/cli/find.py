"""`anonymise find`: every copy that shows a person, as a worksheet for taking it down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import OutputFile, emit, json_option, open_school, say, stop_on_signals, workspace_option
from anonymiser.cli.progress import RunReporter
from anonymiser.errors import ExitCode, WorkspaceError
from anonymiser.school import Result, School, Shown, Stop, processors
from anonymiser.school.worksheet import to_do, worksheet_csv
from anonymiser.values.people import PersonId


@click.command()
@click.argument("person")
@click.option("--csv", "csv_file", type=OutputFile(".csv"), help="Write the list to this file.")
@click.option("--reissue", "again", is_flag=True, help="Replace the copies that PERSON no longer agrees to.")
@json_option
@workspace_option
def find(person: str, csv_file: Path | None, again: bool, as_json: bool, workspace: Path | None) -> ExitCode:
    """List every published copy that shows PERSON, with what to do about each.

    With --reissue, copies for purposes that PERSON no longer agrees to are taken out of the outbox and made again
    from the archived originals.
    """
    code = ExitCode.DONE
    with open_school(workspace) as school:
        who = school.person(person)
        if again:
            code = _reissue(school, who)
        worksheet = school.find(who)
    if csv_file is not None:
        _write(csv_file, worksheet)
    for entry in worksheet if as_json else ():
        emit(_to_json(entry))
    if not as_json and csv_file is None:
        print_worksheet(worksheet)
    say(f"Published copies that show {escape(who)}, or may: {len(worksheet)}")
    return code


def _reissue(school: School, person: PersonId) -> ExitCode:
    taken = school.take_back(person)
    for item in taken.without_original:
        say(f"{item}: taken back; its original is not archived here, so put the photo in again")
    for trouble in taken.still_there:
        say(f"[yellow]{escape(trouble.message)}[/] {escape(trouble.remedy)}")
    if not taken.queued:
        say("There is nothing to make again.")
    elif taken.left_to_another_run:
        say(f"{taken.queued} photos are being processed again; the run that is active now makes the new copies.")
    else:
        _make_anew(school, taken.queued)
    return ExitCode.INCOMPLETE if taken.still_there else ExitCode.DONE


def _make_anew(school: School, number: int) -> None:
    stop = Stop()
    jobs = min(number, processors())
    with (
        stop_on_signals(stop),
        school.resume(expected=number, jobs=jobs, stop=stop) as run,
        RunReporter(run.summary, as_json=False, total=run.total) as reporter,
    ):
        for event in run:
            if isinstance(event, Result):
                reporter.add(event)
    for outcome, count in run.summary.counts.items():
        say(f"made again: {count} {outcome}")
    if run.stopped:
        say("stopped; the next batch continues")


def print_worksheet(worksheet: Sequence[Shown]) -> None:
    """For a person."""
    for entry in worksheet:
        event = entry.item.event
        say(f"[bold]{escape(str(entry.item.output))}[/]{'' if entry.in_outbox else ' (no longer there)'}")
        doubt = "" if entry.certain else "; taken for somebody who looks alike"
        say(f"    {escape(event.label)}, {escape(event.purpose)}, {entry.date:%d/%m/%Y}{doubt}")
        for place in entry.places:
            say(f"    published: {escape(place)}")
        for place in entry.taken_down:
            say(f"    taken down: {escape(place)}")
        if entry.replaced_by:
            say(f"    replaced by the copy of photo {entry.replaced_by}")
        say(f"    [yellow]{to_do(entry)}[/]")


def _write(path: Path, worksheet: Sequence[Shown]) -> None:
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            out.write(worksheet_csv(worksheet))
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be written: {error.strerror}", remedy="Choose another place.") from error


def _to_json(entry: Shown) -> dict[str, object]:
    item = entry.item
    return {
        "item": item.id,
        "output": item.output,
        "event": item.event.label,
        "purpose": item.event.purpose,
        "medium": item.event.medium,
        "date": entry.date.isoformat(),
        "released_at": f"{item.finished_at.isoformat(timespec='seconds')}Z" if item.finished_at else None,
        "published": list(entry.places),
        "taken_down": list(entry.taken_down),
        "in_outbox": entry.in_outbox,
        "certain": entry.certain,
        "agreed": entry.agreed,
        "replaced_by": entry.replaced_by,
    }
