"""Rows about whose person there is a doubt: they deny, and keep their holds, for everybody whom they may be about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from form_kit import FORM, WITHOUT_ID, granted

from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.parsed import ProblemKind
from anonymiser.consent.proposal import propose
from anonymiser.consent.register import Register
from anonymiser.consent.tabular import read_sheet
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import Event

Load = Callable[..., ImportReport]

WITH_ID = 'person_id = "ID"\nforename = "First"\nsurname = "Last"'
HEADINGS = "person_id,forename,surname,class,website,hold\n"
SCHOOL = HEADINGS + "".join(
    f"100{n},{name},3A,granted,\n" for n, name in enumerate(("Ella,Lane", "Tom,Reed", "Mia,Wood", "Ali,Marsh"))
)


@pytest.mark.parametrize("coverage", [Coverage.PARTIAL, Coverage.COMPLETE])
@pytest.mark.parametrize("name", [",", "Ella,", ",Lane", "#REF!,Lane", "Ella,#N/A", "#REF!,#REF!", "-,-"])
@pytest.mark.parametrize("answer", ["refused,", "granted,never-publish", ","])
def test_a_row_with_an_id_and_no_whole_name_denies_the_id(
    name: str, answer: str, coverage: Coverage, load: Load, register: Register, website: Event
) -> None:
    """Its hold counts, it is listed, and the person keeps the name that is known."""
    load(SCHOOL)
    report = load(f"{HEADINGS}1000,{name},3A,{answer}\n1001,Tom,Reed,3A,granted,\n", None, coverage)
    assert "1000" not in granted(register, website)
    assert "1001" in granted(register, website)
    assert any(2 in problem.rows for problem in report.problems)
    assert {person.id: person.names.surname for person in register.people()}["1000"] == "Lane"

    assert ("never" in answer) == bool(report.held)


@pytest.mark.parametrize("again", ["1000,,,,", ",,,,", "1000,#REF!,#REF!,,", ",,,3A,", "1000,Ella,,,"])
@pytest.mark.parametrize("answer", ["refused,", "refused,never-publish", ",never-publish"])
def test_the_row_of_a_second_parent_counts_for_the_child_above(
    again: str, answer: str, load: Load, register: Register, website: Event
) -> None:
    """Where programs merge the cells of a child, a row below may have an id or nothing."""
    report = load(f"{SCHOOL.replace('1001', again + answer + chr(10) + '1001', 1)}")
    assert granted(register, website) == {"1001", "1002", "1003"}
    assert report.new == ("1000", "1001", "1002", "1003")
    assert any(3 in problem.rows for problem in report.problems)
    assert ("never-publish" in answer) == bool(report.held)


@pytest.mark.parametrize(
    "total", [",,,,4,", ",,,,3 / 4,", ",,,Total,4,", "Total,,,,4,", ",,,,75%,", "Printed by the office,,,,,"]
)
def test_totals_and_footers_harm_nobody(total: str, load: Load, register: Register, website: Event) -> None:
    """A number below the answers is no answer."""
    load(f"{SCHOOL}{total}\n")
    assert granted(register, website) == {"1000", "1001", "1002", "1003"}


@pytest.mark.parametrize(
    "row",
    [
        ",Ella,Lane,3A,refused,never-publish",
        "1E+05,Ella,Lane,3A,,never-publish",
        ",Lane,Ella,3A,,never-publish",
        "1000,Ella,Lane,Oak,3A,granted,never-publish",
    ],
)
def test_the_hold_of_a_row_in_doubt_counts(row: str, load: Load, register: Register, website: Event) -> None:
    """For everybody whom the row may be about."""
    load(SCHOOL)
    report = load(f"{HEADINGS}{row}\n1001,Tom,Reed,3A,granted,\n", None, Coverage.PARTIAL)
    assert "1000" not in granted(register, website)
    assert [person for person, _ in report.held] == ["1000"]


@pytest.fixture
def form(tmp_path: Path) -> Callable[[str], str]:
    """A mapping with these lines of columns."""

    def write(columns: str) -> str:
        path = tmp_path / "form.mapping.toml"
        path.write_text(FORM.format(columns=columns), encoding="utf-8")
        return str(path)

    return write


RELATIONSHIPS = ["Mother", "mum", "Parent/Carer", "Step-father", "stepdad", "Legal guardian", "Parent 1", "Contact",
                 "Grand-parent", "Foster carer", "Parent or carer", "MOTHER "]  # fmt: skip


@pytest.mark.parametrize("parent", RELATIONSHIPS)
@pytest.mark.parametrize("answers", [("No", "Yes"), ("Yes", "No")])
def test_a_relationship_is_no_parent_s_name(
    parent: str, answers: tuple[str, str], load: Load, register: Register, website: Event, form: Callable[[str], str]
) -> None:
    """Two rows by "the mother" may be by two mothers: both must agree, and the contradiction is listed."""
    rows = "".join(f"1000,Ella,Lane,{parent},1{n}/09/2025,{answer}\n" for n, answer in enumerate(answers))
    report = load(f"ID,First,Last,Answered by,Date,Website\n{rows}1001,Tom,Reed,Father,10/09/2025,Yes\n", form(WITH_ID))
    assert granted(register, website) == {"1001"}
    assert any(set(problem.rows) == {2, 3} and problem.kind is ProblemKind.CONFLICT for problem in report.problems)


@pytest.mark.parametrize("parent", ["Mrs Lane", "A. Lane", "Mary Lane", "Mary", "Mr Nan", "m.lane@school.example"])
def test_a_named_parent_s_later_answer_counts_and_the_earlier_is_listed(
    parent: str, load: Load, register: Register, website: Event, form: Callable[[str], str]
) -> None:
    """A name identifies who answered."""
    rows = f"1000,Ella,Lane,{parent},10/09/2025,No\n1000,Ella,Lane,{parent},11/09/2025,Yes\n"
    report = load(f"ID,First,Last,Answered by,Date,Website\n{rows}", form(WITH_ID))
    assert granted(register, website) == {"1000"}
    assert any(set(problem.rows) == {2, 3} for problem in report.problems)


@pytest.mark.parametrize("parent", RELATIONSHIPS)
def test_one_name_twice_by_one_relationship_may_be_two_children(
    parent: str, load: Load, register: Register, website: Event, form: Callable[[str], str]
) -> None:
    """Without an id and a class, even if both agree; a mother and a father are one child's."""
    rows = "".join(f"Ella,Lane,{parent},1{n}/09/2025,Yes\n" for n in range(2))
    rows += "Tom,Reed,Mother,10/09/2025,Yes\nTom,Reed,Father,11/09/2025,Yes\n"
    report = load(f"First,Last,Answered by,Date,Website\n{rows}", form(WITHOUT_ID))
    names = {person.id: person.names.surname for person in register.people()}
    assert {names[person] for person in granted(register, website)} == {"Reed"}
    assert any(set(problem.rows) == {2, 3} and problem.kind is ProblemKind.AMBIGUOUS for problem in report.problems)


