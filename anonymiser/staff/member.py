"""One person of the staff list, and the list as text."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from anonymiser.errors import UsageError
from anonymiser.values.roles import StaffRole, Task

LONGEST_NAME = 60
"""As long as a name in the ledger may be."""
LONGEST_GROUP = 60
MOST_PEOPLE = 500
_VERSION = 1


class Damaged(ValueError):
    """The text is no staff list of this program."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who may sign in."""

    name: str
    """One printable line; no two people have names that differ only in capitals."""
    role: StaffRole
    groups: tuple[str, ...] = ()
    """Of a teacher: the classes, clubs and teams whose photos they add and see."""
    password: str = field(default="", repr=False)
    """Its hash, in the form of argon2 with its parameters and salt."""
    wrong: int = 0
    """Wrong passwords in a row."""
    locked_until: dt.datetime | None = None
    """Aware, UTC."""

    @property
    def key(self) -> str:
        """The name for comparing."""
        return name_key(self.name)

    def may(self, task: Task) -> bool:
        """Whether the task is theirs."""
        return task in self.role.tasks


def name_key(name: str) -> str:
    """The same for all spellings of one name."""
    return unicodedata.normalize("NFKC", " ".join(_INVISIBLE.sub("", name).split())).casefold()


_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters that show nothing (Default_Ignorable_Code_Point of Unicode 15)."""
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")
"""Their letters look alike: a name in two of them is one that somebody else may have."""


def _deceives(name: str) -> bool:
    alphabets = {unicodedata.name(character, "").split(" ", 1)[0] for character in name}
    return bool(_INVISIBLE.search(name)) or len(alphabets & set(_ALPHABETS)) > 1


def checked_name(text: str) -> str:
    """The name as it is kept. Raises UsageError if it is none."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    odd = not name or len(name) > LONGEST_NAME or not name.isprintable() or not any(map(str.isalpha, name))
    if odd or _deceives(name):
        raise UsageError(
            "this is not a name for the staff list",
            remedy=f"Give one line of at most {LONGEST_NAME} visible characters, in one alphabet.",
        )
    return name


def checked_groups(groups: Sequence[str], role: StaffRole) -> tuple[str, ...]:
    """The groups as they are kept. Raises UsageError if one is blank or too long, or the role has none."""
    found = tuple(dict.fromkeys(" ".join(group.split()) for group in groups))
    if found and role is not StaffRole.TEACHER:
        raise UsageError("only a teacher has groups", remedy="Leave --group out.")
    if any(not group or len(group) > LONGEST_GROUP or not group.isprintable() for group in found):
        raise UsageError("this is not a group", remedy="Write it as the school's list does, for example: --group 3B")
    return found


def to_text(people: Sequence[Member]) -> str:
    """The list as JSON."""
    rows = [
        {
            "name": one.name,
            "role": one.role,
            "groups": list(one.groups),
            "password": one.password,
            "wrong": one.wrong,
            "locked_until": one.locked_until.isoformat() if one.locked_until else None,
        }
        for one in people
    ]
    return json.dumps({"version": _VERSION, "people": rows}, indent=1, ensure_ascii=False) + "\n"


def from_text(text: str) -> tuple[Member, ...]:
    """The inverse. Raises Damaged unless every single value is one that the program can have written."""
    try:
        whole = json.loads(text)
        if set(whole) != {"version", "people"} or whole["version"] != _VERSION or len(whole["people"]) > MOST_PEOPLE:
            raise Damaged("another version, or too long")
        people = tuple(map(_member, whole["people"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError) as error:
        raise Damaged("not a staff list") from error
    if len({one.key for one in people}) != len(people):
        raise Damaged("a name twice")
    return people


_FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "role": str,
    "groups": list,
    "password": str,
    "wrong": int,
    "locked_until": (str, type(None)),
}


def _member(row: dict[str, Any]) -> Member:
    if set(row) != set(_FIELDS) or not all(
        isinstance(row[name], kind) and not isinstance(row[name], bool) for name, kind in _FIELDS.items()
    ):
        raise Damaged("a field")
    role = StaffRole(row["role"])
    name, groups = checked_name(row["name"]), checked_groups(row["groups"], role)
    until = None if row["locked_until"] is None else dt.datetime.fromisoformat(row["locked_until"])
    if until is not None and not 1970 <= until.year < 9000:
        raise Damaged("a moment that no clock tells")
    if name != row["name"] or list(groups) != row["groups"] or row["wrong"] < 0 or not row["password"]:
        raise Damaged("a value")
    if until is not None and until.tzinfo is None:
        raise Damaged("a moment without a time zone")
    return Member(name, role, groups, row["password"], row["wrong"], until)
