"""What a person sees in a workbook: sizes, formulas, merged, hidden, struck-out, coloured and commented cells."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Color, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.parsed import Listed, ParsedFile, ProblemKind
from anonymiser.consent.rules import Why
from anonymiser.consent.tabular import read_sheet
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import STANDARD_PURPOSES, Hold

HEADINGS = ["person_id", "forename", "surname", "class", "website", "newsletter", "valid_to", "hold"]
ROWS = [
    ["1001", "Ella", "Example", "3A", "granted", "granted", None, None],
    ["1002", "Tom", "Sample", "3A", "granted", "granted", "31/08/2030", "never-publish"],
    ["1003", "Amy", "Specimen", "3A", "granted", "refused", None, None],
]
LETTERS = dict(zip("ABCDEFGH", HEADINGS, strict=True))
Change = Callable[[Worksheet], None]


def workbook(folder: Path, change: Change) -> Path:
    book = openpyxl.Workbook()
    for row in [HEADINGS, *ROWS]:
        book.active.append(row)
    change(book.active)
    path = folder / "consents.xlsx"
    book.save(path)
    return path


def parsed(path: Path) -> ParsedFile:
    found = parse_file(path, None, STANDARD_PURPOSES)
    assert isinstance(found, ParsedFile)
    return found


def whys(listed: Listed) -> tuple[Why | None, Why | None]:
    return listed.answers["website", "image"].why, listed.answers["newsletter", "image"].why


def rows_of(found: ParsedFile, kind: ProblemKind) -> set[int]:
    return {row for problem in found.problems if problem.kind is kind for row in problem.rows}


def rewritten(path: Path, pattern: str, new: str) -> Path:
    """The workbook with a part of its sheet's XML replaced, as another program might have written it."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text, count = re.subn(pattern, new, data.decode())
                assert count
                data = text.encode()
            archive.writestr(name, data)
    path.write_bytes(out.getvalue())
    return path


@pytest.mark.parametrize(
    "size", ["A1", "A1:A1", "A1:F4", "A1:H2", "B2:C3", "H4", "A1:XFD1048576", "A1:H1", "F1:H4", None]
)
def test_the_size_that_a_sheet_declares_is_not_believed(tmp_path: Path, size: str | None) -> None:
    """Too small, too large, elsewhere or missing: every column and row is read."""
    path = workbook(tmp_path, lambda _: None)
    rewritten(path, r"<dimension [^>]*/>", f'<dimension ref="{size}"/>' if size else "")
    found = parsed(path)
    assert [listed.names.source_id for listed in found.people] == ["1001", "1002", "1003"]
    assert found.people[1].holds == {Hold.NEVER_PUBLISH}
    assert found.people[1].answers["website", "image"].valid_to is not None


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from("ABCDEFGH"), st.integers(2, 4), st.sampled_from(["=1+1", '=IF(TRUE,"granted","")', "=TODAY()-100"])
)
def test_a_formula_without_a_value_is_never_an_empty_cell(
    tmp_path_factory: pytest.TempPathFactory, letter: str, number: int, formula: str
) -> None:
    """As an answer or a date it is a no, as a hold it holds, as an id or a name it is nobody."""

    def change(sheet: Worksheet) -> None:
        sheet[f"{letter}{number}"] = formula

    found = parsed(workbook(tmp_path_factory.mktemp("f"), change))
    by_id = {listed.names.source_id: listed for listed in found.people}
    person = by_id.get(ROWS[number - 2][0])
    match LETTERS[letter]:
        case "person_id" | "forename" | "surname":
            assert person is None
            assert number in rows_of(found, ProblemKind.UNMATCHED)
        case "website":
            assert person is not None
            assert whys(person)[0] is Why.UNLISTED
        case "newsletter":
            assert person is not None
            assert whys(person)[1] is Why.UNLISTED
        case "valid_to":
            assert person is not None
            assert Why.DATE in whys(person)
            assert None not in whys(person)
        case "hold":
            assert person is not None
            assert person.holds == {Hold.NEVER_PUBLISH}


