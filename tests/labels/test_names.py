from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anonymiser.labels import names
from anonymiser.labels.names import find_names
from anonymiser.labels.spelling import comparable, pieces
from anonymiser.values.labels import NameIndex

REGISTER = {
    "ella": "Ella Smith",
    "zoe": "Zoë O'Brien",
    "amelia": "Amelia Smith-Jones",
    "mary": "Mary Jane Watson",
    "tom": "Tom Smith",
    "tim": "Tim Smith",
    "li": "Li Ng",
    "amy": "Amy Brown",
    "oliver": "Oliver Burnham",
    "ian": "Ian Will",
    "ming": "李明",
}
INDEX = NameIndex.build((name, person) for person, name in REGISTER.items())
FORENAMES = ["Ella", "Oliver", "Amelia", "Noah", "Zoë", "Mohammed", "Aisha", "Siobhán", "Kwame", "Jo", "Li", "Theodore"]
SURNAMES = [
    "Smith",
    "Jones",
    "O'Brien",
    "Patel",
    "Khan",
    "Li",
    "Ng",
    "Featherstone",
    "Smith-Jones",
    "MacDonald",
    "Okafor",
]
FULL_NAMES = st.builds("{} {}".format, st.sampled_from(FORENAMES), st.sampled_from(SURNAMES))


def found(*lines):
    return [sorted(label.people) for label in find_names(lines, INDEX)]


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Star of the week: Ella Smith", "ella"),
        ("Ella Smith 4B", "ella"),
        ("ELLA SMITH", "ella"),
        ("EllaSmith", "ella"),
        ("ellasmith", "ella"),
        ("SMITH, Ella", "ella"),
        ("Smith Ella", "ella"),
        ("E. Smith", "ella"),
        ("E.Smith", "ella"),
        ("Smith, E", "ella"),
        ("Ella Rose Smith", "ella"),
        ("Ella R. Smith", "ella"),
        ("E. R. Smith", "ella"),
        ("Ella Smith's picture", "ella"),
        ("El1a Sm1th", "ella"),
        ("EIla 5mith", "ella"),
        ("Ela Smith", "ella"),
        ("ZOE OBRIEN", "zoe"),
        ("Zoë O’Brien", "zoe"),  # noqa: RUF001 - a typographic apostrophe
        ("Z O'Brien", "zoe"),
        ("Amelia Smith Jones", "amelia"),
        ("Amelia Jones", "amelia"),
        ("A. Smith-Jones", "amelia"),
        ("Mary Watson", "mary"),
        ("Watson, Mary Jane", "mary"),
        ("M J Watson", "mary"),
        ("Li Ng", "li"),
        ("NG LI", "li"),
        ("Oliver Bumham", "oliver"),
        ("0liver Bumharn", "oliver"),
        ("A Brown", "amy"),
        ("A. Brown won", "amy"),
        ("李明", "ming"),
    ],
)
def test_a_name_is_found_however_it_is_written(line, text, person):
    """Order, case, accents, initials, middle names, joined words and misread letters hide no name."""
    assert found(line(text)) == [[person]]


@pytest.mark.parametrize(
    "text",
    [
        "Smith",
        "Ella",
        "The Smith family",
        "A Brown bear",
        "I Will survive",
        "e smith",
        "Michelle Smithson",
        "Ella and Mary Smythe",
        "Ella Brown, Mary Smith",
        "boiling",
        "",
        "!!!",
    ],
)
def test_ordinary_words_name_nobody(line, text):
    """A forename or surname alone, longer words that contain a name, and two other people's names are left alone."""
    assert found(line(text)) == []


def test_a_name_that_is_spelled_out_names_nobody_similar(line):
    """Tom's badge does not name Tim, but a badge that could be either's names both."""
    assert found(line("Tom Smith")) == [["tom"]]
    assert found(line("Tem Smith")) == [["tim", "tom"]]


def test_everybody_of_one_name_is_named(line):
    """Two pupils who share a name, or an initial and a surname, are both named by it."""
    index = NameIndex.build([("Ella Smith", "one"), ("Ella Smith", "two"), ("Emma Smith", "three")])
    assert [label.people for label in find_names([line("Ella Smith")], index)] == [{"one", "two"}]
    assert [label.people for label in find_names([line("E Smith")], index)] == [{"one", "two", "three"}]


