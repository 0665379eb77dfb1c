"""Names in every encoding that schools meet, and names that a wrong one has garbled."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.decoding import garbled
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


@pytest.mark.parametrize(
    "odd", ["Ella*", "Ella/Anna", "=Ella", "Ella@", "El|la", "Zo&euml", "Zo%C3%AB", "Ella_", "<Ella>"]
)
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
