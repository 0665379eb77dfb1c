"""What happens in a workspace stands in the record, without anybody's name, and a person can be made unfindable."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from audit_kit import BEN, entries
from intake_kit import drop, fake_workers

from anonymiser.audit.entry import Kind, parsed
from anonymiser.errors import AuditBroken, SafetyRefusal, UsageError
from anonymiser.ledger import noting
from anonymiser.ledger.ledger import Ledger
from anonymiser.school import School
from anonymiser.values.consent import Hold
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.reasons import Code
from anonymiser.values.report import Copy, LabelReport, PhotoReport, Released


def story(school: School, item_id: str) -> list[str]:
    """The kinds of the entries about a photo, in order."""
    return [str(entry.kind) for entry in entries(school) if entry.about == item_id]


def test_every_step_of_every_photo_is_written_down(busy: School) -> None:
    """From arrival to its end: released, approved, rejected, referred, sealed, refused, repeated, reissued."""
    assert busy.audit.verify().head.number == len(entries(busy))
    begun = ["received", "claimed", "decided"]
    stories = {item.id: story(busy, item.id) for item in busy._site.ledger.every()}
    assert sorted(" ".join(kinds) for kinds in stories.values()) == sorted(
        " ".join([*begun, *rest])
        for rest in (
            ["written", "published", "reissued"],
            ["written"],
            ["written", "reviewed", "written"],
            ["written", "reviewed", "rejected"],
            ["written", "reviewed", "referred"],
            ["sealed"],
            ["filed"],
            ["filed"],
            ["written"],
        )
    )


def test_a_decision_says_why_and_with_what_it_was_made(busy: School) -> None:
    """Reason codes, counts, keyed hashes of copy and consents, and hashes of program, models and settings."""
    decided = next(e for e in entries(busy) if e.kind is Kind.DECIDED and e.data["outcome"] == "released")
    assert decided.data["faces"] == {"shown": 1, "covered": 0, "labels": 0}
    assert len(decided.data["people"]) == 1
    written = next(e for e in entries(busy) if e.kind is Kind.WRITTEN and e.about == decided.about)
    assert decided.data["copy"] == written.data["copy"]
    item = busy._site.ledger.get(str(decided.about))
    assert item is not None
    assert item.output_sha256 not in str(entries(busy))
    assert {len(str(decided.data[name])) for name in ("copy", "basis", "models", "settings")} == {64}
    assert decided.data["program"]
    waits = next(e for e in entries(busy) if e.kind is Kind.DECIDED and e.data["outcome"] == "review")
    assert waits.data["why"] == ["crashed"]


def test_the_register_and_the_gate_are_in_the_record(school: School) -> None:
    """Imports with counts and hash, withdrawals, holds and the gate: written down before a photo is decided on them."""
    school.register.open_gate("DPIA-7", "Miss Honey")
    school.register.withdraw(school.person(BEN), "letter")
    drop(school.workspace.inbox, a="1")
    with school.run(jobs=1) as run:
        list(run)
    school.register.close_gate()
    school.close()
    with School(school.workspace) as again:
        found = entries(again)
        again.audit.verify()
    kinds = [str(entry.kind) for entry in found]
    assert kinds.index("import") < kinds.index("gate") < kinds.index("consents") < kinds.index("decided")
    imported = next(entry for entry in found if entry.kind is Kind.IMPORT)
    assert imported.data["rows"]["person"] == 2
    assert len(str(imported.data["file"])) == 64
    assert [entry.data["open"] for entry in found if entry.kind is Kind.GATE] == [True, False]
    assert "DPIA-7" not in str(found)
    assert "Honey" not in str(found)


def test_a_register_that_is_an_older_copy_is_noticed(school: School) -> None:
    """Its later changes get numbers that the record has already: they are written down all the same."""
    older = school.workspace.root / "older.sqlite3"
    with sqlite3.connect(school.workspace.register_file) as now, sqlite3.connect(older) as copy:
        now.backup(copy)
    copy.close()
    school.register.withdraw(school.person(BEN), "letter")
    assert school.audit.verify().head.number == 2
    school.close()
    with sqlite3.connect(older) as copy, sqlite3.connect(school.workspace.register_file) as now:
        copy.backup(now)
    now.close()
    with School(school.workspace) as again:
        again.register.set_hold(again.person(BEN), Hold.NEVER_PUBLISH)
        again.audit.verify()
        assert [str(e.kind) for e in entries(again)][2:] == ["register-replaced", "import", "consents"]


def test_refusals_and_sign_ins_are_in_the_record(busy: School) -> None:
    """What the program did not do for safety, by kind alone: no message, which may name a file."""
    (busy.workspace.root / "Amelia Khan.csv").write_text("nothing\r\n")
    with pytest.raises(SafetyRefusal):
        busy.enrol(busy.workspace.root)
    drop(busy.workspace.inbox, z="review 9")
    with busy.run(jobs=1) as run:
        list(run)
    (waits,) = busy.review.waiting()
    (busy.workspace.review / f"{waits.id}.jpg").write_bytes(b"edited")
    with pytest.raises(SafetyRefusal):
        busy.review.approve(waits.id)
    busy.audit.signed_in("office")
    busy.audit.sign_in_refused()
    refused = [(e.data["what"], e.data["why"], e.about) for e in entries(busy) if e.kind is Kind.REFUSED]
    assert refused == [
        ("enrolment", "SafetyRefusal", None),
        ("release", "not-releasable", waits.id),
        ("sign-in", "wrong-link", None),
    ]
    assert sum(entry.kind is Kind.SIGNED_IN for entry in entries(busy)) == 1


def files(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_no_name_id_or_file_name_is_in_the_record(busy: School) -> None:
    """Neither of a pupil, nor of whoever decided, nor of a place on the web, nor an event's label."""
    said = b"".join(row.text for row in busy._site.ledger.audit_rows())
    for secret in (b"Ben", b"Okafor", BEN.encode(), b"Honey", b"newsletter of June", b"Fair", b"fair-", b".jpg"):
        assert secret not in said


