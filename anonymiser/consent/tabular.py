"""Reads the tables that schools' systems export, whatever their encoding, delimiter or file name.

A spreadsheet is recognised by its bytes, because `.xlsx` files named `.csv` are common. Rows keep the number
that a spreadsheet program shows, so that a person can find them.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import hashlib
import io
import re
import warnings
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from anonymiser.errors import ImportRefused

MAX_BYTES = 64 * 2**20
"""Far above the export of the largest trust; more is no consent list."""
_MAX_UNPACKED_BYTES = 512 * 2**20
_DELIMITERS = ",;\t|"
_SAVE_AS_CSV = 'Open it in Excel, choose "Save as", then "CSV UTF-8", and import that file.'
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the file."""

    number: int
    """Counted from 1, blank rows included, as spreadsheet programs count."""
    cells: tuple[str, ...] = field(repr=False)

    @property
    def blank(self) -> bool:
        """Whether there is nothing in it."""
        return not any(self.cells)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's records, stripped of the space around their cells."""

    rows: tuple[Row, ...]
    sha256: str
    """Of the file's bytes."""


def read_sheet(path: Path) -> Sheet:
    """Read a CSV or Excel file.

    Raises ImportRefused, with the remedy, where the file is no table or cannot be read without guessing.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ImportRefused(f"{path.name} is too large to be a list of consents", remedy="Choose another file.")
        data = path.read_bytes()
    except OSError as error:
        raise ImportRefused(
            f"{path} cannot be read: {error.strerror}", remedy="Check the name, and close it in other programs."
        ) from error
    if data.startswith(b"PK\x03\x04"):
        records = _spreadsheet_records(data, path.name)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise ImportRefused(f"{path.name} is an old Excel file (.xls)", remedy=_SAVE_AS_CSV)
    elif data.startswith(b"%PDF"):
        raise ImportRefused(f"{path.name} is a PDF", remedy="Export the report again and choose CSV or Excel.")
    else:
        records = _delimited_records(decode(data, path.name), path.name)
    rows = tuple(
        Row(number, tuple(_stripped(cell) for cell in record)) for number, record in enumerate(records, start=1)
    )
    if all(row.blank for row in rows):
        raise ImportRefused(f"{path.name} is empty", remedy="Export it again.")
    return Sheet(rows, hashlib.sha256(data).hexdigest())


def decode(data: bytes, name: str) -> str:
    """Text of a file in UTF-8 or UTF-16 with or without its mark, else Windows-1252.

    Raises ImportRefused where none of them fits.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif b"\0" in data[:4096]:
        candidates = ["utf-16-le" if data[1:2] == b"\0" else "utf-16-be"]
    else:
        candidates = ["utf-8-sig", "cp1252"]
    for encoding in candidates:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ImportRefused(f"{name} is not text in any encoding that Excel or a school system writes", remedy=_SAVE_AS_CSV)


def neutralised(cell: str) -> str:
    """The cell as it is safe to export: a spreadsheet program must not run it as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_START) else cell


def _stripped(cell: str) -> str:
    bare = cell.replace("\N{NO-BREAK SPACE}", " ").strip()
    # what `neutralised` adds
    return bare[1:] if bare[:1] == "'" and bare[1:].startswith(_FORMULA_START) else bare


def _delimited_records(text: str, name: str) -> list[list[str]]:
    readings, damage = [], ""
    for delimiter in _DELIMITERS:
        try:
            readings.append(list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)))
        except csv.Error as error:
            damage = damage or str(error)
    best = max(readings, key=_regularity, default=[])
    if damage and _regularity(best) == (0, 0):
        raise ImportRefused(f"{name} is damaged: {damage}", remedy="A quotation mark may be missing. Export it again.")
    return best


def _regularity(records: list[list[str]]) -> tuple[int, int]:
    """How many records share the commonest number of cells, where that is more than one; then that number."""
    widths = Counter(len(record) for record in records if len(record) > 1)
    if not widths:
        return 0, 0
    width, count = widths.most_common(1)[0]
    return count, width


def _spreadsheet_records(data: bytes, name: str) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise ImportRefused(f"{name} is not a readable Excel file", remedy=_SAVE_AS_CSV) from error
    if unpacked > _MAX_UNPACKED_BYTES:
        raise ImportRefused(f"{name} unpacks to far too much", remedy=_SAVE_AS_CSV)
    filled = [sheet for sheet in _sheets(data, name) if any(any(row) for row in sheet)]
    if len(filled) != 1:
        raise ImportRefused(
            f"{name} has {len(filled)} sheets with content",
            remedy="Save the sheet with the consents as a CSV file and import that.",
        )
    return filled[0]


def _sheets(data: bytes, name: str) -> list[list[list[str]]]:
    import openpyxl  # noqa: PLC0415 - slow, and most exports are CSV

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles that other programs left out
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            return [[[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)] for sheet in book]
        except Exception as error:  # whatever the layers of XML and zip meet in a damaged file
            raise ImportRefused(f"{name} is not a readable Excel file", remedy=_SAVE_AS_CSV) from error


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case dt.datetime():
            return value.date().isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Date:
    """A cell that should hold a date."""

    value: dt.date | None
    """None where the cell is empty or holds no date."""
    readable: bool
    """False where there is something that is no date, or that could be two."""


_NUMERIC = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:[ T].*)?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?")
_WORDS = ("%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y")


def read_dates(cells: list[str]) -> list[Date]:
    """Read a column of dates in British order (or ISO, or with the month in words).

    One cell that only makes sense with the month first shows that the column was written by a program set to
    American order; then every cell that could be read both ways is doubtful, and so unreadable.
    """
    american = any(_only_month_first(cell) for cell in cells)
    return [_read_date(cell, doubtful=american) for cell in cells]


def _only_month_first(cell: str) -> bool:
    match = _NUMERIC.fullmatch(cell)
    return match is not None and int(match[1]) <= 12 < int(match[2])


def _read_date(cell: str, *, doubtful: bool) -> Date:
    if not cell:
        return Date(None, readable=True)
    try:
        if match := _ISO.fullmatch(cell):
            return Date(dt.date(int(match[1]), int(match[2]), int(match[3])), readable=True)
        if match := _NUMERIC.fullmatch(cell):
            day, month, year = (int(part) for part in match.groups())
            if doubtful and day <= 12 and day != month:
                return Date(None, readable=False)
            return Date(dt.date(year + 2000 if year < 100 else year, month, day), readable=True)
    except ValueError:
        return Date(None, readable=False)
    for form in _WORDS:
        try:
            return Date(dt.datetime.strptime(cell, form).date(), readable=True)  # noqa: DTZ007 - a day, not a moment
        except ValueError:
            continue
    return Date(None, readable=False)
