"""Reads Excel workbooks as a person sees them: it reports what is struck out, hidden, commented on or merged.

It does not believe what the file says about its own size, and does not take a formula whose value was never calculated
for an empty cell.
"""

from __future__ import annotations

import datetime as dt
import html
import io
import re
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from anonymiser.consent.decoding import SAVE_AS_CSV
from anonymiser.consent.table import NO_VALUE, Mark, Note, Row
from anonymiser.errors import ImportRefused

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

_MAX_UNPACKED_BYTES = 96 * 2**20
"""A list of 5,000 people with 50 columns unpacks to 20 MB."""
_MAX_CELLS = 3_000_000
"""Of the rectangle around everything; one stray cell far away makes the rectangle enormous."""
_WHITE = frozenset({"FFFFFFFF", "00FFFFFF"})
_UNSEEN_FORMATS = frozenset({";;;", ";;", ";;;;"})


def spreadsheet_rows(data: bytes, name: str) -> tuple[tuple[Row, ...], tuple[Note, ...]]:
    """The rows of the only sheet that has content, and what is written beside them.

    Raises ImportRefused if it is not a workbook, is far too large, or has no such sheet.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise ImportRefused(f"{name} is not a readable Excel file", remedy=SAVE_AS_CSV) from error
    if unpacked > _MAX_UNPACKED_BYTES:
        raise ImportRefused(f"{name} unpacks to far too much", remedy=SAVE_AS_CSV)
    try:
        sheets = [found for found in _sheets(data, name) if any(not row.blank for row in found[0])]
    except ImportRefused:
        raise
    except Exception as error:  # a damaged file can make the layers of XML and zip raise anything
        raise ImportRefused(f"{name} is not a readable Excel file", remedy=SAVE_AS_CSV) from error
    if len(sheets) != 1:
        raise ImportRefused(
            f"{name} has {len(sheets)} sheets with content",
            remedy="Save the sheet with the consents as a CSV file and import that.",
        )
    return sheets[0]


def _sheets(data: bytes, name: str) -> Iterator[tuple[tuple[Row, ...], tuple[Note, ...]]]:
    import openpyxl  # noqa: PLC0415 - slow, and most exports are CSV

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles that other programs left out
        book = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
        if any(sheet.max_row * sheet.max_column > _MAX_CELLS for sheet in book.worksheets):
            raise ImportRefused(f"{name} has something far away from its table", remedy=SAVE_AS_CSV)
        worked_out = openpyxl.load_workbook(io.BytesIO(data), data_only=True) if _has_formulas(book) else book
        for sheet in book.worksheets:
            rows = _rows(sheet, worked_out[sheet.title])
            if sheet.sheet_state != "visible" and any(not row.blank for row in rows):
                raise ImportRefused(
                    f"{name} has something on a hidden sheet",
                    remedy="Look at it: in Excel, right-click a sheet's name and choose Unhide. Delete what is old.",
                )
            _refuse_rules_that_strike_out(sheet, name)
            yield rows, (*_notes(sheet), *_text_boxes(data))


def _has_formulas(book: Any) -> bool:  # noqa: ANN401 - openpyxl has no types
    return any(cell.data_type == "f" for sheet in book.worksheets for row in sheet.iter_rows() for cell in row)


def _rows(sheet: Worksheet, worked_out: Worksheet) -> tuple[Row, ...]:
    texts: dict[tuple[int, int], str] = {}
    marks: dict[tuple[int, int], set[Mark]] = defaultdict(set)
    for record in sheet.iter_rows():
        for cell in record:
            place = (cell.row, cell.column)
            value = cell.value
            if cell.data_type == "f":
                value = _value_of_formula(worked_out.cell(*place))
            texts[place] = _text(value)
            if isinstance(value, dt.datetime | dt.date):
                marks[place].add(Mark.STORED_DATE)
            if value is not None or cell.comment is not None:
                marks[place] |= set(_seen(cell))
    _spread_merged(sheet, texts, marks)
    hidden = _hidden_columns(sheet)
    rows = []
    for number in range(1, sheet.max_row + 1):
        out_of_sight = _out_of_sight(sheet.row_dimensions[number]) if number in sheet.row_dimensions else False
        cells = tuple(texts.get((number, column), "") for column in range(1, sheet.max_column + 1))
        seen = {
            column - 1: frozenset(
                marks.get((number, column), set()) | ({Mark.HIDDEN} if out_of_sight or column in hidden else set())
            )
            for column in range(1, sheet.max_column + 1)
            if cells[column - 1] or (number, column) in marks
        }
        rows.append(Row(number, cells, {column: what for column, what in seen.items() if what}))
    return tuple(rows)


def _refuse_rules_that_strike_out(sheet: Worksheet, name: str) -> None:
    """A rule may strike out whoever has left, and whom it strikes out is not in the file."""
    for found in sheet.conditional_formatting:
        for rule in found.rules:
            if getattr(getattr(rule.dxf, "font", None), "strike", False):
                raise ImportRefused(
                    f"{name} has a rule that strikes out some of its cells",
                    remedy="Delete the rows that are struck out, and the rule (Conditional Formatting).",
                )


def _notes(sheet: Worksheet) -> Iterator[Note]:
    """Comments, the sheet's name, and what is printed above and below each page."""
    yield Note(sheet.title)
    for part in (sheet.oddHeader, sheet.oddFooter, sheet.firstHeader, sheet.firstFooter):
        yield from (Note(piece.text) for piece in (part.left, part.center, part.right) if piece.text)
    for record in sheet.iter_rows():
        for cell in record:
            if cell.comment is not None:
                yield Note(str(cell.comment.text), cell.row, cell.column - 1)


