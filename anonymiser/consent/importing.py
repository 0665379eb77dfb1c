"""Compares a parsed file with the register and records what is new: all of it, or nothing.

An import may narrow what is on record at once. It widens it only if the family's answer is certainly newer, or if a
person says so, and never beyond a written consent.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import hashlib
from dataclasses import dataclass, field

from sqlalchemy import insert, select

from anonymiser.consent import schema
from anonymiser.consent.consents import (
    Filed,
    Key,
    Tally,
    file_statements,
    read_holds,
    read_statements,
    read_tallies,
    read_withdrawals,
    set_hold,
    withdraw,
    withdrawn_in,
)
from anonymiser.consent.database import Session
from anonymiser.consent.freshness import covered, record_listed, recorded_imports
from anonymiser.consent.matching import Matching
from anonymiser.consent.narrowing import Ages, Narrowing
from anonymiser.consent.parsed import Answer, ParsedFile, Problem
from anonymiser.consent.people import add_people, record_details, tombstone_tokens
from anonymiser.consent.rules import Source, Statement, Why, newest, withdrawal_stands
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import Hold
from anonymiser.values.people import PersonId

MAX_MISSING_SHARE = 0.05
"""A list that is shorter than the last by more than this share is assumed to be only part of the school."""
_MAX_RENAMED_SHARE = 0.02
_MAX_RENAMED = 2
"""If more ids than this share and number have completely new names, a column was sorted on its own."""
_MAX_TURNED_SHARE = 0.5
_MAX_TURNED = 2
"""If more answers for one purpose than this share and number are reversed, "yes" may mean no in one of the files."""


@enum.unique
class Coverage(enum.StrEnum):
    """What it means if somebody is not in the file."""

    USUAL = "usual"
    """They have left and lose their consents; a list that is much shorter than the last is refused."""
    COMPLETE = "complete"
    """They have left, however many they are."""
    PARTIAL = "partial"
    """Nothing: the file is only part of the school, and everybody else keeps what they have."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person has said about the file."""

    coverage: Coverage = Coverage.USUAL
    again: bool = False
    """The file was imported before and followed by another, but is still the newest."""
    accept_new_yes: bool = False
    """A no on record may become a yes, although nothing shows that the answer is newer."""
    accept_turned: bool = False
    """Most answers for a purpose may be the opposite of what is on record, or most people not those on record."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many agree to one purpose and medium, before the import and after it."""

    key: Key
    before: Tally
    after: Tally


@dataclass(frozen=True, slots=True)
class Changed:
    """A live answer that the file reverses or gives a new date."""

    person: PersonId
    key: Key
    before: Statement
    after: Statement


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do; holds ids and row numbers, no names and no cells."""

    people: int
    """In the file."""
    new: tuple[PersonId, ...] = ()
    changed: tuple[Changed, ...] = ()
    withdrawn: tuple[tuple[PersonId, Key], ...] = ()
    """The file says yes, but the family's withdrawal stands."""
    new_yes: tuple[tuple[PersonId, Key], ...] = ()
    """From no to yes, because the answer is newer or a person said so."""
    held_back: tuple[tuple[PersonId, Key], ...] = ()
    """The file says yes, or yes on more days, but a no on record stays because nothing shows which is newer."""
    bounded: tuple[tuple[PersonId, Key], ...] = ()
    """The file goes beyond a written consent; the written consent counts."""
    counts: tuple[Count, ...] = ()
    vanished: tuple[PersonId, ...] = ()
    """In the register but no longer in the file; their consents have ended."""
    held: tuple[tuple[PersonId, Hold], ...] = ()
    """Holds that the file sets."""
    renamed: tuple[PersonId, ...] = ()
    problems: tuple[Problem, ...] = ()
    statements: int = 0
    """Consent rows added."""
    already_imported: dt.datetime | None = None
    """When this same file was imported before, in which case it only confirms what is on record."""
    unused: tuple[str, ...] = ()
    """Headings that look like questions and that the mapping does not mention."""