def test_a_name_is_preferred_to_a_relationship_in_a_proposal(tmp_path: Path) -> None:
    """A form that has both tells parents apart by name."""
    path = tmp_path / "form.csv"
    path.write_text("First name,Surname,Relationship,Parent name,Photo consent\nElla,Lane,Mother,Mary Lane,Yes\n")
    assert dict(propose(read_sheet(path)).columns)["parent"] == "Parent name"


REMARKED = [
    "{} (NO PHOTOS)", "{} [withdrawn]", "{} (do not publish)", "{} (left July)", "{} 'court order'", "{} - no photos",
    "NO PHOTOS {}", "{} (LAC)", "{} LAC", "{} HOLD", "{} on hold", "{} never", "{} (removed 12/09)", "{} objects",
    "{} (mum objects)",
    "{} don\N{RIGHT SINGLE QUOTATION MARK}t publish",
    "{} (isn't to be shown at all)", "{} \u2013 leaver", '{} "no"',
    "{} (3A)", "{} (NO PHOTOS", "Do not publish {}", "{} no-photos", "Withdrawn - {}", "{} (court)", "{} NO",
]  # fmt: skip


@pytest.mark.parametrize("remark", REMARKED)
@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("identified", [True, False])
def test_a_remark_beside_a_name_denies(
    identified: bool,
    place: int,
    remark: str,
    load: Load,
    register: Register,
    website: Event,
    form: Callable[[str], str],
) -> None:
    """In the forename, the surname or the whole name, with or without an id: what was a yes ends."""
    whole = place == 2
    columns = 'name = "First"' if whole else WITHOUT_ID
    mapping = form(f'person_id = "ID"\n{columns}' if identified else columns)
    name = ["Ella Lane"] if whole else ["Ella", "Lane"]
    noted = [remark.format(part) if n == place % 2 or whole else part for n, part in enumerate(name)]
    head = "ID,First,Answered by,Date,Website\n" if whole else "ID,First,Last,Answered by,Date,Website\n"
    tom = f"2,{'Tom Reed' if whole else 'Tom,Reed'},,,Yes\n"
    load(f"{head}1,{','.join(name)},,,Yes\n{tom}", mapping)
    quoted = ",".join('"' + part.replace('"', '""') + '"' for part in noted)
    report = load(f"{head}1,{quoted},,,Yes\n{tom}", mapping, Coverage.PARTIAL)
    names = {person.id: person.names.full for person in register.people()}
    assert sorted(names.values()) == [("Ella Lane",), ("Tom Reed",)]
    assert {names[person] for person in granted(register, website)} == {("Tom Reed",)}
    assert any(2 in problem.rows for problem in report.problems)


