"""Names in every encoding that schools meet, and names that a wrong one has garbled."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.decoding import garbled, may_be_damaged
from anonymiser.consent.parsed import ParsedFile, ProblemKind
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import STANDARD_PURPOSES

NAMES = (
    ("José", "Díaz"), ("Chloë", "Ng"), ("Siân", "Rhys"), ("Zoë", "Müller-Jones"), ("Renée", "O\u2019Brien"),
    ("Łukasz", "Wójcik"), ("Gökçe", "Y\u0131lmaz"), ("Niamh", "Ó Súilleabháin"), ("Jürgen", "Weiß"), ("Ana", "Muñoz"),
    ("Åsa", "Bjørn"), ("François", "L\u2019Hôpital"), ("Șerban", "Ionuț"), ("Ewa", "Dąbrowska"), ("Tom", "Sample"),
)  # fmt: skip
WESTERN = [name for name in NAMES if "".join(name).encode("cp1252", "ignore").decode("cp1252") == "".join(name)]
HEADINGS = "person_id,forename,surname,website\n"
Read = Callable[[bytes], ParsedFile]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    path = tmp_path_factory.mktemp("encodings") / "consents.csv"

    def parse(data: bytes) -> ParsedFile:
        path.write_bytes(data)
        parsed = parse_file(path, None, STANDARD_PURPOSES)
        assert isinstance(parsed, ParsedFile)
        return parsed

    return parse


def csv_of(names: list[tuple[str, str]]) -> str:
    return HEADINGS + "".join(f"{n},{first},{last},refused\n" for n, (first, last) in enumerate(names))


def names_of(parsed: ParsedFile) -> list[tuple[str, str]]:
    return [(listed.names.forename, listed.names.surname) for listed in parsed.people]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_names_survive_every_form_of_unicode(read: Read, names: list[tuple[str, str]], encoding: str) -> None:
    """With or without a mark, composed or decomposed."""
    assert names_of(read(csv_of(names).encode(encoding))) == names
    apart = unicodedata.normalize("NFD", csv_of(names)).encode(encoding)
    assert [unicodedata.normalize("NFC", "".join(name)) for name in names_of(read(apart))] == [
        "".join(n) for n in names
    ]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(WESTERN), min_size=1, max_size=6), st.sampled_from(["cp1252", "cp850", "mac_roman"]))
def test_older_encodings_are_read_right_or_refused(read: Read, names: list[tuple[str, str]], encoding: str) -> None:
    """Windows, DOS and old Macs: the names come out as they were, or the file is refused; never something else."""
    try:
        data = csv_of(names).encode(encoding)
    except UnicodeEncodeError:
        return
    try:
        found = names_of(read(data))
    except ImportRefused:
        assert encoding != "cp1252"
    else:
        assert found == names or encoding == "mac_roman"


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_a_text_that_was_encoded_twice_is_undone_or_refused(read: Read, wrong: str, times: int) -> None:
    """UTF-8 that was taken for Windows-1252 and saved as UTF-8 once more, several times even."""
    names = [name for name in WESTERN if "\u2019" not in "".join(name)]
    text = csv_of(names)
    for _ in range(times):
        text = text.encode().decode(wrong, "replace")
    if "\ufffd" in text:
        with pytest.raises(ImportRefused, match="garbled"):
            read(text.encode())
    else:
        assert names_of(read(text.encode())) == names


@pytest.mark.parametrize("name", [name for name in NAMES if not "".join(name).isascii()])
@pytest.mark.parametrize("wrong", ["cp1252", "latin-1", "cp850", "cp437", "mac_roman", "cp1250"])
def test_one_garbled_name_refuses_the_file(read: Read, name: tuple[str, str], wrong: str) -> None:
    """Whatever program has garbled it, the row is named and the name is not repeated."""
    spoilt = ["".join(part).encode().decode(wrong, "replace") for part in name]
    text = csv_of([("Łucja", "Żak"), ("Tom", "Sample")]) + f"9,{spoilt[0]},{spoilt[1]},refused\n"
    with pytest.raises(ImportRefused, match=r"garbled.*row 4") as refusal:
        read(text.encode())
    assert not any(len(part) > 3 and part in refusal.value.message for part in spoilt)


@pytest.mark.parametrize("name", WESTERN)
def test_a_row_in_another_encoding_refuses_the_file(read: Read, name: tuple[str, str]) -> None:
    """One row that somebody pasted in Windows-1252 into a file in UTF-8."""
    if "".join(name).isascii():
        return
    data = csv_of([("Zoë", "Müller"), ("Siân", "Rhys")]).encode() + f"9,{name[0]},{name[1]},refused\n".encode("cp1252")
    with pytest.raises(ImportRefused, match=r"row 4.*another encoding"):
        read(data)


@pytest.mark.parametrize("lost", ["Jos\ufffd", "Jos?", "Chlo\u2592", "Zo\x90", "Jos\ue000"])
def test_a_lost_letter_refuses_the_file(read: Read, lost: str) -> None:
    """A question mark or a box in place of a letter: the register would never recognise the name."""
    with pytest.raises(ImportRefused, match="garbled"):
        read(csv_of([("Tom", "Sample"), (lost, "Diaz")]).encode())


@pytest.mark.parametrize("odd", ["Ella*", "Ella~", "=Ella", "Ella@", "El^la", "Zo#euml", "Zo%C3%AB", "Ella_", "<Ella>"])
def test_a_sign_that_no_name_has_makes_the_row_a_no(read: Read, odd: str) -> None:
    """A star may be somebody's mark for "not this child"."""
    parsed = read(f"person_id;forename;surname;website\n1;{odd};Example;granted\n2;Tom;Sample;granted\n".encode())
    assert [answer.why is None for listed in parsed.people for answer in listed.answers.values()] == [False, True]
    assert {(problem.kind, problem.rows) for problem in parsed.problems} == {(ProblemKind.NAME, (2,))}


