"""`anonymise review`: see and decide the photos that wait for a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.batch import report_decided
from anonymiser.cli.console import (
    console,
    each,
    emit,
    json_option,
    list_without_command,
    open_school,
    say,
    workspace_option,
)
from anonymiser.cli.desk import desk
from anonymiser.errors import ExitCode
from anonymiser.school import Item, ReviewQueue, reason_to_json
from anonymiser.wording import say_all


@click.group(invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def review(context: click.Context, as_json: bool, workspace: Path | None) -> None:
    """See the photos that wait for a person, and decide; without a command, list them."""
    list_without_command(context, list_waiting, as_json=as_json, workspace=workspace)


@review.command("list")
@json_option
@workspace_option
def list_waiting(as_json: bool, workspace: Path | None) -> None:
    """Carry out decisions made by moving photos, then list what still waits."""
    with open_school(workspace) as school:
        report_decided(school.review.collect())
        waiting, strangers = school.review.waiting(), school.review.strangers()
    for item in waiting if as_json else ():
        emit(_to_json(item))
    if waiting and not as_json:
        table = Table("id", "event", "purpose", "why it waits", box=None)
        for item in waiting:
            why = "; ".join(say_all(item.report.reasons))
            table.add_row(item.id, escape(item.event.label), escape(item.event.purpose), escape(why))
        console().print(table)
    say(f"Photos that wait for a person: {len(waiting)}")
    if strangers:
        say(f"Files in the review folders that are not from this program, and are never released: {len(strangers)}")


@review.command("show")
@click.argument("item_id", metavar="ID")
@json_option
@workspace_option
def show(item_id: str, as_json: bool, workspace: Path | None) -> None:
    """Show everything that is known about one photo."""
    with open_school(workspace) as school:
        item = school.review.get(item_id)
        note = school.note(item)
    if as_json:
        emit(_to_json(item))
    else:
        say(escape(note) if item.waits_for_a_person else f"{item.id}: {item.verdict or item.outcome}")


@review.command("approve")
@click.argument("item_ids", metavar="ID...", nargs=-1, required=True)
@json_option
@workspace_option
def approve(item_ids: tuple[str, ...], as_json: bool, workspace: Path | None) -> ExitCode:
    """Release the copies, if consents still allow it."""
    return _decide(item_ids, workspace, ReviewQueue.approve, as_json=as_json)


@review.command("reject")
@click.argument("item_ids", metavar="ID...", nargs=-1, required=True)
@json_option
@workspace_option
def reject(item_ids: tuple[str, ...], as_json: bool, workspace: Path | None) -> ExitCode:
    """Do not use the photos: their copies are deleted, the originals stay archived."""
    return _decide(item_ids, workspace, ReviewQueue.reject, as_json=as_json)


@review.command("refer")
@click.argument("item_ids", metavar="ID...", nargs=-1, required=True)
@json_option
@workspace_option
def refer(item_ids: tuple[str, ...], as_json: bool, workspace: Path | None) -> ExitCode:
    """Seal copy and original for the safeguarding lead."""
    return _decide(item_ids, workspace, ReviewQueue.refer, as_json=as_json)


@review.command("again")
@click.argument("item_ids", metavar="ID...", nargs=-1, required=True)
@json_option
@workspace_option
def again(item_ids: tuple[str, ...], as_json: bool, workspace: Path | None) -> ExitCode:
    """Process photos that wait, or were rejected, anew: after a change of the settings, for example.

    The archived original is taken, and the result replaces a copy that waits. A rejected photo gets a new id.
    """
    return _decide(item_ids, workspace, ReviewQueue.again, as_json=as_json)


review.add_command(desk, "serve")


def _decide(
    item_ids: tuple[str, ...], workspace: Path | None, rule: Callable[[ReviewQueue, str], Item], *, as_json: bool
) -> ExitCode:
    with open_school(workspace) as school:

        def decide(item_id: str) -> None:
            item = rule(school.review, item_id)
            if as_json:
                emit(_to_json(item))
            else:
                say(_became(item_id, item))

        return each(item_ids, decide, as_json=as_json)


def _became(item_id: str, item: Item) -> str:
    if item.verdict is None:
        new = "" if item.id == item_id else f" as {item.id}"
        return f"{item_id}: is processed again{new} by the next batch, or by watch within a minute"
    return f"{item.id}: {item.verdict}" + (f", {escape(item.output)}" if item.output else "")


def _to_json(item: Item) -> dict[str, Any]:
    return {
        "item": item.id,
        "event": item.event.label,
        "purpose": item.event.purpose,
        "outcome": item.outcome,
        "verdict": item.verdict,
        "output": item.output,
        "reasons": list(say_all(item.report.reasons)),
        "reason_codes": [reason_to_json(reason) for reason in item.report.reasons],
        "received_at": f"{item.received_at.isoformat(timespec='seconds')}Z",
    }
