"""The safeguarding lead's list, and the records: what they say, and what they never show."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from desk_kit import DeskClient, running_desk
from intake_kit import TWO_PUPILS, drop, fake_workers, import_consents, tree

from anonymiser.school import School
from anonymiser.values.roles import StaffRole
from anonymiser.workspace import Workspace

WORDS = "copper lantern river"


@pytest.fixture
def room(workspace: Workspace) -> Iterator[DeskClient]:
    """A desk with an SBM, a safeguarding lead and an officer; one photo was released, one waits, one was referred."""
    import_consents(workspace, TWO_PUPILS)
    drop(workspace.inbox / "Fair", plain="1", ben_okafor="review please look")
    with School.open(workspace.root, workers=fake_workers) as school:
        for name, role in (("Olu", StaffRole.SBM), ("Sam", StaffRole.SAFEGUARDING), ("Dee", StaffRole.DPO)):
            school.staff.add(name, role, WORDS)
        with school.run(jobs=1) as run:
            list(run)
        (waits,) = school.review.waiting()
        school.review.refer(waits.id, by="Olu")
    with running_desk(workspace.root, fake_workers) as client:
        client.enter()
        yield client


@pytest.fixture
def sealed_id(room: DeskClient) -> str:
    with School.open(room.root) as school:
        (one,) = school.sealed.items()
    return one.id


def test_the_list_says_that_something_exists_and_nothing_more(room: DeskClient, sealed_id: str) -> None:
    """Id, time and event; no picture, score, reason or file name, and no address of a picture answers."""
    room.sit_down("Sam", WORDS)
    assert "1 picture is put aside for you" in room.get("/").text
    page = room.get("/sealed").text
    assert sealed_id in page
    assert "Fair" in page
    for never in ("<img", "okafor", ".jpg", "score", "review please", "/photo/"):
        assert never not in page.lower()
    for part in ("", "/before", "/small", "/people", f"/published/{'0' * 64}"):
        assert room.get(f"/photo/{sealed_id}{part}").status == 403
        room.enter()
        room.sit_down("Olu", WORDS)
        answer = room.get(f"/photo/{sealed_id}{part}")
        assert not answer.headers["content-type"].startswith("image/")
        room.enter()
        room.sit_down("Sam", WORDS)


def test_what_was_done_is_recorded_and_no_file_is_touched(room: DeskClient, sealed_id: str) -> None:
    """Each field is asked for where it is missing; the note stays out of the audit record."""
    room.sit_down("Sam", WORDS)
    before = tree(room.root / "sealed")
    whole = {"what": "false-alarm", "filed": "folder 7, page 3", "word": "record"}
    for missing in whole:
        answer = room.post(f"/sealed/{sealed_id}", {**whole, missing: ""})
        assert answer.status == 422
        assert "There is a problem" in answer.text
    assert room.post("/sealed/20200101-000001", whole).status == 422
    assert room.post(f"/sealed/{sealed_id}", whole).headers["location"] == "/sealed"
    assert room.post(f"/sealed/{sealed_id}", {**whole, "what": "police"}).status == 303
    page = room.get("/sealed").text
    assert "false alarm, filed: folder 7, page 3 (Sam)" in page
    assert "handed to the police" in page
    assert "put aside for you" not in room.get("/").text
    assert tree(room.root / "sealed") == before
    with School.open(room.root) as school:
        school.audit.verify()
        rows = [json.loads(row.text) for row in school._site.ledger.audit_rows()]
        told = [told.what for told in school.audit.explain(sealed_id).told]
    assert [row["data"]["what"] for row in rows if row["kind"] == "seal-answered"] == ["false-alarm", "police"]
    assert "folder 7" not in json.dumps(rows)
    assert "the safeguarding lead recorded what was done: handed to the police" in told


def test_the_officer_checks_reads_and_takes_the_record_along(room: DeskClient, sealed_id: str) -> None:
    """Whole or not, the story of a photo, and the page to keep; of a sealed photo nothing but that it is sealed."""
    room.sit_down("Dee", WORDS)
    assert "Released" in room.get("/records").text
    assert "and the ledger agrees with them" in room.post("/records/verify").text
    story = room.post("/records/explain", {"item": sealed_id}).text
    assert "it is sealed: only the safeguarding lead may deal with it" in story
    assert "referred to the safeguarding lead by a person, and sealed; " not in story
    for wrong in ("P1", "Ben Okafor", "", "20200101-000001"):
        answer = room.post("/records/explain", {"item": wrong})
        assert answer.status == 422
    kept = room.get("/records/audit.html")
    assert kept.headers["content-disposition"].startswith("attachment")
    assert "Olu" not in kept.text
    assert "<table" in kept.text


def test_a_broken_record_is_said(room: DeskClient) -> None:
    """With what to do about it."""
    room.sit_down("Dee", WORDS)
    with School.open(room.root) as school, school._site.ledger._begin() as connection:
        connection.exec_driver_sql("UPDATE audit SET entry = replace(entry, 'received', 'receivef') WHERE number = 1")
        connection.exec_driver_sql("UPDATE audit SET hash = 'f' WHERE number = 2")
    page = room.post("/records/verify").text
    assert "The audit record is broken" in page
    assert "tell the data protection officer" in page
