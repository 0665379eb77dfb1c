"""`anonymise consent`: bring in consents, look them up, record what families say afterwards."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.consent_mapping import mapping_for
from anonymiser.cli.consent_report import dossier_json, print_dossier, print_report, report_json
from anonymiser.cli.console import console, emit, json_option, open_workspace, say, workspace_option
from anonymiser.consent.biometric_import import read_biometric_file
from anonymiser.consent.csv_import import parse, parse_file
from anonymiser.consent.importing import Coverage
from anonymiser.consent.mapping import load_mapping
from anonymiser.consent.people import group_key
from anonymiser.consent.register import Register, local_today
from anonymiser.consent.rules import BiometricFact
from anonymiser.consent.table import Sheet
from anonymiser.consent.tabular import neutralised
from anonymiser.errors import UsageError
from anonymiser.values.consent import Hold, Medium, Purpose
from anonymiser.values.people import PersonId
from anonymiser.workspace import Workspace

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DATE = click.DateTime(["%d/%m/%Y", "%Y-%m-%d"])
_EVIDENCE = click.option(
    "--evidence", required=True, metavar="REF", help='Where the paper is ("form 12 March, office file 7").'
)


@contextmanager
def open_register(given: Path | None) -> Iterator[tuple[Workspace, Register]]:
    """The workspace and its register; tells what there is to say about a new one's key."""
    workspace = open_workspace(given)
    with Register.open(workspace) as register:
        for notice in register.notices:
            say(f"[bold yellow]note:[/] {escape(notice)}")
        yield workspace, register


@click.group()
def consent() -> None:
    """Bring in consents; record withdrawals, holds and consents to face recognition."""


@consent.command("import")
@click.argument("file", type=_FILE)
@click.option("--mapping", type=_FILE, help="What the columns and answers of this export mean (TOML).")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--partial", is_flag=True, help="The file is a part of the school; the others keep what they have.")
@click.option("--complete", is_flag=True, help="The file is the whole school, although it is much shorter.")
@click.option("--again", is_flag=True, help="The file was imported before, and is the newest all the same.")
@click.option(
    "--accept-new-yes", is_flag=True, help="A no on record may become a yes, although no date shows which is newer."
)
@click.option("--accept-turned", is_flag=True, help="Most answers of a purpose may be the opposite of before.")
@workspace_option
@json_option
def import_(
    file: Path,
    mapping: Path | None,
    dry_run: bool,
    partial: bool,
    complete: bool,
    again: bool,
    accept_new_yes: bool,
    accept_turned: bool,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Import FILE (CSV or Excel): all of it, or nothing.

    Whatever is not a clear yes counts as no. An import never undoes a withdrawal, never goes beyond a written consent,
    never lifts a hold, and never counts as consent to face recognition.
    """
    if partial and complete:
        raise UsageError("--partial and --complete contradict each other", remedy="Give one of them, or none.")
    coverage = Coverage.PARTIAL if partial else Coverage.COMPLETE if complete else Coverage.USUAL
    with open_register(workspace) as (place, register):
        purposes = place.settings.publishing.purposes
        parsed = parse_file(file, mapping, purposes)
        if isinstance(parsed, Sheet):
            found = mapping_for(file, parsed, purposes, ask=not as_json and _somebody_is_there())
            parsed = parse(parsed, load_mapping(found))
        report = register.import_consents(
            parsed,
            coverage,
            again=again,
            dry_run=dry_run,
            accept_new_yes=accept_new_yes,
            accept_turned=accept_turned,
        )
        version = register.version
    if as_json:
        emit({"dry_run": dry_run, "version": version} | report_json(report))
    print_report(report, parsed, dry_run=dry_run)


def _somebody_is_there() -> bool:
    """Whether questions can be asked: a person at a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


@consent.command("list")
@click.option("--group", help="Only this class, club or team.")
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the list to this file.")
@workspace_option
@json_option
def list_(group: str | None, csv_file: Path | None, workspace: Path | None, as_json: bool) -> None:
    """List everybody's id and name (with --json: no names)."""
    with open_register(workspace) as (_, register):
        people = [person for person in register.people() if group is None or person.belongs_to(group)]
    if csv_file is not None:
        with csv_file.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("person_id", "forename", "surname", "class"))
            for person in people:
                row = (person.id, person.names.forename, person.names.surname, "; ".join(person.groups))
                writer.writerow(map(neutralised, row))
        say(f"{len(people)} people are in {escape(str(csv_file))}. It holds names: delete it when it has served.")
        return
    for person in people if as_json else ():
        emit({"person": person.id, "groups": list(person.groups), "role": person.role, "present": person.present})
    if as_json:
        return
    table = Table("id", "name", "class", "role", "")
    for person in sorted(people, key=lambda person: (sorted(map(group_key, person.groups)), person.names.surname)):
        name, groups = escape(person.names.full[0]), escape(", ".join(person.groups))
        table.add_row(escape(person.id), name, groups, person.role, "" if person.present else "left")
    console().print(table)


