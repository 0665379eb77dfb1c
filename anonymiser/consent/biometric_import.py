"""Reads lists of consents to face recognition: their own file, their own format, never part of a photo consent.

Columns: person_id, parents_notified, evidence, consented, objection, expires (may be missing or empty),
child_refused (may be missing). Only "no", "yes" and dates are understood; a row with anything else is not a consent,
and is listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from anonymiser.consent.dates import Date, read_dates
from anonymiser.consent.header import find_header, normalised
from anonymiser.consent.rules import BiometricFact, BiometricRecord
from anonymiser.consent.table import Row
from anonymiser.consent.tabular import read_sheet

_REQUIRED = ("person_id", "parents_notified", "evidence", "consented", "objection")
_OPTIONAL = ("expires", "child_refused")
_YES_NO = {"yes": True, "no": False}


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
    """Rows that record nothing, and why."""


def read_biometric_file(path: Path) -> BiometricFile:
    """Read every row; anything that is not a clear consent or a clear refusal is left out and listed.

    Raises ImportRefused if the file is not such a list.
    """
    sheet = read_sheet(path)
    header = find_header(sheet, _REQUIRED)
    body = [row for row in sheet.rows if row.number > header.row.number and not row.blank]
    at = {name: header.find(name) for name in _REQUIRED} | {
        name: header.find(name) for name in _OPTIONAL if header.has([name])
    }
    notified = read_dates([_cell(row, at, "parents_notified") for row in body])
    expiry = read_dates([_cell(row, at, "expires") for row in body])
    rows, doubtful = [], {}
    for row, told, ends in zip(body, notified, expiry, strict=True):
        read = _read(row, at, told, ends)
        if isinstance(read, BiometricRecord):
            rows.append(BiometricRow(row.number, _cell(row, at, "person_id"), read, _cell(row, at, "evidence")))
        else:
            doubtful[row.number] = read
    return BiometricFile(tuple(rows), doubtful)


def _cell(row: Row, at: Mapping[str, int], name: str) -> str:
    index = at.get(name, len(row.cells))
    return row.cells[index] if index < len(row.cells) else ""


def _read(row: Row, at: Mapping[str, int], told: Date, ends: Date) -> BiometricRecord | str:
    """The record, or why there is none."""
    consented, objection, child = (
        _YES_NO.get(normalised(_cell(row, at, name))) for name in ("consented", "objection", "child_refused")
    )
    if not _cell(row, at, "person_id"):
        return "the id is missing"
    if child or normalised(_cell(row, at, "child_refused")) not in {"", "no"}:
        return BiometricRecord(0, BiometricFact.CHILD_REFUSAL)
    if objection or consented is False:
        return BiometricRecord(0, BiometricFact.OBJECTION)
    if consented is None or objection is None:
        return "consented and objection must each be yes or no"
    if told.value is None:
        return "the day on which the parents were notified is missing or cannot be read for sure"
    if not ends.readable:
        return "the last day cannot be read for sure"
    if not _cell(row, at, "evidence"):
        return "the evidence is missing"
    return BiometricRecord(0, BiometricFact.CONSENT, told.value, ends.value)
