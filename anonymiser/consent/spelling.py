"""Names that differ by one letter: Smith and Smyth, Aisha and Aysha.

In a list without ids nothing else tells two children apart, and one child may have been typed twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from anonymiser.consent.parsed import Listed
from anonymiser.consent.people import Names, Person, group_key, name_key
from anonymiser.values.people import PersonId

_SHORTEST = 4
"""Shorter names that differ by a letter are different names: Ava and Ada, Tim and Tom."""


def is_alike(one: Names, other: Names) -> bool:
    """Whether the names differ by one letter in all, which somebody may have mistyped."""
    mine, theirs = ((name_key(names.forename), name_key(names.surname)) for names in (one, other))
    if mine[0] == theirs[0]:
        return _one_letter(mine[1], theirs[1])
    return mine[1] == theirs[1] and _one_letter(mine[0], theirs[0])


def in_different_classes(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether both classes are known, and none is the same."""
    mine, theirs = (set(map(group_key, groups)) - {""} for groups in (one, other))
    return bool(mine and theirs) and mine.isdisjoint(theirs)


class NamesAlike:
    """Finds the people of a register whose names differ by a letter from one in a list."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._by_part: dict[tuple[str, str], list[Person]] = defaultdict(list)
        for person in people:
            self._by_part["forename", name_key(person.names.forename)].append(person)
            self._by_part["surname", name_key(person.names.surname)].append(person)

    def to(self, listed: Listed) -> set[PersonId]:
        """Everybody who may be meant; people in other classes are not."""
        names = listed.names
        near = (
            *self._by_part.get(("forename", name_key(names.forename)), ()),
            *self._by_part.get(("surname", name_key(names.surname)), ()),
        )
        return {
            person.id
            for person in near
            if is_alike(person.names, names) and not in_different_classes(person.groups, listed.groups or ())
        }


def _one_letter(one: str, other: str) -> bool:
    """Whether one letter was changed, added, left out, or exchanged with the next; never the first."""
    if one == other or min(len(one), len(other)) < _SHORTEST or one[0] != other[0] or abs(len(one) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    mine, theirs = one[start:], other[start:]
    return (
        mine[1:] == theirs[1:]
        or mine[1:] == theirs
        or mine == theirs[1:]
        or (mine[:2] == theirs[:2][::-1] and mine[2:] == theirs[2:])
    )
