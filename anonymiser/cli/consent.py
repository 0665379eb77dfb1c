"""`anonymise consent`: import consents, look them up, and record what families say afterwards."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from anonymiser import wording
from anonymiser.cli.consent_mapping import asked, say_open
from anonymiser.cli.consent_report import dossier_json, print_dossier, print_report, report_json
from anonymiser.cli.console import OutputFile, console, emit, here, json_option, open_register, say, workspace_option
from anonymiser.consent.people import group_key
from anonymiser.consent.register import local_today
from anonymiser.consent.rules import BiometricFact, Ruling
from anonymiser.consent.tabular import neutralised
from anonymiser.errors import ExitCode, UsageError
from anonymiser.school import BiometricsImported, Coverage, Imported, MappingNeeded, School
from anonymiser.values.consent import Hold, Medium, Purpose

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DATE = click.DateTime(["%d/%m/%Y", "%Y-%m-%d"])
_EVIDENCE = click.option(
    "--evidence", required=True, metavar="REF", help='Where the paper is ("form 12 March, office file 7").'
)


@click.group()
def consent() -> None:
    """Import consents; record withdrawals, holds and consents to face recognition."""


@consent.command("import")
@click.argument("file", type=_FILE)
@click.option("--mapping", type=_FILE, help="What the columns and answers of this export mean (TOML).")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--partial", is_flag=True, help="The file covers part of the school; everybody else keeps what they have."
)
@click.option("--complete", is_flag=True, help="The file covers the whole school, although it is much shorter.")
@click.option("--again", is_flag=True, help="The file was imported before, and is still the newest.")
@click.option(
    "--accept-new-yes", is_flag=True, help="A no on record may become a yes, although no date shows which is newer."
)
@click.option("--accept-turned", is_flag=True, help="Most answers may be the opposite of before, or most people new.")
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

    Anything that is not a clear yes counts as no. An import never undoes a withdrawal, never goes beyond a written
    consent, never lifts a hold, and never counts as consent to face recognition.
    """
    if partial and complete:
        raise UsageError("--partial and --complete contradict each other", remedy="Give one of them, or none.")
    coverage = Coverage.PARTIAL if partial else Coverage.COMPLETE if complete else Coverage.USUAL
    with open_register(workspace) as school:

        def bring_in(mapping: Path | None) -> Imported | MappingNeeded:
            return school.import_consents(
                file,
                mapping,
                coverage,
                again=again,
                dry_run=dry_run,
                accept_new_yes=accept_new_yes,
                accept_turned=accept_turned,
            )

        done = bring_in(mapping)
        if isinstance(done, MappingNeeded) and not as_json and _somebody_is_there():
            done = _answered(school, done, bring_in)
        if isinstance(done, MappingNeeded):
            done.leave_proposal()
            say_open(done.proposal)
            raise done.refusal
    if as_json:
        emit({"dry_run": dry_run, "version": done.version} | report_json(done.report))
    print_report(done.report, done.parsed, dry_run=dry_run)


def _somebody_is_there() -> bool:
    """Whether questions can be asked: a person at a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _answered(
    school: School, needed: MappingNeeded, bring_in: Callable[[Path | None], Imported | MappingNeeded]
) -> Imported | MappingNeeded:
    """What the import does once a person has said what the columns mean; nothing changes if they do not confirm it."""
    if not needed.untouched:
        return needed
    confirmed = asked(needed.proposal, school.settings.publishing.purposes)
    if confirmed is None:
        return needed
    needed.keep(confirmed)
    say(f"Kept as {escape(str(needed.target))}: copy it beside the next export under that export's name.")
    return bring_in(needed.target)


@consent.command("list")
@click.option("--group", help="Only this class, club or team.")
@click.option("--csv", "csv_file", type=OutputFile(".csv"), help="Write the list to this file.")
@workspace_option
@json_option
def list_(group: str | None, csv_file: Path | None, workspace: Path | None, as_json: bool) -> None:
    """List everybody's id and name (with --json: no names)."""
    with open_register(workspace) as school:
        people = [person for person in school.register.people() if group is None or person.belongs_to(group)]
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
    with open_register(workspace) as school:
        purposes = tuple(map(Purpose, school.settings.publishing.purposes))
        dossier = school.register.dossier(school.register.find(person), purposes)
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
    with open_register(workspace) as school:
        who = school.register.find(person)
        what = None if purpose is None else school.purpose(purpose)
        destroyed = school.register.withdraw(who, evidence, what)
    say(f"{escape(who)}: consent for {escape(purpose or 'everything')} is withdrawn from now on.")
    if destroyed:
        say(f"{destroyed} face templates were destroyed.")
    say("Copies that are published already, or lie in the outbox, are not changed by this.")
    say(f"To see them and have them taken back: {here(f'anonymise find {who} --reissue')}")


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
    with open_register(workspace) as school:
        who = school.register.find(person)
        holds = school.register.grant(
            who,
            school.purpose(purpose),
            evidence,
            media=(Medium.IMAGE, Medium.VIDEO) if video else (Medium.IMAGE,),
            valid_from=valid_from.date() if valid_from else None,
            valid_to=until.date() if until else None,
        )
    say(f"{escape(who)}: written consent for {escape(purpose)} is recorded.")
    for hold in sorted(holds):
        say(f"[bold yellow]They stay hidden:[/] {hold} is set.")
        say(f"To lift it: {here(f'anonymise consent hold {who} {hold} --lift')}")
    if until is not None and until.date() < local_today():
        say("[bold yellow]careful:[/] its last day has passed, so it changes nothing today.")


