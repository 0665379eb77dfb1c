"""Finding, taking back and forgetting: the commands `find`, `published` and `forget`."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from disk_faults import Crash, Step, crash_at, faulty_disk, windows_error
from intake_kit import Invoke, drop, import_consents, opened, tree

from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.consent.register import Register
from anonymiser.errors import ExitCode
from anonymiser.locks import run_lock
from anonymiser.reconcile import reconcile
from anonymiser.school import School
from anonymiser.values.people import PersonId
from anonymiser.workspace import Workspace

CONSENTS = (
    "person_id,forename,surname,class,website,newsletter\r\n"
    "p1,Ben,Okafor,3A,granted,granted\r\np2,Amelia,Khan,3A,granted,granted\r\np3,Tom,Brown,3A,granted,granted\r\n"
)


@pytest.fixture
def school(workspace: Workspace, invoke: Invoke) -> Workspace:
    """Two released copies that show p1 (one of them may be p2 as well), one that shows p2 alone, one duplicate."""
    import_consents(workspace, CONSENTS)
    drop(workspace.inbox / "Fair", a="show p1 p3", b="show p1/p2", c="show p2", same="show p1 p3")
    code, _, said = invoke("batch", "--workspace", workspace.root)
    assert code == 0, said
    return workspace


def find(invoke: Invoke, school: Workspace, person: str, *options: str) -> list[dict]:
    code, lines, said = invoke("find", person, "--json", *options, "--workspace", school.root)
    assert code == 0, said
    assert "Okafor" not in said + str(lines)
    return lines


def test_every_copy_that_shows_a_person_is_found_once(school: Workspace, invoke: Invoke) -> None:
    """By id or name, with event and purpose; a duplicate is no second copy; a look-alike is told from a certain one."""
    found = find(invoke, school, "Ben Okafor")
    assert [(line["event"], line["purpose"], line["certain"], line["agreed"], line["in_outbox"]) for line in found] == [
        ("Fair", "website", True, True, True)
    ] * 2
    assert all((school.root / line["output"]).is_file() for line in found)
    by_resemblance = {line["output"]: line["certain"] for line in find(invoke, school, "p2")}
    assert sorted(by_resemblance.values()) == [False, True]
    assert len(find(invoke, school, "p3")) == 1
    assert invoke("find", "nobody", "--workspace", school.root)[0] == ExitCode.USAGE


def test_what_was_hidden_or_never_released_is_not_found(workspace: Workspace, invoke: Invoke) -> None:
    """A face that was obscured, and a copy that waits for review, are nothing to take down."""
    import_consents(workspace, CONSENTS.replace("granted,granted", ",", 1))
    drop(workspace.inbox, a="show p1", b="review p1")
    invoke("batch", "--workspace", workspace.root)
    assert find(invoke, workspace, "p1") == []


def test_places_are_remembered_and_told_again(school: Workspace, invoke: Invoke) -> None:
    """By file name or id, several for one copy; a place with a pupil's name, or of a strange file, is refused."""
    first = find(invoke, school, "p3")[0]
    name, place = Path(first["output"]).name, "www.school.example/fair"
    assert invoke("published", name, "--place", place, "--workspace", school.root)[0] == 0
    assert invoke("published", first["item"], "--place", " newsletter  12 ", "--workspace", school.root)[0] == 0
    assert invoke("published", name, "--place", place, "--workspace", school.root)[0] == 0
    assert find(invoke, school, "p3")[0]["published"] == ["newsletter 12", place]
    for copies, where in (([name], "Amelia Khan wins"), ([name], " "), ([name, "other.jpg"], place)):
        assert invoke("published", *copies, "--place", where, "--workspace", school.root)[0] == ExitCode.USAGE


def test_what_was_taken_down_is_remembered_and_off_the_list(school: Workspace, invoke: Invoke) -> None:
    """At one place, then everywhere; then nothing is left to do, until it is published again."""
    name = Path(find(invoke, school, "p3")[0]["output"]).name

    def said(*arguments: str) -> int:
        return invoke("published", name, *arguments, "--workspace", school.root)[0]

    assert said("--taken-down") == ExitCode.USAGE  # it was never published
    for place in ("newsletter 12", "the website", "the hall"):
        assert said("--place", place) == 0
    with Register.open(school) as register:
        register.withdraw(PersonId("p3"), "letter")
    find(invoke, school, "p3", "--reissue")
    assert said("--taken-down", "--place", "the wall") == ExitCode.USAGE
    assert said("--taken-down", "--place", "the  website ") == 0
    (line, *_) = find(invoke, school, "p3")
    assert (line["published"], line["taken_down"]) == (["newsletter 12", "the hall"], ["the website"])
    text = invoke("find", "p3", "--workspace", school.root)[2]
    assert "taken down: the website" in text
    assert "have it taken down" in text
    assert said("--taken-down") == 0
    assert said("--taken-down") == ExitCode.USAGE
    (line, *_) = find(invoke, school, "p3")
    assert (line["published"], len(line["taken_down"])) == ([], 3)
    assert "nothing: taken down" in invoke("find", "p3", "--workspace", school.root)[2]
    assert said("--place", "the hall") == 0
    assert find(invoke, school, "p3")[0]["published"] == ["the hall"]
    assert "have it taken down" in invoke("find", "p3", "--workspace", school.root)[2]


