"""Lists with one row for each child and each kind of consent, or about another kind than the mapping says.

In such a list the column of answers is about the website in one row and about the newsletter in the next. Read row by
row, the last of a child's answers would count for all of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set

from anonymiser.consent.header import Header, normalised
from anonymiser.consent.table import Row
from anonymiser.consent.wording import purposes_named
from anonymiser.errors import ImportRefused

_KIND = re.compile(
    r"\b(consent|permission|agreement|question|usage|media) ?(type|kind|name|item|category|description|area|title)\b"
    r"|\b(type|kind|category|name|description) of (consent|permission|use|question)\b|^question$|^consent for$"
    r"|^permission for$|^statement$|^purpose$|^consent/permission$"
)
"""A heading above kinds of consent."""
_SUBJECT = re.compile(
    r"\b(photo\w*|images?|pictures?|videos?|film\w*|web ?sites?|social|facebook|twitter|instagram|tiktok|youtube|press"
    r"|newspapers?|newsletters?|prospectus|yearbook|displays?|publicity|media|internet|biometric\w*|trips?|visits?"
    r"|medical\w*|medication|first aid|plasters|sun ?cream|local area|walks?|swim\w*)\b"
)
"""What a kind of consent is about."""
_MOST_KINDS = 40
_LONGEST = 120
_A_ROW_EACH = "Export it with one row for each child and one column for each kind of consent."


def refuse_row_per_kind(header: Header, rows: Sequence[Row], who: Iterable[int]) -> None:
    """Refuse a list in which the kind of consent is said row by row.

    Args:
        header: The headings.
        rows: Below them.
        who: Indexes of the columns that say who it is.
    """
    named = sorted(set(who))
    for index, heading in enumerate(header.keys):
        if index in named or not heading:
            continue
        kinds = _kinds(rows, index)
        if not kinds or sum(bool(_SUBJECT.search(kind)) for kind in kinds) * 2 <= len(kinds):
            continue
        if _KIND.search(heading) or _differs_within_a_child(rows, index, named):
            raise ImportRefused(
                f'the list has a row for each kind of consent, in column "{" ".join(header.row.cells[index].split())}"',
                remedy=_A_ROW_EACH,
            )


def refuse_other_kind(header: Header, rows: Sequence[Row], purposes: Set[str]) -> None:
    """Refuse a list that says of itself, in every row, that it is about something else than `purposes`."""
    for index, heading in enumerate(header.keys):
        found = {normalised(_cell(row, index)) for row in rows} - {""}
        if not _KIND.search(heading) or len(found) != 1:
            continue
        kind = found.pop()
        about = set(purposes_named(kind))
        if _SUBJECT.search(kind) and (about.isdisjoint(purposes) if about else not re.search("photo|image|pict", kind)):
            raise ImportRefused(
                f'column "{" ".join(header.row.cells[index].split())}" says that the list is about another kind of '
                "consent than the mapping",
                remedy="Import it with a mapping of its own.",
            )


def _kinds(rows: Sequence[Row], index: int) -> set[str]:
    """The different cells of a column; nothing unless they are two or more short texts."""
    found = {normalised(_cell(row, index)) for row in rows} - {""}
    few = 2 <= len(found) <= _MOST_KINDS and all(len(text) <= _LONGEST for text in found)
    return found if few else set()


def _differs_within_a_child(rows: Sequence[Row], index: int, who: Sequence[int]) -> bool:
    """Whether several children have several rows each, which differ in this column."""
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in rows:
        child = tuple(normalised(_cell(row, at)) for at in who)
        if any(child) and (kind := normalised(_cell(row, index))):
            found[child].add(kind)
    several = sum(len(kinds) > 1 for kinds in found.values())
    return several > len(found) / 2


def _cell(row: Row, index: int) -> str:
    return row.cells[index] if index < len(row.cells) else ""
