from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.errors import WorkspaceError
from anonymiser.ledger.item import Item, Origin, State
from anonymiser.ledger.ledger import Ledger
from anonymiser.ledger.report_json import report_from_json, report_to_json
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.report import FaceReport, LabelReport, Outcome, PhotoReport

EVENT = Event("Sports day", Purpose("website"))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite3")


def released(item: Item, staged: str = "s.jpg") -> Item:
    return replace(
        item,
        outcome=Outcome.RELEASED,
        staged=staged,
        output_sha256="ab",
        context="c",
        report=PhotoReport(Outcome.RELEASED),
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


def test_all_rows_come_a_page_at_a_time(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger of any length is read without holding it in memory."""
    monkeypatch.setattr("anonymiser.ledger.ledger._PAGE", 5)
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
sizes = st.none() | st.tuples(st.integers(0, 99999), st.integers(0, 99999))


@given(
    st.builds(
        PhotoReport,
        outcome=st.sampled_from(Outcome),
        reasons=st.lists(texts).map(tuple),
        faces=st.lists(st.builds(FaceReport, boxes, numbers, texts, texts, st.none() | texts)).map(tuple),
        labels=st.lists(st.builds(LabelReport, boxes, texts, texts)).map(tuple),
        source_wh=sizes,
        output_wh=sizes,
        output_sha256=st.none() | texts,
        taken_on=st.none() | texts,
        device=st.none() | texts,
        seconds=st.dictionaries(texts, numbers),
    )
)
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
        connection.executescript("DROP TABLE published; DROP TABLE replaced; PRAGMA user_version = 1;")
    connection.close()
    with Ledger(path) as ledger:
        assert ledger.path_key(tmp_path, Path("a.jpg")) == key
        assert ledger.get(item.id) == item
        ledger.publish(item, "website")
        assert ledger.places(item) == ("website",)
        assert ledger.replacements() == {}