def test_forgetting_leaves_the_chain_whole_and_nobody_to_find(busy: School) -> None:
    """Entries about them stay, but nothing says that they are about them; no file of the workspace has the id."""
    person = busy.person(BEN)
    about = [one for one in busy.audit.explain(BEN).told if one.entry is not None]
    assert len(about) == 2
    before = entries(busy)
    busy.forget(person)
    place = busy.workspace
    for path in files(place.originals, place.outbox, place.review, place.sealed):  # the fake worker's photos are words
        path.write_bytes(path.read_bytes().replace(BEN.encode(), b""))
    busy.audit.verify()
    assert entries(busy)[: len(before)] == before
    assert f"person:{BEN}" not in busy._site.ledger.audit_secrets()
    busy.close()
    assert [path for path in files(place.root) if BEN.encode() in path.read_bytes()] == []
    assert [path for path in files(place.root) if b"Okafor" in path.read_bytes()] == []
    with School(busy.workspace) as again, pytest.raises(UsageError):
        again.audit.explain(BEN)


def test_a_reviewer_who_is_forgotten_is_not_in_the_record(busy: School) -> None:
    """The name that they signed with was only ever a keyed hash there."""
    assert "by:Miss Honey" in busy._site.ledger.audit_secrets()
    busy._site.ledger.forget_person(busy.person("p2"), ("Miss Honey",))
    assert "by:Miss Honey" not in busy._site.ledger.audit_secrets()
    assert [path for path in files(busy.workspace.root) if b"Honey" in path.read_bytes()] == []
    busy.audit.verify()


