from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import sqlite3
from dataclasses import replace
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.errors import LedgerDamaged, WorkspaceBusy, WorkspaceError
from anonymiser.ledger import store
from anonymiser.ledger.item import Item, Origin, State
from anonymiser.ledger.ledger import Ledger
from anonymiser.ledger.report_json import report_from_json, report_to_json
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.report import (
    Copy,
    Duplicate,
    FaceReport,
    Failed,
    LabelReport,
    OutcomeKind,
    PhotoReport,
    Refused,
    Released,
    Sealed,
    Waits,
)

EVENT = Event("Sports day", Purpose("website"))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


def released(item: Item, staged: str = "s.jpg") -> Item:
    return replace(
        item,
        outcome=OutcomeKind.RELEASED,
        staged=staged,
        output_sha256="ab",
        context="c",
        report=PhotoReport(Released(Copy("ab", (4, 3), (4, 3)))),
    )


def test_ids_are_dated_and_count_up(ledger: Ledger) -> None:
    """Neutral ids, never twice the same."""
    ids = [ledger.receive(Origin.INBOX, "k", EVENT).id for _ in range(3)]
    assert all(re.fullmatch(r"\d{8}-00000\d", item) for item in ids)
    assert len(set(ids)) == 3


def test_a_file_goes_through_its_states_once(ledger: Ledger, tmp_path: Path) -> None:
    """received, claimed, delivering, done: a step out of order is a defect and changes nothing."""
    item = ledger.receive(Origin.INBOX, "k", EVENT)
    with pytest.raises(RuntimeError):
        ledger.finish(item)
    item = ledger.claim(item, "00")
    item = ledger.deliver(released(item), "outbox/website/fair-2026", tmp_path)
    assert item.output == "outbox/website/fair-2026-001.jpg"
    item = ledger.finish(item)
    assert ledger.get(item.id) == item
    assert item.state is State.DONE
    with pytest.raises(RuntimeError):
        ledger.claim(item, "11")


def test_names_already_on_disk_are_passed_over(ledger: Ledger, tmp_path: Path) -> None:
    """A number is never given to a file that is already there, nor twice."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a-001.jpg").touch()
    items = [ledger.deliver(released(ledger.receive(Origin.INBOX, "k", EVENT)), "out/a", tmp_path) for _ in range(2)]
    assert [item.output for item in items] == ["out/a-002.jpg", "out/a-003.jpg"]


def test_no_place_is_stored_in_the_clear(ledger: Ledger, tmp_path: Path) -> None:
    """The same place has the same key, another ledger another key, and the name is in no byte of the files."""
    key = ledger.path_key(tmp_path, PurePath("Amelia Khan.jpg"))
    ledger.receive(Origin.INBOX, key, EVENT)
    assert key == ledger.path_key(tmp_path, PurePath("Amelia Khan.jpg"))
    assert key != Ledger(tmp_path / "other.sqlite3").path_key(tmp_path, PurePath("Amelia Khan.jpg"))
    assert all(b"Amelia" not in file.read_bytes() for file in tmp_path.iterdir())


def test_a_damaged_or_newer_ledger_is_refused(tmp_path: Path) -> None:
    """The message says what to do; nothing is overwritten."""
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"not a database" * 100)
    with pytest.raises(WorkspaceError, match="cannot be used"):
        Ledger(damaged)
    newer = tmp_path / "newer.sqlite3"
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(WorkspaceError, match="newer"):
        Ledger(newer)


def test_a_ledger_that_another_program_keeps_locked_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told to restore a backup, neither at the start nor in the middle of a run."""
    monkeypatch.setattr(store, "_PATIENCE_MS", 50)
    path = tmp_path / "ledger.sqlite3"
    with Ledger(path) as ledger, contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for use in (lambda: Ledger(path), ledger.unfinished):
            with pytest.raises(WorkspaceBusy, match="another program") as caught:
                use()
            assert "backup" not in caught.value.remedy.split(".")[0]
        other.execute("ROLLBACK")
        assert ledger.unfinished() == []


def test_a_ledger_that_may_not_be_opened_is_not_called_damaged(tmp_path: Path) -> None:
    """The remedy is a right, not a backup."""
    with pytest.raises(WorkspaceError, match="cannot be opened for writing") as caught:
        Ledger(tmp_path / "no such folder" / "ledger.sqlite3")
    assert not isinstance(caught.value, LedgerDamaged)
    assert "right" in caught.value.remedy


def test_damage_that_is_found_later_is_called_by_its_name(tmp_path: Path) -> None:
    """A disk can spoil a page at any time; that is no defect of the program."""
    path = tmp_path / "ledger.sqlite3"
    with Ledger(path) as ledger:
        ledger.receive(Origin.INBOX, "key", EVENT)
        ledger.scrub()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'items'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    with Ledger(path) as spoiled, pytest.raises(LedgerDamaged, match="cannot be used"):
        list(spoiled.whereabouts())


