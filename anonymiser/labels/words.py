"""A school's own words in a picture: its name, what its crest says, and its classes.

They are compared in the same form as pupils' names, and with as many wrong letters (spelling.py).
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from anonymiser.labels.spelling import Piece, comparable, distance, errors_allowed, pieces
from anonymiser.values.labels import ClueKind, ClueWords

_BESIDE = frozenset(map(comparable, ("class", "form", "year", "group", "yr")))
"""What makes a word the name of a class."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    keys: frozenset[str]
    """Its letters in comparable form, run together."""
    kind: ClueKind
    is_word: bool = False
    """Whether it counts only beside a word such as "class": Oak, or 4."""
    is_short: bool = False
    """Whether it counts also as all that a line holds: 4B, but not 48, which is one piece."""


class WordSearch:
    """Everything precomputed for the words of one school."""

    def __init__(self, words: ClueWords) -> None:
        school = [_Phrase(_keys(phrase), ClueKind.SCHOOL) for phrase in words.school]
        spelled = [(key, phrase) for phrase in (*school, *map(_class, words.groups)) for key in phrase.keys]
        self._exactly: dict[str, list[_Phrase]] = defaultdict(list)
        for key, phrase in spelled:
            self._exactly[key].append(phrase)
        self._nearly = [(key, phrase, allowed) for key, phrase in spelled if (allowed := errors_allowed(len(key)))]
        self._longest = max((len(key) + errors_allowed(len(key)) for key, _ in spelled), default=0)

    def find(self, line: Sequence[Piece]) -> Iterator[tuple[ClueKind, frozenset[int]]]:
        """Each kind of clue in a line, or in two neighbouring ones, with the rows of text that hold it."""
        for start in range(len(line)):
            key = ""
            for stop in range(start, len(line)):
                key += line[stop].key
                if len(key) > self._longest:
                    break
                for phrase in self._spelled(key):
                    if _counts(phrase, line, start, stop + 1):
                        yield phrase.kind, frozenset(piece.row for piece in line[start : stop + 1])

    def _spelled(self, key: str) -> Iterator[_Phrase]:
        yield from self._exactly.get(key, ())
        for wanted, phrase, allowed in self._nearly:
            if abs(len(key) - len(wanted)) <= allowed and distance(key, wanted, allowed) <= allowed:
                yield phrase


@functools.lru_cache(maxsize=2)
def word_search(words: ClueWords) -> WordSearch:
    """The search for these words, made once."""
    return WordSearch(words)


def _class(group: str) -> _Phrase:
    letters = [character for character in group if character.isalnum()]
    is_short = len(letters) <= 3
    has_both = any(map(str.isdigit, letters)) and any(map(str.isalpha, letters))
    is_word = is_short or len(pieces(group)) == 1
    return _Phrase(_keys(group), ClueKind.CLASS, is_word=is_word, is_short=is_short and has_both)


def _keys(phrase: str) -> frozenset[str]:
    """With and without the s of a possessive, which is cut off where its apostrophe was read, and only there."""
    spelled = (phrase, re.sub(r"['`´‘’ʼ]", "", phrase))  # noqa: RUF001 - the apostrophes that keyboards write
    return frozenset("".join(piece.key for piece in pieces(text)) for text in spelled) - {""}


def _counts(phrase: _Phrase, line: Sequence[Piece], start: int, stop: int) -> bool:
    if not phrase.is_word:
        return True
    around = {piece.key for piece in (*line[max(0, start - 1) : start], *line[stop : stop + 1])}
    return bool(around & _BESIDE) or (phrase.is_short and stop - start == len(line) > 1 and line[0].row == line[-1].row)
