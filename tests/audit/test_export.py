"""What the officer gets: a page, a table, the chain and its newest hash, which finds what is missing later."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest
from audit_kit import BEN, entries

from anonymiser.audit.chain import Recorder
from anonymiser.audit.entry import Head, check, from_lines
from anonymiser.errors import AuditBroken, UsageError, WorkspaceError
from anonymiser.ledger.item import Origin
from anonymiser.ledger.ledger import Ledger
from anonymiser.school import School
from anonymiser.values.consent import Event, Purpose


def test_every_entry_is_in_the_table_and_on_the_page(busy: School, tmp_path: Path) -> None:
    """In words; neither names anybody, and the page needs nothing from elsewhere."""
    done = busy.audit.export(tmp_path / "for the officer")
    assert [file.name for file in done.files] == ["audit.html", "audit.csv", "audit.chain", "head.json"]
    page, table, chain, _ = (file.read_bytes() for file in done.files)
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))
    assert len(rows) - 1 == len(entries(busy)) == done.head.number
    assert {len(row) for row in rows} == {6}
    assert page.count(b"<tr><td>") == done.head.number
    assert b"a person decided; rejected" in page
    assert done.head.hash.encode() in page
    for secret in (b"Okafor", BEN.encode(), b"Honey", b"Fair", b"http", b"<script"):
        assert secret not in page + table
    assert not any(isinstance(one, str) for one in check(from_lines(chain), done.head))
    assert len(list(check(from_lines(chain), done.head))) == done.head.number


def test_a_day_to_begin_with_leaves_the_chain_whole(busy: School, tmp_path: Path) -> None:
    """The page and the table may be of one term; the chain is always all of it."""
    done = busy.audit.export(tmp_path, since=entries(busy)[-1].at.date().replace(year=2030))
    assert (tmp_path / "audit.csv").read_text("utf-8-sig").count("\n") == 1
    assert len(list(from_lines((tmp_path / "audit.chain").read_bytes()))) == done.head.number


def cut(school: School, number: int) -> None:
    """Somebody removes everything from an entry on."""
    with sqlite3.connect(school.workspace.ledger_file) as outside:
        outside.execute("DELETE FROM audit WHERE number >= ?", (number,))
    outside.close()


def test_what_is_missing_at_the_end_is_found_with_the_kept_hash(busy: School, tmp_path: Path) -> None:
    """The last entry tells of no photo's row, so that ledger and chain still agree: only the kept hash knows of it."""
    busy.audit.signed_in("office")
    busy.audit.export(tmp_path)
    head = tmp_path / "head.json"
    kept = busy.audit.verify(head)
    assert kept.kept == kept.head
    cut(busy, kept.head.number)
    assert busy.audit.verify().head.number == kept.head.number - 1
    with pytest.raises(AuditBroken, match=f"entry {kept.head.number} is missing"):
        busy.audit.verify(head)


def test_without_a_kept_hash_a_cut_that_hides_a_photo_is_found_by_the_ledger(busy: School) -> None:
    """The rows know more than the record."""
    cut(busy, busy.audit.verify().head.number // 2)
    with pytest.raises(AuditBroken, match="do not agree"):
        busy.audit.verify()


def test_a_signed_hash_says_who_signed_it_and_that_nobody_changed_it(busy: School, tmp_path: Path) -> None:
    """The key is made once, for its owner alone, and used again; a changed file is refused."""
    key = tmp_path / "officer.pem"
    first = busy.audit.export(tmp_path / "1", sign=key)
    again = busy.audit.export(tmp_path / "2", sign=key)
    assert (first.new_key, again.new_key) == (True, False)
    found = {busy.audit.verify(tmp_path / name / "head.json").signed_with for name in "12"}
    assert len(found) == 1
    (public,) = found
    assert public in (tmp_path / "1/audit.html").read_text(encoding="utf-8")
    fields = json.loads((tmp_path / "1/head.json").read_text())
    fields["entries"] -= 1
    (tmp_path / "1/head.json").write_text(json.dumps(fields))
    with pytest.raises(AuditBroken, match="signature"):
        busy.audit.verify(tmp_path / "1/head.json")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"entries": "x", "hash": ""}', '{"entries":1,"hash":"","signature":3}']
)
def test_a_file_that_is_no_head_is_refused(busy: School, tmp_path: Path, text: str) -> None:
    """With what to give instead."""
    (tmp_path / "head.json").write_text(text)
    with pytest.raises(UsageError, match="no hash"):
        busy.audit.verify(tmp_path / "head.json")


def test_a_key_or_folder_that_cannot_be_used_is_told(busy: School, tmp_path: Path) -> None:
    """Nothing is exported with a key of another kind, or half of it over a file."""
    (tmp_path / "key.pem").write_text("no key")
    with pytest.raises(UsageError, match="not an Ed25519 key"):
        busy.audit.export(tmp_path / "out", sign=tmp_path / "key.pem")
    with pytest.raises(UsageError, match="cannot be read or written"):
        busy.audit.export(tmp_path / "out", sign=tmp_path / "no folder/key.pem")
    with pytest.raises(WorkspaceError, match="cannot be written to"):
        busy.audit.export(tmp_path / "key.pem")


def test_a_row_and_its_entry_are_written_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the entry cannot be written, nothing happened."""

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with Ledger(tmp_path / "ledger.sqlite3") as ledger:
        item = ledger.receive(Origin.INBOX, "k", Event("Fair", Purpose("website")))
        head = ledger.audit_head()
        assert head != Head(0, "")
        with monkeypatch.context() as patch:
            patch.setattr(Recorder, "add", fail)
            with pytest.raises(KeyboardInterrupt):
                ledger.claim(item, "00")
            with pytest.raises(KeyboardInterrupt):
                ledger.withdraw(item)
        assert ledger.get(item.id) == item
        assert ledger.audit_head() == head