@consent.command()
@click.argument("person")
@workspace_option
@json_option
def show(person: str, workspace: Path | None, as_json: bool) -> None:
    """Show everything on record about PERSON (with --json: no names)."""
    with open_register(workspace) as (place, register):
        purposes = tuple(map(Purpose, place.settings.publishing.purposes))
        dossier = register.dossier(register.find(person), purposes)
    if as_json:
        emit(dossier_json(dossier))
    else:
        print_dossier(dossier)


@consent.command()
@click.argument("person")
@click.option("--purpose", help="Only this purpose (default: everything, face recognition included).")
@_EVIDENCE
@workspace_option
def withdraw(person: str, purpose: str | None, evidence: str, workspace: Path | None) -> None:
    """Record that the family of PERSON has withdrawn its consent."""
    with open_register(workspace) as (place, register):
        who = register.find(person)
        what = None if purpose is None else _purpose(place, purpose)
        destroyed = register.withdraw(who, evidence, what)
    say(f"{escape(who)}: consent for {escape(purpose or 'everything')} is withdrawn from now on.")
    if destroyed:
        say(f"{destroyed} face templates were destroyed.")
    say("Copies that are published already, or lie in the outbox, are not changed by this.")
    say(f"To see them and have them taken back: anonymise find {escape(who)} --reissue")


@consent.command()
@click.argument("person")
@click.option("--purpose", required=True, help="What the family has agreed to.")
@click.option("--video", is_flag=True, help="Video as well as pictures.")
@click.option("--from", "valid_from", type=_DATE, help="First day.")
@click.option("--until", type=_DATE, help="Last day.")
@_EVIDENCE
@workspace_option
def grant(
    person: str,
    purpose: str,
    video: bool,
    valid_from: dt.datetime | None,
    until: dt.datetime | None,
    evidence: str,
    workspace: Path | None,
) -> None:
    """Record a written consent for PERSON; the only thing that ends a withdrawal."""
    with open_register(workspace) as (place, register):
        who = register.find(person)
        holds = register.grant(
            who,
            _purpose(place, purpose),
            evidence,
            media=(Medium.IMAGE, Medium.VIDEO) if video else (Medium.IMAGE,),
            valid_from=valid_from.date() if valid_from else None,
            valid_to=until.date() if until else None,
        )
    say(f"{escape(who)}: written consent for {escape(purpose)} is recorded.")
    for hold in sorted(holds):
        say(f"[bold yellow]They stay hidden:[/] {hold} is set.")
        say(f"To lift it: anonymise consent hold {escape(who)} {hold} --lift")
    if until is not None and until.date() < local_today():
        say("[bold yellow]careful:[/] its last day has passed, so it changes nothing today.")


def _purpose(workspace: Workspace, text: str) -> Purpose:
    purposes = workspace.settings.publishing.purposes
    if text not in purposes:
        raise UsageError(f"this school has no purpose {text!r}", remedy=f"Use one of: {', '.join(purposes)}.")
    return Purpose(text)


@consent.command()
@click.argument("person")
@click.argument("kind", type=click.Choice([hold.value for hold in Hold]))
@click.option("--lift", is_flag=True, help="End the hold.")
@workspace_option
def hold(person: str, kind: str, lift: bool, workspace: Path | None) -> None:
    """Never show PERSON, whatever anybody agrees to. No reason is asked for or stored.

    never-publish: a photo that may show them waits in review, and nobody can approve it while the hold is set.
    never-shown: they are hidden in every photo, and so is everybody who could be them; the photo need not wait.
    never-photograph: as never-publish, for somebody who should not be in the picture at all.
    """
    with open_register(workspace) as (_, register):
        who = register.find(person)
        (register.lift_hold if lift else register.set_hold)(who, Hold(kind))
    say(f"{escape(who)}: {kind} is {'lifted' if lift else 'set'}.")
    if not lift:
        say(f"To see earlier copies and have them taken back: anonymise find {escape(who)} --reissue")