@pytest.mark.parametrize(
    ("forename", "surname"),
    [
        ("Jacqueline (Jackie)", "Smith"), ("Ann 'Annie'", "Page"), ("Mary [known as Mary Jo]", "Court"), ("No", "Lee"),
        ("Tae-woo", "No"), ("Ji-no", "Kim"), ("Margaret", "Court"), ("MARGARET", "COURT"), ("Grant", "Press"),
        ("Mary Ann", "Hold"), ("May", "Sen"), ("Ann", "Smith (Jones)"), ("Jean", "O'Brien"), ("Bo", "de la Court"),
        ("J.", "St. John"), ("Will", "Young"), ("Noel", "Notley"), ("Joan", "Orderly"),
    ],
)  # fmt: skip
def test_ordinary_names_hold_no_remark(
    forename: str, surname: str, load: Load, register: Register, website: Event
) -> None:
    """Also those of which a word means something."""
    report = load(f"{HEADINGS}1000,{forename},{surname},3A,granted,\n")
    assert granted(register, website) == {"1000"}
    assert not report.problems


WHOLE = 'name = "First"'
NO_IDS = "First,Last,Answered by,Date,Website\n"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ella,Lane", "Lane,Ella"),
        ("Ella (Ellie),Lane", "Ellie,Lane"),
        ("Ellie,Lane", "Ella 'Ellie',Lane"),
        ("Ella (Ellie),Lane", "Lane,Ellie"),
        ("Ella (Ellie),Lane", "Elspeth (Ellie),Lane"),
        ("Mary Ann,de la Mare", "De La Mare,Mary Ann"),
    ],
)
@pytest.mark.parametrize("answers", [("Yes", "No"), ("No", "Yes"), ("Yes", "Yes")])
def test_two_spellings_of_one_name_in_a_list_without_ids_are_one_person_in_doubt(
    one: str,
    other: str,
    answers: tuple[str, str],
    load: Load,
    register: Register,
    website: Event,
    form: Callable[[str], str],
) -> None:
    """Forename and surname exchanged, or the name in daily use."""
    rows = f"{one},,,{answers[0]}\n{other},,,{answers[1]}\nTom,Reed,,,Yes\nReed,Lane,,,Yes\n"
    report = load(NO_IDS + rows, form(WITHOUT_ID))
    names = {person.id: person.names.forename for person in register.people()}
    assert len(names) == 3
    assert {names[person] for person in granted(register, website)} == {"Tom", "Reed"}
    assert any(set(problem.rows) == {2, 3} for problem in report.problems)


