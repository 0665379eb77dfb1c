"""Reads a column that holds a whole name, and says which signs a name can have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from anonymiser.consent.people import Names, Person, name_key, source_key
from anonymiser.consent.remarks import cut_remark, is_nickname, remark_at
from anonymiser.errors import UsageError
from anonymiser.values.people import PersonId

_NICKNAME = re.compile(
    r"""\(([^()]*)\)|\[([^\[\]]*)\]|"([^"]*)"|\u201c([^\u201c\u201d]*)\u201d"""
    r"""|(?<!\w)['\u2018]([^'\u2018\u2019]+)['\u2019](?!\w)"""
)
_KNOWN_AS = re.compile(r"^(known as|aka|called|pref(erred)?( name)?)\b:?\s*", re.IGNORECASE)
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "master", "dr", "prof", "rev", "sir", "dame"})
_PARTICLES = frozenset(
    {
        "af", "al", "av", "bin", "bint", "da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "el",
        "la", "le", "mac", "mc", "o", "st", "ten", "ter", "van", "von", "zu",
    }
)  # fmt: skip
"""Words that begin a surname of several words."""
_SIGNS = frozenset("'\u2018\u2019\u02bc\u02bb`\u00b4-\u2010\u2011\u2012\u2013., ")


def split_name(text: str) -> Names | None:
    """Forename, surname and preferred name of "Smith, Jack", "Jack Smith", "Jacqueline (Jackie) Smith".

    None if it is not certainly one forename and one surname: no second word, or more than one comma.
    """
    text, preferred = split_nickname(text)
    if _NICKNAME.search(text) or any(sign in text for sign in '()[]"\u201c\u201d'):
        return None
    surname, comma, forename = text.partition(",")
    if "," in forename:
        return None
    parts = (_words(forename), _words(surname)) if comma else _without_comma(_words(text))
    first, last = (" ".join(words) for words in parts)
    return Names(first, last, preferred if preferred != first else "") if first and last else None


def split_nickname(text: str) -> tuple[str, str]:
    """The text without what is in brackets or quotation marks, and that part; empty if there is none."""
    match = _NICKNAME.search(text)
    if match is None:
        return text, ""
    nickname = _KNOWN_AS.sub("", next(group for group in match.groups() if group is not None).strip())
    return " ".join(f"{text[: match.start()]} {text[match.end() :]}".split()), nickname


def has_remark(text: str, *, whole: bool) -> bool:
    """Whether a cell says something besides a name, in brackets, in quotation marks or beside it.

    Args:
        text: Of the cell.
        whole: It is the cell of a whole name, rather than of a forename or a surname.
    """
    return _without_brackets(text) is None or remark_at(str(_without_brackets(text)).split(), whole=whole) is not None


def without_remark(text: str, *, whole: bool) -> str:
    """The name in a cell, with its nickname and without anything that `has_remark` finds."""
    if not has_remark(text, whole=whole):
        return text
    bare = re.sub(r"[()\[\]{}\"\u201c\u201d].*", "", _NICKNAME.sub(" ", text))
    return cut_remark(bare, whole=whole)


def _without_brackets(text: str) -> str | None:
    """The text without its nicknames; None if there is something else in brackets or quotation marks."""
    while (match := _NICKNAME.search(text)) is not None:
        inside = next(group for group in match.groups() if group is not None).strip()
        if not is_nickname(_KNOWN_AS.sub("", inside)):
            return None
        text = f"{text[: match.start()]} {text[match.end() :]}"
    return None if any(sign in text for sign in '()[]{}"\u201c\u201d') else text


def has_odd_signs(text: str) -> bool:
    """Whether there is a sign in `text` that no name has, such as a star or a slash; digits are not checked here."""
    return any(unicodedata.category(sign)[0] not in "LMN" and sign not in _SIGNS for sign in text)


def people_called(people: Mapping[PersonId, Person], text: str) -> list[PersonId]:
    """Everybody who may be meant by an id or by a full name, in either order of its parts."""
    if (exact := PersonId(text)) in people:
        return [exact]
    by_id = [p.id for p in people.values() if source_key(text) in {source_key(p.id), source_key(p.names.source_id)}]
    names = split_name(text)
    keys = {name_key(text)} | (names.keys if names else frozenset())
    return by_id or [p.id for p in people.values() if keys & (p.names.keys | p.names.turned)]


def find_person(people: Mapping[PersonId, Person], text: str) -> PersonId:
    """The person a user means by an id or a full name. Raises UsageError if that is not certain."""
    found = people_called(people, text)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} people have that name", remedy=f"Use an id: {', '.join(found)}.")
    raise UsageError("the register has no such person", remedy="anonymise consent list shows everybody's id.")


def _words(text: str) -> list[str]:
    words = text.split()
    while len(words) > 1 and words[0].casefold().rstrip(".") in _TITLES:
        words = words[1:]
    return words


def _without_comma(words: list[str]) -> tuple[list[str], list[str]]:
    capitals = [len(word) > 1 and word.isupper() for word in words]
    leading = capitals.index(False) if False in capitals else 0
    if leading and not any(capitals[leading:]):
        return words[leading:], words[:leading]  # SMITH Jack
    start = next((i for i in range(1, len(words) - 1) if words[i].casefold() in _PARTICLES), len(words) - 1)
    return words[:start], words[start:]
