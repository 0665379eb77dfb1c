"""Proposes a mapping for an export that the program has not seen, for a person to check and confirm.

It fills in what is obvious and leaves open what is dangerous. It names the answers that mean yes only if the wording of
the heading is plainly positive, and it lists every column that it leaves out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from anonymiser.consent.header import HEADER_SEARCH_ROWS, Header, normalised
from anonymiser.consent.long_format import refuse_row_per_kind
from anonymiser.consent.mapping import NEVER_AGREED
from anonymiser.consent.table import Row, Sheet
from anonymiser.consent.wording import asks_for_consent, is_negative, is_plainly_positive, purposes_named
from anonymiser.errors import ImportRefused

_IDENTITY: dict[str, tuple[str, ...]] = {
    "person_id": (
        "person_id", "studentid", "student id", "pupil id", "upn", "admission number", "admission no", "adno",
        "mis id", "unique pupil number", "child id", "pupil number", "student number", "id",
    ),
    "forename": (
        "child forename", "child's forename", "child first name", "child's first name", "pupil forename",
        "pupil's forename", "pupil first name", "pupil's first name", "studentforename", "student forename",
        "student first name", "student's first name", "forename", "first name", "firstname", "legal forename",
        "chosen forename", "given name",
    ),
    "surname": (
        "child surname", "child's surname", "child last name", "child's last name", "pupil surname", "pupil's surname",
        "pupil last name", "pupil's last name", "studentsurname", "student surname", "student last name",
        "student's last name", "surname", "last name", "lastname", "legal surname", "chosen surname", "family name",
    ),
    "name": (
        "child name", "child's name", "name of child", "child's full name", "child full name", "name of your child",
        "pupil name", "pupil's name", "name of pupil", "pupil full name", "student name", "student's name",
        "name of student", "student full name", "pupil", "child", "student", "full name", "name",
    ),
    "preferred": (
        "preferred", "preferred name", "preferred forename", "prefforename", "known as", "preferred first name",
    ),
    "groups": (
        "class", "reg", "registration form", "registration group", "form", "tutor group", "form/tutor group",
        "class name", "reg group", "child class", "child's class", "pupil class", "year/class", "group",
    ),
    "parent": (
        "parent name", "parent's name", "parent full name", "parent/carer name", "parent / carer name",
        "name of parent", "parent/guardian name", "carer name", "guardian name", "confirmed by", "given by",
        "informed by", "completed by", "submitted by", "responder", "respondent", "answered by", "parent",
        "parent/carer", "parent / carer", "contact", "relationship",
    ),
    "answered_on": (
        "date submitted", "date", "date confirmed", "response date", "submission time", "submitted", "timestamp",
        "submitted on", "submission date", "date of response", "completion time", "date completed", "completed on",
        "date answered", "answered on", "responded on", "date responded", "response time", "submitted at",
        "answered_on",
    ),
    "valid_from": ("valid_from", "valid from", "start date"),
    "hold": ("hold",),
    "role": ("role",),
    "valid_to": (
        "valid_to", "valid to", "end date", "expiry", "expiry date", "consent expires", "valid until", "expires",
    ),
}  # fmt: skip
"""Headings found in exports of ParentMail, Arbor, SIMS, Bromcom, ScholarPack, Juniper and in generic pupil lists."""

_WHO = ("person_id", "forename", "surname", "name")
_FORM = frozenset({"start time", "completion time"})
"""Microsoft Forms numbers its answers under "ID": it is nobody's id, and the next form begins with 1 again."""
_STATUS = frozenset({"status", "state", "answer", "response"})
_YES = frozenset(
    {
        "yes", "y", "true", "t", "1", "granted", "confirmed", "consented", "agreed", "given", "yes please", "i consent",
        "i give consent", "i agree", "i give permission", "agree", "consent", "consent given", "permission given",
        "\u2713", "\u2714", "\u2705", "ok", "yes, i give permission", "yes, i consent", "yes, i agree", "yes i consent",
    }
)  # fmt: skip
_NO = frozenset(
    {
        "no", "n", "false", "f", "0", "not granted", "declined", "denied", "refused", "no thanks", "no thank you",
        "i do not consent", "i do not give consent", "i do not agree", "i do not give permission", "consent not given",
        "disagree", "i disagree", "no consent", "no, i do not give permission", "no, i do not consent",
        "no, i do not agree", "\u2717", "\u2718", "\u2715", "\u274c",
    }
)  # fmt: skip
_MAX_VALUES = 12
_MAX_VALUE_LENGTH = 40
"""Longer cells are free text, and may name a child."""


