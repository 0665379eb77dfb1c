"""Two different people approve the very same copy, or it is not released."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_kit import FAST_SETTINGS, TWO_PUPILS, copies, import_consents, new_workspace, run
from review_kit import queue, waiting

from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.errors import AnonymiserError, SafetyRefusal, WorkspaceError
from anonymiser.ledger.item import ReviewVerdict
from anonymiser.review.queue import ReviewQueue
from anonymiser.school import School
from anonymiser.staff.roster import Roster
from anonymiser.values.consent import Purpose
from anonymiser.values.people import PersonId
from anonymiser.values.roles import StaffRole
from anonymiser.workspace import Workspace

WORDS = "copper lantern river"
TWO = f'{FAST_SETTINGS}[publishing]\nrelease = "two-people"\n'


def two_people(root: Path, *people: str) -> Workspace:
    """A school that releases nothing that only one person approved, with these SBMs."""
    workspace = new_workspace(root, TWO)
    import_consents(workspace, TWO_PUPILS)
    for name in people:
        Roster(workspace).add(name, StaffRole.SBM, WORDS)
    return workspace


@pytest.fixture
def school(tmp_path: Path) -> Workspace:
    return two_people(tmp_path / "school", "Ann", "Bea")


@pytest.fixture
def item(school: Workspace) -> str:
    return waiting(school)


@pytest.fixture
def asked(school: Workspace, item: str) -> Iterator[ReviewQueue]:
    with queue(school) as found:
        yield found


def test_the_second_person_releases_what_the_first_approved(asked: ReviewQueue, item: str, school: Workspace) -> None:
    """Until then it waits as it was, with a note that says whose approval it has."""
    first = asked.approve(item, by="Ann")
    assert first.waits_for_a_person
    assert copies(school) == []
    assert asked.approved_by(first) == "Ann"
    assert "approved by Ann, and needs a second person" in (school.review / f"{item}.txt").read_text()
    assert (school.review / f"{item}.jpg").is_file()
    assert asked.approve(item, by="bea").verdict is ReviewVerdict.APPROVED
    assert len(copies(school)) == 1
    assert asked.approved_by(asked.get(item)) == ""


def test_the_same_person_twice_is_one_person(asked: ReviewQueue, item: str, school: Workspace) -> None:
    """However the name is spelt."""
    asked.approve(item, by="Ann")
    with pytest.raises(SafetyRefusal, match="Ann has approved it already"):
        asked.approve(item, by=" ANN")
    assert copies(school) == []
    assert asked.approved_by(asked.get(item)) == "Ann"


@pytest.mark.parametrize("by", ["", "Nobody", "Tess"])
def test_only_people_whose_work_it_is_count(asked: ReviewQueue, item: str, school: Workspace, by: str) -> None:
    """Nobody, somebody who is not in the list, and a teacher approve nothing."""
    Roster(school).add("Tess", StaffRole.TEACHER, WORDS)
    asked.approve(item, by="Ann")
    with pytest.raises(SafetyRefusal, match="two people"):
        asked.approve(item, by=by)
    assert copies(school) == []


def test_moving_the_copy_is_no_approval(asked: ReviewQueue, item: str, school: Workspace) -> None:
    """Nobody knows who moved it: it waits again, the first approval stands, and the note says how to approve."""
    for first in ("", "Ann"):
        if first:
            asked.approve(item, by=first)
        (school.review / f"{item}.jpg").rename(school.approve / f"{item}.jpg")
        (refused,) = asked.collect()
        assert "nobody knows who asked" in refused.why_refused
        assert copies(school) == []
        assert "--by NAME" in (school.review / f"{item}.txt").read_text()
        assert asked.approved_by(asked.get(item)) == first
    assert asked.approve(item, by="Bea").verdict is ReviewVerdict.APPROVED


def test_an_import_in_between_ends_the_first_approval(asked: ReviewQueue, item: str, school: Workspace) -> None:
    """One that matters to this photo has it processed again; after any other, the next approval is a first one."""
    asked.approve(item, by="Ann")
    with School.open(school.root) as other:
        other.register.withdraw(PersonId("P1"), "letter", Purpose("press"))
    assert asked.approve(item, by="Bea").waits_for_a_person
    assert asked.approved_by(asked.get(item)) == "Bea"
    import_consents(school, TWO_PUPILS.replace("granted", "refused"))
    with pytest.raises(SafetyRefusal, match="consents have changed"):
        asked.approve(item, by="Ann")
    assert copies(school) == []


def test_whoever_left_the_list_has_not_approved(asked: ReviewQueue, item: str, school: Workspace) -> None:
    """The approval of somebody who was removed counts no longer."""
    Roster(school).add("Cem", StaffRole.SBM, WORDS)
    asked.approve(item, by="Ann")
    Roster(school).remove("Ann")
    assert asked.approve(item, by="Bea").waits_for_a_person
    assert asked.approved_by(asked.get(item)) == "Bea"


def test_a_list_that_was_lost_is_said_to_be_missing(asked: ReviewQueue, item: str, school: Workspace) -> None:
    """Adding a person would not bring the others back."""
    with School.open(school.root):
        pass  # whoever opens the school remembers that it has a list
    school.staff_file.unlink()
    with queue(school) as found, pytest.raises(WorkspaceError, match="missing"):
        found.approve(item, by="Bea")
    assert asked.get(item).waits_for_a_person


@pytest.mark.parametrize("people", [[], ["Ann"]])
def test_a_school_with_fewer_than_two_who_may_releases_nothing(tmp_path: Path, people: list[str]) -> None:
    """The refusal and health say what is missing; rejecting needs no second person."""
    workspace = two_people(tmp_path / "school", *people)
    item = waiting(workspace)
    with queue(workspace) as found:
        with pytest.raises(SafetyRefusal, match="fewer than two who may"):
            found.approve(item, by="Ann")
        assert found.reject(item, by="Ann").verdict is ReviewVerdict.REJECTED
    with School.open(workspace.root) as school:
        finding = next(found for found in school.health() if found.check == "two people to approve")
    assert not finding.ok
    assert "staff add" in finding.detail


def test_one_person_is_enough_where_the_school_says_so(tmp_path: Path) -> None:
    """With a staff list or without one."""
    workspace = new_workspace(tmp_path / "school")
    item = waiting(workspace)
    with queue(workspace) as found:
        assert found.approve(item).verdict is ReviewVerdict.APPROVED


steps = st.lists(
    st.sampled_from(["Ann", "Bea", "Cem", "Tess", "", "move", "again", "import", "withdraw", "touch"]),
    min_size=2, max_size=7,
)  # fmt: skip


@settings(max_examples=15)
@given(steps)
def test_no_sequence_releases_a_copy_that_fewer_than_two_approved_as_it_is(acts: list[str]) -> None:
    """Approvals, moves, new copies, imports and withdrawals in any order: who approved since the last change counts."""
    with TemporaryDirectory() as folder:
        workspace = two_people(Path(folder) / "school", "Ann", "Bea", "Cem")
        Roster(workspace).add("Tess", StaffRole.TEACHER, WORDS)
        item = waiting(workspace)
        approved: set[str] = set()
        with queue(workspace) as found:
            for number, act in enumerate(acts):
                before = len(copies(workspace))
                copy = workspace.review / f"{item}.jpg"
                try:
                    if act == "move" and copy.exists():
                        copy.rename(workspace.approve / copy.name)
                        found.collect()
                    elif act == "again":
                        approved.clear()
                        found.again(item)
                    elif act == "import":
                        approved.clear()
                        import_consents(workspace, f"{TWO_PUPILS}P{number + 3},Some,Body,3A,refused\r\n")
                    elif act == "withdraw":
                        approved.clear()
                        with School.open(workspace.root) as school:
                            school.register.withdraw(PersonId("P1"), "letter")
                    elif act == "touch" and copy.exists():
                        approved.clear()
                        copy.write_bytes(b"something else")
                    else:
                        approved.add(act)
                        found.approve(item, by=act)
                except AnonymiserError:
                    pass
                if len(copies(workspace)) > before:
                    assert len(approved & {"Ann", "Bea", "Cem"}) >= 2
                    break
        with WorkspaceContexts(workspace) as contexts:
            run(workspace, contexts=contexts)
        if not found_released(workspace):
            assert copies(workspace) == []


def found_released(workspace: Workspace) -> bool:
    """Whether the ledger says that a person's verdict released something."""
    with queue(workspace) as found:
        return any(item.verdict is ReviewVerdict.APPROVED for item in found._site.ledger.every())
