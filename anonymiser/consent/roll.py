"""Everybody at a glance: who agrees to what, counted and one by one, from one reading of the register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from anonymiser.consent import consents
from anonymiser.consent.database import Session
from anonymiser.consent.people import Person
from anonymiser.consent.rules import strongest
from anonymiser.values.consent import Hold, Medium, Purpose
from anonymiser.values.people import PersonId


@dataclass(frozen=True, slots=True)
class Line:
    """One person."""

    person: Person = field(repr=False)
    granted: tuple[bool, ...]
    """For an image, by purpose in the order that was asked for."""
    hold: Hold | None
    """The strictest that is set."""


@dataclass(frozen=True, slots=True)
class Roll:
    """Everybody, and how many."""

    lines: tuple[Line, ...] = field(repr=False)
    """In order of their ids."""
    counts: Mapping[consents.Key, consents.Tally]
    """For the purposes that were asked for, and for whatever else is on record."""


def read_roll(session: Session, people: Mapping[PersonId, Person], purposes: Iterable[Purpose], on: dt.date) -> Roll:
    """The answers of `people`, who are everybody that `session` sees, on the day `on`."""
    asked = [(purpose, Medium.IMAGE) for purpose in purposes]
    rulings = consents.read_rulings(session, dict.fromkeys([*asked, *consents.read_asked(session)]), on)
    holds = consents.read_holds(session)
    present = frozenset(person for person, known in people.items() if known.present)
    lines = tuple(
        Line(
            known,
            tuple(rulings[key][person][0].granted for key in asked),
            strongest(holds[person]) if person in holds else None,
        )
        for person, known in people.items()
    )
    return Roll(lines, consents.tallied(rulings, present))
