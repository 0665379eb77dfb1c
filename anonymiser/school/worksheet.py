"""The list by which people take copies down: what is where, and what to do about each."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable

from anonymiser.consent.tabular import neutralised
from anonymiser.delivery.takedown import Shown

HEADINGS = (
    "copy", "event", "purpose", "date", "released", "where it was published", "in the outbox", "certainly them",
    "still agreed", "replaced by", "taken down from", "what to do",
)  # fmt: skip

_REPLACE = "have it replaced"


def worksheet_csv(worksheet: Iterable[Shown]) -> str:
    """The list for a spreadsheet program, with line ends as in RFC 4180; no cell is taken for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    writer.writerows(map(neutralised, _row(entry)) for entry in worksheet)
    return out.getvalue()


def steps(entry: Shown) -> tuple[str, ...]:
    """What a person has to do about the copy; nothing if the family still agrees, or it is gone everywhere."""
    if entry.agreed:
        return ()
    found = []
    if entry.places:
        found.append("have it taken down")
    elif not entry.taken_down:
        found.append("find out whether it was published")
    return (*found, _REPLACE) if entry.in_outbox else tuple(found)


def to_do(entry: Shown) -> str:
    """The same for somebody at the command line."""
    nothing = "nothing: still agreed" if entry.agreed else "nothing: taken down"
    return "; ".join(steps(entry)).replace(_REPLACE, "run again with --reissue") or nothing


def _row(entry: Shown) -> tuple[str, ...]:
    event = entry.item.event
    released = entry.item.finished_at
    return (
        str(entry.item.output), event.label, event.purpose, f"{entry.date:%d/%m/%Y}",
        f"{released.replace(tzinfo=dt.UTC).astimezone():%d/%m/%Y}" if released else "",
        "; ".join(entry.places), _yes(entry.in_outbox), _yes(entry.certain), _yes(entry.agreed),
        entry.replaced_by or "", "; ".join(entry.taken_down), to_do(entry),
    )  # fmt: skip


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"
