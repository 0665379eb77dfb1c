"""Compares a parsed file with the register and records what is new; the whole of it or nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import insert, select

from anonymiser.consent import schema
from anonymiser.consent.consents import (
    Filed,
    Key,
    file_statements,
    read_holds,
    read_statements,
    read_withdrawals,
    set_hold,
    withdraw,
    withdrawn_in,
)
from anonymiser.consent.csv_import import Answer, Listed, ParsedFile, Problem, ProblemKind
from anonymiser.consent.database import Session
from anonymiser.consent.people import (
    Person,
    add_people,
    choose_id,
    read_people,
    record_details,
    source_key,
    tombstone_tokens,
)
from anonymiser.consent.rules import Source, Statement, Why, newest, withdrawal_stands
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import Hold
from anonymiser.values.people import PersonId, Role

MAX_MISSING_SHARE = 0.05
"""A list shorter than the last by more than this share is taken for a part of the school."""
_MAX_RENAMED_SHARE = 0.02
_MAX_RENAMED = 2
"""More ids than this share and number with wholly new names: a column was sorted on its own."""


@enum.unique
class Coverage(enum.StrEnum):
    """What it means that somebody is not in the file."""

    USUAL = "usual"
    """They have left and lose their consents; a list much shorter than the last is refused."""
    COMPLETE = "complete"
    """They have left, however many they are."""
    PARTIAL = "partial"
    """Nothing: the file is a part of the school, and the others keep what they have."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A live answer that the file turns round or dates anew."""

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
    """The file says yes, and the family's withdrawal stands all the same."""
    vanished: tuple[PersonId, ...] = ()
    """In the register and no longer in the file; their consents have ended."""
    held: tuple[tuple[PersonId, Hold], ...] = ()
    """Holds that the file sets."""
    renamed: tuple[PersonId, ...] = ()
    problems: tuple[Problem, ...] = ()
    statements: int = 0
    """Consent rows added."""
    already_imported: dt.datetime | None = None
    """When this very file was imported before; then nothing else is set, and nothing was done."""


def apply_import(session: Session, parsed: ParsedFile, coverage: Coverage, *, again: bool) -> ImportReport:
    """Write what `parsed` tells anew under the session's version.

    A file that is the newest already changes nothing. One that was followed by another is refused unless `again`:
    it may be an old file by mistake, whose yes has become a no, or a new one, whose answers went back to a no.

    Raises ImportRefused where the file does not fit the register; the caller's transaction then leaves no trace.
    """
    earlier = [row for row in _imports(session) if not row.covers.isdisjoint(_covers(parsed))]
    this_one = (parsed.sha256, parsed.mapping_sha256, coverage is Coverage.PARTIAL)
    if earlier and earlier[-1].file == this_one:
        session.keep = False
        return ImportReport(people=len(parsed.people), already_imported=earlier[-1].at)
    if not again and (before := next((row.at for row in reversed(earlier) if row.file == this_one), None)):
        raise ImportRefused(
            f"this very file was imported on {before.astimezone():%d/%m/%Y}, and another one since",
            remedy="Import the newest export. If this is the newest (the answers are again what they were then), "
            "add --again.",
        )
    if not parsed.people:
        raise ImportRefused("the file lists nobody", remedy="Choose the export that has a row for each pupil.")
    run = _Import(session, parsed, coverage)
    run.match()
    run.check_plausible()
    run.write()
    session.connection.execute(
        insert(schema.import_file).values(
            version=session.version,
            fingerprint=hashlib.sha256(f"{this_one} {session.version}".encode()).hexdigest(),
            sha256=parsed.sha256,
            mapping_sha256=parsed.mapping_sha256,
            people=len(parsed.people),
            partial=coverage is Coverage.PARTIAL,
            covers=sorted(_covers(parsed)),
        )
    )
    return run.report()


