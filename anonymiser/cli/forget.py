"""`anonymise forget`: everything about one person is deleted, and looked for afterwards."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.console import emit, json_option, open_school, say, workspace_option
from anonymiser.cli.find import print_worksheet


@click.command()
@click.argument("person")
@json_option
@workspace_option
def forget(person: str, as_json: bool, workspace: Path | None) -> None:
    """Delete PERSON from the register: names, consents, evidence, face templates, and their key.

    Published copies that show them are listed once more, because they cannot be found afterwards.
    """
    with open_school(workspace) as school:
        who = school.person(person)
        gone = school.forget(who)
        data = school.workspace.data
    if as_json:
        emit(
            {
                "person": who,
                "rows": dict(gone.erased.rows),
                "templates": gone.erased.templates,
                "mentions_in_ledger": gone.mentions,
                "holds_kept": gone.erased.holds_kept,
                "copies_to_take_down": [entry.item.output for entry in gone.copies],
                "files_that_still_hold_traces": 0,
            }
        )
        return
    print_worksheet(gone.copies)
    rows = ", ".join(f"{count} {name}" for name, count in gone.erased.rows.items())
    say(f"{escape(who)} is forgotten. Deleted: {rows}; the key; {gone.mentions} mentions in the ledger.")
    say(f"Face templates destroyed: {gone.erased.templates}. Enrolment photos were never kept.")
    say(f"Every file in {escape(str(data))} was searched for the names, the key and what it sealed: nothing is left.")
    if gone.copies:
        say(
            f"[bold]Copies to take down: {len(gone.copies)}[/] (listed above; keep that list, it cannot be made again)."
        )
    say("Originals and copies of photos stay; delete them by hand if they must go. So do old backups of data/.")