@pytest.mark.parametrize(
    "name", [*("".join(name) for name in NAMES), "D\u2019Souza", "Jack \u201cJJ\u201d", "Mc Éireann"]
)
def test_real_names_are_not_taken_for_garbled(name: str) -> None:
    """Accents, apostrophes, hyphens and quoted names of daily use."""
    assert not garbled(name)


def test_signs_without_a_shape_are_passed_over(read: Read, tmp_path: Path) -> None:
    """Zero-width spaces, soft hyphens and marks of direction change neither a name nor an answer."""
    text = "person_id,forename,surname,website\n1,El\u200bla,Exam\u00adple,granted\u200e\n2,Tom,Sample,\u2060refused\n"
    parsed = read(text.encode())
    assert names_of(parsed) == [("Ella", "Example"), ("Tom", "Sample")]
    assert [answer.why is None for listed in parsed.people for answer in listed.answers.values()] == [True, False]


DAMAGED = (
    ("ZoÎ", "Moe"), ("RenÈe", "Moe"), ("ZoÙ", "Moe"), ("Ren\u0439e", "Moe"), ("Zo\u03bb", "Roe"), ("Zo\u2018", "Roe"),
    ("Ana", "Nu\u2013ez"), ("Se n", "Flynn"), ("MŸller", "Tom"), ("JosÉ", "Diaz"), ("Jos\u0398", "Diaz"),
    ("AndrÚ", "Roe"),
    ("ChloË", "Ng"), ("Si bh n", "Roe"),
)  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_a_name_that_was_damaged_before_makes_the_row_a_no(read: Read, name: tuple[str, str]) -> None:
    """A capital or another script inside a word, a sign or a gap for a letter: the row is listed, others count."""
    rows = f"1,{name[0]},{name[1]},granted\n2,José,Díaz,granted\n"
    parsed = read((HEADINGS + rows).encode())
    assert [answer.why is None for listed in parsed.people for answer in listed.answers.values()] == [False, True]
    assert [(problem.kind, problem.rows) for problem in parsed.problems] == [(ProblemKind.NAME, (2,))]


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([name for name in WESTERN if not "".join(name).isascii()]),
    st.sampled_from([("mac_roman", "cp1252"), ("cp1252", "mac_roman"), ("cp1252", "cp1251"), ("cp1252", "cp1253"),
                     ("mac_roman", "cp1250"), ("cp850", "cp1251")]),
)  # fmt: skip
def test_small_letters_that_became_capitals_or_another_script_are_seen(
    name: tuple[str, str], codes: tuple[str, str]
) -> None:
    """Wherever reading a western letter in another encoding leaves one of these traces."""
    wrote, wrong = codes
    for part in name:
        try:
            spoilt = part.encode(wrote).decode(wrong)
        except UnicodeError:
            continue
        for before, after, sign in zip(part, part[1:], spoilt[1:], strict=False):
            letter = after.islower() and before.isascii() and before.islower() and sign != after
            if letter and (sign.isupper() or "CYRILLIC" in unicodedata.name(sign) or "GREEK" in unicodedata.name(sign)):
                assert garbled(spoilt) or may_be_damaged(spoilt)