def newest_import(session: Session) -> dt.datetime | None:
    """When consents were last imported; None where they never were."""
    change, file = schema.change.c, schema.import_file.c
    return session.connection.scalar(
        select(change.at)
        .join(schema.import_file, file.version == change.version)
        .where(file.version <= session.version)
        .order_by(change.version.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class _Recorded:
    """An import that is on record."""

    at: dt.datetime
    file: tuple[str, str, bool]
    """SHA-256 of the file and of its mapping, and whether it was a part of the school."""
    covers: frozenset[str]


def _imports(session: Session) -> list[_Recorded]:
    """Every import so far, oldest first."""
    change, file = schema.change.c, schema.import_file.c
    rows = session.connection.execute(
        select(change.at, file.sha256, file.mapping_sha256, file.partial, file.covers)
        .join(schema.import_file, file.version == change.version)
        .order_by(change.version)
    )
    return [_Recorded(row.at, (row.sha256, row.mapping_sha256, row.partial), frozenset(row.covers)) for row in rows]


def _covers(parsed: ParsedFile) -> frozenset[str]:
    return frozenset(f"{purpose}.{medium}" for purpose, medium in parsed.covers)


@dataclass(slots=True)
class _Import:
    """One import on its way: who is who, and what is new about them."""

    session: Session
    parsed: ParsedFile
    coverage: Coverage
    known: dict[PersonId, Person] = field(init=False)
    taken: set[str] = field(init=False)
    """Casefolded ids in use."""
    matched: dict[PersonId, Listed] = field(init=False, default_factory=dict)
    joined: dict[PersonId, Person] = field(init=False, default_factory=dict)
    doubted: set[PersonId] = field(init=False, default_factory=set)
    renamed: list[PersonId] = field(init=False, default_factory=list)
    problems: list[Problem] = field(init=False)
    changed: list[Changed] = field(init=False, default_factory=list)
    withdrawn: list[tuple[PersonId, Key]] = field(init=False, default_factory=list)
    held: list[tuple[PersonId, Hold]] = field(init=False, default_factory=list)
    statements: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.known = read_people(self.session)
        self.taken = {person.casefold() for person in self.known}
        self.problems = list(self.parsed.problems)

    def match(self) -> None:
        """Find each listed person in the register; who is nobody known for sure joins it, or is noted."""
        by_id = {source_key(person.names.source_id or person.id): person.id for person in self.known.values()}
        by_name: dict[str, set[PersonId]] = defaultdict(set)
        for person in self.known.values():
            for key in person.names.keys:
                by_name[key].add(person.id)
        unknown = []
        for listed in self.parsed.people:
            found = by_id.get(source_key(listed.names.source_id)) if listed.names.source_id else None
            if found is None:
                unknown.append(listed)
            else:
                self.matched[found] = listed
        for listed in unknown:
            self._match_by_name(listed, self._namesakes(listed, by_name))
        for name in self.parsed.doubtful:
            self.doubted |= by_name.get(name, set())

    def _match_by_name(self, listed: Listed, namesakes: set[PersonId]) -> None:
        """Decide about a row whose id is new, or that has none, among the people who share its name."""
        free = namesakes - self.matched.keys()
        if listed.names.source_id:
            # Known by name alone so far: the school's id is new. Known by another id: not certainly the same child.
            same = {person for person in free if not self.known[person].names.source_id}
            doubt = f"the register has this name under another id ({', '.join(sorted(free))})"
        else:
            same, free = free, namesakes
            doubt = "several people have this name, and there is no id to tell them apart"
        if len(same) == len(free) == 1:
            self.matched[next(iter(same))] = listed
        elif free:
            self.doubted |= free
            self.problems.append(Problem(ProblemKind.UNMATCHED, doubt, (listed.row,)))
        else:
            self._join(listed)

    @staticmethod
    def _namesakes(listed: Listed, by_name: Mapping[str, set[PersonId]]) -> set[PersonId]:
        return set[PersonId]().union(*(by_name.get(key, set()) for key in listed.names.keys))

    def _join(self, listed: Listed) -> None:
        person = choose_id(listed.names, self.taken)
        self.taken.add(person.casefold())
        self.joined[person] = Person(
            id=person,
            names=listed.names,
            groups=listed.groups or (),
            role=listed.role or Role.PUPIL,
            present=True,
            wrapped_key=self.session.vault.new_data_key(person),
        )
        self.matched[person] = listed

    @property
    def absent(self) -> list[PersonId]:
        """People of the register whom the file should list and does not, in order."""
        return (
            [] if self.coverage is Coverage.PARTIAL else [person for person in self.known if person not in self.matched]
        )

    @property
    def vanished(self) -> list[PersonId]:
        """Those of the absent who were still there by the last file."""
        return [person for person in self.absent if self.known[person].present]

    def check_plausible(self) -> None:
        """Refuse a part of the school that poses as the whole, and names that slid to other ids."""
        present = sum(person.present for person in self.known.values())
        if self.coverage is Coverage.USUAL and len(self.parsed.people) < present * (1 - MAX_MISSING_SHARE):
            raise ImportRefused(
                f"the file lists {len(self.parsed.people)} people, and the register has {present}",
                remedy="If it is only a part of the school, add --partial. If the others have really left, "
                "add --complete: their consents then end.",
            )
        swapped = [
            person
            for person, listed in self.matched.items()
            if person in self.known and not self.known[person].names.resembles(listed.names)
        ]
        if len(swapped) > max(_MAX_RENAMED, _MAX_RENAMED_SHARE * present):
            raise ImportRefused(
                f"{len(swapped)} ids have wholly other names than before",
                remedy="A column may have been sorted on its own. Export the file again and do not edit it.",
            )

    def write(self) -> None:
        """Add people, details, statements and holds."""
        self._write_people()
        self._write_statements()
        self._write_holds()

    def _write_people(self) -> None:
        add_people(self.session, self.joined.values())
        details = list(self.joined.values())
        for person, listed in self.matched.items():
            if person in self.joined:
                continue
            old = self.known[person]
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
        details += [dataclasses.replace(self.known[person], present=False) for person in self.vanished]
        record_details(self.session, details)
        self._restore_forgotten()

    def _restore_forgotten(self) -> None:
        """Who was forgotten and is listed again stays withdrawn and held until a person says otherwise."""
        f = schema.forgotten.c
        tombstones = {row.token: row.holds for row in self.session.connection.execute(select(f.token, f.holds))}
        if not tombstones:
            return
        for person in self.joined.values():
            if found := tombstone_tokens(self.session, person) & tombstones.keys():
                evidence = self.session.vault.seal(person.wrapped_key, person.id, "evidence", b"forgotten earlier")
                withdraw(self.session, person.id, None, evidence)
                for kind in {Hold(value) for token in found for value in tombstones[token]}:
                    set_hold(self.session, person.id, kind, on=True)
                    self.held.append((person.id, kind))

    def _write_statements(self) -> None:
        recorded = read_statements(self.session, self.parsed.covers)
        withdrawals = read_withdrawals(self.session)
        filed = []
        for person, listed in self.matched.items():
            doubtful = person in self.doubted or bool(listed.names.keys & self.parsed.doubtful)
            for key, answer in listed.answers.items():
                said = Answer(Why.AMBIGUOUS) if doubtful else answer
                statement = self._statement(said)
                history = recorded.get((person, key), [])
                before = newest(history)
                if statement.why is None and withdrawal_stands(
                    history, withdrawn_in(withdrawals.get(person, ()), key[0])
                ):
                    self.withdrawn.append((person, key))
                if before is None or not before.same_answer(statement):
                    filed.append(Filed(person, key, statement, source_row=listed.row))
                    if before is not None:
                        self.changed.append(Changed(person, key, before, statement))
        ended = [(person, Why.AMBIGUOUS) for person in sorted(self.doubted - self.matched.keys())]
        ended += [(person, Why.VANISHED) for person in self.absent if person not in self.doubted]
        for person, why in ended:
            for key in sorted(self.parsed.covers):
                before = newest(recorded.get((person, key), []))
                if before is not None and before.why is None:
                    statement = self._statement(Answer(why))
                    filed.append(Filed(person, key, statement))
                    self.changed.append(Changed(person, key, before, statement))
        self.statements = len(filed)
        file_statements(self.session, filed)

    def _statement(self, answer: Answer) -> Statement:
        return Statement(self.session.version, Source.IMPORT, answer.why, answer.valid_from, answer.valid_to)

    def _write_holds(self) -> None:
        """A file may set holds; lifting one takes a person."""
        held = read_holds(self.session)
        for person, listed in self.matched.items():
            for kind in sorted(listed.holds - held.get(person, frozenset())):
                set_hold(self.session, person, kind, on=True)
                self.held.append((person, kind))

    def report(self) -> ImportReport:
        """What was written."""
        return ImportReport(
            people=len(self.parsed.people),
            new=tuple(sorted(self.joined)),
            changed=tuple(self.changed),
            withdrawn=tuple(self.withdrawn),
            vanished=tuple(self.vanished),
            held=tuple(self.held),
            renamed=tuple(self.renamed),
            problems=tuple(self.problems),
            statements=self.statements,
        )
