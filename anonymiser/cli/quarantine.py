"""`anonymise quarantine`: the files that were not processed, and how one is tried again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

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
from anonymiser.errors import ExitCode
from anonymiser.school import Quarantined, reason_to_json
from anonymiser.wording import remedy, say_all
from anonymiser.wording import say as in_words


@click.group(invoke_without_command=True)
@json_option
@workspace_option
@click.pass_context
def quarantine(context: click.Context, as_json: bool, workspace: Path | None) -> None:
    """See the files that were not processed, and put one back; without a command, list them."""
    list_without_command(context, list_files, as_json=as_json, workspace=workspace)


@quarantine.command("list")
@json_option
@workspace_option
def list_files(as_json: bool, workspace: Path | None) -> None:
    """List the files that were not processed, with why and what to do."""
    with open_school(workspace) as school:
        found = school.quarantine.contents()
    for entry in found if as_json else ():
        emit(_to_json(entry))
    if found and not as_json:
        table = Table("id", "file", "why it was not processed", "what to do", box=None)
        for entry in found:
            name = "not moved" if entry.file is None else str(entry.file).encode("utf-8", "replace").decode()
            why = "; ".join(in_words(reason, with_remedy=False) for reason in entry.item.report.reasons)
            table.add_row(entry.item.id, escape(name), escape(why), escape(" ".join(_remedies(entry))))
        console().print(table)
    say(f"Files that were not processed: {len(found)}")


@quarantine.command("restore")
@click.argument("item_ids", metavar="ID...", nargs=-1, required=True)
@json_option
@workspace_option
def restore(item_ids: tuple[str, ...], as_json: bool, workspace: Path | None) -> ExitCode:
    """Put files back into the inbox, each into the folder that it came from, to be processed anew."""
    with open_school(workspace) as school:

        def put_back(item_id: str) -> None:
            done = school.quarantine.restore(item_id)
            if as_json:
                emit({"item": done.item.id, "restored": True})
            else:
                place = done.place.as_posix().encode("utf-8", "replace").decode()
                say(f"{done.item.id}: is in the inbox again as {escape(repr(place))}; the next batch or watch takes it")

        return each(item_ids, put_back, as_json=as_json)


def _remedies(entry: Quarantined) -> tuple[str, ...]:
    return tuple(dict.fromkeys(remedy(reason, entry.item.id) for reason in entry.item.report.reasons))


def _to_json(entry: Quarantined) -> dict[str, Any]:
    """Without the file's name, which may be a pupil's."""
    item = entry.item
    return {
        "item": item.id,
        "event": item.event.label,
        "purpose": item.event.purpose,
        "outcome": item.outcome,
        "moved": entry.file is not None,
        "reasons": list(say_all(item.report.reasons)),
        "reason_codes": [reason_to_json(reason) for reason in item.report.reasons],
        "remedies": list(_remedies(entry)),
        "received_at": f"{item.received_at.isoformat(timespec='seconds')}Z",
    }