def _nobody(parsed: ParsedFile) -> ImportRefused:
    """Why a file without people is refused: it has no rows, or none that can be used."""
    if not parsed.problems:
        return ImportRefused("the file lists nobody", remedy="Choose the export that has a row for each pupil.")
    first = parsed.problems[0]
    return ImportRefused(
        f"no row of the file can be used: {first.text} (row {', '.join(map(str, first.rows[:5]))})",
        remedy="Export the file again, and do not open and save it in a spreadsheet program in between.",
    )


def apply_import(session: Session, parsed: ParsedFile, choices: Choices, today: dt.date) -> ImportReport:
    """Write what is new in `parsed` under the session's version.

    A file that says the same as the newest confirms what is on record, and changes nothing else. One that was followed
    by another is refused unless `choices.again`: it may be an old file by mistake, whose yes has become a no, or a new
    one, whose answers went back to a no. Files are compared by what was read, not by their bytes.

    Raises ImportRefused if the file does not fit the register; the caller's transaction then leaves no trace.
    """
    if not parsed.people:
        raise _nobody(parsed)
    earlier = [row for row in recorded_imports(session) if not row.covers.isdisjoint(covered(parsed.covers))]
    this_one = (parsed.content_sha256, choices.coverage is Coverage.PARTIAL)
    same = earlier[-1] if earlier and earlier[-1].file == this_one else None
    before = next((row.at for row in reversed(earlier) if row.file == this_one), None)
    if before and not same and not choices.again:
        raise ImportRefused(
            f"this very file was imported on {before.astimezone():%d/%m/%Y}, and another one since",
            remedy="Import the newest export. If this is the newest (the answers are again what they were then), "
            "add --again.",
        )
    run = _Import(session, parsed, choices, today)
    if not same:
        run.check_plausible()
    run.plan()
    if not same or choices.accept_new_yes:
        run.write()
        same = None
    record_listed(session, run.who.matched.keys() if same is None else run.who.matched.keys() & run.who.known.keys())
    session.connection.execute(
        insert(schema.import_file).values(
            version=session.version,
            fingerprint=hashlib.sha256(f"{this_one} {session.version}".encode()).hexdigest(),
            sha256=parsed.sha256,
            mapping_sha256=parsed.mapping_sha256,
            people=len(parsed.people),
            partial=choices.coverage is Coverage.PARTIAL,
            covers=sorted(covered(parsed.covers)),
            content_sha256=parsed.content_sha256,
        )
    )
    return run.report() if same is None else run.report_of_nothing(same.at)