@consent.command("look-alikes")
@click.argument("people", nargs=-1, required=True)
@click.option("--different", is_flag=True, help="They were compared by a person, and their faces can be told apart.")
@workspace_option
def look_alikes(people: tuple[str, ...], different: bool, workspace: Path | None) -> None:
    """Declare twins, or others who look alike: each is shown only where all of them have agreed.

    Pairs that the program itself takes for look-alikes count as declared until somebody says --different.
    """
    with open_register(workspace) as (_, register):
        found = [register.find(person) for person in people]
        register.declare_lookalikes(found, alike=not different)
    what = "may be told apart by their faces" if different else "declared as look-alikes"
    say(f"{escape(', '.join(found))}: {what}.")


@consent.command()
@click.argument("person")
@click.option("--parents-notified", type=_DATE, help="Day on which every parent had been told in writing.")
@click.option("--expires", type=_DATE, help="Last day of the consent.")
@click.option("--lifts-refusal", is_flag=True, help="Earlier objections were taken back in writing as well.")
@click.option("--refused", type=click.Choice(["parent", "child"]), help="Record a refusal instead.")
@click.option("--evidence", default="", metavar="REF", help="Where the paper is; needed for a consent.")
@workspace_option
def biometric(
    person: str,
    parents_notified: dt.datetime | None,
    expires: dt.datetime | None,
    lifts_refusal: bool,
    refused: str | None,
    evidence: str,
    workspace: Path | None,
) -> None:
    """Record PERSON's written consent to face recognition, or a refusal by a parent or the child.

    One parent's written consent is needed, every parent must have been told, and one objection by a parent or
    the child outweighs every consent. A refusal needs no paper and destroys the face templates at once.
    """
    with open_register(workspace) as (_, register):
        who = register.find(person)
        if refused is not None:
            fact = BiometricFact.CHILD_REFUSAL if refused == "child" else BiometricFact.OBJECTION
            register.record_biometric_refusal(who, fact, evidence)
            say(f"{escape(who)}: the refusal is recorded, and face templates are destroyed.")
            return
        if parents_notified is None or not evidence:
            raise UsageError(
                "a consent to face recognition needs --parents-notified and --evidence",
                remedy="Give the day on which every parent had been told in writing, and where the form is filed.",
            )
        ruling = register.record_biometric_consent(
            who,
            evidence=evidence,
            parents_notified=parents_notified.date(),
            expires=expires.date() if expires else None,
            lifts_refusal=lifts_refusal,
        )
    say(f"{escape(who)}: recorded. Face recognition {_may(ruling.granted, ruling.because)}.")


def _may(granted: bool, because: str) -> str:
    return "may be used" if granted else f"may NOT be used: {escape(because)}"


@consent.command("biometric-import")
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and record nothing.")
@workspace_option
@json_option
def biometric_import(file: Path, dry_run: bool, workspace: Path | None, as_json: bool) -> None:
    """Record written consents and refusals of face recognition from FILE.

    Columns: person_id, parents_notified, evidence, consented, objection, and if wanted expires, child_refused.
    """
    listed = read_biometric_file(file)
    with open_register(workspace) as (_, register):
        entries = []
        doubtful = dict(listed.doubtful)
        for row in listed.rows:
            try:
                entries.append((register.find(row.person), row.record, row.evidence))
            except UsageError as error:
                doubtful[row.row] = error.message
        rulings = register.record_biometrics(entries, dry_run=dry_run)
    outcome: dict[PersonId, str] = {}
    for (person, _, _), ruling in zip(entries, rulings, strict=True):
        outcome[person] = ruling.because
    allowed = sum(not because for because in outcome.values())
    if as_json:
        emit(
            {
                "dry_run": dry_run,
                "people": {person: {"granted": not because, "because": because} for person, because in outcome.items()},
                "not_recorded": [{"row": row, "text": text} for row, text in sorted(doubtful.items())],
            }
        )
    for row_number, text in sorted(doubtful.items()):
        say(f"[yellow]row {row_number}:[/] not recorded: {escape(text)}")
    would = "would be" if dry_run else "are"
    say(f"{len(entries)} rows {would} recorded; face recognition may be used for {allowed} of these people.")
