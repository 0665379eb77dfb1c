"""The audit record as files that an officer can read and keep: a page, a table, and the chain itself."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections import Counter, deque

from jinja2 import Environment, PackageLoader, StrictUndefined

from anonymiser.audit.entry import Entry, Head
from anonymiser.audit.story import tell

HEADINGS = ("number", "when (UTC)", "photo", "what", "in words", "data")
MOST_ON_THE_PAGE = 2000
"""Entries on the page, the newest; the table has every one."""


class Table:
    """Every entry as a row of a CSV file, with line ends as in RFC 4180; no cell begins like a formula."""

    def __init__(self) -> None:
        self._out = io.StringIO(newline="")
        self._writer = csv.writer(self._out)
        self._writer.writerow(HEADINGS)

    def add(self, entry: Entry) -> None:
        """The next row."""
        data = json.dumps(dict(entry.data), sort_keys=True)
        moment = entry.at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
        self._writer.writerow((entry.number, moment, entry.about or "", entry.kind, tell(entry), data))

    def text(self) -> str:
        """The whole of it."""
        return self._out.getvalue()


class Page:
    """A page that needs nothing else: counts, the newest hash, and the newest entries. It names nobody."""

    def __init__(self) -> None:
        self._months: dict[str, Counter[str]] = {}
        self._newest = deque[Entry](maxlen=MOST_ON_THE_PAGE)

    def add(self, entry: Entry) -> None:
        """Count the next entry."""
        self._months.setdefault(f"{entry.at:%Y-%m}", Counter())[str(entry.kind)] += 1
        self._newest.append(entry)

    def html(self, head: Head, at: dt.datetime, signed_with: str | None) -> str:
        """The page, as of the moment `at` (aware)."""
        pages = Environment(
            loader=PackageLoader("anonymiser.audit", "templates"), autoescape=True, undefined=StrictUndefined
        )
        return pages.get_template("audit.html").render(
            head=head,
            at=at,
            signed_with=signed_with,
            kinds=sorted({kind for counts in self._months.values() for kind in counts}),
            months=dict(sorted(self._months.items())),
            total=sum(map(Counter.total, self._months.values())),
            entries=[(entry, tell(entry)) for entry in reversed(self._newest)],
        )