def test_all_rows_come_a_page_at_a_time(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger of any length is read without holding it in memory."""
    monkeypatch.setattr("anonymiser.ledger.questions._PAGE", 5)
    made = [ledger.receive(Origin.INBOX, "k", EVENT).id for _ in range(12)]
    assert [item.id for item in ledger.every()] == made


def test_small_facts_are_remembered(ledger: Ledger) -> None:
    """The last value wins; an unknown fact is None."""
    assert ledger.recall("run") is None
    ledger.remember("run", {"photos": 1})
    ledger.remember("run", {"photos": 2})
    assert ledger.recall("run") == {"photos": 2}


numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
boxes = st.tuples(numbers, numbers, numbers, numbers)
texts = st.text(max_size=20)
sizes = st.tuples(st.integers(0, 99999), st.integers(0, 99999))
people = st.builds(PersonId, texts)


@st.composite
def reasons(draw: st.DrawFn) -> Reason:
    """Any code with any data."""
    code = draw(st.sampled_from(Code))
    days = st.dates().map(dt.date.isoformat)
    return code(**{name: draw(days if name.endswith("_day") else texts) for name in code.fields})


decisions = st.builds(Keep, st.none() | people, reasons(), st.frozensets(people)) | st.builds(
    Obscure, reasons(), st.none() | people
)
copies = st.builds(
    Copy,
    texts,
    sizes,
    sizes,
    st.lists(st.builds(FaceReport, boxes, numbers, decisions), max_size=3).map(tuple),
    st.lists(st.builds(LabelReport, boxes, st.builds(Obscure, reasons())), max_size=3).map(tuple),
    st.none() | texts,
    st.none() | texts,
    st.lists(reasons(), max_size=3).map(tuple),
)
several = st.lists(reasons(), max_size=3).map(tuple)
fates = st.one_of(
    st.builds(Released, copies),
    st.builds(Waits, copies, several),
    st.builds(Duplicate, several, st.none() | copies),
    *(st.builds(kind, several) for kind in (Sealed, Refused, Failed)),
)


@given(st.builds(PhotoReport, fates, st.dictionaries(texts, numbers)))
def test_reports_survive_storage(report: PhotoReport) -> None:
    """What comes out of the ledger is what went in."""
    assert report_from_json(report_to_json(report)) == report


def test_a_ledger_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its rows and its key stay; what was added since works."""
    path = tmp_path / "l.sqlite3"
    with Ledger(path) as ledger:
        item = ledger.receive(Origin.INBOX, "k", EVENT)
        key = ledger.path_key(tmp_path, Path("a.jpg"))
    with sqlite3.connect(path) as connection:
        empty = {**SECOND_VERSION, "outcome": "failed", "reasons": [], "faces": [], "labels": [], "source_wh": None}
        connection.execute("UPDATE items SET report = ?", [json.dumps({**empty, "seconds": {}})])
        for table in ("published", "taken_down", "replaced"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with Ledger(path) as ledger:
        assert ledger.path_key(tmp_path, Path("a.jpg")) == key
        assert ledger.get(item.id) == item
        ledger.publish(item, "website")
        assert ledger.places(item) == ("website",)
        assert ledger.replacements() == {}


SECOND_VERSION = {
    "outcome": "review",
    "reasons": [
        "somebody who must not be shown may be in this picture",
        "the file also held a short video, which was left out",
    ],
    "faces": [
        {"box": [1, 2, 3, 4], "score": 0.9, "decision": "keep", "reason": "consent for website", "person": "p1",
         "could_be": ["p2"]},
        {"box": [5, 6, 7, 8], "score": 0.8, "decision": "obscure",
         "reason": "no consent for website: the family said no", "person": "p3", "could_be": []},
    ],
    "labels": [{"box": [1, 1, 2, 2], "decision": "obscure", "reason": "a pupil's full name can be read"}],
    "source_wh": [40, 30], "output_wh": [20, 15], "output_sha256": "ab", "taken_on": "2026-05-01",
    "device": "Apple iPad", "seconds": {"decode": 0.1},
}  # fmt: skip


def test_reports_of_the_second_version_become_codes(tmp_path: Path) -> None:
    """Sentences that an earlier program stored are codes from the first opening on, and nobody is lost."""
    path = tmp_path / "l.sqlite3"
    with Ledger(path) as ledger:
        item = ledger.receive(Origin.INBOX, "k", EVENT)
        ledger.finish(ledger.deliver(released(ledger.claim(item, "00")), "outbox/website/fair", tmp_path))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE items SET report = ?, outcome = 'review'", [json.dumps(SECOND_VERSION)])
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    for _ in range(2):
        with Ledger(path) as ledger:
            found = ledger.get(item.id)
            assert found is not None
            assert found.report.reasons == (Code.HOLD(),)
            assert found.report.notices == (Code.VIDEO_LEFT_OUT(),)
            assert found.report.shows(PersonId("p1"))
            assert found.report.shows(PersonId("p2"))
            assert not found.report.shows(PersonId("p3"))
            assert found.report.faces[1].decision == Obscure(
                Code.NO_CONSENT(purpose="website", why="said-no"), PersonId("p3")
            )
            assert [one.id for one in ledger.showing(PersonId("p2"))] == [item.id]


@pytest.mark.parametrize("name", ["100%20 club", "why? a=b#c", 'it\'s "one" & é日', "50%"])
def test_the_ledger_may_lie_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    """No sign of a folder's name is taken for a part of an address."""
    folder = tmp_path / name.replace('"', "" if os.name == "nt" else '"').replace("?", "" if os.name == "nt" else "?")
    folder.mkdir()
    with Ledger(folder / "ledger.sqlite3"):
        assert (folder / "ledger.sqlite3").is_file()
