"""`anonymise find`: every past output that shows a person, as a worksheet for taking it down."""

from __future__ import annotations

import csv
import datetime as dt
import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.batch import default_jobs
from anonymiser.cli.console import emit, json_option, open_workspace, say, workspace_option
from anonymiser.cli.progress import RunReporter
from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.consent.register import Register
from anonymiser.consent.tabular import neutralised
from anonymiser.delivery.site import Site, open_site
from anonymiser.delivery.takedown import NotTakenBack, Reissued, Shown, TakenBack, outputs_showing, reissue_each
from anonymiser.errors import UsageError, WorkspaceError
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.events import Events
from anonymiser.intake.results import Summary
from anonymiser.intake.session import stop_on_signals, working
from anonymiser.ledger.item import Origin
from anonymiser.locks import is_working, review_lock
from anonymiser.values.consent import Event
from anonymiser.values.people import PersonId
from anonymiser.workers.pool import pipeline_setup

_HEADINGS = (
    "copy", "event", "purpose", "date", "released", "where it was published", "in the outbox", "certainly them",
    "still agreed", "replaced by", "what to do",
)  # fmt: skip


@click.command()
@click.argument("person")
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the list to this file.")
@click.option("--reissue", "again", is_flag=True, help="Replace the copies in which PERSON no longer agrees to be.")
@json_option
@workspace_option
def find(person: str, csv_file: Path | None, again: bool, as_json: bool, workspace: Path | None) -> None:
    """List every published copy that shows PERSON, with what to do about each.

    With --reissue, copies for purposes that PERSON no longer agrees to are taken out of the outbox and made anew
    from the archived originals.
    """
    with open_records(workspace) as (site, register):
        who = register.find(person)
        if again:
            _reissue(site, shown_today(site, register, who))
        worksheet = shown_today(site, register, who)
    if csv_file is not None:
        _write(csv_file, worksheet)
    for entry in worksheet if as_json else ():
        emit(_to_json(entry))
    if not as_json and csv_file is None:
        print_worksheet(worksheet)
    say(f"Published copies that show {escape(who)}, or may: {len(worksheet)}")


@contextmanager
def open_records(given: Path | None) -> Iterator[tuple[Site, Register]]:
    """Ledger and register of a workspace. Raises UsageError where nobody was ever registered."""
    place = open_workspace(given)
    with WorkspaceContexts(place) as contexts, open_site(place, contexts) as site:
        register = contexts.register()
        if register is None:
            raise UsageError("this workspace has no register", remedy="Bring in consents: anonymise consent import")
        yield site, register


def shown_today(site: Site, register: Register, person: PersonId) -> list[Shown]:
    """The worksheet as of now; works with a register that is too old to publish by, too."""

    @functools.cache
    def granted(event: Event) -> frozenset[PersonId]:
        return register.snapshot(event).granted

    return outputs_showing(site, person, granted)


def _reissue(site: Site, worksheet: list[Shown]) -> None:
    due = [entry.item for entry in worksheet if not entry.agreed and entry.replaced_by is None]
    with review_lock(site.workspace.data):
        made = reissue_each(site, due)
    for entry in made:
        match entry:
            case TakenBack(item):
                say(f"{item.id}: taken back; its original is not archived here, so offer the photo again")
            case NotTakenBack(_, trouble):
                say(f"[yellow]{escape(trouble.message)}[/] {escape(trouble.remedy)}")
    queued = sum(isinstance(entry, Reissued) for entry in made)
    if not queued:
        say("There is nothing to make anew.")
    elif is_working(site.workspace.data):
        say(f"{queued} photos are in work again; the run that is active now makes the new copies.")
    else:
        _process(site, queued)


def _process(site: Site, number: int) -> None:
    """Finish whatever is in work, which is what was put there a moment ago."""
    place = site.workspace
    stop, summary = Stop(), Summary()
    with stop_on_signals(stop), working(site, pipeline_setup(place.settings), min(number, default_jobs())) as pool:
        events = Events(place.inbox, place.settings.publishing, site.contexts.names_someone)
        with RunReporter(summary, as_json=False, total=number) as reporter:
            for result in Intake(site, pool, stop, events, place.inbox, Origin.INBOX).run(()):
                reporter.add(result)
    for outcome, count in summary.counts.items():
        say(f"made anew: {count} {outcome}")
    if stop.requests:
        say("stopped; the next batch continues")


def _to_do(entry: Shown) -> str:
    if entry.agreed:
        return "nothing: still agreed"
    steps = ["have it taken down" if entry.places else "find out whether it was published"]
    if entry.in_outbox:
        steps.append("run again with --reissue")
    return "; ".join(steps)


def _row(entry: Shown) -> tuple[str, ...]:
    event = entry.item.event
    released = entry.item.finished_at
    return (
        str(entry.item.output), event.label, event.purpose, f"{entry.date:%d/%m/%Y}",
        f"{released.replace(tzinfo=dt.UTC).astimezone():%d/%m/%Y}" if released else "",
        "; ".join(entry.places), _yes(entry.in_outbox), _yes(entry.certain), _yes(entry.agreed),
        entry.replaced_by or "", _to_do(entry),
    )  # fmt: skip


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


def print_worksheet(worksheet: list[Shown]) -> None:
    """For a person."""
    for entry in worksheet:
        event = entry.item.event
        say(f"[bold]{escape(str(entry.item.output))}[/]{'' if entry.in_outbox else ' (no longer there)'}")
        doubt = "" if entry.certain else "; taken for somebody who looks alike"
        say(f"    {escape(event.label)}, {escape(event.purpose)}, {entry.date:%d/%m/%Y}{doubt}")
        for place in entry.places:
            say(f"    published: {escape(place)}")
        if entry.replaced_by:
            say(f"    replaced by the copy of photo {entry.replaced_by}")
        say(f"    [yellow]{_to_do(entry)}[/]")


def _write(path: Path, worksheet: list[Shown]) -> None:
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(_HEADINGS)
            writer.writerows(map(neutralised, _row(entry)) for entry in worksheet)
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
        "in_outbox": entry.in_outbox,
        "certain": entry.certain,
        "agreed": entry.agreed,
        "replaced_by": entry.replaced_by,
    }
