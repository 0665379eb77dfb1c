"""From a consent export to one answer per person, purpose and medium; without a register.

Everything that is not a clear yes becomes a refusal and is listed: a blank, a value nobody explained, parents
who disagree, a date that could be two, two pupils of one name. Biometric consent cannot be expressed here.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from anonymiser.consent.consents import Key
from anonymiser.consent.mapping import Mapping, canonical, find_header, load_mapping, normalised
from anonymiser.consent.people import Names, name_key, source_key
from anonymiser.consent.rules import Why
from anonymiser.consent.tabular import Date, Row, Sheet, read_dates, read_sheet
from anonymiser.values.consent import Hold, Medium, Purpose
from anonymiser.values.people import Role

_DAMAGED_ID = re.compile(r"\d+(\.\d+)?[eE]\+\d+|#.*")
"""What Excel makes of a long number, and of a formula that failed."""
_TOTALS = re.compile(r"(grand )?total\b.*|count\b.*|number of\b.*")


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


@dataclass(frozen=True, slots=True)
class Problem:
    """Something for a person to look at, by row; quotes no cell, because a cell may hold a name."""

    kind: ProblemKind
    text: str
    rows: tuple[int, ...]
    """Row numbers as a spreadsheet program shows them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the file says about one person, purpose and medium."""

    why: Why | None
    """None where it is a clear yes."""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One person of the file."""

    names: Names = field(repr=False)
    groups: tuple[str, ...] | None
    """None where the file has no such column, and the register keeps what it knows."""
    role: Role | None
    answers: dict[Key, Answer]
    holds: frozenset[Hold]
    row: int
    """First row about the person."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """Everything that one consent file says, resolved."""

    sha256: str
    mapping_sha256: str
    covers: frozenset[Key]
    people: tuple[Listed, ...]
    problems: tuple[Problem, ...]
    doubtful: frozenset[str] = field(repr=False)
    """Name keys of rows that belong to nobody for sure; whoever has such a name is refused."""


def parse_file(path: Path, mapping_file: Path | None, purposes: Iterable[str]) -> ParsedFile | Sheet:
    """Read a consent file; the bare Sheet where it is not in the program's format and has no mapping yet.

    Raises ImportRefused where the file or the mapping cannot be used.
    """
    sheet = read_sheet(path)
    mapping = canonical(sheet, purposes) if mapping_file is None else load_mapping(mapping_file)
    return sheet if mapping is None else parse(sheet, mapping)


def parse(sheet: Sheet, mapping: Mapping) -> ParsedFile:
    """Resolve every row of `sheet` by `mapping`.

    Raises ImportRefused where a mapped column is missing.
    """
    return _Parser(sheet, mapping).parse()


class _Parser:
    """One pass over a file; collects problems on the way."""

    def __init__(self, sheet: Sheet, mapping: Mapping) -> None:
        self._sheet = sheet
        self._mapping = mapping
        header = find_header(sheet, mapping.headings)
        self._at = {heading: header.find(heading) for heading in mapping.headings}
        self._rows = [row for row in sheet.rows if row.number > header.row.number and not row.blank]
        columns = mapping.columns
        self._dates: dict[str, dict[int, Date]] = {}
        for heading in (columns.answered_on, columns.valid_from, columns.valid_to):
            if heading is not None:
                dates = read_dates([self._cell(row, heading) for row in self._rows])
                self._dates[heading] = {row.number: date for row, date in zip(self._rows, dates, strict=True)}
        self._questions = {
            (purpose, medium): [
                (question.column, question.meanings)
                for question in mapping.consent
                if question.purpose == purpose and medium in question.media
            ]
            for purpose, medium in sorted(mapping.covers)
        }
        self._found: dict[tuple[ProblemKind, str], list[int]] = defaultdict(list)
        self._doubtful: set[str] = set()

    def parse(self) -> ParsedFile:
        people = tuple(self._person(names, rows) for names, rows in self._rows_by_person())
        return ParsedFile(
            sha256=self._sheet.sha256,
            mapping_sha256=self._mapping.sha256,
            covers=self._mapping.covers,
            people=people,
            problems=tuple(
                Problem(kind, text, tuple(dict.fromkeys(rows))) for (kind, text), rows in self._found.items()
            ),
            doubtful=frozenset(self._doubtful),
        )

    def _cell(self, row: Row, heading: str | None) -> str:
        index = None if heading is None else self._at[heading]
        return row.cells[index] if index is not None and index < len(row.cells) else ""

    def _note(self, kind: ProblemKind, text: str, rows: Iterable[Row]) -> None:
        self._found[kind, text].extend(row.number for row in rows)

    def _names(self, row: Row) -> Names:
        columns = self._mapping.columns
        headings = (columns.forename, columns.surname, columns.preferred, columns.person_id)
        return Names(*(" ".join(self._cell(row, heading).split()) for heading in headings))

    def _rows_by_person(self) -> list[tuple[Names, list[Row]]]:
        """Rows of each person; those that belong to nobody for sure are noted and make their name doubtful."""
        groups: dict[str, list[tuple[Names, Row]]] = defaultdict(list)
        by_id = self._mapping.columns.person_id is not None
        for row in self._rows:
            names = self._names(row)
            if any(_TOTALS.fullmatch(normalised(cell)) for cell in row.cells[:2]):
                self._note(ProblemKind.UNMATCHED, "a row of totals, not a person", [row])
            elif not name_key(names.forename) or not name_key(names.surname):
                self._note(ProblemKind.UNMATCHED, "the name is incomplete", [row])
                self._doubtful |= names.keys
            elif by_id and not names.source_id:
                self._note(ProblemKind.UNMATCHED, "the id is missing", [row])
                self._doubtful |= names.keys
            elif by_id and _DAMAGED_ID.fullmatch(names.source_id):
                self._note(ProblemKind.UNMATCHED, "the id was damaged by a spreadsheet program", [row])
                self._doubtful |= names.keys
            else:
                key = source_key(names.source_id) if by_id else name_key(names.full[0])
                groups[key].append((names, row))
        for entries in groups.values():
            if len(entries) > 1:
                self._check_repeated(entries)
        return [(entries[0][0], [row for _, row in entries]) for entries in groups.values()]

    def _check_repeated(self, entries: list[tuple[Names, Row]]) -> None:
        """Note rows under one key; where they may be about several people, their names become doubtful."""
        rows = [row for _, row in entries]
        if len({frozenset(name_key(part) for part in (n.forename, n.surname)) for n, _ in entries}) > 1:
            self._note(ProblemKind.AMBIGUOUS, "one id, several names", rows)
            for names, _ in entries:
                self._doubtful |= names.keys
        elif self._mapping.columns.parent is not None:
            return
        elif self._mapping.columns.person_id is None:
            self._note(ProblemKind.AMBIGUOUS, "one name, several rows, and no id to tell them apart", rows)
            self._doubtful |= entries[0][0].keys
        else:
            self._note(ProblemKind.DUPLICATE, "the same person in several rows: all of them must agree", rows)

    def _person(self, names: Names, rows: list[Row]) -> Listed:
        columns = self._mapping.columns
        roles = {normalised(self._cell(row, columns.role)) for row in rows} & set(Role)
        groups = dict.fromkeys(
            group.strip()
            for row in rows
            for heading in columns.groups
            for group in self._cell(row, heading).split(";")
            if group.strip()
        )
        counting = self._newest_per_parent(rows)
        return Listed(
            names=names,
            groups=tuple(groups) if columns.groups else None,
            role=Role(roles.pop()) if len(roles) == 1 else None,
            answers={key: self._answer(key, counting) for key in self._questions},
            holds=frozenset(hold for row in rows for hold in self._holds(row)),
            row=rows[0].number,
        )

    def _newest_per_parent(self, rows: list[Row]) -> list[Row]:
        """Of several rows by one parent the one answered last, where their dates leave no doubt."""
        columns = self._mapping.columns
        if columns.parent is None or columns.answered_on is None:
            return rows
        by_parent: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_parent[normalised(self._cell(row, columns.parent))].append(row)
        counting: list[Row] = []
        for parent, answers in by_parent.items():
            dates = [self._dates[columns.answered_on][row.number].value for row in answers]
            known = [date for date in dates if date is not None]
            if parent and len(known) == len(answers):
                latest = max(known)
                counting += [row for row, date in zip(answers, dates, strict=True) if date == latest]
            else:
                counting += answers
                if len(answers) > 1:
                    self._note(ProblemKind.DATE, "it is not certain which of a parent's answers is the last", answers)
        return counting

    def _holds(self, row: Row) -> Iterable[Hold]:
        for part in self._cell(row, self._mapping.columns.hold).split(";"):
            value = "-".join(normalised(part).split())
            if value in set(Hold):
                yield Hold(value)
            elif value not in {"", "none", "no"}:
                self._note(ProblemKind.HOLD, "a hold that is not understood counts as never-publish", [row])
                yield Hold.NEVER_PUBLISH

    def _answer(self, key: Key, rows: Sequence[Row]) -> Answer:
        readings = {self._reading(key, row) for row in rows}
        if len(readings) > 1 and None in readings:
            self._note(ProblemKind.CONFLICT, f"{_text(key)}: the answers on record disagree", rows)
            return Answer(Why.CONFLICT)
        if (why := _weightiest(readings)) is not None:
            return Answer(why)
        starts, ends = self._validity(rows)
        if any(not date.readable for date in starts + ends):
            self._note(ProblemKind.DATE, "a date that cannot be read for sure: no consent", rows)
            return Answer(Why.DATE)
        return Answer(
            None,
            max((date.value for date in starts if date.value), default=None),
            min((date.value for date in ends if date.value), default=None),
        )

    def _validity(self, rows: Sequence[Row]) -> tuple[list[Date], list[Date]]:
        columns = self._mapping.columns
        starts = [self._dates[columns.valid_from][row.number] for row in rows] if columns.valid_from else []
        ends = [self._dates[columns.valid_to][row.number] for row in rows] if columns.valid_to else []
        return starts, ends

    def _reading(self, key: Key, row: Row) -> Why | None:
        """One row's answer: yes only where every column about the purpose and medium says yes."""
        found: set[Why | None] = set()
        for column, meanings in self._questions[key]:
            cell = self._cell(row, column)
            match meanings.get(normalised(cell)):
                case True:
                    found.add(None)
                case False:
                    found.add(Why.SAID_NO if cell else Why.BLANK)
                case None if not cell:
                    self._note(ProblemKind.BLANK, f"{_text(key)}: no answer", [row])
                    found.add(Why.BLANK)
                case None:
                    self._note(ProblemKind.UNLISTED, f"{_text(key)}: an answer that the mapping does not list", [row])
                    found.add(Why.UNLISTED)
        return _weightiest(found)


def _weightiest(found: set[Why | None]) -> Why | None:
    """The refusal to report of several; None where there is none."""
    return next((why for why in (Why.SAID_NO, Why.UNLISTED, Why.BLANK) if why in found), None)


def _text(key: tuple[Purpose, Medium]) -> str:
    purpose, medium = key
    return purpose if medium is Medium.IMAGE else f"{purpose} ({medium})"