@dataclass(frozen=True, slots=True)
class Question:
    """One column that asks the family something, and what is proposed for it."""

    heading: str
    """As a mapping names it."""
    purpose: str
    """Empty if the heading does not say."""
    media: tuple[str, ...]
    granted: tuple[str, ...]
    """Empty if only a person can say which answer means yes."""
    refused: tuple[str, ...]
    other: tuple[str, ...]
    """Answers that occur and count as no."""
    inverted: bool
    """Whether the wording, or a title above it, reverses the meaning."""
    plain: bool
    """Whether the wording is plainly positive."""

    @property
    def open(self) -> bool:
        """Whether a person has to fill in something before it can be used."""
        return not self.purpose or not self.granted

    @property
    def values(self) -> tuple[str, ...]:
        """Every answer that occurs."""
        return (*self.granted, *self.refused, *self.other)

    def meaning_yes(self, granted: Sequence[str]) -> Question:
        """The question with a person's word on which of its answers, however spelt, mean that the family agrees."""
        keys = set(map(normalised, granted))
        rest = [value for value in self.values if normalised(value) not in keys]
        known = _YES | _NO
        return replace(
            self,
            granted=tuple(value for value in self.values if normalised(value) in keys),
            refused=tuple(value for value in rest if normalised(value) in known),
            other=tuple(value for value in rest if normalised(value) not in known),
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping to be checked."""

    columns: tuple[tuple[str, str], ...]
    """Line of the mapping and heading."""
    questions: tuple[Question, ...]
    unused: tuple[str, ...] = field(default=())
    """Headings that the mapping leaves out."""
    left_out: tuple[str, ...] = field(default=())
    """Those of them that look like questions, and that a person has left out."""

    @property
    def inverted(self) -> tuple[str, ...]:
        """Headings under which "yes" may mean no."""
        return tuple(question.heading for question in self.questions if question.inverted)

    @property
    def unclear(self) -> tuple[str, ...]:
        """Other headings that are not understood with certainty."""
        return tuple(q.heading for q in self.questions if not q.inverted and not q.plain)

    @property
    def complete(self) -> bool:
        """Whether nothing is left open, so that a person only has to confirm it."""
        return not any(question.open for question in self.questions)

    @property
    def text(self) -> str:
        """The mapping file, to be checked."""
        return self.render(confirmed=False)

    def render(self, *, confirmed: bool) -> str:
        """TOML."""
        lines = _INTRODUCTION if not confirmed else ["# Confirmed by a person.", "confirmed = true"]
        lines = [*lines, f"left_out = {_list(self.left_out)}", "", "[columns]"]
        for name, heading in self.columns:
            value = _string(heading)
            lines.append(f"{name} = [{value}]" if name == "groups" else f"{name} = {value}")
        for question in self.questions:
            lines += _question_lines(question)
        if self.unused:
            lines += ["", "# Columns that are left out, and not imported:"]
            lines += [f"#   {_string(heading)}" for heading in self.unused]
        return "\n".join(lines) + "\n"


_INTRODUCTION = [
    "# Proposed by anonymise, for you to check. Nothing is imported until you have:",
    "#   1. checked that every heading below means what is said of it;",
    "#   2. filled in, for each question, which answers mean YES (`granted`); all others count as no;",
    '#   3. deleted the questions that have nothing to do with photos, and named them in left_out = ["..."];',
    "#   4. set confirmed = true.",
    "confirmed = false",
]


def propose(sheet: Sheet) -> Proposal:
    """The likeliest meaning of every column.

    Raises ImportRefused if the file has no recognisable row of headings, or no question among them.
    """
    rows, header, identities = _header_of(sheet)
    if not {"forename", "surname"} <= identities.keys() and "name" not in identities:
        raise ImportRefused(
            "no row of headings with a forename and a surname was found",
            remedy="Add a first row with headings (docs/consent-csv.md), or choose another report.",
        )
    body = [row for row in sheet.rows if row.number > header.row.number]
    refuse_row_per_kind(header, body, (identities[part] for part in _WHO if part in identities))
    taken = set(identities.values())
    free = [index for index, key in enumerate(header.keys) if index not in taken and header.row.cells[index]]
    questions = [index for index in free if is_question(sheet, header, index)]
    if not questions:
        raise ImportRefused(
            "no column looks like a consent", remedy="Choose a report with consents, or write a mapping yourself."
        )
    return Proposal(
        columns=tuple((name, heading_of(header, index)) for name, index in identities.items()),
        questions=tuple(_question(sheet, header, rows, index) for index in questions),
        unused=(
            *(heading_of(header, index) for index in free if index not in questions),
            *dict.fromkeys(
                cell for cell, own in zip(_above(header, rows), header.keys, strict=True) if cell and not own
            ),
        ),
    )


def samples(sheet: Sheet, most: int = 3) -> dict[str, tuple[str, ...]]:
    """Every heading, as a mapping names it, with the first `most` different cells below it: for a person to compare.

    They may hold names.
    """
    _, header, _ = _header_of(sheet)
    found: dict[str, tuple[str, ...]] = {}
    for index, cell in enumerate(header.row.cells):
        if cell:
            below = (
                row.cells[index] for row in sheet.rows if row.number > header.row.number and index < len(row.cells)
            )
            found[heading_of(header, index)] = tuple(islice(dict.fromkeys(filter(None, below)), most))
    return found


def _header_of(sheet: Sheet) -> tuple[list[Row], Header, dict[str, int]]:
    """The rows among which the headings are, the likeliest of them, and which column is what."""
    rows = [row for row in sheet.rows[:HEADER_SEARCH_ROWS] if not row.blank]
    header = max(map(Header, rows), key=lambda header: _likeness(_identities(header, rows), header))
    return rows, header, _identities(header, rows)


def _likeness(found: Mapping[str, int], header: Header) -> tuple[int, int, int]:
    """How much a row looks like the headings; of two lines of headings, the lower has the details."""
    named = 2 if {"forename", "surname"} <= found.keys() else 1 if "name" in found else 0
    return named, len(found), header.row.number


def _identities(header: Header, rows: Sequence[Row]) -> dict[str, int]:
    """Name of the mapping's key -> column; only headings that stand for one thing, at their first place.

    A heading of two lines ("Parent" over "Name") counts as a whole.
    """
    own = list(header.keys)
    whole = [f"{above} {key}".strip() for above, key in zip(_above(header, rows), own, strict=True)]
    found: dict[str, int] = {}
    for keys in (whole, own):
        for name, headings in _IDENTITY.items():
            for heading in headings:
                for key in (heading, f"{heading} [1]"):
                    index = keys.index(key) if key in keys else -1
                    alone = keys is whole or whole[index] == own[index] or name not in {"name", "parent"}
                    if index >= 0 and own[index] and alone and name not in found and index not in found.values():
                        found[name] = index
    if set(own) >= _FORM and own[found.get("person_id", 0)] == "id":
        found.pop("person_id", None)
    if {"forename", "surname"} <= found.keys():
        found.pop("name", None)
    elif "name" in found:
        found.pop("forename", None)
        found.pop("surname", None)
    return found


def _above(header: Header, rows: Sequence[Row]) -> list[str]:
    """The text above each heading in the row before, if that row groups the headings; else nothing."""
    before = [row for row in rows if row.number < header.row.number]
    cells = [normalised(cell) for cell in before[-1].cells] if before else []
    if len(set(filter(None, cells))) < 2:
        return [""] * len(header.row.cells)  # a title
    return [
        cells[index] if index < len(cells) and cells[index] != normalised(cell) else ""
        for index, cell in enumerate(header.row.cells)
    ]


def is_question(sheet: Sheet, header: Header, index: int) -> bool:
    """Whether the heading asks for a consent, or the column is answered with yes and no."""
    if asks_for_consent(header.row.cells[index]) or header.keys[index] in _STATUS:
        return True
    values = {normalised(value) for value in _values(sheet, header, index)} - NEVER_AGREED
    return bool(values) and values <= _YES | _NO and not values <= {"0", "1", "t", "f"}


def purpose_of(key: str) -> str:
    """The first purpose that a normalised heading names; empty if it names none, or something else is online."""
    found = purposes_named(key)
    online = found[:1] == ["website"] and not re.search(r"web ?site", key)
    return "" if not found or (online and len(found) > 1) else found[0]


def _question(sheet: Sheet, header: Header, rows: Sequence[Row], index: int) -> Question:
    key = header.keys[index]
    whole = f"{_above(header, rows)[index]} {header.row.cells[index]}"
    titles = " / ".join(cell for row in rows if row.number < header.row.number for cell in dict.fromkeys(row.cells))
    inverted = is_negative(whole) or is_negative(titles)
    purpose = purpose_of(key)
    plain = not inverted and is_plainly_positive(whole) and bool(purpose or not purposes_named(key))
    values = _values(sheet, header, index)
    granted = [value for value in values if normalised(value) in _YES] if plain else []
    refused = [value for value in values if normalised(value) in _NO] if plain else []
    if plain and set(values) <= set(refused):
        granted = ["Yes"]  # nobody has agreed yet
    return Question(
        heading=heading_of(header, index),
        purpose=purpose,
        media=tuple(_media(key)),
        granted=tuple(granted),
        refused=tuple(refused),
        other=tuple(value for value in values if value not in granted + refused),
        inverted=inverted,
        plain=plain,
    )


def _question_lines(question: Question) -> list[str]:
    purpose = f'purpose = "{question.purpose}"'
    if not question.purpose:
        purpose += "  # for what may the pictures be used? website, social-media, newsletter, press, display, ..."
    lines = ["", "[[consent]]", f"column = {_string(question.heading)}", purpose, f"media = {_list(question.media)}"]
    if question.inverted and not question.granted:
        lines.append('# CAREFUL: under this heading "yes" may mean that the family does NOT agree.')
    elif not question.plain and not question.granted:
        lines.append("# Which answers mean that the family agrees? The heading alone does not tell for sure.")
    if not question.granted:
        found = question.values
        lines.append(f"# Answers found: {_list(found)}. Write those that mean the family agrees into `granted`.")
        return [*lines, "granted = []", "refused = []"]
    lines += [f"granted = {_list(question.granted)}", f"refused = {_list(question.refused)}"]
    if question.other:
        lines.append(f"# Also found, and counted as no unless you list them: {_list(question.other)}")
    return lines


def _media(key: str) -> list[str]:
    moving = bool(re.search(r"video|film|webcam", key))
    still = not moving or bool(re.search(r"photo|image|picture", key))
    return ["image"] * still + ["video"] * moving


def _values(sheet: Sheet, header: Header, index: int) -> list[str]:
    rows = (row for row in sheet.rows if row.number > header.row.number and index < len(row.cells))
    values = sorted({row.cells[index] for row in rows} - {""}, key=str.casefold)
    return [value for value in values if len(value) <= _MAX_VALUE_LENGTH and not value.startswith("#")][:_MAX_VALUES]


def heading_of(header: Header, index: int) -> str:
    """The heading as a mapping names it, with its number if it occurs more than once."""
    heading = " ".join(header.row.cells[index].split())
    key = header.keys[index]
    return heading + key[key.rindex(" [") :] if re.search(r" \[\d+\]$", key) else heading


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # a JSON string is a TOML basic string


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_string, values))}]"
