"""Random registers through import, withdrawal, written consent, hold and re-import, against the policy."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from anonymiser.consent import schema
from anonymiser.consent.csv_import import parse
from anonymiser.consent.importing import Coverage
from anonymiser.consent.mapping import canonical
from anonymiser.consent.register import Register
from anonymiser.consent.tabular import read_sheet
from anonymiser.consent.vault import KeyFile
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import STANDARD_PURPOSES, Event, Hold, Medium, Purpose
from anonymiser.values.people import PersonId

RUNS = int(os.environ.get("ANONYMISER_REGISTER_RUNS", "60"))
"""Histories; raise it through the environment for a long run."""
TODAY = dt.date(2026, 5, 3)
ASKED = [TODAY + dt.timedelta(days) for days in (-2, 0, 2)]
PEOPLE = ("a1", "b2", "c3")
COLUMNS = ("website", "website.video", "press")
PURPOSES = ("website", "press")
DAYS = st.none() | st.dates(TODAY - dt.timedelta(3), TODAY + dt.timedelta(3))
ROW = st.tuples(
    st.fixed_dictionaries({c: st.sampled_from(["granted", "granted", "refused", "", "maybe"]) for c in COLUMNS}),
    DAYS,
    DAYS,
    st.sampled_from(["", "never-publish"]),
)
PERSON = st.sampled_from(PEOPLE)
ACTS = st.lists(
    st.tuples(st.just("import"), st.dictionaries(PERSON, ROW, min_size=1), st.booleans(), st.booleans())
    | st.tuples(st.just("withdraw"), PERSON, st.sampled_from([None, *PURPOSES]))
    | st.tuples(st.just("grant"), PERSON, st.sampled_from(COLUMNS), DAYS, DAYS)
    | st.tuples(st.sampled_from(["hold", "lift"]), PERSON)
    | st.tuples(st.just("forget"), PERSON),
    min_size=2,
    max_size=9,
)


def expected(acts: list[tuple], person: str, column: str, day: dt.date) -> bool:
    """May this face be shown on this day? The policy, act by act."""
    said, withdrawn, held, known = None, False, False, False
    for act in acts:
        match act:
            case ("import", rows, _, _) if person in rows:
                answers, first, last, hold = rows[person]
                said, held, known = (answers[column], first, last), held or bool(hold), True
            case ("import", _, False, _):
                said = ("refused", None, None) if known else said
            case ("withdraw", someone, what) if known and someone == person:
                withdrawn = withdrawn or what in {None, column.partition(".")[0]}
            case ("grant", someone, what, first, last) if known and (someone, what) == (person, column):
                said, withdrawn = ("granted", first, last), False
            case ("hold" | "lift", someone) if known and someone == person:
                held = act[0] == "hold"
            case ("forget", someone) if known and someone == person:
                said, withdrawn, known = None, True, False
    if not known or said is None or said[0] != "granted" or withdrawn or held:
        return False
    return (said[1] or day) <= day <= (said[2] or day)


def without_repeats(acts: list[tuple]) -> Iterator[tuple]:
    """The newest file once more changes nothing; an older one is refused unless somebody insists."""
    files: list[tuple] = []
    for act in acts:
        if act[0] == "import":
            file = (csv_of(act[1]), act[2])
            if file in files[-1:] or (file in files and not act[3]):
                continue
            files.append(file)
        yield act


def key_of(column: str) -> tuple[Purpose, Medium]:
    purpose, _, medium = column.partition(".")
    return Purpose(purpose), Medium(medium or "image")


def csv_of(rows: dict[str, tuple]) -> str:
    lines = [",".join(["person_id", "forename", "surname", *COLUMNS, "valid_from", "valid_to", "hold"])]
    for person, (answers, first, last, hold) in sorted(rows.items()):
        dates = [day.strftime("%d/%m/%Y") if day else "" for day in (first, last)]
        lines.append(",".join([person, "N" + person, "S" + person, *(answers[c] for c in COLUMNS), *dates, hold]))
    return "\n".join(lines) + "\n"


def perform(register: Register, folder: Path, act: tuple) -> None:
    known = {person.id for person in register.people()}
    match act:
        case ("import", rows, partial, again):
            path = folder / "import.csv"
            path.write_text(csv_of(rows), encoding="utf-8")
            sheet = read_sheet(path)
            mapping = canonical(sheet, STANDARD_PURPOSES)
            assert mapping is not None
            coverage = Coverage.PARTIAL if partial else Coverage.COMPLETE
            with suppress(ImportRefused):
                register.import_consents(parse(sheet, mapping), coverage, again=again)
        case (_, person, *_) if person not in known:
            pass
        case ("withdraw", person, purpose):
            register.withdraw(PersonId(person), "letter", purpose and Purpose(purpose))
        case ("grant", person, column, first, last):
            purpose, medium = key_of(column)
            register.grant(PersonId(person), purpose, "form", media=[medium], valid_from=first, valid_to=last)
        case ("hold", person):
            register.set_hold(PersonId(person), Hold.NEVER_PUBLISH)
        case ("lift", person):
            register.lift_hold(PersonId(person), Hold.NEVER_PUBLISH)
        case ("forget", person):
            register.forget(PersonId(person))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("histories")


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[Register]:
    """One register for all histories, emptied before each: making the tables takes longer than a history."""
    with Register.open_url(f"sqlite:///{folder}/register.sqlite3", KeyFile(folder / "key")) as register:
        event.listen(register._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        yield register


def empty(register: Register) -> None:
    with register._writing("emptied") as session:
        for table in reversed(schema.metadata.sorted_tables):
            if table is not schema.vault:
                session.connection.execute(table.delete())


@settings(max_examples=RUNS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ACTS)
def test_a_register_shows_whom_the_policy_allows(shared: Register, folder: Path, acts: list[tuple]) -> None:
    """No order of imports, withdrawals, consents, holds and forgetting shows a face that the policy does not."""
    empty(shared)
    for act in acts:
        perform(shared, folder, act)
    shown = {
        (person, column, day)
        for column in COLUMNS
        for day in ASKED
        for person in shared.snapshot(Event("Fair", *key_of(column)), day).granted
    }
    counting = list(without_repeats(acts))
    assert shown == {
        (person, column, day)
        for person in PEOPLE
        for column in COLUMNS
        for day in ASKED
        if expected(counting, person, column, day)
    }
