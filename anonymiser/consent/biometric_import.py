"""Reads lists of consents to face recognition: their own file, their own format, never part of a photo consent.

Columns: person_id, parents_notified, evidence, consented, objection, expires (may be missing or empty),
child_refused (may be missing). Only "no", "yes" and dates are understood. A row with anything else, with cells that do
not fit the headings, or with something that a person would see as taken back, is neither a consent nor a refusal: it is
listed, and whoever it may be about is in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from anonymiser.consent.body import Body
from anonymiser.consent.dates import Date
from anonymiser.consent.header import find_header, normalised
from anonymiser.consent.layout import Layout
from anonymiser.consent.mapping import NEVER_AGREED
from anonymiser.consent.owners import is_damaged_id
from anonymiser.consent.rules import BiometricFact, BiometricRecord
from anonymiser.consent.table import NO_VALUE, Mark, Row, Sheet
from anonymiser.consent.tabular import read_sheet
from anonymiser.errors import ImportRefused

_REQUIRED = ("person_id", "parents_notified", "evidence", "consented", "objection")
_OPTIONAL = ("expires", "child_refused")
_NOT_READ = ("forename", "surname", "preferred", "class", "group")
"""Columns that help whoever keeps the list, and cannot hold an answer."""
_ANSWERS = ("consented", "objection", "child_refused")
_YES_NO = {"yes": True, "no": False}
_FAILED = re.compile(rf"{re.escape(NO_VALUE)}|#N/A|#[A-Z0-9/]+[!?]")
_TAKEN_BACK = {
    Mark.STRUCK: "something in the row is struck out: delete the row, or write what counts",
    Mark.REMARK: "a comment hangs on the row: deal with it, and delete the comment",
    Mark.MERGED: "merged cells: split them, and write each answer",
    Mark.MERGED_ACROSS: "merged cells: split them, and write each answer",
}
_TO_LOOK_AT = {
    Mark.HIDDEN: "in a hidden row or column, or writing that nobody sees",
    Mark.COLOURED: "a coloured cell: the program does not know what the colour means",
}


@dataclass(frozen=True, slots=True)
class BiometricRow:
    """What one row records."""

    row: int
    person: str
    """As written in the file: an id of the register or of the school's own system."""
    record: BiometricRecord
    evidence: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BiometricFile:
    """A whole list."""

    rows: tuple[BiometricRow, ...]
    doubtful: Mapping[int, str]
    """Rows that are neither a consent nor a refusal, and why."""
    may_be_about: Mapping[int, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """For each doubtful row, the cells that may say who it is about."""
    noticed: Mapping[int, str] = field(default_factory=dict)
    """Rows that count, but that a person should look at, and why."""


def read_biometric_file(path: Path) -> BiometricFile:
    """Read every row; anything that is not a clear consent or a clear refusal is left out and listed.

    Raises ImportRefused if the file is not such a list, has a heading that the program does not know, or may be
    read wrongly as a whole.
    """
    sheet = read_sheet(path)
    return _List(sheet).read()


class _List:
    """One pass over a list."""

    def __init__(self, sheet: Sheet) -> None:
        headings = _known_headings(sheet)
        self._headings = headings
        self._body = Body(
            sheet,
            Layout(
                headings=headings,
                names=(),
                answers=tuple((heading, _YES_NO) for heading in _ANSWERS if heading in headings),
                free=frozenset({"evidence", "parents_notified", "expires"}),
            ),
        )
        self._notified = self._body.dates("parents_notified")
        self._expiry = self._body.dates("expires") if "expires" in headings else {}
        """By row number."""

    def read(self) -> BiometricFile:
        rows, doubtful, may_be_about = [], {}, {}
        for row in self._body.rows:
            read = self._doubt_of(row) or self._read(row)
            if isinstance(read, BiometricRecord):
                rows.append(BiometricRow(row.number, self._cell(row, "person_id"), read, self._cell(row, "evidence")))
            else:
                doubtful[row.number] = read
                # A cell too many or too few may have moved the id, too.
                misfit = row.number in self._body.misfits
                cells = row.cells if misfit else (self._cell(row, "person_id"),)
                may_be_about[row.number] = tuple(dict.fromkeys(filter(None, cells)))
        return BiometricFile(tuple(rows), doubtful, may_be_about, self._noticed())

    def _cell(self, row: Row, name: str) -> str:
        return self._body.cell(row, name) if name in self._headings else ""

    def _noticed(self) -> dict[int, str]:
        found: dict[int, str] = {}
        if unread := [self._body.header.row.cells[index] for index in self._body.unmapped()]:
            found[self._body.header.row.number] = f"these columns are not read: {', '.join(unread)}"
        for row in self._body.rows:
            marks = frozenset().union(*row.marks.values())
            if seen := [what for mark, what in _TO_LOOK_AT.items() if mark in marks]:
                found[row.number] = "; ".join(seen)
        return found

    def _doubt_of(self, row: Row) -> str:
        """Why nothing in the row counts, whatever it says; empty if it does."""
        if row.number in self._body.misfits:
            return (
                "the cells do not fit the headings: put evidence with a comma into quotation marks, or export it again"
            )
        above = self._body.header.row
        marks = frozenset().union(*row.marks.values())
        marks |= {mark for mark in (Mark.STRUCK, Mark.REMARK) if any(mark in seen for seen in above.marks.values())}
        for mark, why in _TAKEN_BACK.items():
            if mark in marks:
                return why
        if any(_FAILED.fullmatch(cell) for cell in row.cells):
            return "a formula that was not worked out or that failed: write what it should say"
        person = self._cell(row, "person_id")
        if not person:
            return "the id is missing"
        return "the id was damaged by a spreadsheet program: export it again" if is_damaged_id(person) else ""

    def _read(self, row: Row) -> BiometricRecord | str:
        """The record, or why there is none."""
        said = {name: normalised(self._cell(row, name)) for name in _ANSWERS}
        if unclear := [name for name, value in said.items() if value not in NEVER_AGREED and value not in _YES_NO]:
            return f"{' and '.join(unclear)} must be yes or no"
        told, ends = self._notified[row.number], self._expiry.get(row.number, Date(None, readable=True))
        evidence = normalised(self._cell(row, "evidence"))
        if evidence in _YES_NO:
            return "the evidence is a bare yes or no, so the answers may stand in other columns than their own"
        if not told.readable or not ends.readable:
            return "a date that cannot be read for sure: write it as 2026-08-31"
        if _YES_NO.get(said["child_refused"]):
            return BiometricRecord(0, BiometricFact.CHILD_REFUSAL)
        if said["objection"] == "yes" or said["consented"] == "no":
            return BiometricRecord(0, BiometricFact.OBJECTION)
        if said["consented"] != "yes" or said["objection"] != "no" or said["child_refused"] not in {"", "no"}:
            return "consented and objection must each be yes or no, child_refused yes, no or empty"
        if told.value is None:
            return "the day on which the parents were notified is missing"
        if evidence in NEVER_AGREED:
            return "the evidence is missing"
        return BiometricRecord(0, BiometricFact.CONSENT, told.value, ends.value)


def _known_headings(sheet: Sheet) -> tuple[str, ...]:
    """The headings that are read. Raises ImportRefused if there is one that may hold an answer nobody explained."""
    header = find_header(sheet, _REQUIRED)
    keys = [key for key, cell in zip(header.keys, header.row.cells, strict=True) if cell]
    if unknown := [key for key in keys if key not in {*_REQUIRED, *_OPTIONAL, *_NOT_READ}]:
        raise ImportRefused(
            f"the heading {unknown[0]!r} is none of a list of consents to face recognition, or stands there twice",
            remedy=f"Delete the column if it says nothing about recognition. Known are: "
            f"{', '.join((*_REQUIRED, *_OPTIONAL, *_NOT_READ))}.",
        )
    return (*_REQUIRED, *(name for name in _OPTIONAL if name in keys))
