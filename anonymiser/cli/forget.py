"""`anonymise forget`: everything about one person is deleted, and looked for afterwards."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import emit, json_option, say, workspace_option
from anonymiser.cli.find import open_records, print_worksheet, shown_today
from anonymiser.errors import RegisterError


@click.command()
@click.argument("person")
@json_option
@workspace_option
def forget(person: str, as_json: bool, workspace: Path | None) -> None:
    """Delete PERSON from the register: names, consents, evidence, face templates, and their key.

    Published copies that show them are listed once more, because they cannot be found afterwards.
    """
    with open_records(workspace) as (site, register):
        who = register.find(person)
        worksheet = shown_today(site, register, who)
        # Twice: a run beside this one may write a last report between the first and the register's answer.
        mentions = site.ledger.forget_person(who)
        erased = register.forget(who)
        mentions += site.ledger.forget_person(who)
    data = site.workspace.data
    if left := erased.found_in(path for path in data.rglob("*") if path.is_file()):
        raise RegisterError(
            f"{who} is deleted, but {left[0].relative_to(data)} still holds something of it",
            remedy="Stop every other anonymise, run anonymise status, and look again.",
        )
    if as_json:
        emit(
            {
                "person": who,
                "rows": dict(erased.rows),
                "templates": erased.templates,
                "mentions_in_ledger": mentions,
                "holds_kept": erased.holds_kept,
                "copies_to_take_down": [entry.item.output for entry in worksheet],
                "files_that_still_hold_traces": 0,
            }
        )
        return
    print_worksheet(worksheet)
    rows = ", ".join(f"{count} {name}" for name, count in erased.rows.items())
    say(f"{escape(who)} is forgotten. Deleted: {rows}; the key; {mentions} mentions in the ledger.")
    say(f"Face templates destroyed: {erased.templates}. Enrolment photos were never kept.")
    say(f"Every file in {escape(str(data))} was searched for the names, the key and what it sealed: nothing is left.")
    if worksheet:
        say(f"[bold]Copies to take down: {len(worksheet)}[/] (listed above; keep that list, it cannot be made again).")
    say("Originals and copies of photos stay; delete them by hand if they must go. So do old backups of data/.")
