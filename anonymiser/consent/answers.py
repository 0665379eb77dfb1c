"""Everything that is read from a consent register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace

from anonymiser.consent import biometrics, consents, freshness, history
from anonymiser.consent.biometrics import Calibration, GateState
from anonymiser.consent.changes import Changes, read_changes
from anonymiser.consent.database import Session, newest_change
from anonymiser.consent.history import Dossier
from anonymiser.consent.naming import find_person
from anonymiser.consent.people import Person, last_changed, read_people, read_person
from anonymiser.consent.roll import Roll, read_roll
from anonymiser.consent.rules import Ruling, biometric_ruling
from anonymiser.consent.store import Store
from anonymiser.errors import UsageError
from anonymiser.settings import ConsentSettings, Recognition
from anonymiser.values.consent import ConsentSnapshot, Event, EventContext, Medium, Purpose
from anonymiser.values.identity import RECIPE, Gallery
from anonymiser.values.labels import NameIndex
from anonymiser.values.people import PersonId


def local_today() -> dt.date:
    """The day on the school's wall calendar."""
    return dt.datetime.now().astimezone().date()


class Answers(Store):
    """The questions that a register answers; each from one consistent view of it."""

    _roll: tuple[tuple[object, ...], Roll] | None = None
    _people: tuple[int, Mapping[PersonId, Person]] | None = None
    """At which version of the register, and everybody."""

    def people(self) -> tuple[Person, ...]:
        """Everybody, in order of their ids."""
        with self._reading() as session:
            return tuple(self._people_at(session).values())

    def left_before(self, moment: dt.datetime) -> tuple[PersonId, ...]:
        """Who is not in the school's list any more, and was told to be gone before `moment` (aware)."""
        with self._reading() as session:
            left = [person.id for person in self._people_at(session).values() if not person.present]
            since = last_changed(session, left)
        return tuple(person for person in left if since[person] < moment)

    def find(self, text: str) -> PersonId:
        """The person whom a user means: by id, by the id of the school's own system, or by an unshared full name."""
        with self._reading() as session:
            return find_person(self._people_at(session), text)

    def names(self) -> NameIndex:
        """Every full name of the register, of those who have left too, for the search in pictures."""
        with self._reading() as session:
            return _name_index(self._people_at(session).values())

    def snapshot(
        self, event: Event, on: dt.date | None = None, *, known_at: dt.datetime | None = None
    ) -> ConsentSnapshot:
        """Who has agreed to the event's purpose and medium.

        Args:
            event: Whose purpose and medium.
            on: Day on which consents must be live; default: today, or the day of `known_at`.
            known_at: Answer from what the register knew at this moment (aware); default: now.
        """
        with self._reading(known_at) as session:
            day = known_at.astimezone().date() if known_at else local_today()
            return _snapshot(session, event, on or day)

    def gallery(
        self, event: Event, embedder_sha256: str, settings: Recognition, today: dt.date | None = None
    ) -> Gallery:
        """Templates that may be matched for the event; closed, with a plain reason, where nobody may be."""
        with self._reading() as session:
            return biometrics.read_gallery(session, event, embedder_sha256, settings, today or local_today())

    def context(
        self, event: Event, embedder_sha256: str, settings: Recognition, today: dt.date | None = None
    ) -> EventContext:
        """Everything that the event's photos need, from one and the same version."""
        on = today or local_today()
        with self._reading() as session:
            people = self._people_at(session).values()
            return EventContext(
                event=event,
                consents=_snapshot(session, event, on),
                gallery=biometrics.read_gallery(session, event, embedder_sha256, settings, on),
                names=_name_index(people),
                groups=_groups(people),
            )

    def dossier(self, person: PersonId, purposes: Iterable[Purpose], today: dt.date | None = None) -> Dossier:
        """Everything on record about one person, with today's answer for each of `purposes`."""
        with self._reading() as session:
            return history.read_dossier(session, known_person(session, person), purposes, today or local_today())

    def newest_import(self) -> dt.datetime | None:
        """When consents were last imported; None where they never were."""
        with self._reading() as session:
            return freshness.newest_import(session)

    def freshness_warning(
        self, settings: ConsentSettings, today: dt.date | None = None, *, event: Event | None = None
    ) -> str | None:
        """A reminder where consents were last confirmed long ago, None where not or where nothing was ever imported.

        A list of one class or of one purpose confirms nobody and nothing else. Without an event, the reminder is about
        the purpose that was confirmed longest ago, and the refusal comes when none is young enough.

        Raises SafetyRefusal where withdrawals may be missing: then nothing may be published.
        """
        with self._reading() as session:
            return freshness.warning(session, settings, today or local_today(), event)

    def counts(self, purposes: Iterable[Purpose], today: dt.date | None = None) -> dict[consents.Key, consents.Tally]:
        """How many people of the school's list agree: for `purposes`, and for whatever else is on record."""
        with self._reading() as session:
            keys = dict.fromkeys([*((purpose, Medium.IMAGE) for purpose in purposes), *consents.read_asked(session)])
            return consents.read_tallies(session, keys, today or local_today())

    def roll(self, purposes: Iterable[Purpose], today: dt.date | None = None) -> Roll:
        """Everybody, with whether they agree to each of `purposes` for an image, and the same counts.

        The last answer is kept in memory until the register or the day changes.
        """
        asked, on = tuple(purposes), today or local_today()
        with self._reading() as session:
            now = (session.version, asked, on)
            if self._roll is None or self._roll[0] != now:
                self._roll = (now, read_roll(session, self._people_at(session), asked, on))
            return self._roll[1]

    def newest_change(self, after_version: int = 0) -> dt.datetime | None:
        """When the newest change after `after_version` was recorded (aware); None without any."""
        with self._reading() as session:
            return newest_change(session, after_version)

    def changes(self, after: int, at: str) -> Changes:
        """What happened after the version `after`, which was recorded at `at`; see read_changes."""
        with self._reading() as session:
            return read_changes(session, after, at)

    def gate(self) -> GateState:
        """Whether recognition is open, and on whose responsibility."""
        with self._reading() as session:
            return biometrics.read_gate(session)

    def biometric_ruling(self, person: PersonId, today: dt.date | None = None) -> Ruling:
        """Whether the person's face may be processed, and why not."""
        with self._reading() as session:
            known = known_person(session, person)
            return biometrics.read_biometric_ruling(session, known.id, today or local_today())

    def biometric_rulings(self, today: dt.date | None = None) -> dict[PersonId, Ruling]:
        """The same for everybody, at once."""
        with self._reading() as session:
            records = biometrics.read_biometric_records(session)
            people = self._people_at(session)
        day = today or local_today()
        return {person: biometric_ruling(records.get(person, ()), day) for person in people}

    def agreed_to_recognition(self, today: dt.date | None = None) -> frozenset[PersonId]:
        """Everybody whose face may be processed."""
        with self._reading() as session:
            records = biometrics.read_biometric_records(session)
        day = today or local_today()
        return frozenset(person for person, rows in records.items() if biometric_ruling(rows, day).granted)

    def enrolled(self, embedder_sha256: str, today: dt.date | None = None) -> frozenset[PersonId]:
        """Who has live templates of this model."""
        with self._reading() as session:
            return biometrics.enrolled_people(session, embedder_sha256, today or local_today())

    def lookalikes(self) -> dict[frozenset[PersonId], bool]:
        """Every pair that somebody has ruled on; True where they may be taken for one another."""
        with self._reading() as session:
            return biometrics.read_lookalikes(session)

    def calibration(self, embedder_sha256: str) -> Calibration | None:
        """What was last measured for this model on the school's own faces, even if it no longer counts."""
        with self._reading() as session:
            return biometrics.read_calibration(session, embedder_sha256)

    def calibration_warning(self) -> str | None:
        """That somebody has to calibrate again, where recognition is on and the newest calibration no longer counts."""
        with self._reading() as session:
            old = biometrics.newest_recipe(session) not in {None, RECIPE} and biometrics.read_gate(session).open
        return biometrics.CALIBRATE_AGAIN if old else None

    def _people_at(self, session: Session) -> Mapping[PersonId, Person]:
        """Everybody, in order of their ids, as `session` sees them, which must be a reading one.

        Every change of the register has its own version, so names are decrypted once for each: 1,500 take 40 ms.
        """
        if self._people is None or self._people[0] != session.version:
            self._people = None  # never two whole schools in memory
            self._people = (session.version, read_people(session))
        return self._people[1]

    def _forget_answers(self) -> None:
        """Keep nobody's name in memory."""
        self._roll = self._people = None


def known_person(session: Session, person: PersonId) -> Person:
    """The person with this id. Raises UsageError where there is none."""
    known = read_person(session, person)
    if known is None:
        raise UsageError("the register has no such person", remedy="anonymise consent list shows everybody's id.")
    return known


def _snapshot(session: Session, event: Event, on: dt.date) -> ConsentSnapshot:
    alike = frozenset(pair for pair, together in biometrics.read_lookalikes(session).items() if together)
    return replace(consents.read_snapshot(session, event, on), lookalikes=alike)


def _name_index(people: Iterable[Person]) -> NameIndex:
    return NameIndex.build((name, person.id) for person in people for name in person.names.full)


def _groups(people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(sorted({group for person in people if person.present for group in person.groups}))
