"""Reads the tables that schools' systems export, whatever their encoding, delimiter or file name.

A spreadsheet is recognised by its bytes, because `.xlsx` files named `.csv` are common. Rows keep the number
that a spreadsheet program shows, so that a person can find them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections import Counter
from pathlib import Path

from anonymiser.consent.decoding import SAVE_AS_CSV, decode
from anonymiser.consent.excel import spreadsheet_rows
from anonymiser.consent.table import Mark, Note, Row, Sheet
from anonymiser.errors import ImportRefused

MAX_BYTES = 64 * 2**20
"""Far above the export of the largest trust; anything larger is not a list of consents."""
_DELIMITERS = ",;\t|"
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
_UNSEEN = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), 0x61C))
"""Signs without a shape: soft hyphens, joiners, marks of direction."""
_STROKES = re.compile("[\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20eb]")
"""Signs that strike out the letter before them, as web pages make them; no alphabet needs them."""


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
    delimiter = ""
    notes: tuple[Note, ...] = ()
    if data.startswith(b"PK\x03\x04"):
        rows, notes = spreadsheet_rows(data, path.name)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise ImportRefused(f"{path.name} is an old Excel file (.xls)", remedy=SAVE_AS_CSV)
    elif data.startswith(b"%PDF"):
        raise ImportRefused(f"{path.name} is a PDF", remedy="Export the report again and choose CSV or Excel.")
    else:
        delimiter, records = _delimited_records(decode(data, path.name), path.name)
        rows = tuple(Row(number, tuple(record)) for number, record in enumerate(records, start=1))
    rows = tuple(_without_strokes(Row(row.number, tuple(map(_stripped, row.cells)), row.marks)) for row in rows)
    if all(row.blank for row in rows):
        raise ImportRefused(f"{path.name} is empty", remedy="Export it again.")
    return Sheet(rows, hashlib.sha256(data).hexdigest(), delimiter, notes)


def _without_strokes(row: Row) -> Row:
    """The row in plain letters, its cells marked as struck out if strokes through their letters did that."""
    struck = [index for index, cell in enumerate(row.cells) if _STROKES.search(unicodedata.normalize("NFD", cell))]
    if not struck:
        return row
    cells = [
        unicodedata.normalize("NFC", _STROKES.sub("", unicodedata.normalize("NFD", cell))).strip()
        if index in struck
        else cell
        for index, cell in enumerate(row.cells)
    ]
    marks = dict(row.marks) | {index: row.marks.get(index, frozenset()) | {Mark.STRUCK} for index in struck}
    return Row(row.number, tuple(cells), marks)


def neutralised(cell: str) -> str:
    """The cell in a form that is safe to export: a spreadsheet program must not run it as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_START) else cell


def _stripped(cell: str) -> str:
    bare = cell.translate(_UNSEEN).replace("\N{NO-BREAK SPACE}", " ").strip()
    # what `neutralised` adds
    return bare[1:] if bare[:1] == "'" and bare[1:].startswith(_FORMULA_START) else bare


def _delimited_records(text: str, name: str) -> tuple[str, list[list[str]]]:
    """The delimiter by which the file is most regular, and its records."""
    readings: list[tuple[str, list[list[str]]]] = []
    damage = ""
    for delimiter in _DELIMITERS:
        try:
            records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
            readings.append((delimiter, records))
        except csv.Error as error:
            damage = damage or str(error)
    best = max(readings, key=lambda reading: _regularity(reading[1]), default=("", []))
    if damage and _regularity(best[1]) == (0, 0):
        raise ImportRefused(f"{name} is damaged: {damage}", remedy="A quotation mark may be missing. Export it again.")
    return best


def _regularity(records: list[list[str]]) -> tuple[int, int]:
    """How many records have the most common number of cells, if that is more than one; then that number."""
    widths = Counter(len(record) for record in records if len(record) > 1)
    if not widths:
        return 0, 0
    width, count = widths.most_common(1)[0]
    return count, width
