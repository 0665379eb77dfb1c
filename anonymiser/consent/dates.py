"""Dates as people and programs write them, read in British order or not at all."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_FIRST_YEAR, _LAST_YEAR = 1990, 2100
"""Outside these years it is a formula's zero, a century that nobody meant, or a typing mistake."""
_LAST_SHORT_YEAR = 50
"""A later two-digit year may belong to the last century."""
_FIRST_SHORT_YEAR = 15
"""No consent on record is older, so that a smaller number of two digits is a day."""


@dataclass(frozen=True, slots=True)
class Date:
    """A cell that should hold a date."""

    value: dt.date | None
    """None if the cell is empty or holds no date."""
    readable: bool
    """False if there is something that is not a date, or that could be two dates."""


_ZONE = r"(?: ?(?:Z|UTC|GMT|BST|[+-]\d{2}:?\d{2}))?"
_TIME = r"(?:(?:,? +|T)\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?(?: ?[ap]\.?m\.?)?" + _ZONE + ")?"
"""Only a time of day may follow a date, because other words may take the date back."""
_NUMERIC = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})" + _TIME, re.IGNORECASE)
_ISO = re.compile(r"(\d{4})([/.-])(\d{1,2})\2(\d{1,2})" + _TIME, re.IGNORECASE)
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?,? )?"
_DAY_FIRST = re.compile(
    _WEEKDAY + r"(\d{1,2})(?:st|nd|rd|th)?(?: of)?[ -]([a-z]{3,9})\.?,?[ -](\d{4}|\d{2})" + _TIME, re.IGNORECASE
)
_MONTH_FIRST = re.compile(_WEEKDAY + r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})" + _TIME, re.IGNORECASE)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


_ANYWHERE = re.compile(r"(?<![\w/.-])(\d{1,2})([/.-])(\d{1,2})\2((?:19|20)\d{2})(?![\w/-]|\.\d)")
"""A date among other words; two digits for a year would be too little to know one by."""


def month_first(cells: Iterable[str]) -> bool:
    """Whether one of the cells is or contains a date that only makes sense with the month first.

    One such cell shows that a program set to American order has written the file, or a part of it.
    """
    for cell in cells:
        match = _NUMERIC.fullmatch(cell)
        for found in [match] if match is not None else _ANYWHERE.finditer(cell):
            if int(found[1]) <= 12 < int(found[3]) <= 31:
                return True
    return False


def stored_month_first(cells: Sequence[str], stored: Sequence[bool]) -> bool:
    """Whether a column looks as if a spreadsheet program in American order had opened British dates.

    It then stores 03/04 as 4 March, and leaves 13/04 as the text that it is: no stored day is above 12, and texts are.
    """
    days = [parts[2] for cell, flag in zip(cells, stored, strict=True) if flag and (parts := _parts(cell)) is not None]
    left = [match for cell, flag in zip(cells, stored, strict=True) if not flag and (match := _NUMERIC.fullmatch(cell))]
    return bool(days) and max(days) <= 12 and any(int(match[1]) > 12 >= int(match[3]) for match in left)


def read_dates(cells: Sequence[str], *, stored: Sequence[bool] = (), american: bool = False) -> list[Date]:
    """Read a column of dates in British order (or ISO, or with the month in words).

    With two digits for the year, 27/08/31 may be a day of 2027 or of 2031: it is unreadable, unless another date of
    the column shows that the day comes first.

    If anything shows that the month was written first, every cell that could be read both ways is doubtful, and so
    unreadable. So is every cell that a spreadsheet program has stored as a date, because it may have swapped day and
    month when it read the text.

    Args:
        cells: The column.
        stored: For each cell, whether a spreadsheet program stored it as a date; empty: none of them.
        american: Something else in the file shows American order.
    """
    flags = stored or [False] * len(cells)
    doubtful = american or month_first(cells) or stored_month_first(cells, flags)
    certain = _day_first_is_certain(cells)
    return [
        Date(None, readable=False)
        if not certain and _may_be_year_first(cell)
        else _read_date(cell, doubtful=doubtful, stored=flag)
        for cell, flag in zip(cells, flags, strict=True)
    ]


def _short(cell: str) -> tuple[int, int, int] | None:
    """The three numbers of a date with two digits for the year; None for everything else."""
    match = _NUMERIC.fullmatch(" ".join(cell.split()))
    return (int(match[1]), int(match[3]), int(match[4])) if match is not None and len(match[4]) == 2 else None


def _may_be_year_first(cell: str) -> bool:
    """Whether the year may stand first (27/08/31), and the date be earlier than in British order."""
    numbers = _short(cell)
    return numbers is not None and _FIRST_SHORT_YEAR <= numbers[0] < numbers[2] <= 31


def _day_first_is_certain(cells: Iterable[str]) -> bool:
    """Whether a date of the column only makes sense with the day first, and none with the year first."""
    found = [numbers for cell in cells if (numbers := _short(cell)) is not None]
    day_first = any(first < _FIRST_SHORT_YEAR <= last or last > 31 for first, _, last in found)
    return day_first and not any(last < _FIRST_SHORT_YEAR <= first for first, _, last in found)


def _read_date(cell: str, *, doubtful: bool, stored: bool) -> Date:
    if not cell:
        return Date(None, readable=True)
    parts = _parts(" ".join(cell.split()))
    if parts is None:
        return Date(None, readable=False)
    year, month, day, ordered = parts
    swappable = day <= 12 and day != month and (stored or not ordered)
    if (doubtful and swappable) or not _FIRST_YEAR <= year <= _LAST_YEAR:
        return Date(None, readable=False)
    try:
        return Date(dt.date(year, month, day), readable=True)
    except ValueError:
        return Date(None, readable=False)


def _parts(cell: str) -> tuple[int, int, int, bool] | None:
    """Year, month, day, and whether their order is beyond doubt."""
    if match := _ISO.fullmatch(cell):
        return int(match[1]), int(match[3]), int(match[4]), True
    if match := _NUMERIC.fullmatch(cell):
        return _year(match[4]), int(match[3]), int(match[1]), False
    if match := _DAY_FIRST.fullmatch(cell):
        return _year(match[3]), _month(match[2]), int(match[1]), True
    if match := _MONTH_FIRST.fullmatch(cell):
        return int(match[3]), _month(match[1]), int(match[2]), True
    return None


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text) if int(text) <= _LAST_SHORT_YEAR else 0


def _month(text: str) -> int:
    """Number of a month by its name or its first three or four letters; 0 for another word."""
    name = text.casefold()
    found = [number for number, month in enumerate(_MONTHS, start=1) if month.startswith(name)]
    return found[0] if len(found) == 1 and (len(name) <= 4 or name in _MONTHS) else 0
