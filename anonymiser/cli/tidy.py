"""`anonymise tidy`: what has been kept for long enough is deleted."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import emit, json_option, open_school, say, workspace_option
from anonymiser.errors import ExitCode, UsageError


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@click.option("--apply", "really", is_flag=True, help="Delete it.")
@json_option
@workspace_option
def tidy(dry_run: bool, really: bool, as_json: bool, workspace: Path | None) -> ExitCode:
    """Delete what has been kept for as long as the settings say: originals, what waits, records, people who left.

    Give --dry-run first, then --apply. A legal hold stops it.
    """
    if dry_run == really:
        raise UsageError("delete, or only look?", remedy="Use --dry-run to look, or --apply to delete.")
    with open_school(workspace) as school:
        done = school.tidy(apply=really)
    if as_json:
        for entry in done.expired:
            since = f"{entry.since.isoformat(timespec='seconds')}Z"
            emit({"item": entry.item, "what": entry.what, "since": since, "deleted": really})
        for person in done.leavers:
            emit({"person": person, "what": "person who left", "since": None, "deleted": really})
        summary = {"counts": done.counts, "templates": done.templates, "left": done.left, "hold": done.held_by or None}
        emit({"summary": summary})
    word = "Deleted" if really else "Would be deleted"
    for what, number in done.counts.items():
        say(f"{word}: {what}: {number}")
    if not done.counts:
        say("Nothing has been kept for longer than the settings say.")
    if done.templates:
        say(f"Face templates destroyed: {done.templates}")
    if done.held_by:
        say(f"[bold yellow]Nothing can be deleted now:[/] {escape(done.held_by)}")
    if done.left:
        say(f"[yellow]{done.left} could not be deleted, because another program has a file open.[/] Run it again.")
    return ExitCode.INCOMPLETE if done.left else ExitCode.DONE
