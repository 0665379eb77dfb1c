"""How an import and a person's page of the register look: for people on the terminal, for programs as JSON.

JSON never holds a name or a cell of the file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict

from rich.markup import escape
from rich.table import Table

from anonymiser.cli.console import console, here, say
from anonymiser.consent.consents import Key
from anonymiser.consent.history import Dossier
from anonymiser.consent.importing import Count, ImportReport
from anonymiser.consent.parsed import ParsedFile, ProblemKind
from anonymiser.consent.rules import Ruling
from anonymiser.values.consent import Medium
from anonymiser.values.people import PersonId
from anonymiser.wording import say as say_reason
from anonymiser.wording import why as why_refused

_SHOWN = 20
"""Lines of a list on the terminal; --json has all of them."""
_COUNTED = {
    "yes": "yes",
    "no": "no",
    "no answer": "blank",
    "of the no: on hold": "held",
    "of the no: ended": "ended",
    "of the no: withdrawn": "withdrawn",
}


def report_json(report: ImportReport) -> dict[str, object]:
    """For a program."""
    problems = [{"kind": p.kind, "text": p.text, "rows": list(p.rows)} for p in report.problems]
    named = {ProblemKind.UNMATCHED: "unmatched", ProblemKind.DUPLICATE: "duplicate"}
    return {
        "people": report.people,
        "already_imported": report.already_imported.isoformat() if report.already_imported else None,
        "statements": report.statements,
        "new": list(report.new),
        "changed": [
            {
                "person": change.person,
                "purpose": change.key[0],
                "medium": change.key[1],
                "before": _state(change.before.why),
                "after": _state(change.after.why),
            }
            for change in report.changed
        ],
        "withdrawn": _of(report.withdrawn),
        "from_no_to_yes": _of(report.new_yes),
        "held_back": _of(report.held_back),
        "bounded_in_writing": _of(report.bounded),
        "counts": [
            {
                "purpose": count.key[0],
                "medium": count.key[1],
                "before": asdict(count.before),
                "after": asdict(count.after),
            }
            for count in report.counts
        ],
        "unused_columns": list(report.unused),
        "vanished": list(report.vanished),
        "held": [{"person": person, "hold": hold} for person, hold in report.held],
        "renamed": list(report.renamed),
        **{name: [p for p in problems if p["kind"] == kind] for kind, name in named.items()},
        "refused": [p for p in problems if p["kind"] not in named],
    }


def _of(entries: Sequence[tuple[PersonId, Key]]) -> list[dict[str, str]]:
    return [{"person": person, "purpose": purpose, "medium": medium} for person, (purpose, medium) in entries]


def _state(why: str | None) -> str:
    return "granted" if why is None else f"refused: {why_refused(why)}"


def print_report(report: ImportReport, parsed: ParsedFile, *, dry_run: bool) -> None:
    """For a person."""
    if report.already_imported:
        confirms = "would confirm" if dry_run else "confirms"
        say(
            f"This file says the same as the one of {_moment(report.already_imported)}; nothing has changed. "
            f"It {confirms} what is on record, which counts as new again."
        )
    table = Table("what", "how many", "which")
    changed = [f"{change.person} {_place(change.key)}" for change in report.changed]
    for what, entries in (
        ("new people", list(report.new)),
        ("answers changed", changed),
        ("from no to yes", _people(report.new_yes)),
        (
            "[bold yellow]no stays[/], although the file says yes: nothing shows which is newer",
            _people(report.held_back),
        ),
        ("a written consent ends earlier than the file says, and counts", _people(report.bounded)),
        ("withdrawal stands although the file says yes", _people(report.withdrawn)),
        ("no longer in the list: consents end", list(report.vanished)),
        ("holds set", [f"{person} {hold}" for person, hold in report.held]),
        ("names changed", list(report.renamed)),
        ("[bold yellow]questions that the mapping leaves out[/]", [f'"{heading}"' for heading in report.unused]),
    ):
        if entries:
            table.add_row(what, str(len(entries)), _some(entries))
    for problem in report.problems:
        table.add_row(escape(problem.text), str(len(problem.rows)), f"row {_some([str(n) for n in problem.rows])}")
    if table.row_count:
        console().print(table)
    print_counts(report.counts)
    if report.held_back:
        say("Those that stay no: have the families agreed since? If so, import again with --accept-new-yes,")
        say(f"or record each paper: {here('anonymise consent grant PERSON --purpose PURPOSE --evidence REF')}")
    if report.already_imported:
        return
    purposes = ", ".join(dict.fromkeys(purpose for purpose, _ in sorted(parsed.covers)))
    done = "would be recorded; this was a dry run" if dry_run else "recorded"
    say(f"{report.people} people, {report.statements} answers {done}. Purposes: {escape(purposes)}.")
    if len(report.new) == report.people and not dry_run:
        say(f"Next: put photos into a folder of the inbox, one for each event, and run: {here('anonymise batch')}")


def print_counts(counts: Sequence[Count]) -> None:
    """How many agree, before and after; columns that only say why it is a no are left out if they are empty."""
    tallies = [(asdict(count.before), asdict(count.after)) for count in counts]
    columns = [
        (heading, name)
        for heading, name in _COUNTED.items()
        if not heading.startswith("of the no") or any(tally[name] for pair in tallies for tally in pair)
    ]
    table = Table("how many agree", *(heading for heading, _ in columns))
    for count, (before, after) in zip(counts, tallies, strict=True):
        cells = [
            str(after[name]) if before[name] == after[name] else f"{before[name]} -> {after[name]}"
            for _, name in columns
        ]
        table.add_row(escape(_place(count.key)), *cells)
    console().print(table)


def _people(entries: Sequence[tuple[PersonId, Key]]) -> list[str]:
    return [f"{person} {_place(key)}" for person, key in entries]


def _place(key: Key) -> str:
    purpose, medium = key
    return purpose if medium is Medium.IMAGE else f"{purpose} ({medium})"


def _some(entries: Sequence[str]) -> str:
    more = f" and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    return escape(", ".join(entries[:_SHOWN]) + more)


def dossier_json(dossier: Dossier) -> dict[str, object]:
    """For a program."""
    return {
        "person": dossier.person.id,
        "groups": list(dossier.person.groups),
        "role": dossier.person.role,
        "present": dossier.person.present,
        "holds": sorted(dossier.holds),
        "consents": [
            {"purpose": purpose, "medium": medium, "granted": ruling.granted, "because": _because(ruling)}
            for (purpose, medium), ruling in dossier.rulings.items()
        ],
        "biometric": {"granted": dossier.biometric.granted, "because": _because(dossier.biometric)},
        "templates": dossier.templates,
        "templates_expire": dossier.templates_expire.isoformat() if dossier.templates_expire else None,
        "history": [{"at": entry.at.isoformat(), "what": entry.what} for entry in dossier.entries],
    }


def print_dossier(dossier: Dossier) -> None:
    """For a person; the one place, with `consent list`, that shows a name."""
    person = dossier.person
    left = "" if person.present else ", no longer in the school's list"
    say(f"[bold]{escape(person.names.full[0])}[/] ({escape(person.id)}), {person.role}{left}")
    say(f"class: {escape(', '.join(person.groups)) or 'none'}")
    for hold in sorted(dossier.holds):
        say(f"[bold red]{hold}[/]")
    table = Table("may be shown", "", "why not")
    for (purpose, medium), ruling in dossier.rulings.items():
        shown = "yes" if ruling.granted else "no"
        table.add_row(escape(_place((purpose, medium))), shown, escape(_because(ruling)))
    recognised = f"yes, {dossier.templates} templates" if dossier.biometric.granted else "no"
    table.add_row("face recognition", recognised, escape(_because(dossier.biometric)))
    console().print(table)
    past = Table("recorded", "what", "evidence")
    for entry in dossier.entries:
        past.add_row(_moment(entry.at), escape(entry.what), escape(entry.evidence))
    console().print(past)


def _moment(at: dt.datetime) -> str:
    return f"{at.astimezone():%d/%m/%Y %H:%M}"


def _because(ruling: Ruling) -> str:
    return say_reason(ruling.because) if ruling.because else ""
