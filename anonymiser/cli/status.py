"""`anonymise status`: what is in the workspace, and what needs a person."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.consent_report import print_counts
from anonymiser.cli.console import console, emit, json_option, open_school, say, workspace_option
from anonymiser.consent.consents import Tally
from anonymiser.consent.importing import Count
from anonymiser.school import Agreed, Status
from anonymiser.values.consent import Medium, Purpose


@click.command()
@json_option
@workspace_option
def status(as_json: bool, workspace: Path | None) -> None:
    """Show what is in the workspace, what needs a person, and whether records and files agree."""
    with open_school(workspace) as school:
        found = school.status()
    facts = asdict(found)
    if as_json:
        emit(facts)
        return
    table = Table(box=None, show_header=False)
    for name, value in facts.items():
        if name not in {"differences", "undelivered", "left", "consents"}:
            table.add_row(name.replace("_", " "), escape(_plain(value)))
    console().print(table)
    if found.consents:
        print_counts([_count(agreed) for agreed in found.consents])
    _say_left(found)
    for item in found.undelivered:
        say(
            f"[yellow]not finished:[/] photo {item}: another program has a file of it open, or the last run was "
            "stopped; the next batch finishes it, or watch within a minute"
        )
    for difference in found.differences:
        say(f"[yellow]difference:[/] {escape(difference)}")
    if not found.differences:
        say("Records and files agree.")


_LEFT = {
    "trash": "because it was thrown away",
    "backup": "because it is a program's backup",
    "unfinished": "because it is still being written",
    "placeholder": "because its bytes are in the cloud: open it, or choose 'Always keep on this device'",
    "companion": "because it goes with a photo and is none",
    "misnamed": "because its name is one of an operating system's: if it is a photo, give it another",
}


def _say_left(found: Status) -> None:
    for kind, meaning in _LEFT.items():
        files = [entry.file for entry in found.left if entry.why == kind]
        if files:
            say(f"[yellow]left in the inbox, {meaning}:[/] {len(files)}")
        for file in files:
            say(f"  {escape(repr(file))}")


def _count(agreed: Agreed) -> Count:
    tally = Tally(agreed.yes, agreed.no, agreed.blank, agreed.held, agreed.ended, agreed.withdrawn)
    return Count((Purpose(agreed.purpose), Medium(agreed.medium)), tally, tally)


def _plain(value: object) -> str:
    match value:
        case None:
            return "never"
        case dict():
            return ", ".join(f"{key.replace('_', ' ')}: {entry}" for key, entry in value.items() if entry is not None)
    return str(value)
