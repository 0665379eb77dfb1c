"""From an export that the program has not seen to a mapping that a person has confirmed.

The proposal is written beside the export. Whoever sits at the terminal is asked what it leaves open and confirms the
whole once; otherwise the file waits to be edited.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.console import console, say
from anonymiser.consent.header import normalised
from anonymiser.consent.mapping import NEVER_AGREED
from anonymiser.consent.proposal import Proposal, Question, propose
from anonymiser.consent.table import Sheet
from anonymiser.errors import ImportRefused


def mapping_for(file: Path, sheet: Sheet, purposes: Sequence[str], *, ask: bool) -> Path:
    """The confirmed mapping beside `file`; proposed and, if `ask`, completed in a dialogue where there is none.

    Raises ImportRefused where it is still to be checked.
    """
    target = file.with_name(f"{file.stem}.mapping.toml")
    if _is_confirmed(target):
        say(f"The columns are read as {escape(str(target))} says.")
        return target
    proposal = propose(sheet)
    untouched = not target.exists() or target.read_text(encoding="utf-8") == proposal.text
    if ask and untouched:
        confirmed = _asked(proposal, purposes)
        if confirmed is not None:
            _write(target, confirmed.render(confirmed=True))
            say(f"Kept as {escape(str(target))}: copy it beside the next export under that export's name.")
            return target
    if not target.exists():
        _write(target, proposal.text)
    for heading in proposal.inverted:
        say(f'[bold red]careful:[/] under "{escape(heading)}" a yes may mean NO; only you can say')
    for heading in proposal.unclear:
        say(f'[bold yellow]open:[/] which answers under "{escape(heading)}" mean that the family agrees?')
    for heading in proposal.unused:
        say(f'left out: "{escape(heading)}"')
    raise ImportRefused(
        "the program does not know yet what the columns of this export mean",
        remedy=f"Check {target}, set confirmed = true, and run again with --mapping {target.name}",
    )


def _is_confirmed(target: Path) -> bool:
    """Whether a person has confirmed the mapping; one that cannot be read is reported when it is loaded."""
    try:
        return tomllib.loads(target.read_text(encoding="utf-8-sig")).get("confirmed") is True
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False


def _write(target: Path, text: str) -> None:
    try:
        target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ImportRefused(
            f"this export needs a mapping, and {target} cannot be written: {error.strerror}",
            remedy="Copy the export to a folder of your own and try again.",
        ) from error


def _asked(proposal: Proposal, purposes: Sequence[str]) -> Proposal | None:
    """The proposal with a person's answers; None where they do not confirm it."""
    say("What do the columns of this export mean? Nothing is imported before you have confirmed it.")
    questions: list[Question] = []
    unused = list(proposal.unused)
    for question in proposal.questions:
        complete = _completed(question, purposes) if question.open else question
        if complete is None:
            unused.append(question.heading)
        else:
            questions.append(complete)
    if not questions:
        return None
    checked = replace(proposal, questions=tuple(questions), unused=tuple(unused))
    _show(checked)
    return checked if click.confirm("Is every line right?", default=False, err=True) else None


def _completed(question: Question, purposes: Sequence[str]) -> Question | None:
    """The question with what was open; None where the column is to be left out."""
    answers = [value for value in question.values if normalised(value) not in NEVER_AGREED]
    say()
    say(f'[bold]"{escape(question.heading)}"[/]')
    if question.inverted:
        say("[bold red]careful:[/] here a yes may mean that the family does NOT agree")
    if not question.granted:
        for number, answer in enumerate(answers, start=1):
            say(f"  {number}  {escape(answer)}")
        chosen = _chosen(answers)
        if not chosen:
            return None
        question = question.meaning_yes(chosen)
    if not question.purpose:
        purpose = click.prompt("For what may the pictures be used?", type=click.Choice(list(purposes)), err=True)
        question = replace(question, purpose=purpose)
    return question


def _chosen(answers: Sequence[str]) -> list[str]:
    """The answers that mean agreement, by their numbers."""
    while answers:
        text = click.prompt(
            "Which mean that the family AGREES? Numbers, or 0 to leave the column out", type=str, err=True
        )
        numbers = text.replace(",", " ").split()
        if numbers == ["0"]:
            break
        if numbers and all(number.isdecimal() and 1 <= int(number) <= len(answers) for number in numbers):
            return [answers[int(number) - 1] for number in dict.fromkeys(numbers)]
    return []


def _show(proposal: Proposal) -> None:
    columns = Table("column", "is")
    for name, heading in proposal.columns:
        columns.add_row(escape(heading), _NAMES[name])
    for heading in proposal.unused:
        columns.add_row(escape(heading), "left out")
    console().print(columns)
    table = Table("question", "purpose", "means YES", "means no")
    for question in proposal.questions:
        table.add_row(
            escape(question.heading),
            f"{escape(question.purpose)} ({', '.join(question.media)})",
            escape(", ".join(question.granted)),
            escape(", ".join([*question.refused, *question.other, "anything else"])),
        )
    console().print(table)


_NAMES = {
    "person_id": "the child's id",
    "forename": "the child's forename",
    "surname": "the child's surname",
    "name": "the child's name",
    "preferred": "the name in daily use",
    "groups": "the class",
    "parent": "who answered",
    "answered_on": "when they answered",
    "valid_from": "the first day of the consent",
    "valid_to": "the last day of the consent",
}
