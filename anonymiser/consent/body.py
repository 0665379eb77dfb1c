"""The rows below the headings, and whether their cells stand where the headings say.

A cell too many or too few moves every answer after it into another column, and a stray quotation mark swallows whole
rows. Such a row is detected here and counts for nothing; if the whole file may be read wrongly, it is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from anonymiser.consent.dates import Date, month_first, read_dates, stored_month_first
from anonymiser.consent.decoding import garbled
from anonymiser.consent.header import Header, find_header, is_detail, normalised
from anonymiser.consent.layout import Layout
from anonymiser.consent.mapping import NEVER_AGREED
from anonymiser.consent.shift import Shift
from anonymiser.consent.table import Mark, Row, Sheet
from anonymiser.consent.wording import asks_for_consent
from anonymiser.errors import ImportRefused

_EXPORT_AGAIN = "Export the file again, and do not open and save it in between."
_SHOWN = 10


class Body:
    """The rows of a file that may be about people.

    Raises ImportRefused if a column is missing, or if the structure or the encoding of the file is in doubt.
    """

    def __init__(self, sheet: Sheet, layout: Layout) -> None:
        self._layout = layout
        self.header: Header = find_header(sheet, layout.headings)
        self._at = {heading: self.header.find(heading) for heading in layout.headings}
        above = [row for row in sheet.rows if row.number <= self.header.row.number]
        self._headed = {index for row in above for index, cell in enumerate(row.cells) if cell}
        """Columns with a heading, or with a word above it that was merged over several rows."""
        below = [row for row in sheet.rows if row.number > self.header.row.number and not row.blank]
        self.rows: tuple[Row, ...] = tuple(row for row in below if not self._repeats_the_headings(row))
        if sheet.delimiter:
            self._check_quotation(sheet.delimiter)
        self._check_names()
        self.misfits: frozenset[int] = self._misfits(bool(sheet.delimiter))
        self._american = month_first(cell for row in sheet.rows for cell in row.cells) or self._stored_month_first()

    def cell(self, row: Row, heading: str | None) -> str:
        """The row's text under `heading`; empty if there is none."""
        index = None if heading is None else self._at[heading]
        return row.cells[index] if index is not None and index < len(row.cells) else ""

    def marked(self, row: Row, heading: str, mark: Mark) -> bool:
        """Whether the row's cell under `heading`, or the heading itself, carries `mark`."""
        index = self._at[heading]
        return row.has(index, mark) or (mark is Mark.STRUCK and self.header.row.has(index, mark))

    def dates(self, heading: str) -> dict[int, Date]:
        """A column of dates by row number, judged together with every other date of the file."""
        texts = [self.cell(row, heading) for row in self.rows]
        stored = [row.has(self._at[heading], Mark.STORED_DATE) for row in self.rows]
        dates = read_dates(texts, stored=stored, american=self._american)
        return {
            row.number: Date(None, readable=False) if text and self.marked(row, heading, Mark.STRUCK) else date
            for row, text, date in zip(self.rows, texts, dates, strict=True)
        }

    def _stored_month_first(self) -> bool:
        """Whether a column of the file shows that an American program has swapped some of its dates."""
        columns = {index for row in self.rows for index in row.marks if row.has(index, Mark.STORED_DATE)}
        return any(
            stored_month_first(
                [row.cells[index] if index < len(row.cells) else "" for row in self.rows],
                [row.has(index, Mark.STORED_DATE) for row in self.rows],
            )
            for index in columns
        )

    def unmapped(self) -> list[int]:
        """Indexes of the columns that have a heading and no line in the mapping."""
        used = set(self._at.values())
        return [index for index, cell in enumerate(self.header.row.cells) if cell and index not in used]

    def _repeats_the_headings(self, row: Row) -> bool:
        """Whether the row repeats the headings, or some of them. Raises ImportRefused if it has other headings."""
        cells = [normalised(cell) for cell in row.cells]
        filled = {index: cell for index, cell in enumerate(cells) if cell}
        headings = [normalised(cell) for cell in self.header.row.cells]
        same = [index for index, cell in filled.items() if _bare(cell) == _bare(_at(headings, index))]
        if len(same) == len(filled) and (len(same) >= 2 or _trimmed(cells) == _trimmed(headings)):
            return True
        among = sum(cell in headings for cell in filled.values())
        if among >= max(2, len(filled) / 2) or self._has_other_headings(filled):
            raise ImportRefused(
                f"row {row.number} is a second row of headings, in another order or in other words",
                remedy="Import the lists one by one, each with one row of headings.",
            )
        return False

    def _has_other_headings(self, filled: dict[int, str]) -> bool:
        """Whether most cells of a row are words that stand above columns, and none is an answer."""
        if any(cell in meanings for _, meanings in self._layout.answers for cell in filled.values()):
            return False
        details = sum(is_detail(cell) for cell in filled.values())
        known = sum(is_detail(cell) or asks_for_consent(cell) for cell in filled.values())
        return details >= 2 and known > len(filled) / 2

    def _check_quotation(self, delimiter: str) -> None:
        """Refuse a file in which a quotation mark may have swallowed cells or rows."""
        spared = self._layout.free | self._layout.free_for.get(delimiter, frozenset())
        mapped = {index: heading for heading, index in self._at.items()}
        answers = dict(self._layout.answers)
        wrong = []
        for row in self.rows:
            for index, cell in enumerate(row.cells):
                heading = mapped.get(index)
                known = heading is not None and normalised(cell) in answers.get(heading, ())
                broken = "\n" in cell or "\r" in cell
                swallowed = any(line.count(delimiter) >= 2 for line in cell.splitlines()) and broken
                inside = heading is not None and (broken or (delimiter in cell and heading not in spared))
                if swallowed or (inside and not known):
                    wrong.append(row.number)
        _refuse(wrong, "a quotation mark may be missing or out of place", _EXPORT_AGAIN)

    def _check_names(self) -> None:
        headings = self._layout.names
        wrong = [row.number for row in self.rows if any(garbled(self.cell(row, heading)) for heading in headings)]
        _refuse(
            wrong,
            "names are garbled, because the file was once saved in a wrong encoding",
            "Export it again as CSV UTF-8, or correct the names and save it so.",
        )

    def _misfits(self, delimited: bool) -> frozenset[int]:
        """Rows with cells that do not fit the headings: too many, too few, one without a heading, or shifted."""
        found: set[int] = set()
        if delimited:
            width = self._width([len(row.cells) for row in self.rows])
            found = {row.number for row in self.rows if len(row.cells) != width}
        padded = len(_trimmed(self.header.row.cells)) < len(self.header.row.cells)
        shift = Shift(self.rows, self._layout, self._at)
        for row in self.rows:
            stray = any(cell and index not in self._headed for index, cell in enumerate(row.cells))
            if stray or (padded and self._has_odd_answer(row)) or shift.shows_in(row):
                found.add(row.number)
        return frozenset(found)

    def _has_odd_answer(self, row: Row) -> bool:
        """Whether an answer is neither a known one nor a blank.

        If a program has filled up the headings with blanks, some row had more cells. It may be one whose last cell is
        blank, and only this shows it.
        """
        for heading, meanings in self._layout.answers:
            value = normalised(self.cell(row, heading))
            if value not in NEVER_AGREED and value not in meanings:
                return True
        return False

    def _width(self, widths: Sequence[int]) -> int:
        """How many cells a row must have: as many as the headings.

        Some programs end only the headings with a delimiter; more cells than headings are never normal.
        """
        headings = self.header.row.cells
        common, count = Counter(widths).most_common(1)[0] if widths else (len(headings), 0)
        usual = common < len(headings) and count > len(widths) / 2 and not any(headings[common:])
        return common if usual else len(headings)


def _trimmed(cells: Iterable[str]) -> list[str]:
    found = list(cells)
    while found and not found[-1]:
        found.pop()
    return found


def _bare(text: str) -> str:
    """The letters and digits of a heading."""
    return "".join(filter(str.isalnum, text))


def _at(cells: Sequence[str], index: int) -> str:
    return cells[index] if index < len(cells) else ""


def _refuse(rows: Sequence[int], what: str, remedy: str) -> None:
    if rows:
        numbers = list(dict.fromkeys(rows))
        more = f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else ""
        raise ImportRefused(f"{what}: row {', '.join(map(str, numbers[:_SHOWN]))}{more}", remedy=remedy)
