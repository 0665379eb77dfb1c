"""Dates as people write them, and the order in which a whole file writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.dates import read_dates
from anonymiser.consent.parsed import ParsedFile
from anonymiser.consent.rules import Why
from anonymiser.values.consent import STANDARD_PURPOSES

DAYS = st.dates(dt.date(2001, 1, 1), dt.date(2049, 12, 31))
BRITISH = (
    "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%Y-%m-%d", "%Y/%m/%d", "%d %B %Y", "%d %b %Y", "%d-%b-%Y",
    "%d-%b-%y", "%B %d, %Y", "%b %d %Y", "%A %d %B %Y", "%a, %d %b %Y", "%dth of %B %Y",
)  # fmt: skip
TIMES = ("", " 14:31", " 14:31:05", " 02:31 PM", " 2:31pm", "T14:31:05Z", "T14:31:05+01:00", ", 14:31", " 14:31 BST")
REMARKS = (
    " - withdrawn by phone 03/10/2025", " was the old date", " or when leaving", "?", " (withdrawn)", "*", " NO",
    " 31/10/2025", " 14:31 withdrawn", " at 14:31", "/", " -", " 14:31 - 15:00", ", cancelled", " until 1/1/2026",
    " 99:99x",
    "\nwithdrawn",
)  # fmt: skip


@given(DAYS, st.sampled_from(BRITISH), st.sampled_from(TIMES))
def test_every_shape_of_date_reads_as_the_day_it_is(day: dt.date, form: str, time: str) -> None:
    """In digits or words, with two digits for the year, with a time of day."""
    assume(form != "%d/%m/%y" or not 15 <= day.day < day.year - 2000 <= 31)
    (date,) = read_dates([day.strftime(form) + time])
    assert (date.value, date.readable) == (day, True)


@given(DAYS, st.sampled_from(BRITISH), st.sampled_from(REMARKS))
def test_anything_but_a_time_after_a_date_makes_it_unreadable(day: dt.date, form: str, remark: str) -> None:
    """Words after a date may take it back."""
    (date,) = read_dates([day.strftime(form) + remark])
    assert (date.value, date.readable) == (None, False)


@given(
    DAYS, st.sampled_from(BRITISH), st.sampled_from(["withdrawn ", "not before ", "~", "from 1/1/2020 to ", "Ella "])
)
def test_anything_before_a_date_makes_it_unreadable(day: dt.date, form: str, remark: str) -> None:
    """So do words before it."""
    assert not read_dates([remark + day.strftime(form)])[0].readable


@pytest.mark.parametrize(
    "text",
    [
        "31/08/99", "1/1/1899", "1899-12-30", "01/01/0001", "31/08/2222", "0", "00:00:00", "1900-01-00", "August 2026",
        "#NOT-WORKED-OUT!", "2026", "3 Juin 2026", "3 Ma 2026", "Foo 3, 2026",
    ],
)  # fmt: skip
def test_what_is_no_day_of_this_time_is_unreadable(text: str) -> None:
    """A nought of a spreadsheet program, a century nobody meant, a month without a day."""
    assert not read_dates([text])[0].readable


Write = Callable[[list[dict[str, object]], bool], ParsedFile]


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    folder = tmp_path_factory.mktemp("dates")
    columns = ["person_id", "forename", "surname", "website", "answered_on", "valid_from", "valid_to"]

    def parse(rows: list[dict[str, object]], workbook: bool) -> ParsedFile:
        table = [columns] + [
            [f"m{n}", "Ella", f"Example{chr(97 + n)}", "granted", *(row.get(column) for column in columns[4:])]
            for n, row in enumerate(rows)
        ]
        path = folder / "consents.csv"
        if workbook:
            book = openpyxl.Workbook()
            for line in table:
                book.active.append(line)
            book.save(path)
        else:
            path.write_text("".join(",".join(str(cell or "") for cell in line) + "\n" for line in table))
        parsed = parse_file(path, None, STANDARD_PURPOSES, dt.date(2001, 1, 1))
        assert isinstance(parsed, ParsedFile)
        return parsed

    return parse


@pytest.fixture(scope="module")
def read_text(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ParsedFile]:
    path = tmp_path_factory.mktemp("titles") / "consents.csv"

    def parse(text: str) -> ParsedFile:
        path.write_text(text, encoding="utf-8")
        parsed = parse_file(path, None, STANDARD_PURPOSES, dt.date(2001, 1, 1))
        assert isinstance(parsed, ParsedFile)
        return parsed

    return parse


COLUMN = st.sampled_from(["answered_on", "valid_from", "valid_to"])


@settings(max_examples=60, deadline=None)
@given(
    DAYS,
    DAYS,
    COLUMN,
    st.sampled_from(["valid_from", "valid_to"]),
    st.booleans(),
    st.sampled_from(["%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y"]),
)
def test_one_american_date_makes_every_ambiguous_date_of_the_file_unreadable(
    write: Write, proof: dt.date, day: dt.date, column: str, other: str, workbook: bool, form: str
) -> None:
    """In whatever column the proof stands, day and month of another cell are never swapped in silence.

    A date that a spreadsheet program stored as one may have been swapped before: it is no better than text.
    """
    proof = proof.replace(day=max(proof.day, 13))
    cell: object = day if workbook else day.strftime("%d/%m/%Y")
    parsed = write([{column: proof.strftime(form)}, {other: cell}], workbook)
    answer = parsed.people[1].answers["website", "image"]
    if day.day <= 12 and day.day != day.month:
        assert answer.why is Why.DATE
    else:
        assert (answer.why, answer.valid_from or answer.valid_to) == (None, day)


@settings(max_examples=30, deadline=None)
@given(DAYS, DAYS, st.booleans())
def test_without_such_a_proof_dates_are_british(write: Write, one: dt.date, two: dt.date, workbook: bool) -> None:
    """Stored or written, the first day and the last are those of the file; none where the last is before the first."""
    cells = (one, two) if workbook else (one.strftime("%d/%m/%Y"), two.strftime("%d/%m/%Y"))
    parsed = write([{"valid_from": cells[0], "valid_to": cells[1]}], workbook)
    answer = parsed.people[0].answers["website", "image"]
    if two < one:
        assert answer.why is Why.NO_DAY
    else:
        assert (answer.why, answer.valid_from, answer.valid_to) == (None, one, two)


@given(st.builds(dt.date, st.integers(2020, 2028), st.sampled_from([1, 3, 5, 7, 8, 10, 12]), st.integers(29, 31)))
def test_a_short_year_that_may_stand_first_is_unreadable(day: dt.date) -> None:
    """27/08/31 is a day of 2027 or of 2031; a date that shows the order settles it, unless another shows the other."""
    year_first = day.strftime("%y/%m/%d")
    assert not read_dates([year_first])[0].readable
    assert not read_dates([year_first, "26/08/05", "03/09/26"])[0].readable
    assert [date.readable for date in read_dates(["24/07/27", "03/09/26", "31/08/27"])] == [True] * 3


@pytest.mark.parametrize("text", ["31/08/27", "31.08.27", "01/09/25", "31/08/32", "14/02/31", "3/4/26"])
def test_ordinary_short_years_are_british(text: str) -> None:
    """The year cannot stand first, or the day would be later."""
    (date,) = read_dates([text])
    assert date.value is not None
    assert date.value.strftime("%y") == text[-2:]


REMARKS_WITH_DATES = (
    "Report date: {0}",
    "{0}",
    "Printed on {0}.",
    "{0} (see letter)",
    "Until {0} then ask",
    "{0} 14:31",
)


@settings(max_examples=60, deadline=None)
@given(
    DAYS,
    st.sampled_from(REMARKS_WITH_DATES),
    st.sampled_from(["title", "footer", "class", "valid_to"]),
    st.booleans(),
)
def test_an_american_date_anywhere_in_the_file_makes_ambiguous_dates_unreadable(
    read_text: Callable[[str], ParsedFile], day: dt.date, remark: str, place: str, american: bool
) -> None:
    """In a title, a footer, a note or another column, among other words; a British one there does no harm."""
    day = day.replace(day=max(day.day, 13))
    text = remark.format(day.strftime("%m/%d/%Y" if american else "%d/%m/%Y"))
    rows = ["person_id,forename,surname,class,website,valid_to", "1,Ella,Example,3A,granted,04/05/2027"]
    line = {"class": f"2,Tom,Sample,{text},granted,", "valid_to": f"2,Tom,Sample,3A,granted,{text}"}.get(place, text)
    rows.insert(0 if place == "title" else 2, line if line != text else f"{text},,,,,")
    answer = read_text("\n".join(rows) + "\n").people[0].answers["website", "image"]
    assert answer.why is (Why.DATE if american else None)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(DAYS, min_size=2, max_size=6), st.sampled_from(["answered_on", "valid_from", "valid_to"]), st.booleans()
)
def test_dates_that_american_excel_has_swapped_are_unreadable(
    write: Write, days: list[dt.date], column: str, british: bool
) -> None:
    """It stores 03/04 as 4 March and leaves 13/04 as text: a column of both kinds is doubtful.

    British Excel stores both, and leaves none.
    """
    days = [dt.date(2026, 4, 3), dt.date(2026, 4, 13), *days]
    cells: list[object] = []
    for day in days:
        swapped = dt.date(day.year, day.day, day.month) if day.day <= 12 else day.strftime("%d/%m/%Y")
        cells.append(day if british else swapped)
    parsed = write(
        [{column: cell, "valid_to" if column == "valid_from" else "valid_from": None} for cell in cells], True
    )
    for listed, day in zip(parsed.people, days, strict=True):
        answer = listed.answers["website", "image"]
        found = answer.answered_on or answer.valid_from or answer.valid_to
        if british or day.day > 12 or day.day == day.month:
            assert found == day
        else:
            assert found is None
            assert answer.why is (None if column == "answered_on" else Why.DATE)
