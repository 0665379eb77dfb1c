"""The staff list: who may be in it, how passwords are compared, and what a list that has gone means."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.errors import UsageError, WorkspaceError
from anonymiser.school import School
from anonymiser.staff import passwords
from anonymiser.staff.member import Damaged, Member, from_text, to_text
from anonymiser.staff.roster import LOCKED_FOR, MOST_WRONG, Roster, Tried
from anonymiser.values.roles import StaffRole
from anonymiser.workspace import Workspace

REAL_NOBODYS = passwords.NOBODYS
WORDS = "copper lantern river"


class Clock:
    """A time of day that passes when a test says so."""

    now = dt.datetime(2026, 6, 19, 9, 0, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def roster(workspace: Workspace, clock: Clock) -> Roster:
    """A list with one SBM."""
    made = Roster(workspace, clock=clock)
    made.add("Olu Office", StaffRole.SBM, WORDS)
    return made


def test_a_password_signs_its_own_name_in_and_no_other(roster: Roster) -> None:
    """However the name is spelt; a wrong password, another's and an unknown name are refused."""
    roster.add("Tess Teacher", StaffRole.TEACHER, "seven quiet boats", ["3B"])
    assert roster.sign_in("  olu  OFFICE ", WORDS).member == roster.find("Olu Office")
    assert roster.sign_in("Tess Teacher", WORDS).member is None
    assert roster.sign_in("Nobody", WORDS).member is None
    assert roster.sign_in("", "").member is None


def test_wrong_passwords_in_a_row_lock_the_name_for_a_while(roster: Roster, workspace: Workspace, clock: Clock) -> None:
    """The right one is refused then, too, also after a new start; other names are not touched."""
    roster.add("Tess Teacher", StaffRole.TEACHER, "seven quiet boats")
    for _ in range(MOST_WRONG - 1):
        assert roster.sign_in("Olu Office", "guess").locked_until is None
    assert roster.sign_in("Olu Office", "guess").locked_until == clock.now + LOCKED_FOR
    again = Roster(workspace, clock=clock)
    assert again.sign_in("Olu Office", WORDS).member is None
    assert again.sign_in("Tess Teacher", "seven quiet boats").member is not None
    clock.now += LOCKED_FOR
    assert again.sign_in("Olu Office", WORDS).member is not None


def test_a_right_password_in_between_begins_the_count_anew(roster: Roster) -> None:
    """Somebody who mistypes now and then is never locked out."""
    for _ in range(3):
        for _ in range(MOST_WRONG - 1):
            roster.sign_in("Olu Office", "guess")
        assert roster.sign_in("Olu Office", WORDS).member is not None


def test_many_guesses_at_once_are_counted_one_by_one(roster: Roster) -> None:
    """Threads that guess together get no more than the tries of one."""
    compared: list[str] = []
    real = passwords.fits

    def fits(password: str, found: str | None) -> bool:
        compared.append(password)
        return real(password, found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "fits", fits)
        guesses = [threading.Thread(target=roster.sign_in, args=("Olu Office", f"guess {n}")) for n in range(8)]
        for guess in guesses:
            guess.start()
        for guess in guesses:
            guess.join()
    assert len(compared) == 8
    locked = roster.find("Olu Office")
    assert locked
    assert locked.locked_until