@pytest.mark.parametrize(
    ("text", "encoding"), [("1,Seán,Flynn,granted\n", "cp850"), ("1,Zoë,Flynn,granted\n", "mac_roman"),
                           ("1,Ana,Nuñez,granted\n", "mac_roman"), ("1,Sára,Moe,granted\n", "cp850")]
)  # fmt: skip
def test_letters_of_dos_and_old_macs_that_look_like_signs_are_read_right_or_refused(
    read: Read, text: str, encoding: str
) -> None:
    """Their byte is a space or a quotation mark of Windows."""
    found = [tuple(text.split(",")[1:3])]
    with suppress(ImportRefused):
        found = names_of(read((HEADINGS + text).encode(encoding)))
    assert found == [tuple(text.split(",")[1:3])]


@pytest.mark.parametrize(
    "name",
    [
        "RŮŽIČKA",
        "ŘÍŽEK",
        "PÄŠ",
        "JIŘÍŠ",
        "MÜŽ",
        "RĂŞCANU",
        "ŞTEFĂNESCU",
        "MacÉanna",
        "DeÁngelo",
        "Ó hÉanaigh",
        "O\u2019Éile",
        "D\u2019Éric",
        "McDonald",
        "JoAnne",
        "LeBron",
        "Ka\u2018iulani",
        "Ana-Élise",
        "Mary de la Mer",
        "Ng",
        "Jack Ng",
        "\u0421\u0435\u0440\u0433\u0435\u0439",
        "\u0393\u03b9\u03ce\u03c1\u03b3\u03bf\u03c2",
        "\u5c71\u7530\u30bf\u30ed\u30a6",
        "Anna \u0410\u043d\u043d\u0430",
        "Đỗ Thị",
        "ZÖE",
        "mary ann",
        "jack ng",
        "van den Berg",
        "Owain ap Rhys",
        "Æthelred",
        "Île",
    ],
)
def test_unusual_names_in_good_unicode_are_names(read: Read, name: str) -> None:
    """In capitals, in Irish, in other scripts, with apostrophes and small words: read without a word."""
    parsed = read((HEADINGS + f"1,Ella,{name},granted\n2,{name},ŘÍŽEK,granted\n").encode())
    assert [answer.why for listed in parsed.people for answer in listed.answers.values()] == [None, None]
    assert not parsed.problems


