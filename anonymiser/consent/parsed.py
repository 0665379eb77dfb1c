"""What one consent file says, resolved, before it meets the register."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from anonymiser.consent.consents import Key
from anonymiser.consent.people import Names, group_key, name_key, source_key
from anonymiser.consent.rules import Why
from anonymiser.values.consent import Hold
from anonymiser.values.people import Role


@enum.unique
class ProblemKind(enum.StrEnum):
    """Why something in the file was read as a refusal, or not at all."""

    BLANK = "blank"
    UNLISTED = "unlisted"
    DATE = "date"
    CONFLICT = "conflict"
    DUPLICATE = "duplicate"
    AMBIGUOUS = "ambiguous"
    UNMATCHED = "unmatched"
    HOLD = "hold"
    MISFIT = "misfit"
    STRUCK = "struck"
    REMARK = "remark"
    MERGED = "merged"
    NAME = "name"
    HIDDEN = "hidden"
    COLOURED = "coloured"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something for a person to look at, by row; it quotes no cell, because a cell may hold a name."""

    kind: ProblemKind
    text: str
    rows: tuple[int, ...]
    """Row numbers as a spreadsheet program shows them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the file says about one person, purpose and medium."""

    why: Why | None
    """None if it is a clear yes."""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    answered_on: dt.date | None = None
    """Day on which the family answered; None if the file does not say."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One person of the file."""

    names: Names = field(repr=False)
    groups: tuple[str, ...] | None
    """None if the file has no such column, and the register keeps what it knows."""
    role: Role | None
    answers: dict[Key, Answer]
    holds: frozenset[Hold]
    row: int
    """First row about the person."""
    certain: bool = True
    """False if cells may be in the wrong columns: the register then keeps the name and class that it knows."""


@dataclass(frozen=True, slots=True)
class Suspected:
    """Whom a row may be about, without any certainty: all of them are refused, and its holds count for all of them."""

    ids: frozenset[str] = field(repr=False)
    """As `source_key` makes them."""
    names: frozenset[str] = field(repr=False)
    """As `name_key` makes them."""
    holds: frozenset[Hold]
    parts: frozenset[str] = field(default=frozenset(), repr=False)
    """A forename or a surname, if the row says no more: everybody who has it may be meant."""
    groups: frozenset[str] = field(default=frozenset(), repr=False)
    """Classes of the row, as `group_key` makes them: nobody is meant by its `parts` who is in others."""

    def may_mean(self, names: Names, groups: Iterable[str]) -> bool:
        """Whether half a name in the row is half of these."""
        classes = set(map(group_key, groups))
        known = {name_key(part) for part in (names.forename, names.surname, names.preferred)} - {""}
        return bool(known & self.parts) and not (classes and self.groups and self.groups.isdisjoint(classes))


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """Everything that one consent file says, resolved."""

    sha256: str
    mapping_sha256: str
    covers: frozenset[Key]
    people: tuple[Listed, ...]
    problems: tuple[Problem, ...]
    doubtful: frozenset[str] = field(repr=False)
    """Name keys of rows that may belong to several people; everybody with such a name is refused."""
    unused: tuple[str, ...] = ()
    """Headings of columns that look like questions and that the mapping does not mention."""
    suspected: tuple[Suspected, ...] = field(default=(), repr=False)
    nameless: tuple[Listed, ...] = ()
    """People of whom the file gives only the id: refused if the register knows the id, else nobody."""

    @property
    def content_sha256(self) -> str:
        """Hash of what was read: equal for two files that say the same, whatever their bytes, rows and columns.

        Somebody without a role is a pupil, as in the register.
        """
        people = sorted(
            [
                source_key(listed.names.source_id),
                *(name_key(part) for part in (listed.names.forename, listed.names.surname, listed.names.preferred)),
                list(listed.groups or ()),
                str(listed.role or Role.PUPIL),
                sorted(map(str, listed.holds)),
                [
                    [*key, str(answer.why), *map(str, (answer.valid_from, answer.valid_to, answer.answered_on))]
                    for key, answer in sorted(listed.answers.items())
                ],
            ]
            for listed in (*self.people, *self.nameless)
        )
        said = [sorted(self.covers), people, sorted(self.doubtful)]
        if suspected := sorted([sorted(s.ids), sorted(s.names), sorted(map(str, s.holds))] for s in self.suspected):
            said.append(suspected)
        if halves := sorted([sorted(s.parts), sorted(s.groups)] for s in self.suspected if s.parts):
            said.append(halves)
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()