@pytest.mark.parametrize(
    ("cell", "blank"),
    [
        ('<c r="G2" t="str"><f>IF(1,"","")</f><v></v></c>', True),
        ('<c r="G2"><f>IF(1,"","")</f><v></v></c>', False),
        ('<c r="G2"><f>A1</f></c>', False),
        ('<c r="G2"><f>A1</f><v>0</v></c>', False),
        ('<c r="G2" t="e"><f>A1/0</f><v>#DIV/0!</v></c>', False),
        ('<c r="G2" t="b"><v>1</v></c>', False),
    ],
)
def test_a_last_day_that_was_not_worked_out_is_no_consent(tmp_path: Path, cell: str, blank: bool) -> None:
    """An empty text that a formula came to is empty; nothing, nought and an error are not."""

    def change(sheet: Worksheet) -> None:
        sheet["G2"] = "here"

    path = rewritten(workbook(tmp_path, change), r'<c r="G2"[^>]*>.*?</c>', cell)
    assert whys(parsed(path).people[0]) == ((None, None) if blank else (Why.DATE, Why.DATE))


@pytest.mark.parametrize("letter", "ABCDEFGH")
@pytest.mark.parametrize("how", ["cell", "a part of the text"])
def test_what_is_struck_out_is_no(tmp_path: Path, letter: str, how: str) -> None:
    """A struck-out name takes the whole row with it, an answer itself, a date its consents; a hold stays."""

    def change(sheet: Worksheet) -> None:
        cell = sheet[f"{letter}3"]
        if how == "cell":
            cell.font = Font(strike=True)
        else:
            text = str(cell.value)
            cell.value = CellRichText(TextBlock(InlineFont(strike=True), text[:2]), text[2:])

    found = parsed(workbook(tmp_path, change))
    assert [whys(found.people[0]), whys(found.people[2])] == [(None, None), (None, Why.SAID_NO)]
    struck = {
        "person_id": (Why.STRUCK, Why.STRUCK),
        "forename": (Why.STRUCK, Why.STRUCK),
        "surname": (Why.STRUCK, Why.STRUCK),
        "website": (Why.STRUCK, None),
        "newsletter": (None, Why.STRUCK),
        "valid_to": (Why.DATE, Why.DATE),
    }
    assert whys(found.people[1]) == struck.get(LETTERS[letter], (None, None))
    assert found.people[1].holds == {Hold.NEVER_PUBLISH}
    assert rows_of(found, ProblemKind.STRUCK) == {3}


def test_a_struck_out_heading_takes_its_column_with_it(tmp_path: Path) -> None:
    """A question that somebody has struck out is not asked any more."""

    def change(sheet: Worksheet) -> None:
        sheet["E1"].font = Font(strike=True)

    assert {whys(listed)[0] for listed in parsed(workbook(tmp_path, change)).people} == {Why.STRUCK}


def _hide_row(sheet: Worksheet) -> None:
    sheet.row_dimensions[3].hidden = True


def _flatten_row(sheet: Worksheet) -> None:
    sheet.row_dimensions[3].height = 0.1


def _hide_column(sheet: Worksheet) -> None:
    sheet.column_dimensions["D"].hidden = True


def _hide_columns(sheet: Worksheet) -> None:
    sheet.column_dimensions.group("A", "D", hidden=True)


def _write_white(sheet: Worksheet) -> None:
    sheet["E3"].font = Font(color="FFFFFFFF")


def _write_in_the_colour_of_the_sheet(sheet: Worksheet) -> None:
    sheet["E3"].font = Font(color=Color(theme=0))


def _format_away(sheet: Worksheet) -> None:
    sheet["E3"].number_format = ";;;"


@pytest.mark.parametrize(
    "hide",
    [
        _hide_row,
        _flatten_row,
        _hide_column,
        _hide_columns,
        _write_white,
        _write_in_the_colour_of_the_sheet,
        _format_away,
    ],
)
def test_what_nobody_sees_is_listed(tmp_path: Path, hide: Change) -> None:
    """Hidden rows and columns, and writing that cannot be seen."""
    assert 3 in rows_of(parsed(workbook(tmp_path, hide)), ProblemKind.HIDDEN)


@pytest.mark.parametrize(
    "style",
    [
        {"fill": PatternFill("solid", fgColor="FFFF0000")},
        {"fill": PatternFill("solid", fgColor=Color(theme=5))},
        {"fill": PatternFill("lightGrid", fgColor="FF00FF00")},
        {"font": Font(color="FFFF0000")},
        {"font": Font(color=Color(indexed=10))},
    ],
)
@pytest.mark.parametrize("letter", "BEH")
def test_a_coloured_cell_is_listed(tmp_path: Path, style: dict, letter: str) -> None:
    """The program cannot know what red means in this school, and says so."""

    def change(sheet: Worksheet) -> None:
        for name, value in style.items():
            setattr(sheet[f"{letter}3"], name, value)

    found = parsed(workbook(tmp_path, change))
    assert rows_of(found, ProblemKind.COLOURED) == {3}
    assert whys(found.people[1]) == (None, None)