@pytest.mark.parametrize("again", ["Lane,Ella", "Ellie,Lane", "Lane,Ellie", "Elspeth (Ellie),Lane", "LANE,ELLA"])
@pytest.mark.parametrize("coverage", [Coverage.PARTIAL, Coverage.USUAL])
@pytest.mark.parametrize("way", ["withdrawn", "refused"])
def test_nobody_comes_back_under_another_spelling(
    way: str,
    coverage: Coverage,
    again: str,
    load: Load,
    register: Register,
    website: Event,
    form: Callable[[str], str],
) -> None:
    """A withdrawal and a no stand although a later list turns the name round or uses the other forename."""
    rest = "Tom,Reed,,,Yes\nMia,Wood,,,Yes\nAli,Marsh,,,Yes\n"
    mapping = form(WITHOUT_ID)
    load(f"{NO_IDS}Ella (Ellie),Lane,,,{'No' if way == 'refused' else 'Yes'}\n{rest}", mapping)
    if way == "withdrawn":
        register.withdraw(register.find("Ella Lane"), "letter")
    report = load(f"{NO_IDS}{again},,,Yes\n{rest}", mapping, coverage)
    assert len(register.people()) == 4
    names = {person.id: person.names.forename for person in register.people()}
    assert {names[person] for person in granted(register, website)} == {"Tom", "Mia", "Ali"}
    assert any(2 in problem.rows for problem in report.problems)
    load(f"{NO_IDS}Ella,Lane,,,Yes\n{rest}", mapping, coverage)
    assert {names[person] for person in granted(register, website)} == {"Tom", "Mia", "Ali"}


@pytest.mark.parametrize("again", ["9,Lane,Ella", "9,Ella,Lane", "9,Lane,Ellie", "1000,Lane,Ella"])
def test_the_forgotten_stay_forgotten_under_another_spelling(
    again: str, load: Load, register: Register, website: Event
) -> None:
    """Whoever comes back after they were forgotten is withdrawn until a person says otherwise."""
    load(SCHOOL.replace("Ella,", "Ella (Ellie),"))
    register.forget(register.find("1000"))
    load(f"{HEADINGS}{again},3A,granted,\n", None, Coverage.PARTIAL)
    assert granted(register, website) == {"1001", "1002", "1003"}


def test_a_list_of_other_people_is_refused_unless_a_person_says_so(load: Load, register: Register) -> None:
    """Most people are new and most of those on record have gone: names or ids may have been taken from elsewhere."""
    load(SCHOOL)
    others = HEADINGS + "".join(
        f"20{n},{name},3A,granted,\n" for n, name in enumerate(("Bo,Ash", "Cy,Elm", "Di,Fir", "Jo,Yew"))
    )
    for text in (others, "".join(f"x{line}" if n else line for n, line in enumerate(SCHOOL.splitlines(keepends=True)))):
        with pytest.raises(ImportRefused, match="not those on record") as refusal:
            load(text, None, Coverage.COMPLETE)
        assert "--accept-turned" in refusal.value.remedy
    load(others, None, Coverage.PARTIAL)
    load(others, None, Coverage.COMPLETE, accept_turned=True)
    assert len(register.people()) == 8


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0012", "12"),
        ("A 1", "A1"),
        ("MAN-2021-1", "MAN\N{NON-BREAKING HYPHEN}2021\N{NON-BREAKING HYPHEN}1"),
        ("1001", "\uff11\uff10\uff10\uff11"),
        ("'1001", "1001"),
        ("A-1", "A/1"),
        ("a.1", "A 1"),
    ],
)
@pytest.mark.parametrize("answers", [("granted", "refused"), ("refused", "granted"), ("granted", "granted")])
def test_ids_that_differ_only_by_damage_are_one_person_in_doubt(
    one: str, other: str, answers: tuple[str, str], load: Load, register: Register, website: Event
) -> None:
    """The same name under both: refused, in the register once, and listed."""
    for first, second in ((one, other), (other, one)):
        rows = f"{first},Ella,Lane,3A,{answers[0]},\n77,Tom,Reed,3A,granted,\n{second},Ella,Lane,3A,{answers[1]},\n"
        report = load(HEADINGS + rows, None, Coverage.PARTIAL, again=True)
        assert granted(register, website) == {"77"}
        assert len(register.people()) == 2
        assert any(set(problem.rows) == {2, 4} for problem in report.problems)