def test_an_unknown_name_takes_a_comparison_too(roster: Roster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can tell by the time whether a name is in the list: a hash with the same parameters is compared."""
    verified: list[str] = []

    class Watched:
        def verify(self, found: str, given: bytes) -> bool:
            verified.append(found)
            return True

    monkeypatch.setattr(passwords, "_hasher", Watched)
    assert roster.sign_in("Nobody", "whatever it is").member is None
    assert verified == [passwords.NOBODYS]
    assert not PasswordHasher().check_needs_rehash(REAL_NOBODYS)


@pytest.mark.parametrize("bad", ["short", "x" * 201, "line one\nline two and more", "Tess  TEACHER now"])
def test_a_password_is_long_enough_and_not_the_name(roster: Roster, bad: str) -> None:
    """Nothing else is asked of it."""
    with pytest.raises(UsageError):
        roster.add("Tess Teacher now", StaffRole.TEACHER, bad)
    with pytest.raises(UsageError):
        roster.set_password("Olu Office", bad if bad != "Tess  TEACHER now" else "olu OFFICE")
    assert len(roster.people()) == 1


def test_a_new_password_counts_and_unlocks(roster: Roster) -> None:
    """The old one is worth nothing from then on."""
    for _ in range(MOST_WRONG):
        roster.sign_in("Olu Office", "guess")
    roster.set_password("olu office", "three other words")
    assert roster.sign_in("Olu Office", WORDS).member is None
    assert roster.sign_in("Olu Office", "three other words").member is not None


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 61, "a\0b", "1234", "Tess\u202eTeacher", "Ana\ufe0f", "\u3164", "\u0410nn"]
)
def test_odd_names_are_refused(roster: Roster, name: str) -> None:
    """A name is one line with a letter in it, every character of it can be seen, and no two alphabets mix."""
    with pytest.raises(UsageError):
        roster.add(name, StaffRole.TEACHER, WORDS)


def test_the_list_always_has_somebody_who_reviews(workspace: Workspace) -> None:
    """The first person is an SBM, the last SBM goes last, and no two names differ in capitals alone."""
    roster = Roster(workspace)
    with pytest.raises(UsageError, match="must be an SBM"):
        roster.add("Tess", StaffRole.TEACHER, WORDS)
    assert roster.people() == ()
    roster.add("Olu", StaffRole.SBM, WORDS)
    roster.add("Tess", StaffRole.TEACHER, WORDS)
    with pytest.raises(UsageError, match="already"):
        roster.add("TESS", StaffRole.DPO, WORDS)
    with pytest.raises(UsageError, match="last SBM"):
        roster.remove("Olu")
    roster.remove("tess")
    roster.remove("Olu")
    assert roster.people() == ()


def test_only_a_teacher_has_groups(roster: Roster) -> None:
    """For everybody else they would mean nothing."""
    with pytest.raises(UsageError, match="only a teacher"):
        roster.add("Ned", StaffRole.NETWORK, WORDS, ["3B"])


def test_the_file_is_for_this_account_only_and_holds_no_password(roster: Roster, workspace: Workspace) -> None:
    """A hash with its own salt; the hash is in no repr."""
    roster.add("Tess", StaffRole.TEACHER, WORDS)
    text = workspace.staff_file.read_text(encoding="utf-8")
    assert WORDS not in text
    hashes = [row["password"] for row in json.loads(text)["people"]]
    assert len(set(hashes)) == 2
    assert not any(found in repr(roster.people()) for found in hashes)
    if os.name == "posix":
        assert stat.S_IMODE(workspace.staff_file.stat().st_mode) == 0o600


def spoilt(text: str) -> dict[str, bytes]:
    whole = json.loads(text)
    row = whole["people"][0]

    def changed(**fields: object) -> bytes:
        return json.dumps({**whole, "people": [{**row, **fields}]}).encode()

    return {
        "empty": b"", "half": text[: len(text) // 2].encode(), "not UTF-8": b"\xff\xfe", "a list": b"[]",
        "newer": json.dumps({**whole, "version": 2}).encode(), "more": json.dumps({**whole, "x": 1}).encode(),
        "role": changed(role="head"), "name": changed(name=" a"), "no hash": changed(password=""),
        "minus": changed(wrong=-1), "true": changed(wrong=True), "moment": changed(locked_until="2026-06-19T09:00"),
        "twice": json.dumps({**whole, "people": [row, row]}).encode(), "deep": b"[" * 100_000,
        "large": b" " * 1_000_001 + text.encode(),
    }  # fmt: skip


def test_a_damaged_list_is_refused_and_never_taken_for_none(roster: Roster, workspace: Workspace) -> None:
    """Whatever is wrong with it: the reader is told how to go on, and nothing is overwritten by an ordinary change."""
    for what, data in spoilt(workspace.staff_file.read_text(encoding="utf-8")).items():
        workspace.staff_file.write_bytes(data)
        for act in (
            lambda: Roster(workspace).people(),
            lambda: Roster(workspace).add("Ann", StaffRole.SBM, WORDS),
            lambda: Roster(workspace).sign_in("Olu Office", WORDS),
        ):
            with pytest.raises(WorkspaceError, match="damaged") as refusal:
                act()
            assert "backup" in refusal.value.remedy, what
        assert workspace.staff_file.read_bytes() == data
    Roster(workspace).add("Ann", StaffRole.SBM, WORDS, begin_anew=True)
    assert [one.name for one in Roster(workspace).people()] == ["Ann"]


def test_beginning_anew_never_drops_a_list_that_can_be_read(roster: Roster) -> None:
    """It is refused, and the list is as it was."""
    with pytest.raises(UsageError, match="can be read"):
        roster.add("Ann", StaffRole.SBM, WORDS, begin_anew=True)
    assert [one.name for one in roster.people()] == ["Olu Office"]


def test_a_folder_in_place_of_the_list_has_a_remedy_that_works(roster: Roster, workspace: Workspace) -> None:
    """What must be moved away is said; afterwards a new list can be begun."""
    workspace.staff_file.unlink()
    workspace.staff_file.mkdir()
    with pytest.raises(WorkspaceError, match="a folder in place of") as refusal:
        roster.people()
    assert "Move that folder out of data" in refusal.value.remedy
    workspace.staff_file.rmdir()
    roster.add("Ann", StaffRole.SBM, WORDS, begin_anew=True)
    assert [one.name for one in roster.people()] == ["Ann"]


def test_a_lock_that_ends_on_another_day_says_which(roster: Roster) -> None:
    """A clock that was set back makes it long."""
    until = dt.datetime(2101, 5, 1, 9, tzinfo=dt.UTC)
    assert Tried(None, "Ann", until).locked.endswith(f"on {until.astimezone():%d/%m/%Y}")
    assert " on " not in Tried(None, "Ann", dt.datetime.now(dt.UTC)).locked
    assert Tried(None, "Ann").locked == ""


def test_a_list_that_has_gone_is_missed(workspace: Workspace) -> None:
    """The ledger remembers that there was one; health says so; a new one has to be asked for in so many words."""
    with School.open(workspace.root) as school:
        school.staff.add("Olu", StaffRole.SBM, WORDS)
    workspace.staff_file.unlink()
    with School.open(workspace.root) as school:
        with pytest.raises(WorkspaceError, match="missing"):
            school.staff.people()
        with pytest.raises(WorkspaceError, match="missing"):
            school.staff.add("Eve", StaffRole.SBM, WORDS)
        assert not next(found for found in school.health() if found.check == "staff list").ok
        school.staff.add("Ann", StaffRole.SBM, WORDS, begin_anew=True)
        assert next(found for found in school.health() if found.check == "staff list").ok


def test_a_school_without_a_list_is_asked_nothing(workspace: Workspace) -> None:
    """Nobody is in it, and health does not speak of it."""
    with School.open(workspace.root) as school:
        assert school.staff.people() == ()
        assert "staff list" not in [found.check for found in school.health()]


def test_what_becomes_of_the_list_is_in_the_audit_record(workspace: Workspace) -> None:
    """Added, wrong password, locked, signed in, new password, removed: by role and code, and no name stands there."""
    with School.open(workspace.root) as school:
        staff = school.staff
        staff.add("Olu Office", StaffRole.SBM, WORDS)
        staff.add("Dee", StaffRole.DPO, WORDS)
        staff.note_tried(staff.roster.sign_in("Dee", WORDS))
        for _ in range(MOST_WRONG):
            staff.note_tried(staff.roster.sign_in("Dee", "guess"))
        staff.set_password("Dee", "three other words")
        staff.remove("Dee")
        school.audit.verify()
        rows = [json.loads(row.text) for row in school._site.ledger.audit_rows()]
    told = [(row["kind"], row["data"].get("what"), row["data"].get("role") or row["data"].get("why")) for row in rows]
    assert told == [
        ("staff", "added", "sbm"), ("staff", "added", "dpo"), ("signed-in", None, "dpo"),
        *[("refused", "sign-in", "wrong-password")] * (MOST_WRONG - 1), ("refused", "sign-in", "locked"),
        ("staff", "password", "dpo"), ("staff", "removed", "dpo"),
    ]  # fmt: skip
    assert "Olu" not in json.dumps(rows)
    assert "Dee" not in json.dumps(rows)


names = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=20).filter(
    lambda text: any(map(str.isalpha, text))
)
members = st.builds(
    Member,
    name=names,
    role=st.just(StaffRole.TEACHER),
    groups=st.lists(names, unique=True, max_size=3).map(tuple),
    password=st.text(min_size=1),
    wrong=st.integers(0, 9),
    locked_until=st.none()
    | st.integers(0, 220_000_000_000).map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC)),
)


@given(st.lists(members, unique_by=lambda one: one.key, max_size=4).map(tuple))
def test_what_is_written_is_read_back(people: tuple[Member, ...]) -> None:
    """Every list comes back as it was."""
    assert from_text(to_text(people)) == people


@given(st.binary(max_size=200))
def test_any_other_text_is_damaged(data: bytes) -> None:
    """Nothing but a Damaged is raised, and no list is read out of noise."""
    with pytest.raises(Damaged):
        from_text(data.decode("latin-1"))


def test_a_stop_in_the_middle_of_a_change_leaves_the_old_list(
    roster: Roster, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is replaced in one step."""

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("anonymiser.delivery.files.replace", dies)
    with pytest.raises(KeyboardInterrupt):
        roster.set_password("Olu Office", "three other words")
    monkeypatch.undo()
    assert [one.name for one in Roster(workspace).people()] == ["Olu Office"]
    left = [path.name for path in Path(workspace.data).iterdir() if path.name.startswith(".staff")]
    assert left in ([], [".staff.json.tmp"])
