"""Days, months, terms and years in a title: "As at 3 Sept 2023", "Photo consents 2022/23", "Autumn 2023"."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TERM_ENDS = {"autumn": (12, 31), "spring": (4, 30), "summer": (8, 31), "michaelmas": (12, 31), "lent": (4, 30)}
_NO_DATE_OF_A_LIST = re.compile(
    r"\b(?:act|regulations?|gdpr|kcsie|policy|policies|est|estd|established|since|founded|copyright|version|tel|phone"
    r"|introduced|born|class of)\b[.:,]? ?(?:of |in |\()?(?:[a-z]+ )?\d{2,4}\b|\u00a9 ?\d{4}|\b\d{3,} ?\d{3,}\b"
    r"|\b(?:cohort|intake|joined (?:after|since|before|in|from|on)|term dates)\b[:,]? (?:of )?[\d /.-]*(?:[a-z]{3,9} )?"
    r"[\d/-]+|(?:\d\d?[/.-]){0,2}(?:\b[a-z]{3,9} )?\d{4}(?:[/-]\d{2,4})? (?:intake|cohort|starters|entry|onwards)\b",
)
"""Years of laws and schools, of those who came then, and numbers of telephones."""
_YEAR = r"(20[1-4]\d)"
_PATTERNS = (
    ("iso", re.compile(rf"\b{_YEAR}[/.-](\d\d?)[/.-](\d\d?)\b")),
    ("numeric", re.compile(r"\b(\d\d?)([/.-])(\d\d?)\2(20[1-4]\d|[1-4]\d)\b")),
    ("words", re.compile(rf"\b(\d\d?)(?:st|nd|rd|th)?(?: of)?[ -]([a-z]{{3,9}})\.?,?[ -]{_YEAR}\b")),
    ("words, month first", re.compile(rf"\b([a-z]{{3,9}})\.? (\d\d?)(?:st|nd|rd|th)?,? {_YEAR}\b")),
    ("school year", re.compile(rf"\b{_YEAR} ?[/\u2013-] ?(20)?([1-4]\d)\b")),
    ("month", re.compile(rf"\b([a-z]{{3,9}})\.?,? {_YEAR}\b")),
    ("term", re.compile(rf"\b(autumn|spring|summer|michaelmas|lent)(?: term)?(?: \d)?,? {_YEAR}\b")),
    ("year", re.compile(rf"(?<![\d/.-]){_YEAR}(?![\d/-])")),
)


def latest_day(text: str) -> dt.date | None:
    """The latest day that a title can be about; None if it names none.

    A month is its last day, a school year its last of August, a year its last of December.
    """
    return max(_days(" ".join(text.casefold().split())), default=None)


def _days(text: str) -> Iterator[dt.date]:
    text = _NO_DATE_OF_A_LIST.sub(" ", text)
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield from _read(kind, match)
        text = _without(kind, pattern, text)


def _without(kind: str, pattern: re.Pattern[str], text: str) -> str:
    """The text without what has been read as this kind of date."""
    return pattern.sub(lambda match: " " if list(_read(kind, match)) else match[0], text)


def _read(kind: str, match: re.Match[str]) -> Iterator[dt.date]:
    match kind:
        case "iso":
            yield from _day(int(match[1]), int(match[2]), int(match[3]))
        case "numeric":
            year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
            yield from _day(year, int(match[3]), int(match[1]))
            yield from _day(year, int(match[1]), int(match[3]))
        case "words":
            yield from _day(int(match[3]), _month(match[2]), int(match[1]))
        case "words, month first":
            yield from _day(int(match[3]), _month(match[1]), int(match[2]))
        case "school year" if int(match[3]) == int(match[1]) % 100 + 1:
            yield dt.date(int(match[1]) + 1, 8, 31)
        case "month" if month := _month(match[1]):
            yield dt.date(int(match[2]), month, calendar.monthrange(int(match[2]), month)[1])
        case "term":
            yield dt.date(int(match[2]), *_TERM_ENDS[match[1]])
        case "year":
            yield dt.date(int(match[1]), 12, 31)


def _month(word: str) -> int:
    return _MONTHS.index(word[:3]) + 1 if word[:3] in _MONTHS else 0


def _day(year: int, month: int, day: int) -> Iterator[dt.date]:
    try:
        yield dt.date(year, month, day)
    except ValueError:
        return