def test_ids_alike_of_different_people_are_theirs(load: Load, register: Register, website: Event) -> None:
    """12 and 0012 are two pupils if their names differ, and so are two of one name with different ids."""
    load(f"{HEADINGS}0012,Ella,Lane,3A,granted,\n12,Tom,Reed,3A,granted,\n13,Ella,Lane,4B,granted,\n")
    assert granted(register, website) == {"0012", "12", "13"}


@pytest.mark.parametrize(
    "cell",
    [
        "Year 3", "Oak Class", "Class 4B", "End of Report", "Printed by Jane Head", "Page 1 of 3", "Yes 14",
        "Year Three", "Total 14", "4 pupils", "Elm Primary School", "Report generated 12/09/2025", "Reception Class",
        "Key Stage 1",
    ],
)  # fmt: skip
def test_headings_and_footers_in_a_column_of_names_are_nobody(
    cell: str, load: Load, register: Register, website: Event, form: Callable[[str], str]
) -> None:
    """They are listed, and nobody is made of them."""
    report = load(f"First,Answered by,Date,Website\n{cell},,,Yes\nElla Lane,,,Yes\n", form(WHOLE))
    assert [person.names.full for person in register.people()] == [("Ella Lane",)]
    assert len(granted(register, website)) == 1
    assert any(2 in problem.rows for problem in report.problems)


@pytest.mark.parametrize(
    "cell",
    [
        "Ella and Tom Lane", "Ella & Tom Lane", "Ella Lane and Tom Lane", '"Ella Lane, Tom Lane"', "Ella + Tom Lane",
        '"Lane Ella, Lane Tom"', "Ella Lane - 3A", "Ella Lane 3A", "3A Ella Lane", "Ella Lane (3A)",
        "Tom and Ella Lane", '"Ella Lane, Mia Wood"',
    ],
)  # fmt: skip
def test_siblings_and_classes_in_the_cell_of_a_name_make_nobody(
    cell: str, load: Load, register: Register, website: Event, form: Callable[[str], str]
) -> None:
    """Everybody who may be meant is refused, also where only a part of the school is listed."""
    mapping = form(WHOLE)
    head = "First,Answered by,Date,Website\n"
    rest = "Ann Reed,,,Yes\nJo Marsh,,,Yes\n"
    load(f"{head}Ella Lane,,,Yes\n{rest}", mapping)
    report = load(f"{head}{cell},,,Yes\n{rest}", mapping, Coverage.PARTIAL)
    assert len(register.people()) == 3
    names = {person.id: person.names.surname for person in register.people()}
    assert {names[person] for person in granted(register, website)} == {"Reed", "Marsh"}
    assert any(2 in problem.rows for problem in report.problems)


def test_names_of_several_words_are_one_person_s(
    load: Load, register: Register, website: Event, form: Callable[[str], str]
) -> None:
    """In a list that writes the surname first, with a comma."""
    cells = ["Garcia Lopez, Maria Jose", "van der Berg, Anna Maria", "Smith, Jack", "Brand, Andy", "Page, Ann"]
    load("First,Answered by,Date,Website\n" + "".join(f'"{cell}",,,Yes\n' for cell in cells), form(WHOLE))
    assert len(granted(register, website)) == 5


def test_siblings_in_the_cell_of_a_forename_refuse_the_id_and_both(
    load: Load, register: Register, website: Event
) -> None:
    """With an id too."""
    load(SCHOOL + "1009,Bo,Lane,3A,granted,\n")
    load(f"{HEADINGS}1000,Ella and Bo,Lane,3A,granted,\n1001,Tom,Reed,3A,granted,\n", None, Coverage.PARTIAL)
    assert granted(register, website) == {"1001", "1002", "1003"}
