"""A table as it was read, before anybody knows what its columns mean."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

NO_VALUE = "#NOT-WORKED-OUT!"
"""Marks a formula without a value: not an answer, a date, a name or an id, but not an empty cell either."""


@enum.unique
class Mark(enum.Enum):
    """What a person sees in a cell besides its text."""

    STRUCK = enum.auto()
    """Struck out, wholly or partly."""
    HIDDEN = enum.auto()
    """In a hidden row or column, or written in white."""
    REMARK = enum.auto()
    """It has a comment or a note."""
    COLOURED = enum.auto()
    MERGED = enum.auto()
    """One of several rows that were merged into one cell."""
    MERGED_ACROSS = enum.auto()
    """One of several columns that were merged into one cell."""
    STORED_DATE = enum.auto()
    """Stored as a date, so that the order of day and month in which it was typed is lost."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the file."""

    number: int
    """Counted from 1, blank rows included, as spreadsheet programs count."""
    cells: tuple[str, ...] = field(repr=False)
    marks: Mapping[int, frozenset[Mark]] = field(default_factory=dict)
    """By index of the cell; cells without marks are absent."""

    @property
    def blank(self) -> bool:
        """Whether there is nothing in it."""
        return not any(self.cells)

    def has(self, index: int, mark: Mark) -> bool:
        """Whether the cell at `index` carries `mark`."""
        return mark in self.marks.get(index, frozenset())


@dataclass(frozen=True, slots=True)
class Note:
    """Something written beside the cells of a workbook: a comment, a sheet's name, a text box, a page header."""

    text: str = field(repr=False)
    row: int = 0
    """Number of the row on which it hangs; 0 for the whole sheet."""
    index: int = -1
    """Of the cell on which it hangs; -1 for the whole sheet."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's records, without the space around their cells."""

    rows: tuple[Row, ...]
    sha256: str
    """Hash of the file's bytes."""
    delimiter: str = ""
    """What separates the cells of a text file; empty for a workbook, whose structure is never in doubt."""
    notes: tuple[Note, ...] = field(default=(), repr=False)
