"""From the register's rows to "has agreed" or "has not": pure functions without a database.

There are five rules. The newest statement about a person, purpose and medium counts. It never goes beyond the days of
the newest written consent. A withdrawal beats every statement until a person records a newer written consent. A hold
beats everything. Anything else (no statement, a date that has passed or not come) is a refusal.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace

from anonymiser.values.consent import Hold, Purpose
from anonymiser.values.reasons import Code, Reason


@enum.unique
class Source(enum.StrEnum):
    """Where a statement comes from."""

    IMPORT = "import"
    WRITTEN = "written"
    """Recorded by a person who has the family's own words; only this overcomes a withdrawal."""


@enum.unique
class Why(enum.StrEnum):
    """What made a statement a refusal: a stable name that registers keep; wording.py has the English."""

    SAID_NO = "said-no"
    BLANK = "blank"
    UNLISTED = "unlisted"
    CONFLICT = "conflict"
    DATE = "date"
    AMBIGUOUS = "ambiguous"
    VANISHED = "vanished"
    MISFIT = "misfit"
    STRUCK = "struck"
    REMARK = "remark"
    MERGED = "merged"
    NAME = "name"
    NO_DAY = "no-day"


@dataclass(frozen=True, slots=True)
class Statement:
    """One append-only consent row about one person, purpose and medium."""

    version: int
    """Version of the register that recorded it: the order of events, whatever any clock said."""
    source: Source
    why: Why | None
    """None if the family agreed."""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    """Last day of the consent, included; None: until withdrawn."""
    answered_on: dt.date | None = None
    """Day on which the family answered, according to the list; None if it did not say."""

    def same_answer(self, other: Statement) -> bool:
        """Whether recording `other` after this one would tell nothing new; a later answer of the same kind is new."""
        later = other.answered_on is not None and (self.answered_on is None or other.answered_on > self.answered_on)
        return not later and self.same_days(other) and self.why == other.why

    def same_days(self, other: Statement) -> bool:
        """Whether the family agrees on the same days in both."""
        if self.why is not None or other.why is not None:
            return (self.why is None) == (other.why is None)
        return (self.valid_from, self.valid_to) == (other.valid_from, other.valid_to)

    def within(self, bound: Statement) -> Statement:
        """This statement, limited to the days on which `bound` agrees too."""
        if self.why is not None:
            return self
        if bound.why is not None:
            return replace(self, why=bound.why, valid_from=None, valid_to=None)
        first = max((day for day in (self.valid_from, bound.valid_from) if day is not None), default=None)
        last = min((day for day in (self.valid_to, bound.valid_to) if day is not None), default=None)
        if first is not None and last is not None and last < first:
            return replace(self, why=Why.NO_DAY, valid_from=None, valid_to=None)
        return replace(self, valid_from=first, valid_to=last)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether one person may be shown, and why not."""

    because: Reason | None = None
    """Why not; None if granted."""

    @property
    def granted(self) -> bool:
        """Whether the person may be shown."""
        return self.because is None


def newest(statements: Iterable[Statement]) -> Statement | None:
    """The statement that was recorded last."""
    last = None
    for statement in statements:
        if last is None or statement.version > last.version:
            last = statement
    return last


def written_word(statements: Iterable[Statement]) -> Statement | None:
    """The newest written consent, which no import may go beyond; None if there is none."""
    return newest(s for s in statements if s.source is Source.WRITTEN and s.why is None)


def withdrawal_stands(statements: Iterable[Statement], withdrawn_in: int) -> bool:
    """Whether no written consent is newer than the withdrawal of version `withdrawn_in` (0: never withdrawn)."""
    return withdrawn_in > 0 and not any(
        statement.source is Source.WRITTEN and statement.why is None and statement.version > withdrawn_in
        for statement in statements
    )


def rule(
    purpose: Purpose,
    statements: tuple[Statement, ...],
    *,
    withdrawn_in: int,
    holds: frozenset[Hold],
    on: dt.date,
) -> Ruling:
    """Decide one person, purpose and medium for the day `on`.

    `withdrawn_in` is the version of the newest withdrawal that covers the purpose and medium, 0 for none.
    """
    if holds:
        return Ruling(Code.MUST_NOT_BE_SHOWN())
    if withdrawal_stands(statements, withdrawn_in):
        return Ruling(Code.WITHDRAWN(purpose=purpose))
    statement = newest(statements)
    if statement is None:
        return Ruling(_no_consent(purpose, Why.BLANK))
    if (word := written_word(statements)) is not None:
        statement = statement.within(word)
    if statement.why is not None:
        return Ruling(_no_consent(purpose, statement.why))
    if statement.valid_from is not None and on < statement.valid_from:
        return Ruling(Code.NOT_YET(purpose=purpose, first_day=statement.valid_from.isoformat()))
    if statement.valid_to is not None and on > statement.valid_to:
        return Ruling(Code.ENDED(purpose=purpose, last_day=statement.valid_to.isoformat()))
    return Ruling()


def _no_consent(purpose: Purpose, why: Why) -> Reason:
    return Code.NO_CONSENT(purpose=purpose, why=why.value)


def strongest(holds: Iterable[Hold]) -> Hold:
    """The hold that counts if several are set: the strictest.

    Raises StopIteration if there is none.
    """
    found = frozenset(holds)
    return next(hold for hold in (Hold.NEVER_PHOTOGRAPH, Hold.NEVER_PUBLISH, Hold.NEVER_SHOWN) if hold in found)


@enum.unique
class BiometricFact(enum.StrEnum):
    """What can be recorded about face recognition of one person."""

    CONSENT = "consent"
    OBJECTION = "objection"
    """By any parent, or the consent's withdrawal."""
    CHILD_REFUSAL = "child-refusal"
    """The child's own no, at any age and in any form."""
    DOUBT = "doubt"
    """A list says something about the person that may be a no: not used until a person records what it was."""

    @property
    def refuses(self) -> bool:
        """Whether it is a no, which destroys the templates."""
        return self in {BiometricFact.OBJECTION, BiometricFact.CHILD_REFUSAL}