@consent.command()
@click.argument("person")
@click.argument("kind", type=click.Choice([hold.value for hold in Hold]))
@click.option("--lift", is_flag=True, help="End the hold.")
@workspace_option
def hold(person: str, kind: str, lift: bool, workspace: Path | None) -> None:
    """Never show PERSON, whatever anybody agrees to. No reason is asked for or stored.

    never-publish: a photo that may show them waits in review, and nobody can approve it while the hold is set.
    never-shown: they are hidden in every photo, and so is everybody who could be them; the photo need not wait.
    never-photograph: like never-publish, for somebody who should not be in the picture at all.
    """
    with open_register(workspace) as school:
        register = school.register
        who = register.find(person)
        (register.lift_hold if lift else register.set_hold)(who, Hold(kind))
    say(f"{escape(who)}: {kind} is {'lifted' if lift else 'set'}.")
    if not lift:
        say(f"To see earlier copies and have them taken back: {here(f'anonymise find {who} --reissue')}")


@consent.command("look-alikes")
@click.argument("people", nargs=-1, required=True)
@click.option("--different", is_flag=True, help="A person has compared them, and their faces can be told apart.")
@workspace_option
def look_alikes(people: tuple[str, ...], different: bool, workspace: Path | None) -> None:
    """Declare twins, or others who look alike: each is shown only if all of them have agreed.

    Pairs that the program itself finds alike count as declared until somebody says --different.
    """
    with open_register(workspace) as school:
        found = [school.register.find(person) for person in people]
        school.register.declare_lookalikes(found, alike=not different)
    what = "may be told apart by their faces" if different else "declared as look-alikes"
    say(f"{escape(', '.join(found))}: {what}.")


@consent.command()
@click.argument("person")
@click.option("--parents-notified", type=_DATE, help="Day by which every parent had been told in writing.")
@click.option("--expires", type=_DATE, help="Last day of the consent.")
@click.option("--lifts-refusal", is_flag=True, help="Earlier objections were also taken back in writing.")
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
    with open_register(workspace) as school:
        register = school.register
        who = register.find(person)
        if refused is not None:
            fact = BiometricFact.CHILD_REFUSAL if refused == "child" else BiometricFact.OBJECTION
            register.record_biometric_refusal(who, fact, evidence)
            say(f"{escape(who)}: the refusal is recorded, and face templates are destroyed.")
            return
        if parents_notified is None or not evidence:
            raise UsageError(
                "a consent to face recognition needs --parents-notified and --evidence",
                remedy="Give the day by which every parent had been told in writing, and where the form is filed.",
            )
        ruling = register.record_biometric_consent(
            who,
            evidence=evidence,
            parents_notified=parents_notified.date(),
            expires=expires.date() if expires else None,
            lifts_refusal=lifts_refusal,
        )
    say(f"{escape(who)}: recorded. Face recognition {_may(ruling)}.")


def _may(ruling: Ruling) -> str:
    return f"may NOT be used: {escape(wording.say(ruling.because))}" if ruling.because else "may be used"


@consent.command("biometric-import")
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and record nothing.")
@workspace_option
@json_option
def biometric_import(file: Path, dry_run: bool, workspace: Path | None, as_json: bool) -> ExitCode:
    """Record written consents and refusals of face recognition from FILE.

    Columns: person_id, parents_notified, evidence, consented, objection; optional: expires, child_refused. A row that
    is not clear is listed, and whoever it is about is not recognised until you record what the family said.
    """
    with open_register(workspace) as school:
        done = school.import_biometrics(file, dry_run=dry_run)
    if as_json:
        emit(
            {
                "dry_run": dry_run,
                "people": {
                    person: {"granted": because is None, "because": wording.say(because) if because else ""}
                    for person, because in done.because.items()
                },
                "not_recorded": [{"row": row, "text": text} for row, text in done.doubtful.items()],
                "noticed": [{"row": row, "text": text} for row, text in done.noticed.items()],
            }
        )
    print_biometrics(done, dry_run=dry_run)
    return ExitCode.INCOMPLETE if done.doubtful else ExitCode.DONE


def print_biometrics(done: BiometricsImported, *, dry_run: bool) -> None:
    """For a person."""
    for row_number, text in done.doubtful.items():
        say(f"[yellow]row {row_number}:[/] not recorded: {escape(text)}")
    for row_number, text in done.noticed.items():
        say(f"row {row_number}: look at it: {escape(text)}")
    if done.doubtful:
        say(
            "Whoever these rows are about is not recognised until you correct them and import again, or record what "
            "the family said: anonymise consent biometric. No templates are destroyed."
        )
    would = "would be" if dry_run else "are"
    allowed = sum(because is None for because in done.because.values())
    say(f"{done.recorded} rows {would} recorded; face recognition may be used for {allowed} of these people.")
