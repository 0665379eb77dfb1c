"""From an export that the program has not seen to a mapping that a person has confirmed.

The person at the terminal is asked about what the proposal leaves open, and confirms it all once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click
from rich.markup import escape
from rich.table import Table

from anonymiser.cli.console import console, say
from anonymiser.consent.header import normalised
from anonymiser.consent.mapping import NEVER_AGREED
from anonymiser.consent.proposal import Proposal, Question


def say_open(proposal: Proposal) -> None:
    """What the proposal leaves to a person."""
    for heading in proposal.inverted:
        say(f'[bold red]careful:[/] under "{escape(heading)}" a yes may mean NO; only you can say')
    for heading in proposal.unclear:
        say(f'[bold yellow]open:[/] which answers under "{escape(heading)}" mean that the family agrees?')
    for heading in proposal.unused:
        say(f'left out: "{escape(heading)}"')


def asked(proposal: Proposal, purposes: Sequence[str]) -> Proposal | None:
    """The proposal with a person's answers; None if they do not confirm it."""
    say("What do the columns of this export mean? Nothing is imported before you have confirmed it.")
    questions: list[Question] = []
    left_out: list[str] = []
    for question in proposal.questions:
        complete = _completed(question, purposes) if question.open else question
        if complete is None:
            left_out.append(question.heading)
        else:
            questions.append(complete)
    if not questions:
        return None
    checked = replace(
        proposal, questions=tuple(questions), unused=(*proposal.unused, *left_out), left_out=tuple(left_out)
    )
    _show(checked)
    return checked if click.confirm("Is every line right?", default=False, err=True) else None


def _completed(question: Question, purposes: Sequence[str]) -> Question | None:
    """The question with what was open; None if the column is to be left out."""
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
    "hold": "who must not be shown",
    "role": "pupil, staff or visitor",
}