def test_the_worksheet_for_a_spreadsheet_says_what_to_do(school: Workspace, invoke: Invoke, tmp_path: Path) -> None:
    """One row a copy; who still agrees needs nothing, else the copy is to be taken down."""
    name = Path(find(invoke, school, "p3")[0]["output"]).name
    invoke("published", name, "--place", "=cmd()", "--workspace", school.root)
    sheet = tmp_path / "sheet.csv"

    def rows() -> list[list[str]]:
        assert invoke("find", "p3", "--csv", sheet, "--workspace", school.root)[0] == 0
        return list(csv.reader(sheet.read_text(encoding="utf-8-sig").splitlines()))

    assert rows()[1][-1] == "nothing: still agreed"
    assert rows()[1][5] == "'=cmd()"
    with Register.open(school) as register:
        register.withdraw(PersonId("p3"), "letter")
    assert rows()[1][-1] == "have it taken down; run again with --reissue"
    assert "have it taken down" in invoke("find", "p3", "--workspace", school.root)[2]
    assert invoke("find", "p3", "--csv", tmp_path, "--workspace", school.root)[0] != 0


def test_a_withdrawal_is_carried_out_on_what_is_out_already(school: Workspace, invoke: Invoke) -> None:
    """Reissue takes the old copies back and makes new ones without the person; others stay; both are on record."""
    before = {line["item"]: line["output"] for line in find(invoke, school, "p1")}
    other = find(invoke, school, "p2")
    with Register.open(school) as register:
        register.withdraw(PersonId("p1"), "letter")
    after = find(invoke, school, "p1", "--reissue")
    assert [line["item"] for line in after] == list(before)
    assert not any(line["in_outbox"] or line["agreed"] for line in after)
    assert not any((school.root / output).exists() for output in before.values())
    assert len(find(invoke, school, "p2")) == len(other)
    assert len([line for line in find(invoke, school, "p3") if line["in_outbox"]]) == 1
    with opened(school) as site:
        account = reconcile(site)
        new = [site.ledger.get(line["replaced_by"]) for line in after]
        assert all(item is not None and not item.report.shows(PersonId("p1")) for item in new)
        assert (account.replaced, account.released, account.taken, account.differences) == (2, 3, 0, [])
    assert len(tree(school.outbox)) == 3
    assert "nothing to make again" in invoke("find", "p1", "--reissue", "--workspace", school.root)[2]


def test_nothing_is_reissued_for_who_still_agrees(school: Workspace, invoke: Invoke) -> None:
    """A withdrawal for the newsletter leaves the website's copies as they are."""
    copies = tree(school.outbox)
    invoke("consent", "withdraw", "p1", "--purpose", "newsletter", "--evidence", "letter", "--workspace", school.root)
    find(invoke, school, "p1", "--reissue")
    assert tree(school.outbox) == copies


def test_a_copy_that_somebody_changed_is_taken_back_too(school: Workspace, invoke: Invoke) -> None:
    """An edited copy shows the person as well: it goes to quarantine, where nobody publishes from."""
    copy = school.root / find(invoke, school, "p3")[0]["output"]
    copy.write_bytes(b"cropped")
    with Register.open(school) as register:
        register.withdraw(PersonId("p3"), "letter")
    find(invoke, school, "p3", "--reissue")
    assert not copy.exists()
    assert [path.read_bytes() for path in school.quarantine.iterdir()] == [b"cropped"]


