"""What stands in the cell of a name and is no name: a remark, a class, a total, a second child.

Nobody's name may be made of a remark, and a row that says "no photos" beside the name grants nothing.
"""

from __future__ import annotations

import re

_REMARK_WORDS = """
adopted alert archived awaiting banned cancelled confidential consent consents custody deceased declined declines
deleted denied died dont duplicate except excluded expelled facebook film filming forbidden former fostered gdpr gone
image images inactive instagram leaver leavers leaving left media moved never newsletter not note notes nb object
objected objecting objection objections objects only opted order orders pending permission permissions photo photograph
photographed photographs photography photos pics picture pictures prohibited protected protection publication publish
published publishing refuse refused refuses removal remove removed restricted restriction revoked safeguarding sensitive
since social stop suspended tbc transferred unknown until video videos void warning website withdraw withdrawal
withdrawn withdrew without yes
"""
_REMARKS = frozenset(_REMARK_WORDS.split())
"""Words that are nobody's name."""
_NAMES_TOO = frozenset({"ban", "care", "court", "foster", "hold", "lac", "leave", "page", "press", "sen", "web"})
"""Words that are a name as well: a remark only in brackets, or if their case is not that of the name beside them."""
_IN_BRACKETS = _REMARKS | _NAMES_TOO | {"child", "dad", "father", "mother", "mum", "no", "pupil", "twin"}
_BETWEEN_WORDS = "a an and are as at be by do does for from has have in is of on or please the to was"
_BETWEEN = frozenset(_BETWEEN_WORDS.split())
"""Words that a remark may begin or end with."""
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['\u2019.-][^\W\d_]*)*")
_NO_PERSON_WORDS = """
academy class classes confidential end exported form generated group nursery printed pupils reception report
reports responses school stage students summary term total totals year
"""
_NO_PERSON = frozenset(_NO_PERSON_WORDS.split())
_AND = re.compile(r"\s+(?:and|plus)\s+|\s*[&+;/\\\n\r\u2022]\s*", re.IGNORECASE)
"""What stands between the names of several people."""


def is_nickname(text: str) -> bool:
    """Whether what stands in brackets can be a name: one word or two, and no word of a remark."""
    words = text.split()
    return len(words) <= 2 and all(
        _NAME_WORD.fullmatch(word) is not None and not _is_remark(word, _IN_BRACKETS) for word in words
    )


def remark_at(words: list[str], *, whole: bool) -> int | None:
    """Index of the first of the words of a cell that belongs to a remark; None if there is none.

    Args:
        words: Of a forename, of a surname, or of a whole name.
        whole: It is a whole name, of two words or more, and in it a digit is a remark too.
    """
    any_titled = any(word.istitle() for word in words)
    for index, word in enumerate(words):
        key = _key(word)
        odd_case = any_titled and not word.istitle()
        if (
            _is_remark(word, _REMARKS)
            or (key == "no" and len(words) >= (3 if whole else 2))
            or (key in _NAMES_TOO and odd_case)
            or (whole and any(sign.isdigit() for sign in word))
        ):
            return index
    return None


def cut_remark(text: str, *, whole: bool) -> str:
    """The text without a remark that stands before or after the name."""
    words = text.split()
    while words and (index := remark_at(words, whole=whole)) is not None:
        leads = all(_key(word) in _BETWEEN for word in words[:index])
        words = words[index + 1 :] if leads else words[:index]
        while words and leads and _key(words[0]) in _BETWEEN | {""}:
            words = words[1:]
        while words and _key(words[-1]) in _BETWEEN | {"", "no"}:
            words = words[:-1]
    return " ".join(words).strip(" ,;:-\u2013\u2014")


def is_no_person(text: str) -> bool:
    """Whether a whole name is a heading, a footer or a total."""
    words = [_key(word) for word in text.split()]
    return any(word in _NO_PERSON for word in words) or any(sign.isdigit() for sign in text)


def several_people(text: str, *, whole: bool, commas: bool) -> list[str]:
    """The names of several people in one cell; empty if there is one.

    Args:
        text: Of the cell, with its line breaks.
        whole: It is the cell of a whole name.
        commas: Names of this column are written surname first, with a comma.
    """
    parts = [
        part for part in (" ".join(part.split()).strip(" ,") for part in _AND.split(text)) if _names_somebody(part)
    ]
    if len(parts) == 2 and "\n" in text and not _AND.search(" ".join(text.split())):
        parts = parts if not whole or any(" " in part for part in parts) else []  # one name over two lines
    if len(parts) < 2:
        return _two_with_a_comma(text, commas=commas) if whole else _forenames_with_commas(text)
    if not whole:
        return [name for part in parts for name in (_forenames_with_commas(part) or [part])]
    surnames = {word for part in parts for word in _outer_words(part)}
    names = [name for part in parts for name in ([part] if commas or "," not in part else part.split(","))]
    return [
        full
        for name in map(str.strip, names)
        for full in ([name] if " " in name else [f"{name} {surname}" for surname in sorted(surnames - {name})])
    ]


def _outer_words(part: str) -> set[str]:
    """What may be the surname in a whole name, in either order; nothing if it is one word."""
    words = part.replace(",", " ").split()
    return {words[0], words[-1]} if len(words) > 1 else set()


def _two_with_a_comma(text: str, *, commas: bool) -> list[str]:
    """The names of "Ella Lane, Tom Lane"."""
    halves = [half.strip() for half in text.split(",")]
    words = [{_key(word) for word in half.split()} for half in halves]
    two = len(halves) == 2 and all(len(found) > 1 for found in words) and (words[0] & words[1] or not commas)
    return halves if two else []


def _forenames_with_commas(text: str) -> list[str]:
    """The names of "Ella, Tom"."""
    names = [name.strip() for name in text.split(",")]
    return names if len(names) > 1 and all(map(_names_somebody, names)) else []


def _names_somebody(part: str) -> bool:
    return bool(part) and any(map(str.isalpha, part))


def _is_remark(word: str, remarks: frozenset[str]) -> bool:
    key = _key(word)
    return key.endswith("n't") or any(part in remarks for part in re.split(r"[-\u2013\u2014/]", key))


def _key(word: str) -> str:
    return word.replace("\u2019", "'").casefold().strip(" .,;:!?*'\"-\u2013\u2014")
