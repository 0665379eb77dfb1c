"""`anonymise staff`, and `--by` of the commands that decide."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from intake_kit import FAST_SETTINGS, Invoke, copies, drop, new_workspace
from workspace_fixtures import quick_passwords

from anonymiser.school import School
from anonymiser.staff import passwords
from anonymiser.values.roles import StaffRole
from anonymiser.workspace import Workspace

__all__ = ["quick_passwords"]
WORDS = "copper lantern river"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is asked for a password types this one."""
    monkeypatch.setattr("click.prompt", lambda *_, **__: WORDS)


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def put_in_review(invoke: Invoke, workspace: Workspace) -> str:
    drop(workspace.inbox / "Fair", a="review please look")
    invoke("batch", "--workspace", workspace.root, "--jobs", "1")
    _, (line,), _ = invoke("review", "list", "--json", "--workspace", workspace.root)
    return str(line["item"])


@pytest.mark.usefixtures("typed")
def test_people_are_added_listed_and_removed(invoke: Invoke, workspace: Workspace) -> None:
    """The password is asked for; it, and its hash, are printed nowhere."""
    there = ("--workspace", workspace.root)
    assert invoke("staff", "add", "Olu Office", "--role", "sbm", *there)[0] == 0
    assert invoke("staff", "add", "Tess", "--role", "teacher", "--group", "3B", "--group", "Choir", *there)[0] == 0
    code, lines, said = invoke("staff", "list", "--json", *there)
    assert code == 0
    assert lines == [
        {"name": "Olu Office", "role": "sbm", "groups": [], "locked_until": None},
        {"name": "Tess", "role": "teacher", "groups": ["3B", "Choir"], "locked_until": None},
    ]
    code, _, listed = invoke("staff", *there)
    assert "Olu Office" in listed
    assert WORDS not in said + listed
    assert "argon2" not in said + listed
    assert invoke("staff", "remove", "Olu Office", *there)[0] == 2
    assert invoke("staff", "remove", "Tess", *there)[0] == 0
    code, _, said = invoke("staff", "remove", "olu office", *there)
    assert "asks nobody" in said


def test_a_password_comes_from_standard_input_and_never_from_an_argument(
    invoke: Invoke, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first line, without the line end; none, and one that is too short, are refused."""
    add = ("staff", "add", "Olu", "--role", "sbm", "--password-stdin", "--workspace", workspace.root)
    for bad in ("", "\n", "short\n"):
        give(monkeypatch, bad)
        assert invoke(*add)[0] == 2
    give(monkeypatch, f"{WORDS}\r\nmore\n")
    assert invoke(*add)[0] == 0
    with School.open(workspace.root) as school:
        assert school.staff.roster.sign_in("Olu", WORDS).member


def test_a_name_that_nobody_can_check_is_refused(invoke: Invoke, workspace: Workspace) -> None:
    """Without a staff list: the photo waits still, and the same command without a name decides."""
    item = put_in_review(invoke, workspace)
    code, _, said = invoke("review", "approve", item, "--by", "Olu", "--workspace", workspace.root)
    assert code == 2
    assert "no staff list" in said
    assert invoke("review", "approve", item, "--workspace", workspace.root)[0] == 0


@pytest.mark.parametrize(("name", "password", "why"), [
    ("Olu", "guess guess guess", "the name or the password is wrong"),
    ("Nobody", WORDS, "the name or the password is wrong"),
    ("Tess", WORDS, "this is for the School Business Manager"),
])  # fmt: skip
def test_only_whose_work_it_is_decides_by_name(
    invoke: Invoke, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str, password: str, why: str
) -> None:
    """A wrong password and somebody else's work are refused for safety, and nothing is decided."""
    item = put_in_review(invoke, workspace)
    with School.open(workspace.root) as school:
        school.staff.add("Olu", StaffRole.SBM, WORDS)
        school.staff.add("Tess", StaffRole.TEACHER, WORDS)
    for command in ("approve", "reject", "refer"):
        give(monkeypatch, f"{password}\n")
        asked = ("review", command, item, "--by", name, "--password-stdin", "--workspace", workspace.root)
        code, _, said = invoke(*asked)
        assert code == 5
        assert why in said
    assert invoke("review", "list", "--json", "--workspace", workspace.root)[1][0]["item"] == item


def test_the_name_of_whoever_decided_stands_in_the_ledger(
    invoke: Invoke, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And commands without a name go on as before, although there is a list."""
    item = put_in_review(invoke, workspace)
    with School.open(workspace.root) as school:
        school.staff.add("Olu", StaffRole.SBM, WORDS)
    give(monkeypatch, WORDS)
    code, _, _ = invoke("review", "reject", item, "--by", "OLU", "--password-stdin", "--workspace", workspace.root)
    assert code == 0
    with School.open(workspace.root) as school:
        assert [given.by for given in school._site.ledger.given(item)] == ["Olu"]
    drop(workspace.inbox / "Fair", b="review another look")
    invoke("batch", "--workspace", workspace.root, "--jobs", "1")
    (line,) = invoke("review", "list", "--json", "--workspace", workspace.root)[1]
    assert invoke("review", "approve", line["item"], "--workspace", workspace.root)[0] == 0


def test_two_people_release_a_photo_on_the_command_line(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is told that a second is needed, the list says so, and a command without a name is refused."""
    workspace = new_workspace(tmp_path / "two", f'{FAST_SETTINGS}[publishing]\nrelease = "two-people"\n')
    there = ("--workspace", workspace.root)
    item = put_in_review(invoke, workspace)
    with School.open(workspace.root) as school:
        school.staff.add("Ann", StaffRole.SBM, WORDS)
        school.staff.add("Bea", StaffRole.SBM, WORDS)
    code, _, said = invoke("review", "approve", item, *there)
    assert code == 5
    assert "--by NAME" in said
    give(monkeypatch, WORDS)
    code, _, said = invoke("review", "approve", item, "--by", "Ann", "--password-stdin", *there)
    assert code == 0
    assert f"{item}: approved by Ann, needs a second person" in said
    assert "approved by Ann, needs a second person" in invoke("review", "list", *there)[2]
    assert "Approved by Ann; needs a second person." in invoke("review", "show", item, *there)[2]
    assert invoke("review", "show", item, "--json", *there)[1][0]["approved_by"] == "Ann"
    assert copies(workspace) == []
    give(monkeypatch, WORDS)
    _, (line,), _ = invoke("review", "approve", item, "--by", "Bea", "--password-stdin", "--json", *there)
    assert (line["verdict"], line["approved_by"]) == ("approved", None)
    assert len(copies(workspace)) == 1


def test_the_products_own_hash_is_slow_on_purpose() -> None:
    """argon2id with the memory and passes of RFC 9106, whatever the tests use."""
    from argon2 import PasswordHasher  # noqa: PLC0415 - as the product does

    found = PasswordHasher().hash("x")
    assert found.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.fits("x", found)
