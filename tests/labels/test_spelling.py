from __future__ import annotations

import functools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anonymiser.labels.spelling import comparable, distance, errors_allowed, pieces, words

WORD = st.text("abc\N{CJK UNIFIED IDEOGRAPH-660E}", max_size=9)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Zoë", "zoe"),
        ("Łukasz", "LUKASZ"),
        ("Søren", "Soren"),
        ("Weiß", "WEISS"),
        ("Æthelred", "Aethelred"),
        ("Burnham", "Bumham"),
        ("Bill", "8ill"),
        ("Oliver", "0l1ver"),
        ("Isla", "lsla"),
        ("Swann", "Svvann"),
    ],
)
def test_spellings_and_misreadings_of_one_name_are_equal(written, read):
    """Accents, case and confusable shapes do not tell two spellings apart."""
    assert comparable(written) == comparable(read)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ella Smith", ["Ella", "Smith"]),
        ("EllaSmith", ["Ella", "Smith"]),
        ("ELLA SMITH", ["ELLA", "SMITH"]),
        ("E.Smith", ["E", "Smith"]),
        ("Smith-Jones4B", ["Smith", "Jones", "4", "B"]),
        ("Ella Smith's", ["Ella", "Smith"]),
        ("O’Brien", ["O", "Brien"]),  # noqa: RUF001 - a typographic apostrophe
        ("李明", ["李明"]),
        ("...", []),
    ],
)
def test_text_comes_apart_where_a_name_may_begin_or_end(text, expected):
    """Spaces, punctuation, and a change of case or kind part two pieces; an apostrophe does not."""
    assert [piece.key for piece in pieces(text)] == [comparable(piece) for piece in expected]


def test_only_a_capital_that_stands_alone_is_an_initial():
    """Neither a small letter nor a digit nor a word can stand for a forename."""
    assert [piece.initial for piece in pieces("E x 1 Ella")] == ["e", "", "", ""]


def test_words_keep_the_parts_that_a_hyphen_joins():
    """A double-barrelled surname is one word of two parts, and an apostrophe parts nothing."""
    assert words("Zoë O'Brien-Hall") == [["zoe"], ["obrlen", "hall"]]


def levenshtein(a: str, b: str) -> int:
    """The recursive definition, each pair of rests once."""

    @functools.cache
    def rest(i: int, j: int) -> int:
        if i == len(a) or j == len(b):
            return len(a) - i + len(b) - j
        return min(rest(i + 1, j) + 1, rest(i, j + 1) + 1, rest(i + 1, j + 1) + (a[i] != b[j]))

    return rest(0, 0)


@given(WORD, WORD, st.integers(0, 3))
@example("", "", 0)
@example("abc", "", 2)
@example("\N{CJK UNIFIED IDEOGRAPH-674E}\N{CJK UNIFIED IDEOGRAPH-660E}", "\N{CJK UNIFIED IDEOGRAPH-674E}", 1)
def test_distance_equals_the_textbook_definition_up_to_the_limit(a, b, limit):
    """The bounded distance is the recursive Levenshtein distance, cut off above the limit."""
    assert distance(a, b, limit) == min(levenshtein(a, b), limit + 1)


@settings(deadline=None, max_examples=30)
@given(st.text("abc", min_size=60, max_size=80), st.integers(0, 2), st.data())
def test_distance_of_long_names_is_as_exact(name, limit, data):
    """Names longer than a machine word has bits are compared no differently."""
    place = data.draw(st.integers(0, len(name)))
    other = name[:place] + data.draw(WORD) + name[place + 1 :]
    assert distance(name, other, limit) == min(levenshtein(name, other), limit + 1)


@given(st.integers(0, 60))
def test_longer_names_forgive_more_but_never_more_than_two_letters(length):
    """The allowance grows with the name, is nothing for a short one and two at most."""
    assert errors_allowed(length) <= errors_allowed(length + 1) <= 2
    assert errors_allowed(7) == 0