@pytest.mark.parametrize("letter", "ABEGH")
def test_a_comment_makes_the_row_wait_for_a_person(tmp_path: Path, letter: str) -> None:
    """A note (Mum phoned: withdrawn) takes back the answers of its row."""

    def change(sheet: Worksheet) -> None:
        sheet[f"{letter}2"].comment = Comment("Mum phoned", "office")

    found = parsed(workbook(tmp_path, change))
    assert [whys(listed) for listed in found.people] == [
        (Why.REMARK, Why.REMARK), (None, None), (None, Why.SAID_NO),
    ]  # fmt: skip
    assert rows_of(found, ProblemKind.REMARK) == {2}


@pytest.mark.parametrize(
    ("merged", "website", "newsletter", "holds"),
    [
        ("E2:E4", [Why.MERGED] * 3, [None, None, Why.SAID_NO], [0, 1, 0]),
        ("E3:F3", [None, Why.MERGED, None], [None, Why.MERGED, Why.SAID_NO], [0, 1, 0]),
        ("H3:H4", [None] * 3, [None, None, Why.SAID_NO], [0, 1, 1]),
        ("F4:F4", [None] * 3, [None, None, Why.SAID_NO], [0, 1, 0]),
    ],
)
def test_merged_cells_are_read_for_each_of_their_rows(
    tmp_path: Path, merged: str, website: list, newsletter: list, holds: list[int]
) -> None:
    """A no, a hold or a date counts for all of them; a yes for none, because nobody gave it for several children."""
    found = parsed(workbook(tmp_path, lambda sheet: sheet.merge_cells(merged)))
    assert [whys(listed) for listed in found.people] == list(zip(website, newsletter, strict=True))
    assert [len(listed.holds) for listed in found.people] == holds


def test_a_merged_no_counts_for_every_row(tmp_path: Path) -> None:
    """And so does a merged last day."""

    def change(sheet: Worksheet) -> None:
        sheet["E2"], sheet["G2"] = "refused", "01/02/2003"
        sheet.merge_cells("E2:E4")
        sheet.merge_cells("G2:G4")

    found = parsed(workbook(tmp_path, change))
    assert [whys(listed)[0] for listed in found.people] == [Why.SAID_NO] * 3
    assert {str(listed.answers["newsletter", "image"].valid_to) for listed in found.people[:2]} == {"2003-02-01"}


def test_a_name_over_two_rows_is_one_child_with_two_parents(tmp_path: Path) -> None:
    """An id and a name that are merged over the rows of both parents belong to both rows."""

    def change(sheet: Worksheet) -> None:
        sheet["E3"] = "refused"
        for letter in "ABC":
            sheet.merge_cells(f"{letter}2:{letter}3")

    found = parsed(workbook(tmp_path, change))
    assert [listed.names.source_id for listed in found.people] == ["1001", "1003"]
    assert whys(found.people[0]) == (Why.CONFLICT, None)


def test_a_line_across_the_table_is_no_person(tmp_path: Path) -> None:
    """A class, say, merged over all columns."""

    def change(sheet: Worksheet) -> None:
        sheet.append(["Class 3B"])
        sheet.merge_cells("A5:H5")

    found = parsed(workbook(tmp_path, change))
    assert len(found.people) == 3
    assert 5 in rows_of(found, ProblemKind.UNMATCHED)


@pytest.mark.parametrize("value", ["left in March", "x", 1])
def test_a_word_beside_the_table_makes_the_row_a_no(tmp_path: Path, value: object) -> None:
    """Where no heading is, nobody knows what it says; and a row that was shifted to the right ends there."""

    def change(sheet: Worksheet) -> None:
        sheet["J3"] = value

    found = parsed(workbook(tmp_path, change))
    assert [whys(listed)[0] for listed in found.people] == [None, Why.MISFIT, None]
    assert rows_of(found, ProblemKind.MISFIT) == {3}


def test_one_cell_far_away_does_not_fill_the_memory(tmp_path: Path) -> None:
    """A stray entry in the last corner of the sheet is refused at once."""

    def change(sheet: Worksheet) -> None:
        sheet["XFD1048576"] = "x"

    with pytest.raises(ImportRefused, match="far away"):
        read_sheet(workbook(tmp_path, change))
