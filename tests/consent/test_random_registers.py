"""Random registers through files old and new, withdrawal, written consent, hold and forgetting, against the policy."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from anonymiser.consent import schema
from anonymiser.consent.consents import read_statements, read_withdrawals
from anonymiser.consent.csv_import import parse
from anonymiser.consent.importing import Coverage
from anonymiser.consent.mapping import canonical
from anonymiser.consent.register import Register, local_today
from anonymiser.consent.rules import Source
from anonymiser.consent.tabular import read_sheet
from anonymiser.consent.vault import KeyFile
from anonymiser.errors import ImportRefused, UsageError
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
NOW = local_today()
ANSWERED = st.none() | st.dates(NOW - dt.timedelta(3), NOW + dt.timedelta(1))
"""When the family answered; tomorrow is a slip of the finger, and shows nothing."""
ROW = st.tuples(
    st.fixed_dictionaries({c: st.sampled_from(["granted", "granted", "refused", "", "maybe"]) for c in COLUMNS}),
    DAYS,
    DAYS,
    st.sampled_from(["", "", "never-publish", "never-shown"]),
    ANSWERED,
)
NEVER = (dt.date.max, dt.date.min)
PERSON = st.sampled_from(PEOPLE)
SHAPE = st.sampled_from(["as it was", "blank line", "other delimiter", "other order", "more columns"])
"""How the same file may look after it was opened and saved once more."""
IMPORT = st.tuples(
    st.just("import"),
    st.dictionaries(PERSON, ROW, min_size=1),
    st.just("as it was"),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
ACTS = st.lists(
    IMPORT
    | st.tuples(st.just("old file"), st.integers(0, 8), SHAPE, st.booleans(), st.booleans(), st.booleans())
    | st.tuples(st.just("changed file"), st.integers(0, 8), PERSON, ROW, st.booleans(), st.booleans(), st.booleans())
    | st.tuples(st.just("withdraw"), PERSON, st.sampled_from([None, *PURPOSES]))
    | st.tuples(st.just("grant"), PERSON, st.sampled_from(COLUMNS), DAYS, DAYS)
    | st.tuples(st.sampled_from(["hold", "lift"]), PERSON)
    | st.tuples(st.just("forget"), PERSON),
    min_size=2,
    max_size=9,
)


@dataclass
class Policy:
    """What may be shown of one person for one column, act by act; written from the policy, not from the code."""

    said: tuple[str, dt.date | None, dt.date | None] | None = None
    """granted, refused or blank, and between which days."""
    answered: dt.date | None = None
    only_blank: bool = True
    word: tuple[dt.date | None, dt.date | None] | None = None
    """The days of the newest written consent."""
    withdrawn: bool = False

    def listed(self, row: tuple, column: str, *, accept: bool) -> None:
        """A file says something: a no counts at once, a yes never beyond a word, nor beyond an older no."""
        answers, first, last, _, answered = row
        days = (first, last)
        answer = answers[column] if answers[column] in {"granted", ""} else "refused"
        answered = answered if answered and answered <= NOW else None
        if answer == "granted" and self.word:
            days = both(days, self.word)
        if answer == "granted" and is_empty(days):
            answer = "refused"
        before = self.said
        if answer == "granted" and before is not None:
            beyond = both(days, before[1:]) != days if before[0] == "granted" else not self.only_blank
            newer = answered is not None and answered > (self.answered or NOW)
            if beyond and not accept and not newer:
                if before[0] != "granted":
                    return
                days = both(days, before[1:])
                answer = "refused" if is_empty(days) else "granted"
        now = (answer, *(days if answer == "granted" else (None, None)))
        kind = answer if answer in {"granted", ""} else answers[column] if not is_granted(answers[column]) else "dates"
        if before is not None and (now, kind) == (before, self.kind):
            self.answered = max(filter(None, (self.answered, answered)), default=None)
            return
        self.said, self.kind, self.answered = now, kind, answered
        self.only_blank = self.only_blank and answer == ""

    kind: str = ""
    """Why it is a no: a file that says no in another way is recorded anew, with its own date."""

    def vanished(self) -> None:
        """A list of the whole school lacks the person."""
        if self.said and self.said[0] == "granted":
            self.said, self.answered, self.only_blank, self.kind = ("refused", None, None), None, False, "gone"

    def wrote(self, first: dt.date | None, last: dt.date | None) -> None:
        """A written consent."""
        self.said, self.answered, self.only_blank, self.kind = ("granted", first, last), None, False, "granted"
        self.word, self.withdrawn = (first, last), False

    def shows(self, day: dt.date) -> bool:
        """Whether the face may be shown on this day."""
        if self.withdrawn or self.said is None or self.said[0] != "granted":
            return False
        return all((first or day) <= day <= (last or day) for first, last in (self.said[1:], self.word or (None, None)))


def is_granted(text: str) -> bool:
    return text == "granted"


def is_empty(days: tuple) -> bool:
    first, last = days
    return first is not None and last is not None and last < first


def both(days: tuple, others: tuple) -> tuple:
    """The days that lie in both spans."""
    firsts = [first for first in (days[0], others[0]) if first]
    lasts = [last for last in (days[1], others[1]) if last]
    return max(firsts, default=None), min(lasts, default=None)


def expected(acts: list[tuple], person: str) -> dict[str, Policy]:  # noqa: C901 - an act a case
    """What may be shown of one person, by column; nothing of somebody unknown or on hold."""
    of = {column: Policy() for column in COLUMNS}
    holds: set[str] = set()
    known = False
    for act in acts:
        match act:
            case ("import", rows, _, _, _, accept) if person in rows:
                known = True
                holds |= {rows[person][3]} - {""}
                for column, policy in of.items():
                    policy.listed(rows[person], column, accept=accept)
            case ("import", _, _, False, _, _) if known:
                for policy in of.values():
                    policy.vanished()
            case ("withdraw", someone, what) if known and someone == person:
                for column, policy in of.items():
                    policy.withdrawn |= what in {None, column.partition(".")[0]}
            case ("grant", someone, what, first, last) if known and someone == person and not is_empty((first, last)):
                of[what].wrote(first, last)
            case ("hold", someone) if known and someone == person:
                holds.add("never-publish")
            case ("lift", someone) if known and someone == person:
                holds.clear()
            case ("forget", someone) if known and someone == person:
                of = {column: Policy(withdrawn=True) for column in COLUMNS}
                known = False
    return of if known and not holds else {}


def without_repeats(acts: list[tuple]) -> Iterator[tuple]:
    """The newest file once more changes nothing; an older one is refused unless somebody insists."""
    files: list[tuple] = []
    for act in acts:
        if act[0] == "import":
            _, rows, _, partial, again, accept = act
            file = (said_in(rows), partial)
            if (file in files[-1:] and not accept) or (file in files[:-1] and file != files[-1] and not again):
                continue
            files.append(file)
        yield act


def said_in(rows: dict[str, tuple]) -> dict[str, tuple]:
    """What a file says, row by row: the days of a consent that nobody gives say nothing."""
    said = {}
    for person, (answers, first, last, hold, answered) in rows.items():
        days = "none" if is_empty((first, last)) else (first, last)
        said[person] = (answers, days if "granted" in answers.values() else None, hold, answered)
    return said


def with_old_files(acts: list[tuple]) -> list[tuple]:
    """The acts, with an earlier file (if there is one) instead of each "old file".

    Instead of a "changed file" comes an earlier one in which somebody has edited or added one person's row.
    """
    done: list[tuple] = []
    for act in acts:
        files = [rows for kind, rows, *_ in done if kind == "import"]
        match act:
            case ("old file", which, shape, *choices) if files:
                done.append(("import", files[which % len(files)], shape, *choices))
            case ("changed file", which, person, row, *choices) if files:
                done.append(("import", files[which % len(files)] | {person: row}, "as it was", *choices))
            case ("old file" | "changed file", *_):
                pass
            case _:
                done.append(act)
    return done


def key_of(column: str) -> tuple[Purpose, Medium]:
    purpose, _, medium = column.partition(".")
    return Purpose(purpose), Medium(medium or "image")


def csv_of(rows: dict[str, tuple], shape: str) -> str:
    """The file as a school's system writes it, or as it looks when it was saved once more."""
    headings = ["person_id", "forename", "surname", *COLUMNS, "answered_on", "valid_from", "valid_to", "hold"]
    table = [headings]
    for person, (answers, first, last, hold, answered) in sorted(rows.items()):
        dates = [day.strftime("%d/%m/%Y") if day else "" for day in (answered, first, last)]
        table.append([person, "N" + person, "S" + person, *(answers[c] for c in COLUMNS), *dates, hold])
    if shape == "other order":
        table = [row[::-1] for row in [table[0], *table[:0:-1]]]
    if shape == "more columns":
        table = [[*row, word] for row, word in zip(table, ["role", *["pupil"] * len(rows)], strict=True)]
    delimiter = ";" if shape == "other delimiter" else ","
    text = "\n".join(delimiter.join(row) for row in table) + "\n"
    return "\r\n" + text.replace("\n", "\r\n") + "\r\n" if shape == "blank line" else text


