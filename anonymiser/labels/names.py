"""Which text names a pupil.

A full name counts, in either order, with or without middle names, and so does an initial with the surname. It may be
part of a longer line, run together, spread over two neighbouring lines of one badge, or misread by a letter or two. A
forename or a surname alone names nobody: too many are ordinary words.
"""

from __future__ import annotations

import functools
import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymiser.labels.layout import neighbours
from anonymiser.labels.spelling import Piece, distance, errors_allowed, pieces, words
from anonymiser.values.labels import NameIndex, NameLabel, TextLine
from anonymiser.values.people import PersonId

_MOST_BETWEEN = 2
"""Middle names that the text may have in addition to those in the register."""
_ALSO_WORDS = frozenset({"a", "l"})
"""Initials that are words ("A Brown Bear", "I Will"; l is the comparable form of I)."""
_JOINING = frozenset({"and", "und", "wlth"})
"""Comparable forms of words that separate two people rather than join one name."""


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write a name."""

    head: str
    """Forename, or its first letter."""
    tail: str
    """Surname."""
    people: frozenset[PersonId]
    """Whose name it is."""
    letters: int
    """Bit set of the letters of both, or of the surname alone if there is an initial."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Consecutive pieces run together."""

    key: str
    """Their comparable letters."""
    letters: int
    """Bit set of the letters, to tell quickly that two strings are far apart."""
    start: int
    stop: int
    """The pieces: from `start` up to, and without, `stop`."""


@dataclass(frozen=True, slots=True)
class _Match:
    """A name found in consecutive pieces."""

    people: frozenset[PersonId]
    """Whose name it is."""
    start: int
    stop: int
    """The pieces: from `start` up to, and without, `stop`."""
    errors: int
    """Letters that were read wrongly."""


class _Search:
    """Everything precomputed for one register, to find by shared trigrams which forms can occur in a line at all."""

    def __init__(self, index: NameIndex) -> None:
        people: dict[tuple[str, str], set[PersonId]] = defaultdict(set)
        initials: dict[tuple[str, str], set[PersonId]] = defaultdict(set)
        for name, person in index.names:
            spelled = words(name)
            for form in _forms(spelled):
                people[form].add(person)
            for form in _initial_forms(spelled):
                initials[form].add(person)
        self.forms = [_Form(head, tail, frozenset(who), _letters(head + tail)) for (head, tail), who in people.items()]
        self.initials: dict[int, list[_Form]] = defaultdict(list)

        vocabulary: dict[str, int] = {}

        def number(word: str) -> int:
            return vocabulary.setdefault(word, len(vocabulary))

        self._head = np.array([number(form.head) for form in self.forms], np.intp)
        self._tail = np.array([number(form.tail) for form in self.forms], np.intp)
        for (initial, surname), who in initials.items():
            self.initials[number(surname)].append(_Form(initial, surname, frozenset(who), _letters(surname)))

        postings: dict[str, list[int]] = defaultdict(list)
        for word, row in vocabulary.items():
            for trigram in _trigrams(word):
                postings[trigram].append(row)
        self._postings = {trigram: np.array(rows, np.intp) for trigram, rows in postings.items()}
        size = np.array([len(_trigrams(word)) for word in vocabulary], np.int16)
        self._words = len(vocabulary)
        self._form_needs = self._needed(
            size[self._head] + size[self._tail], [len(form.head + form.tail) for form in self.forms]
        )
        self._surnames = np.array(list(self.initials), np.intp)
        self._surname_needs = self._needed(
            size[self._surnames], [len(forms[0].tail) for forms in self.initials.values()]
        )

    @staticmethod
    def _needed(trigrams: NDArray[np.int16], lengths: list[int]) -> NDArray[np.int16]:
        """A wrong letter spoils three trigrams; a word of two letters has no trigrams and is always tried."""
        allowed = np.array([errors_allowed(length) for length in lengths], np.int16)
        needed: NDArray[np.int16] = np.maximum(trigrams - 3 * allowed, np.minimum(trigrams, 1))
        return needed

    def shared(self, text: str) -> NDArray[np.int16]:
        """How many trigrams each word in the register shares with `text`."""
        hits = [self._postings[trigram] for trigram in _trigrams(text) if trigram in self._postings]
        counts = np.bincount(np.concatenate(hits), minlength=self._words) if hits else np.zeros(self._words, np.int16)
        return counts.astype(np.int16)

    def candidates(self, shared: NDArray[np.int16]) -> tuple[list[_Form], list[_Form]]:
        """Full-name forms, and initial-and-surname forms, that text with these counts may contain."""
        full = np.flatnonzero(shared[self._head] + shared[self._tail] >= self._form_needs)
        surnames = self._surnames[shared[self._surnames] >= self._surname_needs]
        return (
            [self.forms[row] for row in full.tolist()],
            list(itertools.chain.from_iterable(self.initials[row] for row in surnames.tolist())),
        )


@functools.lru_cache(maxsize=2)
def _search(index: NameIndex) -> _Search:
    return _Search(index)


def find_names(lines: Sequence[TextLine], index: NameIndex) -> tuple[NameLabel, ...]:
    """A label for every line that names somebody, alone or together with a neighbouring line."""
    if not lines or not index:
        return ()
    search = _search(index)
    cut = [pieces(line.text, row) for row, line in enumerate(lines)]
    shared = [search.shared("".join(piece.key for piece in line)) for line in cut]
    people: dict[int, set[PersonId]] = defaultdict(set)
    for row, line in enumerate(cut):
        for match in _matches(line, *search.candidates(shared[row])):
            people[row] |= match.people
    for first, second in neighbours([line.quad for line in lines]):
        line = cut[first] + cut[second]
        for match in _matches(line, *search.candidates(shared[first] + shared[second])):
            if _fills_one_of_two_lines(line, match):
                people[first] |= match.people
                people[second] |= match.people
    return tuple(NameLabel(lines[row].quad, frozenset(who)) for row, who in sorted(people.items()))


