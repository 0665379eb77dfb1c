"""Tables from any system, and dates in British order."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.consent.dates import read_dates
from anonymiser.consent.table import NO_VALUE
from anonymiser.consent.tabular import neutralised, read_sheet
from anonymiser.errors import ImportRefused


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_delimiter_and_line_ending(tmp_path: Path, delimiter: str, ending: str) -> None:
    """Cells with commas, quotes and line breaks inside survive every delimiter and line ending."""
    rows = [["name", "question, with comma"], ["O'Brien", 'say "yes"; or no'], ["two\nlines", ""]]
    quoted = [delimiter.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows]
    path = tmp_path / "a.csv"
    path.write_bytes(ending.join(quoted).encode())
    assert [list(row.cells) for row in read_sheet(path).rows] == rows


@given(st.lists(st.tuples(*[st.text("abé=+-@'\" \n,;", max_size=6)] * 3), min_size=1, max_size=5))
def test_neutralised_cells_read_back_as_they_were(rows: list[tuple[str, ...]]) -> None:
    """What is exported safe for spreadsheet programs comes back unchanged, and starts no formula."""
    rows = [tuple(cell.strip() for cell in row) for row in rows]
    if not any(any(row) for row in rows) or any(cell[:2] in {"'=", "'+", "'-", "'@"} for row in rows for cell in row):
        return
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([map(neutralised, row) for row in rows])
    assert not any(neutralised(cell).startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
        assert [row.cells for row in read_sheet(path).rows] == rows


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\r\n,,\r\n", "empty"),
        (b"\xd0\xcf\x11\xe0 old", "old Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04 broken", "not a readable Excel"),
        (b'a,b\n"open,1\n', "damaged"),
        (b"caf\x81\xb0,b\n", "not text"),
        (b"a\0\0\0b,c", "not text"),
        (b"x" * 300_000, "damaged"),
    ],
)
def test_what_is_no_table_is_refused_with_a_remedy(tmp_path: Path, content: bytes, why: str) -> None:
    """Each kind of wrong file gets its own reason and something to do."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=why) as refusal:
        read_sheet(path)
    assert refusal.value.remedy


def test_a_file_that_is_missing_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is read."""
    with pytest.raises(ImportRefused, match="cannot be read"):
        read_sheet(tmp_path / "none.csv")
    monkeypatch.setattr("anonymiser.consent.tabular.MAX_BYTES", 3)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ImportRefused, match="too large"):
        read_sheet(tmp_path / "a.csv")


def test_excel_cells_become_text_as_a_person_sees_them(tmp_path: Path) -> None:
    """Dates, whole numbers and truth values read as one would expect; a formula without a value is not empty."""
    book = openpyxl.Workbook()
    book.active.append(["id", dt.date(2026, 5, 3), 12.0, 1.5, True, None, "=1+1"])
    book.create_sheet("empty")
    book.save(tmp_path / "a.xlsx")
    (row,) = read_sheet(tmp_path / "a.xlsx").rows
    assert row.cells == ("id", "2026-05-03", "12", "1.5", "True", "", NO_VALUE)


def test_a_workbook_with_two_filled_sheets_is_ambiguous(tmp_path: Path) -> None:
    """Nobody guesses which sheet is meant."""
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.create_sheet("more").append(["b"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(ImportRefused, match="2 sheets"):
        read_sheet(tmp_path / "a.xlsx")


def test_zip_files_that_are_no_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another archive is no table, and one that unpacks without end is not unpacked."""
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", "0" * 1000)
    with pytest.raises(ImportRefused, match="not a readable"):
        read_sheet(tmp_path / "a.xlsx")
    monkeypatch.setattr("anonymiser.consent.excel._MAX_UNPACKED_BYTES", 10)
    with pytest.raises(ImportRefused, match="far too much"):
        read_sheet(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("03/04/2026", dt.date(2026, 4, 3)),
        ("3.4.26", dt.date(2026, 4, 3)),
        ("2026-04-03", dt.date(2026, 4, 3)),
        ("2026-04-03 10:20:30", dt.date(2026, 4, 3)),
        ("03/04/2026 09:00", dt.date(2026, 4, 3)),
        ("3 April 2026", dt.date(2026, 4, 3)),
        ("03-Apr-26", dt.date(2026, 4, 3)),
        ("", None),
    ],
)
def test_dates_in_british_order(text: str, day: dt.date | None) -> None:
    """The day comes first, in digits or words; ISO dates read as they are."""
    (date,) = read_dates([text])
    assert (date.value, date.readable) == (day, True)


@pytest.mark.parametrize("text", ["31/02/2026", "2026-13-01", "45000", "soon", "00/00/2026", "1/2/3/4"])
def test_what_is_no_date_is_unreadable(text: str) -> None:
    """Impossible days and other text are no dates, and not taken for an empty cell."""
    (date,) = read_dates([text])
    assert (date.value, date.readable) == (None, False)


def test_one_american_date_makes_the_others_doubtful() -> None:
    """In a column with the month first, dates that read both ways are unreadable; others stay."""
    dates = read_dates(["04/25/2026", "03/04/2026", "05/05/2026", "25/12/2026", "2026-04-03"])
    assert [date.readable for date in dates] == [False, False, True, True, True]