def test_the_story_of_a_photo(busy: School) -> None:
    """What happened, by whom and where, as far as the ledger still has the words that fit the hashes."""
    rows = {item.id: story(busy, item.id) for item in busy._site.ledger.every()}
    approved = next(item_id for item_id, kinds in rows.items() if "reviewed" in kinds and kinds[-1] == "written")
    told = busy.audit.explain(approved)
    assert not told.is_person
    assert [one.by for one in told.told] == ["", "", "", "", "Miss Honey", ""]
    assert told.told[-1].what == "the copy may be published: it is in the outbox"
    assert any("outbox/" in held for held in told.held)
    published = next(item_id for item_id, kinds in rows.items() if "published" in kinds)
    assert any(
        one.what == "recorded as published: the newsletter of June" for one in busy.audit.explain(published).told
    )
    sealed = next(item_id for item_id, kinds in rows.items() if kinds[-1] == "sealed")
    assert busy.audit.explain(sealed).held == ("it is sealed: only the safeguarding lead may deal with it",)
    assert "indecent" not in str(busy.audit.explain(sealed))
    with pytest.raises(UsageError):
        busy.audit.explain("20200101-000001")


def test_the_story_of_a_person(busy: School) -> None:
    """Subject access: what is held and why, and since when, from the register and from the record."""
    told = busy.audit.explain("Ben Okafor")
    said = " / ".join(one.what for one in told.told)
    assert "a family withdrew its consent" in said
    assert "website (image): agreed" in said
    assert told.told == tuple(sorted(told.told, key=lambda one: one.at))
    held = " / ".join(told.held)
    assert "names (encrypted), role pupil, groups 3A" in held
    assert "released copies that show them, or may: 1" in held
    assert "no longer agreed" in held


def test_a_ledger_of_the_fourth_version_begins_its_record_with_what_it_holds(tmp_path: Path) -> None:
    """Every row of a file that the program of that version wrote, as it stood; from there on, nothing is missing."""
    path = tmp_path / "ledger.sqlite3"
    with sqlite3.connect(path) as old:
        old.executescript((Path(__file__).parents[1] / "ledger/version4.sql").read_text(encoding="utf-8"))
    old.close()
    with Ledger(path) as ledger:
        found = [parsed(row.text) for row in ledger.audit_rows()]
        items = list(ledger.every())
        assert [(entry.kind, entry.about) for entry in found] == [(Kind.TAKEN_OVER, item.id) for item in items]
        assert all(ledger.agrees_about(item.id) for item in items)
        (waits,) = ledger.waiting()
        ledger.reopen(waits)
        assert ledger.agrees_about(waits.id)
    with Ledger(path) as again:
        assert len(list(again.audit_rows())) == len(found) + 1


def test_a_row_that_was_changed_behind_the_programs_back_is_found(busy: School) -> None:
    """The record says what became of the photo, the ledger another thing: verify names the photo and the entry."""
    with sqlite3.connect(busy.workspace.ledger_file) as outside:
        outside.execute("UPDATE items SET verdict = 'approved' WHERE verdict = 'rejected'")
    outside.close()
    with pytest.raises(AuditBroken, match=r"do not agree about photo .*entry \d+ says otherwise"):
        busy.audit.verify()
    with sqlite3.connect(busy.workspace.ledger_file) as outside:
        outside.execute("DELETE FROM items WHERE verdict = 'approved' AND output IS NULL")
    outside.close()
    with pytest.raises(AuditBroken, match="do not agree"):
        busy.audit.verify()


def test_two_processes_write_one_chain(school: School) -> None:
    """Entries of a second program that works beside the first follow those of the first."""
    with School(school.workspace, workers=fake_workers) as other:
        for number in range(4):
            drop(school.workspace.inbox, **{f"a{number}": f"{number}"})
            with (school if number % 2 else other).run(jobs=1) as run:
                list(run)
        assert other.audit.verify().head == school.audit.verify().head


def test_only_names_that_are_covered_count_as_covered_names() -> None:
    """Not a name that a reviewer left as it is, and no other text, whether it is covered or only listed."""
    box = (0.0, 0.0, 1.0, 1.0)
    decisions = (
        Obscure(Code.FULL_NAME()),
        Keep(None, Code.NOT_A_NAME()),
        Obscure(Code.CLUE(kind="code")),
        Keep(None, Code.CLUE(kind="web")),
    )
    labels = tuple(LabelReport(box, decision) for decision in decisions)
    report = PhotoReport(Released(Copy("0" * 64, (9, 9), (9, 9), (), labels)))
    assert noting._counts(report) == {"shown": 0, "covered": 0, "labels": 1}