def perform(register: Register, folder: Path, act: tuple) -> None:
    known = {person.id for person in register.people()}
    match act:
        case ("import", rows, shape, partial, again, accept):
            path = folder / "import.csv"
            path.write_text(csv_of(rows, shape), encoding="utf-8", newline="")
            sheet = read_sheet(path)
            mapping = canonical(sheet, STANDARD_PURPOSES)
            assert mapping is not None
            coverage = Coverage.PARTIAL if partial else Coverage.COMPLETE
            with suppress(ImportRefused):
                register.import_consents(
                    parse(sheet, mapping), coverage, again=again, accept_new_yes=accept, accept_turned=True
                )
        case (_, person, *_) if person not in known:
            pass
        case ("withdraw", person, purpose):
            register.withdraw(PersonId(person), "letter", purpose and Purpose(purpose))
        case ("grant", person, column, first, last):
            purpose, medium = key_of(column)
            with suppress(UsageError):
                register.grant(PersonId(person), purpose, "form", media=[medium], valid_from=first, valid_to=last)
        case ("hold", person):
            register.set_hold(PersonId(person), Hold.NEVER_PUBLISH)
        case ("lift", person):
            for hold in Hold:
                register.lift_hold(PersonId(person), hold)
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
    acts = with_old_files(acts)
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
        for column, policy in expected(counting, person).items()
        for day in ASKED
        if policy.shows(day)
    }


@settings(max_examples=RUNS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ACTS, IMPORT)
def test_no_import_widens_what_a_person_wrote(shared: Register, folder: Path, acts: list[tuple], last: tuple) -> None:
    """After a written word, whatever file comes and whatever anybody accepts, nobody is shown on a day more."""
    empty(shared)
    for act in with_old_files(acts):
        perform(shared, folder, act)
    with shared._reading() as session:
        statements, withdrawals = read_statements(session), read_withdrawals(session)
    bounds = {}
    for person in shared.people():
        for key in map(key_of, COLUMNS):
            words = [s for s in statements.get((person.id, key), ()) if s.source is Source.WRITTEN]
            since = max((v for v, p in withdrawals.get(person.id, ()) if p in {None, key[0]}), default=0)
            if words and words[-1].version > since:
                bounds[person.id, key] = (words[-1].valid_from, words[-1].valid_to)
            elif words or since:
                bounds[person.id, key] = NEVER
    perform(shared, folder, last)
    for (person, key), (first, end) in bounds.items():
        for day in ASKED:
            if not (first or day) <= day <= (end or day):
                assert person not in shared.snapshot(Event("Fair", *key), day).granted
