"""First approvals and what was done about sealed photos: in the ledger, and in one that an earlier version wrote."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from anonymiser.audit.entry import Broken, check
from anonymiser.ledger.item import Item
from anonymiser.ledger.ledger import Ledger
from anonymiser.ledger.tables import VERSION
from anonymiser.values.sealing import SealAct


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that the program of version 5 wrote."""
    file = tmp_path / "ledger.sqlite3"
    with sqlite3.connect(file) as old:
        old.executescript((Path(__file__).parent / "version5.sql").read_text(encoding="utf-8"))
    old.close()
    return file


def rows(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        found = [
            *connection.execute("SELECT * FROM items ORDER BY id"),
            *connection.execute("SELECT * FROM audit ORDER BY number"),
            *connection.execute("SELECT * FROM verdicts ORDER BY item"),
        ]
    connection.close()
    return found


def test_a_ledger_of_the_fifth_version_is_brought_up_to_date(path: Path) -> None:
    """Every row and every entry stays as it was, the chain is whole, and a first approval can be recorded."""
    before = rows(path)
    with Ledger(path) as ledger:
        assert rows(path) == before
        assert not any(isinstance(one, Broken) for one in check(ledger.audit_rows(), ledger.audit_head()))
        (waits,) = ledger.waiting()
        assert ledger.first_approval(waits.id) is None
        ledger.approve_first(waits, "Ann", 3)
        assert ledger.agrees_about(waits.id)
        (sealed,) = ledger.sealed()
        ledger.record_sealed_act(sealed.id, SealAct.POLICE, "folder 7", "Sam")
        assert ledger.agrees_about(sealed.id)
        assert [act.filed for act in ledger.sealed_history()[sealed.id]] == ["folder 7"]
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    connection.close()


def test_whatever_touches_the_row_ends_the_first_approval(path: Path) -> None:
    """Processed again, even to the very same copy; the history stays until the row goes."""
    with Ledger(path) as ledger:
        (waits,) = ledger.waiting()
        ledger.approve_first(waits, "Ann", 3)
        first = ledger.first_approval(waits.id)
        assert first
        assert (first.by, first.copy, first.basis, first.version) == ("Ann", waits.output_sha256, waits.context, 3)
        blank = ledger.reopen(waits)
        assert ledger.first_approval(waits.id) is None
        same = Item(
            waits.id, waits.origin, waits.path_key, blank.state, waits.event, waits.received_at, waits.sha256,
            waits.outcome, output=waits.output, output_sha256=waits.output_sha256, context=waits.context,
            report=waits.report,
        )  # fmt: skip
        done = ledger.finish(ledger.deliver(same, None, path.parent))
        assert done.waits_for_a_person
        assert ledger.first_approval(waits.id) is None
        ledger.approve_first(done, "Bea", 3)
        assert ledger.first_approval(waits.id)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT by, stands FROM approvals ORDER BY number").fetchall() == [
            ("Ann", 0), ("Bea", 1),
        ]  # fmt: skip
    connection.close()


def test_a_name_that_is_forgotten_is_gone_from_approvals_and_notes(path: Path) -> None:
    """As from verdicts and rulings."""
    with Ledger(path) as ledger:
        (waits,) = ledger.waiting()
        (sealed,) = ledger.sealed()
        ledger.approve_first(waits, "Ben Okafor", 3)
        ledger.record_sealed_act(sealed.id, SealAct.FALSE_ALARM, "folder 7", "Ben Okafor")
        ledger.forget_person("P1", ("Ben Okafor",))  # type: ignore[arg-type]
    assert b"Okafor" not in b"".join(file.read_bytes() for file in path.parent.iterdir())
