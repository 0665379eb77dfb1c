"""`anonymise review`: see and decide the photos that wait for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

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
from anonymiser.cli.staff import ask_password, password_option
from anonymiser.errors import ExitCode
from anonymiser.school import Item, ReviewQueue, School, reason_to_json
from anonymiser.values.roles import Task
from anonymiser.wording import say_all

P = ParamSpec("P")
R = TypeVar("R")


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
        first = {item.id: school.review.approved_by(item) for item in waiting}
    for item in waiting if as_json else ():
        emit(_to_json(item, first[item.id]))
    if waiting and not as_json:
        table = Table("id", "event", "purpose", "why it waits", box=None)
        for item in waiting:
            why = "; ".join(say_all(item.report.reasons))
            why += f"; approved by {first[item.id]}, needs a second person" if first[item.id] else ""
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
        note, first = school.note(item), school.review.approved_by(item)
    if as_json:
        emit(_to_json(item, first))
        return
    say(escape(note) if item.waits_for_a_person else f"{item.id}: {item.verdict or item.outcome}")
    if first:
        say(f"Approved by {escape(first)}; needs a second person.")


def by_option(function: Callable[P, R]) -> Callable[P, R]:
    """Add `--by NAME` and `--password-stdin`; the command receives `by: str` and `password_stdin: bool`."""
    named = click.option("--by", default="", metavar="NAME", help="Who decides: a name of the staff list.")
    return named(password_option(function))


@review.command("approve")
@click.argument("item_ids", metavar="ID...", nargs=-1, required=True)
@by_option
@json_option
@workspace_option
def approve(
    item_ids: tuple[str, ...], by: str, password_stdin: bool, as_json: bool, workspace: Path | None
) -> ExitCode:
    """Release the copies, if consents still allow it.

    With --by, the password is asked for, and the name stands in the ledger. Where two people have to approve
    (release = "two-people"), each gives their name; the second approval of the same copy releases it.
    """
    signer = _Signer(by, password_stdin)
    return _decide(item_ids, workspace, ReviewQueue.approve, as_json=as_json, signer=signer)


@review.command("reject")
@click.argument("item_ids", metavar="ID...", nargs=-1, required=True)
@by_option
@json_option
@workspace_option
def reject(item_ids: tuple[str, ...], by: str, password_stdin: bool, as_json: bool, workspace: Path | None) -> ExitCode:
    """Do not use the photos: their copies are deleted, the originals stay archived."""
    signer = _Signer(by, password_stdin)
    return _decide(item_ids, workspace, ReviewQueue.reject, as_json=as_json, signer=signer)


@review.command("refer")
@click.argument("item_ids", metavar="ID...", nargs=-1, required=True)
@by_option
@json_option
@workspace_option
def refer(item_ids: tuple[str, ...], by: str, password_stdin: bool, as_json: bool, workspace: Path | None) -> ExitCode:
    """Seal copy and original for the safeguarding lead."""
    signer = _Signer(by, password_stdin)
    return _decide(item_ids, workspace, ReviewQueue.refer, as_json=as_json, signer=signer)


@review.command("again")
@click.argument("item_ids", metavar="ID...", nargs=-1, required=True)
@json_option
@workspace_option
def again(item_ids: tuple[str, ...], as_json: bool, workspace: Path | None) -> ExitCode:
    """Process photos that wait, or were rejected, anew: after a change of the settings, for example.

    The archived original is taken, and the result replaces a copy that waits. A rejected photo gets a new id.
    """
    return _decide(item_ids, workspace, lambda queue, item_id, **_: queue.again(item_id), as_json=as_json)


review.add_command(desk, "serve")


@dataclass(frozen=True, slots=True)
class _Signer:
    """Whoever says that they decide."""

    name: str = ""
    password_stdin: bool = False

    def check(self, school: School) -> str:
        """The name as the staff list has it; empty if none was given. Raises SafetyRefusal, UsageError."""
        if not self.name:
            return ""
        school.staff.require()
        password = ask_password(password_stdin=self.password_stdin, new=False)
        return school.staff.sign_in(self.name, password, Task.REVIEW).name


def _decide(
    item_ids: tuple[str, ...],
    workspace: Path | None,
    rule: Callable[..., Item],
    *,
    as_json: bool,
    signer: _Signer = _Signer(),
) -> ExitCode:
    with open_school(workspace) as school:
        by = signer.check(school)

        def decide(item_id: str) -> None:
            item = rule(school.review, item_id, by=by)
            first = school.review.approved_by(item)
            if as_json:
                emit(_to_json(item, first))
            elif first:
                say(f"{item.id}: approved by {escape(first)}, needs a second person")
            else:
                say(_became(item_id, item))

        return each(item_ids, decide, as_json=as_json)


def _became(item_id: str, item: Item) -> str:
    if item.verdict is None:
        new = "" if item.id == item_id else f" as {item.id}"
        return f"{item_id}: is processed again{new} by the next batch, or by watch within a minute"
    return f"{item.id}: {item.verdict}" + (f", {escape(item.output)}" if item.output else "")


def _to_json(item: Item, approved_by: str = "") -> dict[str, Any]:
    return {
        "item": item.id,
        "event": item.event.label,
        "purpose": item.event.purpose,
        "outcome": item.outcome,
        "verdict": item.verdict,
        "approved_by": approved_by or None,
        "output": item.output,
        "reasons": list(say_all(item.report.reasons)),
        "reason_codes": [reason_to_json(reason) for reason in item.report.reasons],
        "received_at": f"{item.received_at.isoformat(timespec='seconds')}Z",
    }