ELSEWHERE = [
    ("mac_roman", ["María", "Jesús", "Björn", "Núñez", "Zoë", "Siân", "Lucía", "García"]),
    ("cp1254", ["Ayşe", "Y\u0131lmaz", "Doğan", "Iş\u0131k", "İbrahim", "Şahin", "Çağlar", "Tuğba", "Yiğit",
                "Alt\u0131n", "Y\u0131ld\u0131r\u0131m"]),
    ("cp1250", ["Kamiński", "Dąbrowska", "Zięba", "Michał", "Ćwik", "Jiří", "Dvořák", "Nováček", "Gergő", "Szűcs",
                "Mădălina", "Ionuţ", "Petrović", "Łukasz", "Żaneta"]),
    ("cp1257", ["Bērziņš", "Žukauskienė"]),
    ("iso8859_2", ["Kamiński", "Dąbrowska"]),
    ("cp1251", ["Иван", "Петров"]),
]  # fmt: skip


@pytest.mark.parametrize(("encoding", "name"), [(code, name) for code, names in ELSEWHERE for name in names])
@pytest.mark.parametrize("place", [0, 1])
def test_encodings_of_other_countries_are_read_right_or_refused(
    read: Read, place: int, name: str, encoding: str
) -> None:
    """And if a program has read the name wrongly before, its row is a no, or the file is refused."""
    names = [name, "Tom"] if place == 0 else ["Tom", name]
    text = f"{HEADINGS}1,{','.join(names)},granted\n2,Ella,Lane,granted\n"
    spoilt = text.encode(encoding).decode("cp1252", "replace")
    for data in (text.encode(encoding), spoilt.encode()):
        with suppress(ImportRefused):
            parsed = read(data)
            granted = [[*names_of(parsed)[n]] for n, listed in enumerate(parsed.people)
                       if listed.answers["website", "image"].why is None]  # fmt: skip
            assert ["Ella", "Lane"] in granted
            assert len(granted) == 1 or names in granted


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["Zoë", "\u5c71\u7530", "Ella", "Łukasz"])
@pytest.mark.parametrize("title", ["", "\u59d3\u540d\n", "\u201cPhotos\u201d\n", "É\n"])
def test_utf_16_without_its_mark_is_read(read: Read, title: str, name: str, encoding: str) -> None:
    """Whatever the first sign is."""
    assert names_of(read(f"{title}{HEADINGS}1,{name},Roe,granted\n".encode(encoding))) == [(name, "Roe")]


GOOD = """
Sýkora Novotný Kamińska Sigurðsson Guðrún Aðalsteinn Heiðdís Þórarinn Bergþóra Þura Ýmir Muñoz Begoña Fañch Inês João
Simões Guimarães Hélène Geneviève Noè Søren Bøe Øyvind Võ Têtu Cœur Lebœuf Dušan Tomáš Mašek Košťál Vršek Mìcheal
Catrìona Seònaid Ùna Sa\u2019ad Isma\u2019il Jum\u2019a Ægir Æthelred Jørgen Çağlar Y\u0131lmaz Ştefan Dvořák Nováček
Szűcs Nguyễn Đặng Eyþór Maëlys Benoît Gisèle Ṣọlá Oyèládé Fadèkẹ\u0301 Yèmi Ìyábò
"""


@pytest.mark.parametrize("name", GOOD.split())
def test_letters_of_other_languages_in_good_unicode_are_names(read: Read, name: str) -> None:
    """Icelandic, Czech, Portuguese, Gaelic, Yoruba, Vietnamese and Arabic names are not taken for damaged ones."""
    parsed = read(f"{HEADINGS}1,{name},Roe,granted\n2,Ella,{name},granted\n".encode())
    assert [listed.answers["website", "image"].why for listed in parsed.people] == [None, None]


@pytest.mark.parametrize("name", ["O\u2019Brien", "José", "Zoë", "João", "Søren", "Hélène", "Muñoz", "Åsa", "Inês"])
def test_western_names_in_the_encoding_of_windows_are_read(read: Read, name: str) -> None:
    """What Excel on a British computer writes."""
    assert names_of(read(f"{HEADINGS}1,Ella,{name},granted\n".encode("cp1252"))) == [("Ella", name)]
