"""Names and text in one comparable form: no case, accents, punctuation, or letters that readers confuse."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

# Letters that Unicode does not split into a base letter and an accent.
_SINGLE = str.maketrans("øØłŁđĐðÐı", "oOlLdDdDi")
_DOUBLE = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th"})
# Shapes that a text reader confuses; both sides of every comparison are mapped.
_CONFUSED = str.maketrans("01i|!58$629", "olllls" + "bsgzg")
_CONFUSED_PAIRS = (("rn", "m"), ("vv", "w"))

_POSSESSIVE = re.compile(r"['`´‘’ʼ]s\b", re.IGNORECASE)  # noqa: RUF001 - the apostrophes that keyboards write
_APOSTROPHE = re.compile(r"['`´‘’ʼ]")  # noqa: RUF001 - as above
# "EllaSmith" and "Ella4B" are split; "ELLA", "Ella" and "ella" stay whole.
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9|!$]+|[^\W\d_a-zA-Z]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of letters; a name can begin or end only where a piece does."""

    key: str
    """Comparable form."""
    initial: str
    """The capital letter in comparable form if the piece is only that; else empty."""
    lead: str
    """Punctuation and space before the piece."""
    row: int
    """Line of text that the piece is in."""


def comparable(text: str) -> str:
    """Lower case, without accents and confusable shapes."""
    key = _plain(text).casefold().translate(_CONFUSED)
    for pair, single in _CONFUSED_PAIRS:
        key = key.replace(pair, single)
    return key


def pieces(text: str, row: int = 0) -> list[Piece]:
    """`text`, cut at spaces, punctuation, and changes of case or kind."""
    plain = _APOSTROPHE.sub("", _POSSESSIVE.sub("", _plain(text)))
    found = []
    end = 0
    for match in _PIECE.finditer(plain):
        piece = match.group()
        key = comparable(piece)
        found.append(Piece(key, key if len(piece) == 1 and piece.isupper() else "", plain[end : match.start()], row))
        end = match.end()
    return found


def words(name: str) -> list[list[str]]:
    """A name from the register as comparable words, each split into the parts that a hyphen joins."""
    spelled = _APOSTROPHE.sub("", _plain(name))
    parts = [[comparable(part) for part in re.findall(r"[^\W_]+", word)] for word in spelled.split()]
    return [word for word in parts if word]


def errors_allowed(length: int) -> int:
    """How many letters of a name this long may be missing, extra or wrong."""
    return 0 if length < 8 else 1 if length < 12 else 2


def distance(a: str, b: str, limit: int) -> int:
    """Levenshtein distance if it is at most `limit`, else `limit + 1`."""
    return Levenshtein.distance(a, b, score_cutoff=limit)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.translate(_SINGLE).translate(_DOUBLE))
    return "".join(character for character in decomposed if not unicodedata.combining(character))
