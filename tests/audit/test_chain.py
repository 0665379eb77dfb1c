"""Whatever is done to the chain is found: a byte changed, an entry removed, moved, doubled or made anew."""

from __future__ import annotations

import datetime as dt
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anonymiser.audit.entry import (
    BEFORE_THE_FIRST,
    Broken,
    Entry,
    Head,
    Kind,
    Row,
    canonical,
    chained,
    check,
    from_lines,
    parsed,
    to_line,
)
from anonymiser.errors import AuditBroken
from anonymiser.school import School

MOMENT = dt.datetime(2026, 6, 22, 9, 30, tzinfo=dt.UTC)


def chain(number: int) -> list[Row]:
    rows, before = [], BEFORE_THE_FIRST
    for count in range(1, number + 1):
        kind = list(Kind)[count % len(Kind)]
        text = canonical(
            Entry(count, MOMENT, kind, f"20260622-{count:06}", {"why": ["hold"], "faces": {"shown": count}})
        )
        before = chained(before, text)
        rows.append(Row(count, text, before))
    return rows


ROWS = chain(12)
HEAD = Head(ROWS[-1].number, ROWS[-1].hash)
LINES = b"".join(map(to_line, ROWS))


def broken_at(rows: list[Row], head: Head | None = None) -> int | None:
    """Number of the first entry that does not fit; None if all do."""
    found = list(check(rows, head))
    assert not any(isinstance(one, Broken) for one in found[:-1])
    return found[-1].number if found and isinstance(found[-1], Broken) else None


def test_a_chain_as_it_was_written_fits() -> None:
    """Entry by entry, also as the file that was exported."""
    assert broken_at(ROWS, HEAD) is None
    assert broken_at(list(from_lines(LINES)), HEAD) is None
    assert [parsed(row.text) for row in ROWS] == list(check(ROWS))


@given(st.integers(0, len(LINES) - 1), st.integers(1, 255))
def test_any_byte_of_an_exported_chain_that_is_changed_is_found(place: int, change: int) -> None:
    """Whichever it is, of a hash, a text or what parts them; and the entry that it is in is named."""
    changed = bytearray(LINES)
    changed[place] ^= change
    number = broken_at(list(from_lines(bytes(changed))), HEAD)
    assert number is not None
    assert number <= LINES[:place].count(b"\n") + 1


@given(st.integers(0, len(ROWS) - 1), st.data())
def test_any_byte_of_a_row_that_is_changed_is_found(index: int, data: st.DataObject) -> None:
    """Without a kept hash too."""
    row = ROWS[index]
    field = data.draw(st.sampled_from(["text", "hash"]))
    value = bytearray(row.text if field == "text" else row.hash.encode())
    value[data.draw(st.integers(0, len(value) - 1))] ^= data.draw(st.integers(1, 127))
    other = Row(row.number, bytes(value), row.hash) if field == "text" else Row(row.number, row.text, value.decode())
    assert broken_at([*ROWS[:index], other, *ROWS[index + 1 :]]) == index + 1


@given(st.lists(st.integers(0, len(ROWS) - 1), max_size=len(ROWS)))
def test_entries_removed_moved_or_doubled_are_found(order: list[int]) -> None:
    """Every other choice and order of the same rows; what is missing at the end, with the kept hash alone."""
    rows = [ROWS[index] for index in order]
    renumbered = [Row(number, row.text, row.hash) for number, row in enumerate(rows, 1)]
    first = next((place for place, index in enumerate(order) if place != index), len(order))
    for form in (rows, renumbered):
        assert broken_at(form, HEAD) == (None if order == list(range(len(ROWS))) else first + 1)
        assert broken_at(form) == (None if first == len(order) else first + 1)


@given(st.integers(0, len(ROWS) - 1))
def test_a_record_that_was_made_anew_is_found_with_a_kept_hash(index: int) -> None:
    """Whoever can write the file can chain it anew from the changed entry on: only the hash kept elsewhere tells."""
    rows, before = list(ROWS[:index]), ROWS[index - 1].hash if index else BEFORE_THE_FIRST
    for row in ROWS[index:]:
        text = row.text.replace(b"hold", b"none")
        before = chained(before, text)
        rows.append(Row(row.number, text, before))
    assert broken_at(rows) is None
    assert broken_at(rows, HEAD) == len(ROWS)


@given(
    st.sampled_from(Kind),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.one_of(st.none(), st.text()),
    st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.booleans(), st.text(), st.lists(st.text()))),
)
def test_an_entry_has_one_text_which_reads_back_as_the_entry(kind, at, about, data) -> None:
    """Whatever is in it: the text is ASCII on one line."""
    entry = Entry(1, at.replace(year=max(at.year, 1000)), kind, about, data)
    text = canonical(entry)
    assert parsed(text) == entry
    assert canonical(parsed(text)) == text
    assert b"\n" not in text
    text.decode("ascii")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_byte_of_the_record_on_disk_that_is_changed_is_found(counted: School, data: st.DataObject) -> None:
    """In the database itself, in a column of its own making: verify names the first entry that does not fit."""
    school = counted
    with sqlite3.connect(school.workspace.ledger_file) as outside:
        number, column = (
            data.draw(st.integers(1, school.count)),
            data.draw(st.sampled_from(["entry", "hash", "number"])),
        )
        (before,) = outside.execute(f"SELECT {column} FROM audit WHERE number = ?", (number,)).fetchone()  # noqa: S608
        if column == "number":
            after: object = data.draw(st.sampled_from([0, -number, school.count + 1, number + 2**32]))
        else:
            value = bytearray(before.encode())
            value[data.draw(st.integers(0, len(value) - 1))] ^= data.draw(st.integers(1, 255))
            after = bytes(value)
        outside.execute(f"UPDATE audit SET {column} = CAST(? AS {'INTEGER' if column == 'number' else 'TEXT'}) "  # noqa: S608
                        "WHERE number = ?", (after, number))  # fmt: skip
        outside.commit()
        try:
            with pytest.raises(AuditBroken, match=rf"entry ({number}|1)\b"):
                school.audit.verify()
        finally:
            outside.execute(
                f"UPDATE audit SET {column} = ? WHERE number = ?",  # noqa: S608
                (before, after if column == "number" else number),
            )
            outside.commit()
    outside.close()


@pytest.fixture
def counted(busy: School) -> School:
    """The school with the number of its entries."""
    busy.count = busy.audit.verify().head.number  # type: ignore[attr-defined]
    return busy


def test_an_entry_whose_number_was_made_small_is_seen(counted: School) -> None:
    """The last entry, put before the first or at nought, is found by its number and not by chance."""
    school = counted
    for number in (0, -1, -(2**63)):
        with sqlite3.connect(school.workspace.ledger_file) as outside:
            outside.execute("UPDATE audit SET number = ? WHERE number = ?", (number, school.count))
            outside.commit()
            try:
                with pytest.raises(AuditBroken, match=rf"entry 1 is missing: entry {number} comes in its place"):
                    school.audit.verify()
            finally:
                outside.execute("UPDATE audit SET number = ? WHERE number = ?", (school.count, number))
                outside.commit()
        outside.close()
