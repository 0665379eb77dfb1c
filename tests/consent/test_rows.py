"""Rows about whose person there is a doubt: they deny, and keep their holds, for everybody whom they may be about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.register import Register
from anonymiser.values.consent import Event

Load = Callable[..., ImportReport]

HEADINGS = "person_id,forename,surname,class,website,hold\n"
SCHOOL = HEADINGS + "".join(
    f"100{n},{name},3A,granted,\n" for n, name in enumerate(("Ella,Lane", "Tom,Reed", "Mia,Wood", "Ali,Marsh"))
)


def granted(register: Register, event: Event) -> set[str]:
    return set(register.snapshot(event).granted)


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
