"""What a folder may be called without telling who is in its photos."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anonymiser.labels.mentions import is_general, mentions_somebody
from anonymiser.values.labels import NameIndex

NAMES = [
    "Jack Smith", "Seán O'Brien", "Amelia Khan", "Summer Patel", "Rose Okafor", "Grace Brown", "Zoë van der Berg",
    "Ella Smith-Jones", "Ben Day", "Li Ng", "Mary Jane Watson", "Siân Llewelyn-Jones", "Owain ap Gwilym",
    "Ava MacDonald",
    "Tom McKay", "Zoë Müller", "Jörg Bauer", "Nils Åkesson", "Kai Mueller-Voss", "Lea Oeland", "Sami Al-Tamimi",
]  # fmt: skip
INDEX = NameIndex.build((name, name) for name in NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "Smith_Jack", "JackS", "Jack S", "jack_s", "Jack-S", "S. Jack", "O'Brien family", "OBrien", "O Brien",
        "O\u2019Brien's birthday", "obrien", "sean-o-brien", "smith-birthday", "SMITH", "The Smiths", "Smith's party",
        "Smiths' visit", "smithfamily", "jacksmith", "jacksmithparty", "Summer P", "SummerP", "Summer Patel",
        "patel_summer fair", "Grace Brown", "Grace B", "Brown family", "Day family", "Ben Day", "BenD", "van der Berg",
        "Berg", "Zoe_vanderBerg", "Jones", "Ella S", "watson 2026", "Khan3B", "2026_Khan", "IMG Ng", "M J Watson",
        "O'Brienfamily", "thesmithsfamily", "Sian LJ", "Siân L-J", "Sian L.J.", "sian lj", "SianLJ", "LJ Sian",
        "Zoe vdB",
        "zoe_vdb", "Zoe VDB", "Zoë v d B", "Sean OB", "Seán O'B", "Owain aG", "Owain ap G", "Sami AT", "Ava McD",
        "Ava MD", "McDonald visit", "Mc Donald", "Mac Donald", "macdonald", "Mackay family", "Tom MacK", "Mueller",
        "MUELLER 2026", "Aakesson", "Akesson", "Joerg B", "Müller-Voss", "Öland", "O\u0308land",
    ],
)  # fmt: skip
def test_a_surname_or_a_forename_with_an_initial_tells_who_it_is(text: str) -> None:
    """However it is separated, joined, accented or cased."""
    assert mentions_somebody(text, INDEX)


@pytest.mark.parametrize(
    "text",
    [
        "Summer fair", "Rose garden", "Grace", "Saying grace", "Jack", "Jack's birthday", "Sports day", "Book day 2026",
        "Brown bear hunt", "Class 3B", "Grace 3B", "Summer 2026", "Year 4 trip to the zoo", "Blacksmith visit",
        "Family day", "Bergamot", "Jacket potatoes", "School photo", "", "!!!", "Amelia and Ben", "Thinking day",
        "Sami at the zoo", "Sian and Owain", "Machine day", "Mac and cheese", "P.E. day", "U.K. trip", "3.B. trip",
        "Zoe in the park", "Big Mac", "M.D. visit", "Oboe day", "Aardvark", "St. Mary's", "e.g. zoo", "Year 3 OB",
    ],
)  # fmt: skip
def test_what_events_are_called_stays(text: str) -> None:
    """A forename alone, and a surname that is a word of many events, spoil no label."""
    assert mentions_somebody(text, INDEX) is False


@pytest.mark.parametrize("text", ["Brown", "The Browns", "browns 2026", "Day", "3B Brown", "Brown and Day"])
def test_nobody_can_say_what_a_word_means_that_is_a_surname_too(text: str) -> None:
    """Alone it may be the pupil or the colour."""
    assert mentions_somebody(text, INDEX) is None


@pytest.mark.parametrize("text", ["J.S.", "J. S.", "Party J.S", "S.L.-J.", "S.LJ and J.S.", "Z.v.d.B. / Z.V.D.B."])
def test_initials_with_dots_may_be_somebodys(text: str) -> None:
    """They are no label, and refuse nothing: the program knows too little."""
    assert mentions_somebody(text, INDEX) is None


FORENAMES = st.sampled_from(["Jack", "Siobhán", "Mohammed", "Summer", "Jean-Luc", "D'Arcy", "Mary Jane", "Zoë"])
SURNAMES = st.sampled_from(
    ["Smith", "O'Neill", "Smith-Jones", "de Silva", "MacDonald", "Featherstone", "D'Souza", "van der Berg", "al-Hassan",
     "St John", "Ó Súilleabháin", "Müller", "Łukasz", "Khan"]
)  # fmt: skip
JOINTS = st.sampled_from([" ", "_", "-", ".", "", "'", "\u2019"])
BEFORE = st.sampled_from(["", "2026 ", "Trip_", "19.06.2026-", "Class3B_", "The "])


@given(
    FORENAMES, SURNAMES, JOINTS, BEFORE, st.sampled_from(["", " family", "_Family", "family", "s", "'s party", "-2"])
)
def test_a_surname_is_seen_however_it_is_written(
    forename: str, surname: str, joint: str, before: str, after: str
) -> None:
    """O'Brien is O_Brien and OBrien; with a family, a party or a number behind it, in any case."""
    index = NameIndex.build([(f"{forename} {surname}", "p")])
    written = joint.join(re.split(r"[ '-]", surname))
    for text in (written, written.upper(), written.lower()):
        assert mentions_somebody(before + text + after, index), before + text + after


