"""Proposes a mapping for an export that the program has not seen, for a person to check and confirm.

It says what is obvious and leaves open what is dangerous: it never decides which answer means yes under a
heading that may be inverted ("Consent denied", "Do NOT photograph").
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from anonymiser.consent.mapping import HEADER_SEARCH_ROWS, Header
from anonymiser.consent.tabular import Sheet
from anonymiser.errors import ImportRefused

_IDENTITY: dict[str, tuple[str, ...]] = {
    "person_id": (
        "person_id", "studentid", "student id", "pupil id", "upn", "admission number", "admission no", "adno", "id",
        "mis id", "unique pupil number",
    ),
    "forename": (
        "forename", "studentforename", "first name", "firstname", "legal forename", "pupil forename", "given name",
    ),
    "surname": ("surname", "studentsurname", "last name", "lastname", "legal surname", "pupil surname", "family name"),
    "preferred": ("preferred name", "preferred forename", "prefforename", "known as"),
    "groups": ("class", "reg", "registration form", "registration group", "form", "tutor group", "form/tutor group"),
    "parent": ("confirmed by", "relationship", "given by", "informed by", "parent", "contact"),
    "answered_on": ("date", "date confirmed", "response date", "submission time", "submitted", "timestamp"),
    "valid_from": ("valid from", "start date"),
    "valid_to": ("valid to", "end date", "expiry", "expiry date"),
}  # fmt: skip
"""Headings found in exports of ParentMail, Arbor, SIMS, Bromcom, ScholarPack, Juniper and in generic pupil lists."""

_PURPOSES = (
    ("website", ("website", "web site", "online", "internet")),
    ("social-media", ("social", "facebook", "twitter", "instagram")),
    ("newsletter", ("newsletter", "prospectus", "print", "publication")),
    ("press", ("press", "newspaper", "media")),
    ("display", ("display", "internal", "in school", "classroom")),
)
_QUESTION = re.compile(r"consent|permission|photo|image|picture|video|film|website|social|press|newsletter|display")
_STATUS = frozenset({"status", "state", "answer", "response"})
_INVERTED = re.compile(
    r"\b(not?|denied|deny|never|without|except|exclude[ds]?|(object|refus|declin|withdr|revok)\w*)\b|n't|opt"
)
_YES = frozenset({"yes", "y", "true", "t", "1", "granted", "confirmed", "consented", "agreed", "given"})
_NO = frozenset({"no", "n", "false", "f", "0", "not granted", "declined", "denied", "refused"})
_MAX_VALUES = 12
_MAX_VALUE_LENGTH = 40
"""Longer cells are free text, and may name a child."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping file to be checked."""

    text: str
    """TOML; `confirmed = false`."""
    inverted: tuple[str, ...]
    """Headings under which "yes" may mean no; their `granted` is left empty for a person to fill in."""


def propose(sheet: Sheet) -> Proposal:
    """The likeliest meaning of every column.

    Raises ImportRefused where the file has no recognisable row of headings, or no question among them.
    """
    header = max(
        (Header(row) for row in sheet.rows[:HEADER_SEARCH_ROWS] if not row.blank),
        key=lambda header: len(_identities(header)),
    )
    identities = _identities(header)
    if not {"forename", "surname"} <= identities.keys():
        raise ImportRefused(
            "no row of headings with a forename and a surname was found",
            remedy="Add a first row with headings (docs/consent-csv.md), or choose another report.",
        )
    taken = set(identities.values())
    questions = [
        index
        for index, key in enumerate(header.keys)
        if index not in taken and (_QUESTION.search(key) or key in _STATUS)
    ]
    if not questions:
        raise ImportRefused(
            "no column looks like a consent", remedy="Choose a report with consents, or write a mapping yourself."
        )
    lines = [
        "# Proposed by anonymise, for you to check. Nothing is imported until you have:",
        "#   1. checked that every heading below means what is said of it;",
        "#   2. filled in, for each question, which answers mean YES (`granted`); all others count as no;",
        "#   3. deleted the questions that have nothing to do with photos;",
        "#   4. set confirmed = true.",
        "confirmed = false",
        "",
        "[columns]",
    ]
    for name, index in identities.items():
        value = _quoted(header, index)
        lines.append(f"{name} = [{value}]" if name == "groups" else f"{name} = {value}")
    inverted = []
    for index in questions:
        key = header.keys[index]
        values = _values(sheet, header, index)
        granted = [value for value in values if value.casefold() in _YES]
        refused = [value for value in values if value.casefold() in _NO]
        other = [value for value in values if value not in granted + refused]
        lines += ["", "[[consent]]", f"column = {_quoted(header, index)}"]
        lines.append(_purpose_line(key))
        lines.append(f"media = {_list(_media(key))}")
        if _INVERTED.search(key):
            inverted.append(header.row.cells[index])
            lines += [
                "# CAREFUL: this heading may be the wrong way round, so that yes means NO.",
                f"# Answers found: {_list(values)}. Which of them mean that the family AGREES?",
                "granted = []",
                "refused = []",
            ]
        else:
            lines += [f"granted = {_list(granted)}", f"refused = {_list(refused)}"]
            if other:
                lines.append(f"# Also found, and counted as no unless you list them: {_list(other)}")
    return Proposal("\n".join(lines) + "\n", tuple(inverted))


def _identities(header: Header) -> dict[str, int]:
    """Name of the mapping's key -> column; only headings that stand for one thing, at their first place."""
    found: dict[str, int] = {}
    for name, headings in _IDENTITY.items():
        for heading in headings:
            for key in (heading, f"{heading} [1]"):
                if name not in found and key in header.keys and header.keys.index(key) not in found.values():
                    found[name] = header.keys.index(key)
    return found


def _purpose_line(key: str) -> str:
    for purpose, words in _PURPOSES:
        if any(word in key for word in words):
            return f'purpose = "{purpose}"'
    return 'purpose = ""  # for what may the pictures be used? website, social-media, newsletter, press, display, ...'


def _media(key: str) -> list[str]:
    moving = bool(re.search(r"video|film|webcam", key))
    still = not moving or bool(re.search(r"photo|image|picture", key))
    return ["image"] * still + ["video"] * moving


def _values(sheet: Sheet, header: Header, index: int) -> list[str]:
    rows = (row for row in sheet.rows if row.number > header.row.number and index < len(row.cells))
    values = sorted({row.cells[index] for row in rows} - {""}, key=str.casefold)
    return [value for value in values if len(value) <= _MAX_VALUE_LENGTH][:_MAX_VALUES]


def _quoted(header: Header, index: int) -> str:
    heading = " ".join(header.row.cells[index].split())
    key = header.keys[index]
    return _string(heading + key[key.rindex(" [") :] if re.search(r" \[\d+\]$", key) else heading)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # a JSON string is a TOML basic string


def _list(values: list[str]) -> str:
    return f"[{', '.join(map(_string, values))}]"
