"""The audit record as files that an officer can read and keep: a page, a table, and the chain itself."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections import Counter
from collections.abc import Iterable, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from anonymiser.audit.entry import Entry, Head
from anonymiser.audit.story import tell

HEADINGS = ("number", "when (UTC)", "photo", "what", "in words", "data")
MOST_ON_THE_PAGE = 2000
"""Entries on the page, the newest; the table has every one."""


def to_csv(entries: Iterable[Entry]) -> str:
    """Every entry as a row, with line ends as in RFC 4180; no cell begins like a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for entry in entries:
        data = json.dumps(dict(entry.data), sort_keys=True)
        moment = entry.at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
        writer.writerow((entry.number, moment, entry.about or "", entry.kind, tell(entry), data))
    return out.getvalue()


def to_html(entries: Sequence[Entry], head: Head, at: dt.datetime, signed_with: str | None) -> str:
    """A page that needs nothing else: counts, the newest hash, and the newest entries. It names nobody."""
    months: dict[str, Counter[str]] = {}
    for entry in entries:
        months.setdefault(f"{entry.at:%Y-%m}", Counter())[str(entry.kind)] += 1
    pages = Environment(
        loader=PackageLoader("anonymiser.audit", "templates"), autoescape=True, undefined=StrictUndefined
    )
    return pages.get_template("audit.html").render(
        head=head,
        at=at,
        signed_with=signed_with,
        kinds=sorted({str(entry.kind) for entry in entries}),
        months=dict(sorted(months.items())),
        total=len(entries),
        entries=[(entry, tell(entry)) for entry in reversed(entries[-MOST_ON_THE_PAGE:])],
    )
