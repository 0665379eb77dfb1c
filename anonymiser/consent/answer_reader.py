"""What one person's rows say about each purpose and medium, and about holds; whatever is doubtful says no."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

from anonymiser.consent.body import Body
from anonymiser.consent.consents import Key
from anonymiser.consent.dates import Date
from anonymiser.consent.header import normalised
from anonymiser.consent.mapping import Mapping
from anonymiser.consent.parsed import Answer, ProblemKind
from anonymiser.consent.rules import Why
from anonymiser.consent.table import Mark, Row, Sheet
from anonymiser.values.consent import Hold, Medium, Purpose


class AnswerReader:
    """Reads the answers of a file by its mapping, and collects problems on the way."""

    def __init__(self, sheet: Sheet, mapping: Mapping) -> None:
        self._sheet = sheet
        self._mapping = mapping
        self._body = Body(sheet, mapping.layout)
        self._cell = self._body.cell
        columns = mapping.columns
        self._dates: dict[str, dict[int, Date]] = {
            heading: self._body.dates(heading)
            for heading in (columns.answered_on, columns.valid_from, columns.valid_to)
            if heading is not None
        }
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
        self._doubts: dict[int, Why] = {}
        """Rows that say no whatever stands in them."""

    def _note(self, kind: ProblemKind, text: str, rows: Iterable[Row]) -> None:
        self._found[kind, text].extend(row.number for row in rows)

    def _holds(self, row: Row) -> Iterable[Hold]:
        misfit = row.number in self._body.misfits
        held = row.cells if misfit else [self._cell(row, self._mapping.columns.hold)]
        for part in (part for cell in held for part in cell.split(";")):
            value = "-".join(normalised(part).split())
            if value in set(Hold):
                yield Hold(value)
            elif value not in {"", "none", "no"} and not misfit:
                self._note(ProblemKind.HOLD, "a hold that is not understood counts as never-publish", [row])
                yield Hold.NEVER_PUBLISH

    def _agrees(self, row: Row) -> tuple[bool, ...]:
        """Whether the row says yes, for each question."""
        return tuple(q.meanings.get(normalised(self._cell(row, q.column))) is True for q in self._mapping.consent)

    def _groups(self, row: Row) -> list[str]:
        cells = (self._cell(row, heading) for heading in self._mapping.columns.groups)
        return [group.strip() for cell in cells for group in cell.split(";") if group.strip()]

    def _answer(self, key: Key, rows: Sequence[Row], counting: Sequence[Row]) -> Answer:
        """What the rows of one person say; `counting` are those that no later row replaces."""
        answered = self._answered_on(counting)
        if doubts := [self._doubts[row.number] for row in rows if row.number in self._doubts]:
            return Answer(doubts[0], answered_on=answered)
        readings = {self._reading(key, row) for row in counting}
        if len(readings) > 1 and None in readings:
            self._note(ProblemKind.CONFLICT, f"{_text(key)}: the answers on record disagree", counting)
            return Answer(Why.CONFLICT, answered_on=answered)
        if (why := _weightiest(readings)) is not None:
            return Answer(why, answered_on=answered)
        starts, ends = self._validity(counting)
        if any(not date.readable for date in starts + ends):
            self._note(ProblemKind.DATE, "a date that cannot be read for sure: no consent", counting)
            return Answer(Why.DATE, answered_on=answered)
        first = max((date.value for date in starts if date.value), default=None)
        last = min((date.value for date in ends if date.value), default=None)
        if first is not None and last is not None and last < first:
            self._note(ProblemKind.DATE, "the last day is before the first: no consent", counting)
            return Answer(Why.NO_DAY, answered_on=answered)
        return Answer(None, first, last, answered)

    def _answered_on(self, rows: Sequence[Row]) -> dt.date | None:
        """The latest day on which somebody answered, where every row says when."""
        heading = self._mapping.columns.answered_on
        dates = [self._dates[heading][row.number].value for row in rows] if heading is not None else []
        known = [date for date in dates if date is not None]
        return max(known) if known and len(known) == len(rows) else None

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
            if self._body.marked(row, column, Mark.STRUCK) and cell:
                found.add(Why.STRUCK)
                continue
            match meanings.get(normalised(cell)):
                case True if row.marks and self._is_merged(row, column):
                    found.add(Why.MERGED)
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

    def _is_merged(self, row: Row, column: str) -> bool:
        return any(self._body.marked(row, column, mark) for mark in (Mark.MERGED, Mark.MERGED_ACROSS))


def _weightiest(found: set[Why | None]) -> Why | None:
    """The refusal to report of several; None where there is none."""
    return next((why for why in (Why.SAID_NO, Why.STRUCK, Why.UNLISTED, Why.BLANK, Why.MERGED) if why in found), None)


def _text(key: tuple[Purpose, Medium]) -> str:
    purpose, medium = key
    return purpose if medium is Medium.IMAGE else f"{purpose} ({medium})"