@dataclass(frozen=True, slots=True)
class BiometricRecord:
    """One append-only row of the biometric record."""

    version: int
    fact: BiometricFact
    parents_notified: dt.date | None = None
    """Day by which every parent had been told in writing; without it a consent does not count."""
    valid_to: dt.date | None = None
    lifts_refusal: bool = False
    """The written consent also ends every earlier objection and refusal in writing."""


def biometric_ruling(records: Iterable[BiometricRecord], on: dt.date) -> Ruling:
    """Whether the person's face may be processed on the day `on`.

    Protection of Freedoms Act 2012, section 26: every parent notified, one written consent, no parent
    objecting, and the child not refusing. So one objection stands against any number of consents by others until its
    own end is recorded. A doubt stands until a consent or a refusal is recorded after it.
    """
    consent: BiometricRecord | None = None
    refused = in_doubt = False
    for record in sorted(records, key=lambda record: record.version):
        if record.fact.refuses:
            consent, refused = None, True
        elif record.fact is BiometricFact.DOUBT:
            consent, in_doubt = None, True
        elif record.lifts_refusal or not refused:
            consent, refused, in_doubt = record, False, False
    if refused:
        return Ruling(Code.BIOMETRIC_REFUSED())
    if in_doubt:
        return Ruling(Code.BIOMETRIC_IN_DOUBT())
    if consent is None:
        return Ruling(Code.BIOMETRIC_NO_RECORD())
    if consent.parents_notified is None or consent.parents_notified > on:
        return Ruling(Code.BIOMETRIC_NOT_NOTIFIED())
    if consent.valid_to is not None and consent.valid_to < on:
        return Ruling(Code.BIOMETRIC_ENDED(last_day=consent.valid_to.isoformat()))
    return Ruling()
