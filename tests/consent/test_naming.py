"""Whole names in one column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.mapping import load_mapping
from anonymiser.consent.naming import split_name
from anonymiser.consent.parsed import ParsedFile, ProblemKind
from anonymiser.consent.proposal import propose
from anonymiser.consent.register import Register
from anonymiser.consent.table import Sheet
from anonymiser.errors import ImportRefused, UsageError
from anonymiser.labels.names import find_names
from anonymiser.values.consent import STANDARD_PURPOSES, Event
from anonymiser.values.labels import TextLine

EXPORT = """\ufeffChild Name,Class,Parent Name,{0} School website,{0} Facebook,Date submitted
"O'Connor, Niamh",3A,Mrs O'Connor,Yes,No,12/09/2025
"Smith, Jack",3A,Mrs Smith,Yes,Yes,13/09/2025
"Smith, Jack",4B,Mr Smith,Yes,Yes,13/09/2025 14:31
Ali Khan,3A,Mrs Khan,Yes,Yes,13/09/2025
Ali Khan,3A,Mr Khan,Yes,No,14/09/2025
"Brown, Lily (Lils)",4B,Ms Brown,Yes please,No thanks,14/09/2025
Jacqueline "Jackie" Smith,4B,Mr Smith,Yes,I give consent,14/09/2025
Cher,4B,Ms Sarkisian,Yes,Yes,14/09/2025
"van der Berg, Anneke",4B,,,,
""".format("Do you give permission for your child\u2019s photo on:")


@pytest.mark.parametrize(
    ("text", "forename", "surname", "preferred"),
    [
        ("Smith, Jack", "Jack", "Smith", ""),
        ("Jack Smith", "Jack", "Smith", ""),
        ("SMITH Jack", "Jack", "SMITH", ""),
        ("Smith,Jack", "Jack", "Smith", ""),
        ("Jacqueline (Jackie) Smith", "Jacqueline", "Smith", "Jackie"),
        ("Smith, Jacqueline (Jackie)", "Jacqueline", "Smith", "Jackie"),
        ('Jacqueline "Jackie" Smith', "Jacqueline", "Smith", "Jackie"),
        ("Jacqueline \u201cJackie\u201d Smith", "Jacqueline", "Smith", "Jackie"),
        ("Jacqueline 'Jackie' Smith", "Jacqueline", "Smith", "Jackie"),
        ("Jacqueline [known as Jackie] Smith", "Jacqueline", "Smith", "Jackie"),
        ("Smith (Jackie), Jacqueline", "Jacqueline", "Smith", "Jackie"),
        ("Anneke van der Berg", "Anneke", "van der Berg", ""),
        ("van der Berg, Anneke", "Anneke", "van der Berg", ""),
        ("Mary Ann Smith", "Mary Ann", "Smith", ""),
        ("D\u2019Souza, Leo", "Leo", "D\u2019Souza", ""),
        ("Niamh O'Connor", "Niamh", "O'Connor", ""),
        ("Zoë Müller-Ng", "Zoë", "Müller-Ng", ""),
        ("Miss Ella Example", "Ella", "Example", ""),
    ],
)
def test_a_whole_name_is_taken_apart(text: str, forename: str, surname: str, preferred: str) -> None:
    """With or without a comma, with a name of daily use in brackets or quotation marks."""
    names = split_name(text)
    assert names is not None
    assert (names.forename, names.surname, names.preferred) == (forename, surname, preferred)


@pytest.mark.parametrize(
    "text", ["", "Cher", "Smith,", ", Jack", "Smith, Jack, Jnr", "Jack (Smith", "(Jackie)", "A (B) (C) D"]
)
def test_what_is_no_whole_name_is_nobody(text: str) -> None:
    """No second word, or too many parts."""
    assert split_name(text) is None


PART = st.from_regex(r"[A-Z][a-z]{2,8}", fullmatch=True)


@given(PART, PART, PART)
def test_both_orders_mean_the_same_person(forename: str, surname: str, preferred: str) -> None:
    """Forename first, or surname first with a comma."""
    one, two = split_name(f"{forename} ({preferred}) {surname}"), split_name(f"{surname}, {forename} ({preferred})")
    assert one is not None
    assert two is not None
    assert one.keys == two.keys


def imported(tmp_path: Path) -> ParsedFile:
    path = tmp_path / "form.csv"
    path.write_text(EXPORT, encoding="utf-8")
    sheet = parse_file(path, None, STANDARD_PURPOSES)
    assert isinstance(sheet, Sheet)
    proposal = propose(sheet)
    assert proposal.complete
    mapping = tmp_path / "form.mapping.toml"
    mapping.write_text(proposal.render(confirmed=True), encoding="utf-8")
    parsed = parse_file(path, mapping, STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)
    return parsed


def test_a_form_with_one_column_for_the_name(register: Register, tmp_path: Path, website: Event) -> None:
    """The proposal needs no more than confirmation; both parents count; two children of one name are refused."""
    report = register.import_consents(imported(tmp_path))
    names = {person.names.full[0]: person for person in register.people()}
    granted = {name for name, person in names.items() if person.id in register.snapshot(website).granted}
    assert granted == {"Niamh O'Connor", "Ali Khan", "Lily Brown", "Jacqueline Smith"}
    facebook = register.snapshot(Event("Fair", STANDARD_PURPOSES[1])).granted
    assert {name for name, person in names.items() if person.id in facebook} == {"Jacqueline Smith"}
    kinds = {problem.kind: problem.rows for problem in report.problems}
    assert kinds[ProblemKind.AMBIGUOUS] == (3, 4)
    assert kinds[ProblemKind.UNMATCHED] == (9,)
    assert names["Lily Brown"].names.preferred == "Lils"
    assert ("Jackie Smith", names["Jacqueline Smith"].id) in register.names().names


@pytest.mark.parametrize(
    "said",
    [
        "Niamh O'Connor", "O'Connor, Niamh", "O'Connor Niamh", "niamh oconnor", "Lily (Lils) Brown", "Lils Brown",
        "Brown, Lils", "Brown Lily",
    ],
)  # fmt: skip
def test_a_person_is_found_by_a_full_name_in_any_form(register: Register, tmp_path: Path, said: str) -> None:
    """In an argument or as the name of a folder, in either order; nobody is found by a name of nobody."""
    register.import_consents(imported(tmp_path))
    owner = register.find(said)
    assert {person.id: person.names.surname for person in register.people()}[owner] in {"O'Connor", "Brown"}
    with pytest.raises(UsageError, match="no such person"):
        register.find("Nobody Here")


def test_a_name_that_is_another_person_s_turned_round_is_nobody_s(
    load: Callable[..., ImportReport], register: Register
) -> None:
    """Thomas James and James Thomas: a surname first is possible, so both are named, by id, and neither is chosen."""
    load("person_id,forename,surname,class,website\np1,Thomas,James,3A,granted\np2,James,Thomas,3B,granted\n")
    for said in ("Thomas James", "James Thomas", "Thomas, James"):
        with pytest.raises(UsageError, match="2 people have that name") as caught:
            register.find(said)
        assert caught.value.remedy == "Use an id: p1, p2."


def test_labels_are_found_by_a_name_that_came_in_one_column(register: Register, tmp_path: Path) -> None:
    """In either order, as ever."""
    register.import_consents(imported(tmp_path))
    for text in ("Anneke van der Berg", "Lils Brown", "Brown Lily"):
        assert find_names([TextLine(np.zeros((4, 2), np.float32), text, 1.0)], register.names())


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('surname = "Last"\n', "columns.forename is missing"),
        ('forename = "First"\n', "columns.surname is missing"),
        ('forename = "First"\nsurname = "Last"\nname = "Name"\n', "contradict"),
        ('person_id = "id"\n', "columns.forename is missing"),
    ],
)
def test_a_mapping_needs_one_way_to_say_who(tmp_path: Path, lines: str, why: str) -> None:
    """Forename and surname, or the whole name; never half of both."""
    path = tmp_path / "m.toml"
    path.write_text(
        f'confirmed = true\n[columns]\n{lines}[[consent]]\ncolumn = "Web"\npurpose = "website"\ngranted = ["Yes"]\n'
    )
    with pytest.raises(ImportRefused, match=why) as refusal:
        load_mapping(path)
    assert "Value error" not in refusal.value.message


def test_a_nickname_beside_the_forename_is_a_preferred_name(load: Callable[..., object], register: Register) -> None:
    """In the program's own format too."""
    load("person_id,forename,surname,website\np00,Jacqueline (Jackie),Smith,granted\n", None, Coverage.USUAL)
    (person,) = register.people()
    assert person.names.full == ("Jacqueline Smith", "Jackie Smith")
