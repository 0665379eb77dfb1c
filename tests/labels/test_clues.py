"""Text that tells where a child is: which lines count, and of which kind."""

from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from anonymiser.labels.clues import find_clues
from anonymiser.labels.kinds import kinds
from anonymiser.settings import Text
from anonymiser.values.labels import ClueKind, ClueWords, NameLabel, TextLine
from anonymiser.values.people import PersonId

ADDRESS, CLASS, PHONE, PLATE, SCHOOL, WEB = (
    ClueKind.ADDRESS, ClueKind.CLASS, ClueKind.PHONE, ClueKind.PLATE, ClueKind.SCHOOL, ClueKind.WEB,
)  # fmt: skip
WORDS = ClueWords(
    school=("St Mary's", "Aspire to Shine", "Hilltop Primary"), groups=("4B", "Oak", "Year 3", "Robin Class")
)

CLUES = [
    ("SW1A 1AA", ADDRESS), ("SW1A1AA", ADDRESS), ("Leeds LS1 4AP", ADDRESS), ("M1 1AE", ADDRESS), ("CR2 6XH", ADDRESS),
    ("DN55 1PT", ADDRESS), ("W1A 0AX", ADDRESS), ("BT48 6DQ.", ADDRESS), ("LS1 4AP UK", ADDRESS), ("SWIA 1AA", ADDRESS),
    ("LS1 4A9 LSI 4AP", ADDRESS), ("DN55 IPT", ADDRESS), ("CR2 GXH", ADDRESS), ("12 Mill Lane", ADDRESS),
    ("12a MILL LANE", ADDRESS), ("Flat 3, 140 St John's Road, Leeds", ADDRESS), ("7 Queen Street", ADDRESS),
    ("01632 960123", PHONE), ("(01632) 960 123", PHONE), ("Tel: 020 7946 0123", PHONE), ("07700 900123", PHONE),
    ("+44 7700 900123", PHONE), ("+44 (0)1632 960123", PHONE), ("0044 1632 960123", PHONE), ("0800 496 0123", PHONE),
    ("O1632 96O123", PHONE), ("Call 01632-960-123 today", PHONE), ("01632 960123 07700 900123", PHONE),
    ("www.hilltop.sch.uk", WEB), ("hilltop.sch.uk", WEB), ("https://example.org/a", WEB), ("WWW.EXAMPLE.COM", WEB),
    ("office@hilltop.sch.uk", WEB), ("www,example,org", WEB), ("@hilltopschool", WEB), ("example.co.uk", WEB),
    ("AB12 CDE", PLATE), ("AB12CDE", PLATE), ("GB AB12 CDE", PLATE), ("LD71 XYZ", PLATE), ("A8I2 CDE", None),
    ("ABI2 CDE", PLATE), ("AB12 C0E", PLATE), ("R123 ABC", PLATE), ("P45 XYZ", PLATE), ("AXZ 1234", PLATE),
    ("CIL 4321", PLATE),
    ("ST MARY'S", SCHOOL), ("St Marys C of E", SCHOOL), ("Aspire to 5hine", SCHOOL), ("ASPIRETOSHINE", SCHOOL),
    ("Asplre to Shine", SCHOOL), ("Park Primary School", SCHOOL), ("Lea Junior Academy", SCHOOL),
    ("4B", CLASS), ("Class 4B", CLASS), ("Oak Class", CLASS), ("OAK CLASS", CLASS), ("Class Oak", CLASS),
    ("Year 3", CLASS), ("YEAR 6", CLASS), ("Yr 5", CLASS), ("Class 2", CLASS), ("Robin Class 2026", CLASS),
    ("Reception class", CLASS),
]  # fmt: skip