def _text_boxes(data: bytes) -> Iterator[Note]:
    """What is written on shapes over the table."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"xl/drawings/drawing\d+\.xml", name):
                text = archive.read(name).decode("utf-8", "replace")
                for paragraph in re.findall(r"<a:p>.*?</a:p>|<a:p .*?</a:p>", text, re.DOTALL):
                    yield Note(html.unescape("".join(re.findall(r"<a:t>(.*?)</a:t>", paragraph, re.DOTALL))))


def _value_of_formula(cell: Cell) -> object:
    """The result of the formula; an empty text is a value, nothing at all is not."""
    if cell.value is None and cell.data_type not in {"s", "str"}:
        return NO_VALUE
    return cell.value


def _seen(cell: Cell) -> Iterator[Mark]:
    """What a person sees in the cell besides its text."""
    if cell.comment is not None:
        yield Mark.REMARK
    font, fill = cell.font, cell.fill
    runs = cell.value if isinstance(cell.value, list) else ()
    if (font is not None and font.strike) or any(getattr(getattr(run, "font", None), "strike", False) for run in runs):
        yield Mark.STRUCK
    filled = fill is not None and (
        getattr(fill, "fill_type", None) not in {None, "none"} or type(fill).__name__ == "GradientFill"
    )
    if filled and _rgb(getattr(fill, "fgColor", None)) not in _WHITE:
        yield Mark.COLOURED
    colour = _rgb(font.color) if font is not None and font.color is not None else ""
    if (not filled and (colour in _WHITE or colour == "theme 0")) or cell.number_format in _UNSEEN_FORMATS:
        yield Mark.HIDDEN
    elif colour not in {"", "FF000000", "00000000", "theme 1", "indexed 8", "indexed 64", "auto"}:
        yield Mark.COLOURED


def _rgb(colour: Any) -> str:  # noqa: ANN401 - openpyxl has no types
    if colour is None:
        return ""
    if colour.type == "rgb":
        return str(colour.rgb).upper()
    return "auto" if colour.type == "auto" else f"{colour.type} {getattr(colour, colour.type)}"


def _spread_merged(
    sheet: Worksheet, texts: dict[tuple[int, int], str], marks: dict[tuple[int, int], set[Mark]]
) -> None:
    """Give every cell of a merged range what the range shows."""
    for merged in sheet.merged_cells.ranges:
        first = (merged.min_row, merged.min_col)
        for row in range(merged.min_row, min(merged.max_row, sheet.max_row) + 1):
            for column in range(merged.min_col, min(merged.max_col, sheet.max_column) + 1):
                place = (row, column)
                if place != first:
                    texts[place] = texts.get(first, "")
                    marks[place] |= marks[first]
                if merged.max_row > merged.min_row:
                    marks[place].add(Mark.MERGED)
                if merged.max_col > merged.min_col:
                    marks[place].add(Mark.MERGED_ACROSS)


def _hidden_columns(sheet: Worksheet) -> set[int]:
    found: set[int] = set()
    for dimension in sheet.column_dimensions.values():
        if _out_of_sight(dimension) and dimension.min and dimension.max:
            found |= set(range(dimension.min, min(dimension.max, sheet.max_column) + 1))
    return found


def _out_of_sight(dimension: Any) -> bool:  # noqa: ANN401 - openpyxl has no types
    size = getattr(dimension, "height", None) if hasattr(dimension, "ht") else getattr(dimension, "width", None)
    return bool(dimension.hidden) or (size is not None and size < 0.5)


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
