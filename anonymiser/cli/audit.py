"""`anonymise audit`: the record of what became of every photo and every consent, for the data protection officer."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import emit, json_option, open_school, say, workspace_option


@click.group()
def audit() -> None:
    """Check, export and explain the record of what became of every photo and every consent."""


@audit.command()
@click.option(
    "--head",
    "kept",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The head.json of an earlier export: also find what was removed at the end, or made anew.",
)
@json_option
@workspace_option
def verify(kept: Path | None, as_json: bool, workspace: Path | None) -> None:
    """Check that no entry was changed, removed or moved, and that the ledger agrees with the record.

    If not, the first entry that does not fit is named, and the exit code is 5.
    """
    with open_school(workspace) as school:
        found = school.audit.verify(kept)
    if as_json:
        emit(
            {
                "entries": found.head.number,
                "hash": found.head.hash,
                "kept_entries": found.kept.number if found.kept else None,
                "signed_with": found.signed_with,
            }
        )
    say(f"The audit record is whole: {found.head.number} entries, and the ledger agrees with them.")
    say(f"Newest hash: {found.head.hash}")
    if found.kept is None:
        say("Without a kept hash (--head), entries removed at the end cannot be noticed by the chain alone.")
    else:
        say(f"It holds entry {found.kept.number}, whose hash was kept{_signed(found.signed_with)}.")


@audit.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Leave earlier entries out of the page and the table.")
@click.option(
    "--sign",
    metavar="KEY",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Sign the newest hash with this key (PEM, Ed25519); it is made if there is no such file.",
)
@json_option
@workspace_option
def export(folder: Path, since: dt.datetime | None, sign: Path | None, as_json: bool, workspace: Path | None) -> None:
    """Write the record into DIR: a page, a table, the chain itself, and its newest hash. None of them names anybody.

    Keep head.json, and the key, where nobody who works with the photos can change them.
    """
    with open_school(workspace) as school:
        done = school.audit.export(folder, since=since.date() if since else None, sign=sign)
    if as_json:
        emit({"files": [str(file) for file in done.files], "entries": done.head.number, "hash": done.head.hash})
    for file in done.files:
        say(escape(str(file)))
    say(f"Entries: {done.head.number}. Newest hash: {done.head.hash}")
    if done.new_key:
        say(f"The key {escape(str(sign))} was made. [bold]Keep it away from this computer[/], for the next time too.")


@audit.command()
@click.argument("about", metavar="ID")
@json_option
@workspace_option
def explain(about: str, as_json: bool, workspace: Path | None) -> None:
    """Tell the story of one photo, or of one person: what happened, what is held, why, and since when.

    ID is a photo's id, or a person's id or name. What is told of a person answers a request for access: check it for
    what is about others before you pass it on.
    """
    with open_school(workspace) as school:
        story = school.audit.explain(about)
    if as_json:
        for told in story.told:
            emit(
                {
                    "at": told.at.astimezone(dt.UTC).isoformat(timespec="seconds"),
                    "what": told.what,
                    "entry": told.entry,
                    "photo": told.photo,
                    "by": told.by or None,
                }
            )
        for held in story.held:
            emit({"held": held.strip()})
        return
    say(f"[bold]{escape(story.about)}[/]: what happened")
    for told in story.told:
        photo = f" (photo {told.photo})" if told.photo and story.is_person else ""
        by = f", by {told.by}" if told.by else ""
        number = f" \\[entry {told.entry}]" if told.entry else ""
        say(f"  {told.at.astimezone():%d/%m/%Y %H:%M}  {escape(told.what + by + photo)}{number}")
    say("[bold]What is held now[/]")
    for held in story.held:
        say(f"  {escape(held)}")


def _signed(key: str | None) -> str:
    return f", signed with {key}" if key else ""