@given(FORENAMES, SURNAMES, st.sampled_from([" ", "_", "-", ".", ", ", ""]), st.sampled_from(["", "2026 ", "Trip_"]))
def test_every_way_to_join_a_name_is_seen(forename: str, surname: str, between: str, before: str) -> None:
    """Either order, and the surname's initial alone, whatever stands between and before."""
    index = NameIndex.build([(f"{forename} {surname}", "p")])
    initial = surname[0].upper()
    for text in (f"{forename}{between}{surname}", f"{surname}{between}{forename}", f"{forename}{between}{initial}"):
        assert mentions_somebody(before + text, index), before + text


@given(
    FORENAMES,
    st.sampled_from(["Smith-Jones", "de Silva", "O'Neill", "van der Berg", "St John", "McDonald", "ap Rhys", "Ó Sé"]),
    st.sampled_from(["", ".", " ", "-", ". ", "'"]),
    st.sampled_from([" ", "_", "-", ", "]),
    BEFORE,
    st.booleans(),
)
def test_the_initials_of_a_surname_of_several_parts_tell_who_it_is(
    forename: str, surname: str, joint: str, between: str, before: str, small: bool
) -> None:
    """Behind a forename, with or without dots between them, in capitals or small, unless they are a word."""
    index = NameIndex.build([(f"{forename} {surname}", "p")])
    letters = joint.join(part[0].upper() for part in re.split(r"[ '-]", surname.replace("Mc", "Mc ")))
    assume(not (small and letters.replace("'", "") == "ON"))  # "Jack on stage"
    assert mentions_somebody(f"{before}{forename}{between}{letters.lower() if small else letters}", index)


@given(FORENAMES, st.sampled_from(["Smith", "Featherstone", "O'Neill", "van der Berg", "Khan"]), st.booleans(), BEFORE)
def test_the_name_of_an_account_is_never_a_label(forename: str, surname: str, surname_first: bool, before: str) -> None:
    """Schools and their devices make them of an initial and a surname: jsmith, SmithJ, jsmith12."""
    joined = re.sub("[ ']", "", surname)
    account = f"{joined}{forename[0]}" if surname_first else f"{forename[0]}{joined}"
    index = NameIndex.build([(f"{forename} {surname}", "p")])
    for text in (account, account.lower(), f"{account.lower()}12"):
        assert mentions_somebody(before + text, index) is not False


def test_words_of_events_are_no_accounts() -> None:
    """Even where an initial and a surname spell one."""
    index = NameIndex.build([("Sam Port", "a"), ("Tom Rees", "b"), ("Mia Usic", "c")])
    assert mentions_somebody("Sport and music under trees", index) is False


@given(st.text(max_size=40))
def test_no_text_is_too_strange(text: str) -> None:
    """Any characters are compared without an error, and nobody is found where nobody is."""
    mentions_somebody(text, INDEX)
    assert not mentions_somebody(text, NameIndex())
    is_general(text)


def test_general_labels_are_made_of_general_words() -> None:
    """Without a register a folder's name counts only then; a class or a year changes nothing."""
    assert all(map(is_general, ["Sports day", "Summer fair 2026", "class_3B", "Oak class", "World Book Day", "Fair"]))
    assert not any(map(is_general, ["Jack", "Jack Smith", "Sports day Jack", "2026", "", "李明", "Khan", "Tom's day"]))