def test_a_copy_that_was_open_is_replaced_by_the_next_run(
    school: Workspace, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to ask again: the other copies were replaced at once, and this one as soon as it is closed."""
    drop(school.inbox / "Fair", y="show p3 again")
    invoke("batch", "--workspace", school.root)
    with Register.open(school) as register:
        register.withdraw(PersonId("p3"), "letter")
    copies = [school.root / line["output"] for line in find(invoke, school, "p3")]
    held = copies[0]

    def hold(step: Step) -> None:
        if held in step.paths:
            raise windows_error(32)

    with faulty_disk(hold, monkeypatch):
        code, _, _ = invoke("find", "p3", "--reissue", "--workspace", school.root)
        assert code == ExitCode.INCOMPLETE
        assert [copy for copy in copies if copy.exists()] == [held]
        invoke("batch", "--workspace", school.root)
        assert held.exists()
    invoke("batch", "--workspace", school.root)
    assert not held.exists()
    assert all(line["replaced_by"] for line in find(invoke, school, "p3"))
    _, (facts,), _ = invoke("status", "--workspace", school.root, "--json")
    assert facts["differences"] == []


def test_without_an_archived_original_the_copy_still_goes(school: Workspace, invoke: Invoke, tmp_path: Path) -> None:
    """Photos of a folder elsewhere are not archived: the copy is taken back, and the user told to offer them again."""
    folder = tmp_path / "photos"
    drop(folder, x="show p3 elsewhere")
    invoke("batch", folder, "--workspace", school.root)
    with Register.open(school) as register:
        register.withdraw(PersonId("p3"), "letter")
    code, _, said = invoke("find", "p3", "--reissue", "--workspace", school.root)
    assert code == 0
    assert "not archived here" in said
    assert not any(line["in_outbox"] for line in find(invoke, school, "p3"))
    invoke("batch", folder, "--workspace", school.root)
    assert not any(line["in_outbox"] for line in find(invoke, school, "p3"))


def test_beside_another_run_the_copies_are_left_to_it(school: Workspace, invoke: Invoke) -> None:
    """While a batch or watch is active, reissue takes copies back and queues the originals."""
    with Register.open(school) as register:
        register.withdraw(PersonId("p3"), "letter")
    with run_lock(school.data):
        said = invoke("find", "p3", "--reissue", "--workspace", school.root)[2]
    assert "makes the new copies" in said
    assert not any(line["in_outbox"] for line in find(invoke, school, "p3"))
    code, lines, _ = invoke("batch", "--json", "--workspace", school.root)
    assert (code, lines[-1]["summary"]["released"]) == (0, 1)


def test_a_crash_while_taking_back_leaves_no_old_copy_for_good(
    school: Workspace, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Die at each step of taking back: asking again, after the next start, ends with one new copy and no old one."""
    with Register.open(school) as register:
        register.withdraw(PersonId("p3"), "letter")
    step = 0
    while True:
        step += 1
        with School.open(school.root) as opened_school:
            if all(entry.replaced_by for entry in opened_school.find(PersonId("p3"))):
                break
            try:
                with crash_at(step, monkeypatch):
                    opened_school.take_back(PersonId("p3"))
            except Crash:
                with WorkspaceContexts(school) as contexts, opened(school, contexts):
                    pass
    assert step > 2
    find(invoke, school, "p3", "--reissue")
    assert invoke("batch", "--workspace", school.root)[0] == 0
    with opened(school) as site:
        account = reconcile(site)
    assert (account.replaced, account.in_work, account.differences) == (1, 0, [])
    assert len(tree(school.outbox)) == 3


def test_forgetting_leaves_no_id_in_the_ledger_and_proves_it(school: Workspace, invoke: Invoke) -> None:
    """Names, key and mentions are gone from every file; the copies to take down are told a last time."""
    code, lines, _ = invoke("forget", "p2", "--json", "--workspace", school.root)
    assert code == 0
    (line,) = lines
    assert (line["mentions_in_ledger"], len(line["copies_to_take_down"]), line["rows"]["person"]) == (2, 2, 1)
    assert invoke("find", "p2", "--workspace", school.root)[0] == ExitCode.USAGE
    with opened(school) as site:
        assert site.ledger.forget_person(PersonId("p2")) == 0
    held = b"".join(path.read_bytes() for path in school.data.rglob("*") if path.is_file())
    assert not any(secret in held for secret in (b'"p2"', b"Khan", b"Amelia"))
    assert b'"p1"' in held
    said = invoke("forget", "Ben Okafor", "--workspace", school.root)[2]
    assert "Copies to take down: 2" in said
    assert "nothing is left" in said
    assert "Okafor" not in said


def test_forgetting_that_cannot_be_proved_is_an_error(school: Workspace, invoke: Invoke) -> None:
    """Should a file of the workspace still hold a name, the command says which, and fails."""
    (school.data / "notes.txt").write_text("Ben Okafor")
    code, _, said = invoke("forget", "p1", "--workspace", school.root)
    assert code == ExitCode.WORKSPACE
    assert "notes.txt" in said


def test_without_a_register_there_is_nobody_to_find(workspace: Workspace, invoke: Invoke) -> None:
    """The remedy names the first step."""
    code, _, said = invoke("find", "p1", "--workspace", workspace.root)
    assert code == ExitCode.USAGE
    assert "consent import" in said


def test_a_copy_that_is_open_is_told_with_its_remedy(
    school: Workspace, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code says that something is left to do; asked again when it is closed, it is replaced."""
    with Register.open(school) as register:
        register.withdraw(PersonId("p3"), "letter")
    copy = school.root / find(invoke, school, "p3")[0]["output"]

    def hold(step: Step) -> None:
        if copy in step.paths:
            raise windows_error(32)

    with faulty_disk(hold, monkeypatch):
        code, _, said = invoke("find", "p3", "--reissue", "--workspace", school.root)
        assert copy.exists()
        _, (facts,), _ = invoke("status", "--workspace", school.root, "--json")
    assert code == ExitCode.INCOMPLETE
    assert "another program" in said
    assert "the next batch, or watch at its next look, tries again" in said
    assert [difference for difference in facts["differences"] if "tries again" in difference]
    assert invoke("find", "p3", "--reissue", "--workspace", school.root)[0] == ExitCode.DONE
    assert not copy.exists()