@pytest.mark.parametrize(
    "second", [(0, 26, 20), (0, 70, 20), (54, 1, 20)], ids=["stacked", "large above small", "beside"]
)
def test_a_name_over_two_lines_of_a_badge_is_found_in_both(line, second):
    """Forename and surname on neighbouring lines are one name, and both lines are labels."""
    first = line("Ella", height=60 if second[1] == 70 else 20)
    assert found(first, line("Smith", *second)) == [["ella"], ["ella"]]
    assert found(line("Smith", *second), first) == [["ella"], ["ella"]]


def test_lines_far_apart_are_not_one_name(line):
    """Two children's name cards across a table make no third child's name."""
    assert found(line("Ella"), line("Smith", 400)) == []
    assert found(line("Ella"), line("Smith", 0, 90)) == []


def test_a_list_of_names_is_not_read_across_its_lines(line):
    """In a column of full names the end of one line and the start of the next are no name."""
    assert found(line("Mary Brown"), line("Amy Green", 0, 24)) == []


def test_the_label_covers_the_whole_line(line):
    """The quad handed on is the line's own."""
    text = line("Ella Smith", 30, 40)
    (label,) = find_names([line("no one"), text], INDEX)
    np.testing.assert_array_equal(label.quad, text.quad)


@settings(deadline=None)
@given(
    name=FULL_NAMES,
    before=st.sampled_from(["", "Star of the week: ", "by ", "4B "]),
    after=st.sampled_from(["", " 2026", ", Year 4", " and friends"]),
    case=st.sampled_from([str, str.upper, str.lower, str.title]),
    swapped=st.booleans(),
)
def test_any_full_name_in_any_line_is_found(line, name, before, after, case, swapped):
    """Whatever stands around it and whichever way round it is, a registered name is found."""
    forename, surname = name.split(" ", 1)
    written = case(f"{surname} {forename}" if swapped else name)
    index = NameIndex.build([(name, "wanted"), ("Somebody Else", "other")])
    assert [label.people for label in find_names([line(before + written + after)], index)] == [{"wanted"}]


@settings(deadline=None)
@given(FULL_NAMES, st.data())
def test_one_wrong_letter_does_not_hide_a_long_name(line, name, data):
    """A misread, missing or extra letter leaves a name of eight letters or more recognisable."""
    assume(len(comparable(name.replace(" ", "").replace("'", "").replace("-", ""))) >= 8)
    place = data.draw(st.sampled_from([i for i, letter in enumerate(name) if letter.isalpha()]))
    letter = data.draw(st.sampled_from(["", "x", name[place] + "x"]))
    text = name[:place] + letter + name[place + 1 :]
    index = NameIndex.build([(name, "wanted")])
    assert [label.people for label in find_names([line(text)], index)] == [{"wanted"}]


@settings(deadline=None)
@given(st.lists(FULL_NAMES, min_size=1, max_size=12), st.data())
def test_the_quick_search_drops_nothing_that_comparing_everything_would_find(names_, data):
    """Shared trigrams only spare work: each line's matches are those of every form of every name."""
    index = NameIndex.build((name, str(row)) for row, name in enumerate(names_))
    name = list(data.draw(st.sampled_from(names_)))
    for _ in range(data.draw(st.integers(0, 2))):
        name[data.draw(st.integers(0, len(name) - 1))] = data.draw(st.sampled_from("aexz "))
    cut = pieces("".join(name))
    search = names._Search(index)
    quick = names._matches(cut, *search.candidates(search.shared("".join(piece.key for piece in cut))))
    initials = [form for forms in search.initials.values() for form in forms]
    assert {(m.people, m.start, m.stop) for m in quick} == {
        (m.people, m.start, m.stop) for m in names._matches(cut, search.forms, initials)
    }


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=20))
def test_no_text_and_no_name_is_too_strange(line, text, name):
    """Any characters at all are compared without an error."""
    find_names([line(text), line(name, 0, 24)], NameIndex.build([(name, "somebody"), ("Ella Smith", "ella")]))


def test_a_name_without_letters_is_nobodys_label(line):
    """A register row of spaces or dashes matches nothing."""
    index = NameIndex.build([("  ", "blank"), ("-", "dash"), ("- -", "dashes")])
    assert find_names([line("- -"), line("Ella", 0, 24), line("", 0, 48)], index) == ()


def test_an_index_travels_to_a_worker_and_keeps_names_to_itself():
    """Pickling keeps an index whole, equal rows are kept once, and its repr shows no name."""
    index = NameIndex.build([("Ella  Smith", "ella"), ("Ella Smith", "ella")])
    assert pickle.loads(pickle.dumps(index)) == index  # noqa: S301 - our own bytes
    assert len(index) == 1
    assert "Ella" not in repr(index)
    assert not NameIndex()