NO_CLUES = [
    "sports day", "Sports Day 2026", "SUMMER FAIR", "3 - 2", "15-7", "21 : 19", "HOME 12 AWAY 10", "01/02/2026",
    "01.02.2026", "1st September 2026", "14 July", "12", "#4", "4", "No. 10", "107", "9:15 PM", "10.30 am", "1.15 pm",
    "Adidas", "NIKE", "Coca-Cola", "Quality Street", "Penguin", "LEGO", "2 for 1", "1st place", "2nd Place", "THE 3RD",
    "GB 1ST", "TEAM GB 1ST", "OLD 1ST", "0123456789", "0 1 2 3 4 5 6 7 8 9 10", "0 10 20 30 40 50 60", "10 20 30 40 50",
    "1 2 3 4 5 6 7 8 9 10 11 12", "00000 00000", "5 012345 678900", "0 12345 67890 5", "978 0 306 40615 7",
    "4 x 100 m", "BOYS 4X100M", "U11", "BIB 12", "BIB 1234", "OIL 1000", "LESSONS", "MISSION", "COVID19", "A4 PAPER",
    "H2O", "K9 DOG", "Y6 ART", "T20 CUP", "M25", "KS2", "Class of 2026", "Year 2026", "a year ago", "world class",
    "Oak", "The old oak tree", "3 years", "10 Mile Way", "100 Metre Track", "2 Way Street", "5 a day",
    "3 Tennis Court", "Memory Lane", "Happy Birthday", "Back to School", "P.S. I love you", "e.g. this",
    "The end. Info", "Meet @ hall", "£12.50", "£3 Road tax", "Mary's lamb", "St Mark", "Aspire", "Hill", "1,234,567",
    "50%", "", "!",
    "米",
]  # fmt: skip


def line(text: str, left: float = 0, top: float = 0, width: float = 200, height: float = 20) -> TextLine:
    corners = [[left, top], [left + width, top], [left + width, top + height], [left, top + height]]
    return TextLine(np.array(corners, np.float32), text, 0.99)


def found(*texts: str) -> set[ClueKind]:
    return {clue.kind for clue in find_clues([line(text, top=500 * row) for row, text in enumerate(texts)], WORDS, ())}


@pytest.mark.parametrize(("text", "kind"), CLUES)
def test_a_clue_is_found_and_its_kind_is_told(text: str, kind: ClueKind | None) -> None:
    assert (kind in found(text)) if kind else not found(text)


@pytest.mark.parametrize("text", NO_CLUES)
def test_what_many_pictures_show_is_no_clue(text: str) -> None:
    assert found(text) == set()


AREAS = st.sampled_from(["LS", "M", "SW", "BT", "E", "CR"])
UNITS = st.text("ABDEFGHJLNPQRSTUWXYZ", min_size=2, max_size=2)


@given(AREAS, st.integers(1, 9), st.integers(0, 9), UNITS, st.sampled_from(["", " "]))
def test_every_postcode_of_the_usual_form_is_an_address(
    area: str, district: int, sector: int, unit: str, gap: str
) -> None:
    assert ADDRESS in kinds(f"{area}{district}{gap}{sector}{unit}")


MARK = st.text("ABCDEFGHJKLMNOPRSTUVWXYZ", min_size=3, max_size=3)


@given(st.sampled_from("ABCDEFGHKLMNOPRSVWXY"), st.sampled_from("ABCDEFGHJKLMNOPRSTUVWXYZ"), st.integers(51, 79), MARK)
def test_every_current_registration_mark_is_a_plate(first: str, second: str, age: int, mark: str) -> None:
    assert PLATE in kinds(f"{first}{second}{age} {mark}")


@given(st.integers(0, 999_999), st.sampled_from(["01632 {}", "(01632) {}", "+44 1632 {}", "01632{}", "Tel. 01632-{}"]))
def test_a_telephone_number_counts_however_it_is_written(number: int, form: str) -> None:
    assert PHONE in kinds(form.format(f"{number:06}"))


@given(st.integers(0, 31), st.integers(1, 12), st.integers(1900, 2100), st.sampled_from("/.- "))
def test_a_date_is_no_clue(day: int, month: int, year: int, mark: str) -> None:
    assert not kinds(f"{day:02}{mark}{month:02}{mark}{year}")


@given(st.integers(0, 199), st.integers(0, 199), st.sampled_from([" - ", ":", "-", " v ", " "]))
def test_a_score_is_no_clue(home: int, away: int, mark: str) -> None:
    assert not kinds(f"{home}{mark}{away}")


@given(st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=9), max_size=6).map(" ".join))
def test_words_in_small_letters_alone_are_never_a_postcode_a_plate_or_a_number(text: str) -> None:
    assert not kinds(text) & {ADDRESS, PLATE, PHONE}


@given(st.text(max_size=60))
def test_no_text_breaks_the_search(text: str) -> None:
    assert found(text) <= set(ClueKind)


