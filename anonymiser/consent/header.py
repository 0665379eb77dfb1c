"""The row of headings of a table, and how headings and answers are compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from anonymiser.consent.table import Row, Sheet
from anonymiser.errors import ImportRefused

HEADER_SEARCH_ROWS = 20
"""Reports have a title, a date and blank rows above their headings, and no more."""


def normalised(text: str) -> str:
    """Text without differences of case, spacing and typography; for comparing headings and values."""
    plain = text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-", 0xA0: " "})
    return " ".join(plain.split()).casefold()


_DETAIL_WORDS = frozenset(
    """
    id ids no nr number adm admission adno upn mis misid person_id unique pupil pupils pupil's child child's student
    students student's learner name names first last middle fore sur given family full legal preferred chosen forename
    forenames firstname surname lastname class form reg registration group tutor house year yr nc dob date of birth your
    the known as valid from to until expiry hold role parent parent's carer guardian relationship answered submitted on
    studentid studentforename studentsurname prefforename key code reference
    rhif enw enwau cyntaf cyfenw llawn plentyn disgybl dosbarth blwyddyn grwp gr\u0175p cofrestru dyddiad geni derbyn
    """.split()  # noqa: SIM905 - a page of words is easier to read
)
"""Of headings that say who somebody is, in English and in Welsh."""
_WELSH_QUESTION = re.compile(
    r"\b(g?wefan\w*|cylchlythyr\w*|llun(iau)?|luniau|ffoto\w*|caniat\w*|ganiat\w*|fideo\w*|y wasg)\b"
)
_WORD = re.compile(r"[^\W\d]+(?:'[^\W\d]+)?")


def is_detail(text: str) -> bool:
    """Whether `text` reads like a heading above details of a person, or above a question in Welsh."""
    key = normalised(text)
    words = _WORD.findall(key)
    plain = bool(words) and all(word in _DETAIL_WORDS for word in words) and not any(map(str.isdigit, key))
    return plain or bool(_WELSH_QUESTION.search(key))


@dataclass(frozen=True, slots=True)
class Header:
    """The row of headings, wherever it is."""

    row: Row

    @property
    def keys(self) -> tuple[str, ...]:
        """Normalised headings; of equal ones each ends in its number: `surname [2]`."""
        plain = [normalised(cell) for cell in self.row.cells]
        repeated = {key for key, count in Counter(plain).items() if count > 1}
        seen: Counter[str] = Counter()
        keys = []
        for key in plain:
            seen[key] += 1
            keys.append(f"{key} [{seen[key]}]" if key in repeated else key)
        return tuple(keys)

    def find(self, heading: str) -> int:
        """Index of the column called `heading`.

        Raises ImportRefused if there is none, or more than one.
        """
        keys, wanted = self.keys, normalised(heading)
        if wanted in keys:
            return keys.index(wanted)
        if f"{wanted} [1]" in keys:
            raise ImportRefused(
                f"the heading {heading!r} occurs more than once in row {self.row.number}",
                remedy=f"Write {heading + ' [1]'!r} for the first of them, {heading + ' [2]'!r} for the second.",
            )
        raise ImportRefused(
            f"there is no column {heading!r}",
            remedy="The export has changed: check the mapping against it, line by line, and correct it.",
        )

    def has(self, headings: Iterable[str]) -> bool:
        """Whether every one of `headings` is here, once or more often."""
        found = {re.sub(r" \[\d+\]$", "", key) for key in self.keys} | set(self.keys)
        return all(normalised(heading) in found for heading in headings)


def find_header(sheet: Sheet, headings: Sequence[str]) -> Header:
    """The first row that has all `headings`.

    Raises ImportRefused, which names the first heading that is missing everywhere.
    """
    candidates = [Header(row) for row in sheet.rows[:HEADER_SEARCH_ROWS] if not row.blank]
    for header in candidates:
        if header.has(headings):
            return header
    likeliest = max(candidates, key=lambda header: sum(header.has([heading]) for heading in headings))
    for heading in headings:
        likeliest.find(heading)
    raise ImportRefused("the row of headings was not found", remedy="Delete the rows above it and try again.")