def _fills_one_of_two_lines(line: list[Piece], match: _Match) -> bool:
    """A name over two lines has one of them to itself; names in a list have more words on both lines."""
    inside = {piece.row for piece in line[match.start : match.stop]}
    outside = {piece.row for piece in (*line[: match.start], *line[match.stop :])}
    return len(inside) == 2 and bool(inside - outside)


class _Line:
    """One line, or two neighbouring ones, cut into pieces, and every way to run consecutive pieces together."""

    def __init__(self, cut: list[Piece], longest: int) -> None:
        self.pieces = cut
        self._by_length: dict[int, list[_Span]] = defaultdict(list)
        self.by_key: dict[str, list[_Span]] = defaultdict(list)
        for start in range(len(cut)):
            key = ""
            for stop in range(start, len(cut)):
                key += cut[stop].key
                if len(key) > longest:
                    break
                span = _Span(key, _letters(key), start, stop + 1)
                self._by_length[len(key)].append(span)
                self.by_key[key].append(span)

    def spelling(self, *keys: str, letters: int) -> list[tuple[_Span, int]]:
        """Spans that spell one of `keys` with as many errors as its length allows; all keys have the same letters."""
        found = [(span, 0) for key in keys for span in self.by_key.get(key, ())]
        length = len(keys[0])
        allowed = errors_allowed(length)
        if not allowed:
            return found
        for near_length in range(length - allowed, length + allowed + 1):
            for span in self._by_length.get(near_length, ()):
                if (span.letters ^ letters).bit_count() <= 2 * allowed and span.key not in keys:
                    errors = min(distance(span.key, key, allowed) for key in keys)
                    if errors <= allowed:
                        found.append((span, errors))
        return found


def _matches(cut: list[Piece], full: list[_Form], initials: list[_Form]) -> list[_Match]:
    if not full and not initials:
        return []
    line = _Line(cut, max(len(form.head + form.tail) for form in (*full, *initials)) + 2)
    found = [match for form in full for match in _full_name(line, form)]
    if any(piece.initial for piece in cut):
        found += [match for form in initials for match in _initial_and_surname(line, form)]
    exact = [match for match in found if not match.errors]
    # If a name is spelled out exactly, similar names in the register do not count (Tom Smith, Tim Smith).
    return exact + [
        match
        for match in found
        if match.errors and not any(match.start < sure.stop and sure.start < match.stop for sure in exact)
    ]


def _full_name(line: _Line, form: _Form) -> list[_Match]:
    found = [
        _Match(form.people, span.start, span.stop, errors)
        for span, errors in line.spelling(form.head + form.tail, form.tail + form.head, letters=form.letters)
    ]
    apart = [
        _Match(form.people, head.start, tail.stop, 0)
        for head in line.by_key.get(form.head, ())
        for tail in line.by_key.get(form.tail, ())
        if _are_middle_names(line.pieces[head.stop : tail.start], line.pieces[head.stop : tail.start + 1])
    ]
    return found + apart


def _are_middle_names(between: list[Piece], up_to_surname: list[Piece]) -> bool:
    return 0 < len(between) <= _MOST_BETWEEN and all(
        not piece.lead.strip(" .") and piece.key not in _JOINING and piece.row == between[0].row
        for piece in up_to_surname
    )


def _initial_and_surname(line: _Line, form: _Form) -> list[_Match]:
    found = []
    for span, errors in line.spelling(form.tail, letters=form.letters):
        first = span.start
        while first and line.pieces[first - 1].initial:
            first -= 1
            if line.pieces[first].initial == form.head and _is_initial(line.pieces, first, span.stop):
                found.append(_Match(form.people, first, span.stop, errors))
        if span.stop < len(line.pieces) and line.pieces[span.stop].initial == form.head:
            found.append(_Match(form.people, span.start, span.stop + 1, errors))
    return found


def _is_initial(cut: list[Piece], place: int, stop: int) -> bool:
    """Whether a single capital is an initial: A and I only with a full stop, or with nothing else in the line."""
    return cut[place].initial not in _ALSO_WORDS or (place == 0 and stop == len(cut)) or "." in cut[place + 1].lead


@functools.lru_cache(maxsize=4096)
def _letters(key: str) -> int:
    return functools.reduce(lambda bits, letter: bits | 1 << (ord(letter) & 63), key, 0)


def _trigrams(text: str) -> set[str]:
    return {text[place : place + 3] for place in range(len(text) - 2)}


def _forms(spelled: list[list[str]]) -> set[tuple[str, str]]:
    """Every (forename, surname) that a full name may be read as; with more than two words, every way to divide them."""
    whole = ["".join(word) for word in spelled]
    forms = {("".join(whole[:cut]), "".join(whole[cut:])) for cut in range(1, len(whole))}
    if len(whole) == 1:
        forms.add(("", whole[0]))
    if len(whole) > 1:
        forms |= set(itertools.product({whole[0], *spelled[0][:1]}, {whole[-1], *spelled[-1]}))
    return forms


def _initial_forms(spelled: list[list[str]]) -> set[tuple[str, str]]:
    if len(spelled) < 2:
        return set()
    return {(spelled[0][0][0], surname) for head, surname in _forms(spelled)}
