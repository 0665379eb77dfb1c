"""The days that a report is about: a school term, or any days that somebody names."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from anonymiser.errors import UsageError

_MONTHS = {"autumn": (9, 12), "spring": (1, 3), "summer": (4, 8)}
"""First and last month of each term, holidays included. Schools set their own days, which the caller may give."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both ends included, in the school's calendar."""

    first: dt.date
    last: dt.date
    name: str
    """"autumn-2026", or the two days: part of the report's file name."""

    def has(self, moment: dt.datetime) -> bool:
        """Whether the moment (aware, or UTC if it is naive) is on one of the days."""
        return self.first <= local_day(moment) <= self.last

    @property
    def title(self) -> str:
        """For a heading."""
        term = re.fullmatch(r"([a-z]+)-(\d{4})", self.name)
        days = f"{self.first:%d/%m/%Y} to {self.last:%d/%m/%Y}"
        return f"{term[1].capitalize()} term {term[2]} ({days})" if term else days


def local_day(moment: dt.datetime) -> dt.date:
    """The day of a moment (aware, or UTC if it is naive) in the school's calendar."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return aware.astimezone().date()


def term_named(name: str) -> Period:
    """The term called "autumn-2026", in any case. Raises UsageError if there is no such term."""
    found = re.fullmatch(r"(autumn|spring|summer)[- ](\d{4})", name.strip().casefold())
    if found is None:
        raise UsageError(f"{name} is not a term", remedy="Write it like autumn-2026, spring-2027 or summer-2027.")
    return _term(found[1], int(found[2]))


def term_of(day: dt.date) -> Period:
    """The term with that day in it."""
    name = next(name for name, (first, last) in _MONTHS.items() if first <= day.month <= last)
    return _term(name, day.year)


def days(first: dt.date, last: dt.date) -> Period:
    """The days that somebody names. Raises UsageError if the last is before the first."""
    if last < first:
        raise UsageError("the last day is before the first", remedy="Give --from a day before --until.")
    return Period(first, last, f"{first.isoformat()}-to-{last.isoformat()}")


def _term(name: str, year: int) -> Period:
    first, last = _MONTHS[name]
    if not dt.MINYEAR <= year < dt.MAXYEAR:
        raise UsageError(f"there is no year {year:04}", remedy="Write the term like autumn-2026.")
    after = dt.date(year + last // 12, last % 12 + 1, 1)
    return Period(dt.date(year, first, 1), after - dt.timedelta(days=1), f"{name}-{year}")