def test_a_name_over_two_neighbouring_lines_of_a_crest_is_found_on_both() -> None:
    lines = [line("HILLTOP"), line("PRIMARY", top=24), line("Sports Day", top=400)]
    clues = find_clues(lines, WORDS, ())
    assert [(clue.kind, clue.quad[0, 1]) for clue in clues] == [(SCHOOL, 0), (SCHOOL, 24)]


@given(st.text(max_size=12) | st.text(st.characters(categories=["Nd", "No", "Nl", "Lo", "Mn", "Mc"]), max_size=8))
def test_words_that_settings_accept_are_found(words: str) -> None:
    """None are accepted that no picture could ever show."""
    try:
        accepted = Text(school_words=(words,)).school_words
    except ValidationError:
        return
    assert SCHOOL in {clue.kind for clue in find_clues([line(words)], ClueWords(accepted), ())}


def test_two_numbers_one_above_the_other_are_no_class() -> None:
    words = ClueWords(groups=("1B",))
    assert find_clues([line("1"), line("8", top=24)], words, ()) == ()
    assert find_clues([line("18")], words, ()) == ()
    assert [clue.kind for clue in find_clues([line("1B")], words, ())] == [CLASS]


def test_a_line_that_was_read_twice_is_one_clue() -> None:
    assert len(find_clues([line("LS1 4AP"), line("LS1 4AP", left=1, top=1, width=197, height=18)], WORDS, ())) == 1


def test_a_clue_in_a_line_that_names_a_pupil_is_kept_beside_the_label() -> None:
    both = line("Ella Smith, 12 Mill Lane")
    labels = [label(line("Ben Jones", top=90)), label(both)]
    (clue,) = find_clues([both], WORDS, labels)
    assert (clue.kind, clue.named) == (ADDRESS, {1})
    assert (clue.quad == both.quad).all()


def turned(text: TextLine, degrees: float, about: tuple[float, float] = (2000, 2000)) -> TextLine:
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return TextLine(((text.quad - about) @ rotation.T + about).astype(np.float32), text.text, text.score)


def label(named: TextLine) -> NameLabel:
    return NameLabel(named.quad, frozenset({PersonId("P1")}))


TILTS = st.floats(-30, 30)


@given(TILTS, st.floats(0, 640), st.floats(-4, 30), st.booleans(), st.booleans())
def test_a_clue_under_a_longer_slanting_clue_is_found_too(
    tilt: float, left: float, gap: float, above: bool, short_first: bool
) -> None:
    """Whichever was read first, and whichever is above; lines may touch, as far as readers' boxes do."""
    long, short = line("12 Mill Lane, Littlehampton", width=800, height=30), line("BN17 5AB", left, 30 + gap, 110, 30)
    if above:
        short = line("BN17 5AB", left, -30 - gap, 110, 30)
    lines = [turned(short, tilt), turned(long, tilt)][:: 1 if short_first else -1]
    clues = [clue for clue in find_clues(lines, ClueWords(), ()) if clue.kind is ADDRESS]
    assert sorted(float(clue.quad[0, 0]) for clue in clues) == sorted(float(text.quad[0, 0]) for text in lines)


@given(TILTS, st.floats(0, 640), st.floats(-4, 30), st.booleans())
def test_a_clue_under_a_slanting_name_is_no_part_of_the_name(
    tilt: float, left: float, gap: float, short_first: bool
) -> None:
    name = turned(line("Certificate for Ella Smith", width=800, height=30), tilt)
    phone = turned(line("07700 900123", left, 30 + gap, 160, 30), tilt)
    (clue,) = find_clues([phone, name][:: 1 if short_first else -1], ClueWords(), [label(name)])
    assert (clue.kind, clue.named) == (PHONE, frozenset())
    assert (clue.quad == phone.quad).all()


@given(TILTS, st.sampled_from([1, -1]))
def test_a_slanting_line_that_was_read_twice_is_one_clue(tilt: float, order: int) -> None:
    lines = [line("12 Mill Lane", width=200), line("12 Mill Lane", left=2, top=1, width=194, height=18)]
    assert len(find_clues([turned(text, tilt) for text in lines][::order], WORDS, ())) == 1


def test_one_line_may_be_of_several_kinds() -> None:
    assert found("12 Mill Lane LS1 4AP 01632 960123") == {ADDRESS, PHONE}


def test_without_words_of_the_school_patterns_are_found_all_the_same() -> None:
    assert [clue.kind for clue in find_clues([line("LS1 4AP"), line("St Mary's", top=90)], ClueWords(), ())] == [
        ADDRESS
    ]
