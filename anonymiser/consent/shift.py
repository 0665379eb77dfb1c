"""Rows whose cells have moved into other columns, although their number is right.

A cell was deleted and the row moved to the left, or a comma split a name and a blank at the end was lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from anonymiser.consent.header import normalised
from anonymiser.consent.layout import Layout
from anonymiser.consent.mapping import NEVER_AGREED
from anonymiser.consent.table import Row

_WORDS_OF_A_HOLD = frozenset({"no", "n", "yes", "y", "true", "false", "t", "f", "\u2713", "x"})
"""Such a word in the column of holds may be somebody's hold."""
_SURNAMES = frozenset({"no", "true"})
"""Answers that are a name too."""


class Shift:
    """What must not stand in which column: answers where a person is named, a class among the answers."""

    def __init__(self, rows: Sequence[Row], layout: Layout, at: Mapping[str, int]) -> None:
        self._questions = {at[heading] for heading, _ in layout.answers}
        self._meanings = {
            index: {value for heading, meanings in layout.answers if at[heading] == index for value in meanings}
            for index in self._questions
        }
        words = set[str]().union(*self._meanings.values()) - NEVER_AGREED
        self._words = {word for word in words if not word.isdigit()}
        self._details = {at[heading] for heading in layout.details} - self._questions
        self._names = {at[heading] for heading in layout.names} - self._questions
        self._groups = {at[heading] for heading in layout.groups} - self._questions
        self._details |= self._unmapped_details(rows, set(at.values()))
        self._hold = at[layout.hold] if layout.hold is not None else -1
        self._class_rows = Counter(_cell(row, index) for row in rows for index in self._groups)
        self._classes = {
            part
            for row in rows
            for index in self._groups
            for part in _parts(_cell(row, index))
            if part not in self._words
        }
        self._shapes = {_shape(part) for part in self._classes if any(map(str.isdigit, part))} - {"9"}

    def _unmapped_details(self, rows: Sequence[Row], mapped: set[int]) -> set[int]:
        """Columns that the mapping does not know, with a number (a birthday, a year) in most rows and few answers."""
        found: set[int] = set()
        for index in set(range(max((len(row.cells) for row in rows), default=0))) - mapped:
            cells = [_cell(row, index) for row in rows]
            numbers = sum(any(map(str.isdigit, cell)) for cell in cells)
            if numbers > len(rows) / 2 and sum(cell in self._words for cell in cells) * 2 <= numbers:
                found.add(index)
        return found

    def shows_in(self, row: Row) -> bool:
        """Whether a cell of the row can only have come from another column."""
        if any(_cell(row, index) in self._words for index in self._details) and not self._is_somebody_called_so(row):
            return True
        if self._hold not in self._questions and _cell(row, self._hold) in self._words - _WORDS_OF_A_HOLD:
            return True
        return any(self._is_class(_cell(row, index), index) for index in self._questions)

    def _is_somebody_called_so(self, row: Row) -> bool:
        """Whether the only answer among the details is a surname (No, True), and every other cell is in its column.

        A cell that was lost or came in would leave something else in a column of classes or of answers, or a blank.
        """
        found = [index for index in self._details if _cell(row, index) in self._words]
        if len(found) != 1 or found[0] not in self._names or _cell(row, found[0]) not in _SURNAMES:
            return False
        others = self._names - set(found)
        named = others and all(_cell(row, index) and _cell(row, index) not in self._classes for index in others)
        in_class = all(self._class_rows[_cell(row, index)] > 1 for index in self._groups)
        blanks = NEVER_AGREED if any(index > found[0] for index in self._groups) else frozenset[str]()
        answered = all(_cell(row, index) in {*self._meanings[index], *blanks} for index in self._questions)
        return bool(named) and in_class and answered

    def _is_class(self, cell: str, index: int) -> bool:
        if not cell or cell in self._meanings[index] or cell in NEVER_AGREED:
            return False
        return cell in self._classes or _shape(cell) in self._shapes


def _cell(row: Row, index: int) -> str:
    return normalised(row.cells[index]) if 0 <= index < len(row.cells) else ""


def _parts(cell: str) -> list[str]:
    return [part for part in (cell, *map(str.strip, cell.split(";"))) if part]


def _shape(text: str) -> str:
    """The pattern of letters and digits: 9a for 3B."""
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text))