@dataclass(slots=True)
class _Import:
    """One import in progress: who is who, and what is new about them."""

    session: Session
    parsed: ParsedFile
    choices: Choices
    today: dt.date
    who: Matching = field(init=False)
    renamed: list[PersonId] = field(init=False, default_factory=list)
    changed: list[Changed] = field(init=False, default_factory=list)
    withdrawn: list[tuple[PersonId, Key]] = field(init=False, default_factory=list)
    held: list[tuple[PersonId, Hold]] = field(init=False, default_factory=list)
    narrowing: Narrowing = field(init=False)
    filed: list[Filed] = field(init=False, default_factory=list)
    before: dict[Key, Tally] = field(init=False)

    def __post_init__(self) -> None:
        self.who = Matching(self.session, self.parsed)
        self.narrowing = Narrowing(Ages(self.session, self.today), accept=self.choices.accept_new_yes)
        self.before = read_tallies(self.session, self.parsed.covers, self.today)

    @property
    def absent(self) -> list[PersonId]:
        """People in the register that the file should list but does not, in order."""
        return (
            []
            if self.choices.coverage is Coverage.PARTIAL
            else [person for person in self.who.known if person not in self.who.matched]
        )

    @property
    def vanished(self) -> list[PersonId]:
        """Those of the absent who were still there by the last file."""
        return [person for person in self.absent if self.who.known[person].present]

    def check_plausible(self) -> None:
        """Refuse a part of the school that claims to be the whole, and names that moved to other ids."""
        present = sum(person.present for person in self.who.known.values())
        if self.choices.coverage is Coverage.USUAL and len(self.parsed.people) < present * (1 - MAX_MISSING_SHARE):
            raise ImportRefused(
                f"the file lists {len(self.parsed.people)} people, and the register has {present}",
                remedy="If it is only a part of the school, add --partial. If the others have really left, "
                "add --complete: their consents then end.",
            )
        found = {id(listed) for person, listed in self.who.matched.items() if person in self.who.known}
        new = sum(id(listed) not in found for listed in self.parsed.people)
        if (
            not self.choices.accept_turned
            and new > max(_MAX_TURNED, _MAX_TURNED_SHARE * len(self.parsed.people))
            and len(self.vanished) > max(_MAX_TURNED, _MAX_TURNED_SHARE * present)
        ):
            raise ImportRefused(
                f"{new} of {len(self.parsed.people)} people in the file are not those on record, and "
                f"{len(self.vanished)} of {present} on record are not in the file",
                remedy="Forenames and surnames may have changed places, or ids may be new. Check the mapping. If it is "
                "right, add --accept-turned.",
            )
        swapped = [
            person
            for person, listed in self.who.matched.items()
            if person in self.who.known and listed.certain and not self.who.known[person].names.resembles(listed.names)
        ]
        if len(swapped) > max(_MAX_RENAMED, _MAX_RENAMED_SHARE * present):
            raise ImportRefused(
                f"{len(swapped)} ids have wholly other names than before",
                remedy="A column may have been sorted on its own. Export the file again and do not edit it.",
            )

    def write(self) -> None:
        """Add people, details, statements and holds."""
        self._write_people()
        file_statements(self.session, self.filed)
        self._write_holds()

    def _write_people(self) -> None:
        add_people(self.session, self.who.joined.values())
        details = list(self.who.joined.values())
        for person, listed in self.who.matched.items():
            if person in self.who.joined:
                continue
            old = self.who.known[person]
            if not listed.certain:
                details += [] if old.present else [dataclasses.replace(old, present=True)]
                continue
            new = dataclasses.replace(
                old,
                names=dataclasses.replace(
                    listed.names,
                    source_id=listed.names.source_id or old.names.source_id,
                    preferred=listed.names.preferred or old.names.preferred,
                ),
                groups=old.groups if listed.groups is None else listed.groups,
                role=listed.role or old.role,
                present=True,
            )
            if new.names.keys != old.names.keys:
                self.renamed.append(person)
            if new != old:
                details.append(new)
        details += [dataclasses.replace(self.who.known[person], present=False) for person in self.vanished]
        record_details(self.session, details)
        self._restore_forgotten()

    def _restore_forgotten(self) -> None:
        """Somebody who was forgotten and is listed again stays withdrawn and held until a person says otherwise."""
        f = schema.forgotten.c
        tombstones = {row.token: row.holds for row in self.session.connection.execute(select(f.token, f.holds))}
        if not tombstones:
            return
        for person in self.who.joined.values():
            if found := tombstone_tokens(self.session, person) & tombstones.keys():
                evidence = self.session.vault.seal(person.wrapped_key, person.id, "evidence", b"forgotten earlier")
                withdraw(self.session, person.id, None, evidence)
                for kind in {Hold(value) for token in found for value in tombstones[token]}:
                    set_hold(self.session, person.id, kind, on=True)
                    self.held.append((person.id, kind))

    def plan(self) -> None:
        """Decide what to record about everybody.

        Raises ImportRefused if most answers for a purpose are the opposite of what is on record.
        """
        recorded = read_statements(self.session, self.parsed.covers)
        withdrawals = read_withdrawals(self.session)
        turned: dict[Key, list[bool]] = {}
        for person, listed in self.who.matched.items():
            doubtful = self.who.doubtful(person, listed)
            for key, answer in listed.answers.items():
                said = self._statement(Answer(Why.AMBIGUOUS) if doubtful else answer)
                history = recorded.get((person, key), [])
                before = newest(history)
                if before is not None and {before.why, said.why} <= {None, Why.SAID_NO}:
                    turned.setdefault(key, []).append(before.why is not said.why)
                since = withdrawn_in(withdrawals.get(person, ()), key[0])
                if said.why is None and withdrawal_stands(history, since):
                    self.withdrawn.append((person, key))
                self._file(person, key, self.narrowing.narrowed(person, key, history, said), before, listed.row)
        self._check_turned(turned)
        ended = [(person, Why.AMBIGUOUS) for person in sorted(self.who.doubted - self.who.matched.keys())]
        ended += [(person, Why.VANISHED) for person in self.absent if person not in self.who.doubted]
        for person, why in ended:
            for key in sorted(self.parsed.covers):
                before = newest(recorded.get((person, key), []))
                if before is not None and before.why is None:
                    self._file(person, key, self._statement(Answer(why)), before, None)

    def _file(self, person: PersonId, key: Key, said: Statement, before: Statement | None, row: int | None) -> None:
        if before is not None and before.same_answer(said):
            return
        self.filed.append(Filed(person, key, said, source_row=row))
        if before is not None and not (before.same_days(said) and before.why == said.why):
            self.changed.append(Changed(person, key, before, said))

    def _check_turned(self, turned: dict[Key, list[bool]]) -> None:
        for (purpose, medium), answers in sorted(turned.items()):
            count = sum(answers)
            if not self.choices.accept_turned and count > max(_MAX_TURNED, _MAX_TURNED_SHARE * len(answers)):
                raise ImportRefused(
                    f"{count} of {len(answers)} answers about {purpose} ({medium}) are the opposite of those on record",
                    remedy="Check in the mapping which answer means that the family agrees. If it is right, add "
                    "--accept-turned.",
                )

    def _statement(self, answer: Answer) -> Statement:
        answered = answer.answered_on if answer.answered_on and answer.answered_on <= self.today else None
        return Statement(self.session.version, Source.IMPORT, answer.why, answer.valid_from, answer.valid_to, answered)

    def _write_holds(self) -> None:
        """A file may set holds; only a person can lift one."""
        held = read_holds(self.session)
        for person, holds in self.who.holds.items():
            for kind in sorted(holds - held.get(person, frozenset())):
                set_hold(self.session, person, kind, on=True)
                self.held.append((person, kind))

    def report(self) -> ImportReport:
        """What was written."""
        after = read_tallies(self.session, self.parsed.covers, self.today)
        return ImportReport(
            people=len(self.parsed.people),
            new=tuple(sorted(self.who.joined)),
            changed=tuple(self.changed),
            withdrawn=tuple(self.withdrawn),
            new_yes=tuple(self.narrowing.taken),
            held_back=tuple(self.narrowing.held_back),
            bounded=tuple(self.narrowing.bounded),
            counts=tuple(Count(key, self.before[key], after[key]) for key in sorted(self.parsed.covers)),
            vanished=tuple(self.vanished),
            held=tuple(self.held),
            renamed=tuple(self.renamed),
            problems=(*self.parsed.problems, *self.who.problems),
            statements=len(self.filed),
            unused=self.parsed.unused,
        )

    def report_of_nothing(self, at: dt.datetime) -> ImportReport:
        """Report that the file says the same as the newest import, which was at `at`."""
        return ImportReport(
            people=len(self.parsed.people),
            withdrawn=tuple(self.withdrawn),
            held_back=tuple(self.narrowing.held_back),
            counts=tuple(Count(key, self.before[key], self.before[key]) for key in sorted(self.parsed.covers)),
            problems=self.parsed.problems,
            unused=self.parsed.unused,
            already_imported=at,
        )
