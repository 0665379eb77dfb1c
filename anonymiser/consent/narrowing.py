"""When an import may widen what is on record, and when it may only narrow it."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from anonymiser.consent import schema
from anonymiser.consent.consents import Key
from anonymiser.consent.database import Session
from anonymiser.consent.freshness import last_confirmed
from anonymiser.consent.rules import Statement, Why, newest, written_word
from anonymiser.values.people import PersonId


def goes_beyond(history: Sequence[Statement], said: Statement) -> bool:
    """Whether `said` agrees on a day on which what is on record does not.

    A first answer after nothing but blanks does not widen anything, because nobody has said no. That is different from
    a yes that a blank has replaced.
    """
    before = newest(history)
    if said.why is not None or before is None:
        return False
    if before.why is None:
        return not said.within(before).same_days(said)
    return any(statement.why is not Why.BLANK for statement in history)


class Ages:
    """The day by which what is on record was known."""

    def __init__(self, session: Session, today: dt.date) -> None:
        self._session = session
        self._today = today

    def is_newer(self, person: PersonId, key: Key, said: Statement, before: Statement) -> bool:
        """Whether the family gave the answer `said` after `before`, for certain.

        If the answer on record has no date of its own, it was last known on the day when it was recorded, or when a
        list repeated it.
        """
        if said.answered_on is None:
            return False
        if before.answered_on is not None:
            return said.answered_on > before.answered_on
        moments = [self._recorded[before.version]]
        if (confirmed := self._confirmed.get(key, {}).get(person)) is not None:
            moments.append(confirmed)
        return said.answered_on > max(moment.astimezone().date() for moment in moments)

    @functools.cached_property
    def _recorded(self) -> dict[int, dt.datetime]:
        change = schema.change.c
        return {row.version: row.at for row in self._session.connection.execute(select(change.version, change.at))}

    @functools.cached_property
    def _confirmed(self) -> dict[Key, dict[PersonId, dt.datetime]]:
        return last_confirmed(self._session)


@dataclass(slots=True)
class Narrowing:
    """Keeps what a file says within what is on record, and notes when that made a difference."""

    ages: Ages
    accept: bool
    """A person has said that a no may become a yes."""
    taken: list[tuple[PersonId, Key]] = field(default_factory=list)
    held_back: list[tuple[PersonId, Key]] = field(default_factory=list)
    bounded: list[tuple[PersonId, Key]] = field(default_factory=list)

    def narrowed(self, person: PersonId, key: Key, history: Sequence[Statement], said: Statement) -> Statement:
        """The statement to record; the one on record if the file adds nothing that may count."""
        if (word := written_word(history)) is not None:
            within = said.within(word)
            if not within.same_days(said):
                self.bounded.append((person, key))
            said = within
        before = newest(history)
        if before is None or not goes_beyond(history, said):
            return said
        if self.accept or self.ages.is_newer(person, key, said, before):
            self.taken.append((person, key))
            return said
        self.held_back.append((person, key))
        return before if before.why is not None else said.within(before)
