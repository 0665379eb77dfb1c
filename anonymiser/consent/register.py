"""The consent register of one workspace: everything that is read from it or written to it goes through here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from anonymiser.consent import biometrics, consents, freshness, history, importing
from anonymiser.consent.biometrics import Calibration, GateState
from anonymiser.consent.database import Session, newest_change
from anonymiser.consent.erasure import Erased, erase
from anonymiser.consent.history import Dossier
from anonymiser.consent.importing import Choices, Coverage, ImportReport
from anonymiser.consent.naming import find_person
from anonymiser.consent.parsed import ParsedFile
from anonymiser.consent.people import Person, read_people
from anonymiser.consent.rules import BiometricFact, BiometricRecord, Ruling, Source, Statement, biometric_ruling
from anonymiser.consent.store import Store
from anonymiser.errors import SafetyRefusal, UsageError
from anonymiser.settings import ConsentSettings, Recognition
from anonymiser.values.consent import ConsentSnapshot, Event, EventContext, Hold, Medium, Purpose
from anonymiser.values.identity import Embedding, Gallery, Thresholds
from anonymiser.values.labels import NameIndex
from anonymiser.values.people import PersonId
from anonymiser.wording import say


def local_today() -> dt.date:
    """Today, on the school's own calendar."""
    return dt.datetime.now().astimezone().date()


class Register(Store):
    """People, consents, holds, biometric records and templates, with their whole history.

    A register is opened for a few calls and closed again. Each call is one transaction: readers in other
    processes see the state before it or after it. Methods that name a person raise UsageError if the register has no
    such id, and every method raises RegisterError if the database or its key fails.
    """

    # Reading

    def people(self) -> tuple[Person, ...]:
        """Everybody, in order of their ids."""
        with self._reading() as session:
            return tuple(read_people(session).values())

    def find(self, text: str) -> PersonId:
        """The person a user means: by id, by the id of the school's own system, or by an unshared full name."""
        with self._reading() as session:
            return find_person(read_people(session), text)

    def find_folder(self, name: str) -> PersonId | None:
        """The person that a folder is named after, by id or unshared full name; None if that is not certain."""
        try:
            return self.find(name)
        except UsageError:
            return None

    def names(self) -> NameIndex:
        """Every full name in the register, including people who have left, for the search in pictures."""
        with self._reading() as session:
            return _name_index(session)

    def snapshot(
        self, event: Event, on: dt.date | None = None, *, known_at: dt.datetime | None = None
    ) -> ConsentSnapshot:
        """Who has agreed to the event's purpose and medium.

        Args:
            event: The event with the purpose and medium.
            on: Day on which consents must be live; default: today, or the day of `known_at`.
            known_at: Answer from what the register knew at this moment (aware); default: now.
        """
        with self._reading(known_at) as session:
            day = known_at.astimezone().date() if known_at else local_today()
            return consents.read_snapshot(session, event, on or day)

    def gallery(
        self, event: Event, embedder_sha256: str, settings: Recognition, today: dt.date | None = None
    ) -> Gallery:
        """Templates that may be matched for the event; closed, with a plain reason, if nobody may be."""
        with self._reading() as session:
            return biometrics.read_gallery(session, event, embedder_sha256, settings, today or local_today())

    def context(
        self, event: Event, embedder_sha256: str, settings: Recognition, today: dt.date | None = None
    ) -> EventContext:
        """Everything that the event's photos need, all from the same version."""
        on = today or local_today()
        with self._reading() as session:
            return EventContext(
                event=event,
                consents=consents.read_snapshot(session, event, on),
                gallery=biometrics.read_gallery(session, event, embedder_sha256, settings, on),
                names=_name_index(session),
            )

    def dossier(self, person: PersonId, purposes: Iterable[Purpose], today: dt.date | None = None) -> Dossier:
        """Everything on record about one person, with today's answer for each of `purposes`."""
        with self._reading() as session:
            return history.read_dossier(session, _known(session, person), purposes, today or local_today())

    def newest_import(self) -> dt.datetime | None:
        """When consents were last imported; None if they never were."""
        with self._reading() as session:
            return freshness.newest_import(session)

    def freshness_warning(
        self, settings: ConsentSettings, today: dt.date | None = None, *, event: Event | None = None
    ) -> str | None:
        """A reminder if consents were last confirmed long ago; None if not, or if nothing was ever imported.

        A list of one class or of one purpose confirms nothing else. Without an event, the reminder is about the purpose
        that was confirmed longest ago, and the refusal comes only if none is recent enough.

        Raises SafetyRefusal if withdrawals may be missing: then nothing may be published.
        """
        with self._reading() as session:
            return freshness.warning(session, settings, today or local_today(), event)

    def counts(self, purposes: Iterable[Purpose], today: dt.date | None = None) -> dict[consents.Key, consents.Tally]:
        """How many people in the school's list agree: for `purposes`, and for anything else on record."""
        with self._reading() as session:
            keys = dict.fromkeys([*((purpose, Medium.IMAGE) for purpose in purposes), *consents.read_asked(session)])
            return consents.read_tallies(session, keys, today or local_today())

    def newest_change(self, after_version: int = 0) -> dt.datetime | None:
        """When the newest change after `after_version` was recorded (aware); None without any."""
        with self._reading() as session:
            return newest_change(session, after_version)

    def gate(self) -> GateState:
        """Whether recognition is open, and who is responsible."""
        with self._reading() as session:
            return biometrics.read_gate(session)

    def biometric_ruling(self, person: PersonId, today: dt.date | None = None) -> Ruling:
        """Whether the person's face may be processed, and why not."""
        with self._reading() as session:
            known = _known(session, person)
            return biometrics.read_biometric_ruling(session, known.id, today or local_today())

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
        """Every pair that somebody has ruled on; True if they may be taken for one another."""
        with self._reading() as session:
            return biometrics.read_lookalikes(session)

    def calibration(self, embedder_sha256: str) -> Calibration | None:
        """What was measured for this model on the school's own faces."""
        with self._reading() as session:
            return biometrics.read_calibration(session, embedder_sha256)

    # Writing

    def import_consents(
        self,
        parsed: ParsedFile,
        coverage: Coverage = Coverage.USUAL,
        *,
        again: bool = False,
        dry_run: bool = False,
        accept_new_yes: bool = False,
        accept_turned: bool = False,
    ) -> ImportReport:
        """Record what is new in a consent file: all of it, or (after an error, or in a dry run) nothing.

        A file that says the same as the newest confirms it, and changes nothing else; `importing.Choices` explains the
        other arguments.

        Raises ImportRefused if the file does not fit the register.
        """
        choices = Choices(coverage, again, accept_new_yes, accept_turned)
        with self._writing("import") as session:
            report = importing.apply_import(session, parsed, choices, local_today())
            session.keep = session.keep and not dry_run
            return report

    def withdraw(self, person: PersonId, evidence: str, purpose: Purpose | None = None) -> int:
        """Record a family's withdrawal, for one purpose or for all; returns the number of templates destroyed.

        Somebody who agrees to nothing does not need to be recognised, so a withdrawal from everything also ends face
        recognition, and destroys the templates.
        """
        with self._writing("withdrawal") as session:
            sealed = _evidence(session, _known(session, person), evidence)
            consents.withdraw(session, person, purpose, sealed)
            if purpose is not None:
                return 0
            destroyed = biometrics.remove_templates(session, person)
            objection = BiometricRecord(session.version, BiometricFact.OBJECTION)
            biometrics.add_biometric_record(session, person, objection, sealed)
        self._scrub()
        return destroyed

    def grant(
        self,
        person: PersonId,
        purpose: Purpose,
        evidence: str,
        *,
        media: Sequence[Medium] = (Medium.IMAGE,),
        valid_from: dt.date | None = None,
        valid_to: dt.date | None = None,
    ) -> frozenset[Hold]:
        """Record a written consent that a person has in hand; the only thing that ends a withdrawal.

        Returns the person's holds: while there is one, they are still not shown. Raises UsageError if the consent would
        end before it begins.
        """
        if valid_from is not None and valid_to is not None and valid_to < valid_from:
            raise UsageError(
                f"the consent would end ({valid_to:%d/%m/%Y}) before it begins ({valid_from:%d/%m/%Y})",
                remedy="Give the first day with --from and the last with --until.",
            )
        with self._writing("written-consent") as session:
            sealed = _evidence(session, _known(session, person), evidence)
            statement = Statement(session.version, Source.WRITTEN, None, valid_from, valid_to)
            consents.file_statements(
                session,
                [consents.Filed(person, (purpose, medium), statement, sealed_evidence=sealed) for medium in media],
            )
            return consents.read_holds(session).get(person, frozenset())

    def set_hold(self, person: PersonId, kind: Hold) -> None:
        """From now on the person is never shown, whatever anybody agrees to."""
        with self._writing("hold") as session:
            consents.set_hold(session, _known(session, person).id, kind, on=True)

    def lift_hold(self, person: PersonId, kind: Hold) -> None:
        """End a hold; the consents on record count again."""
        with self._writing("hold-lifted") as session:
            consents.set_hold(session, _known(session, person).id, kind, on=False)

    def record_biometric_consent(
        self,
        person: PersonId,
        *,
        evidence: str,
        parents_notified: dt.date,
        expires: dt.date | None = None,
        lifts_refusal: bool = False,
    ) -> Ruling:
        """Record a written consent to face recognition; returns whether recognition may now run for the person.

        Args:
            person: Whose face.
            evidence: Where the written consent is filed.
            parents_notified: Day by which every parent had been told in writing.
            expires: Last day of the consent.
            lifts_refusal: Earlier objections and refusals were also taken back in writing.
        """
        record = BiometricRecord(0, BiometricFact.CONSENT, parents_notified, expires, lifts_refusal)
        return self.record_biometrics([(person, record, evidence)])[0]

    def record_biometric_refusal(self, person: PersonId, fact: BiometricFact, evidence: str = "") -> None:
        """Record a parent's objection or the child's own refusal; destroys the templates at once."""
        self.record_biometrics([(person, BiometricRecord(0, fact), evidence)])

    def record_biometrics(
        self, entries: Iterable[tuple[PersonId, BiometricRecord, str]], *, dry_run: bool = False
    ) -> tuple[Ruling, ...]:
        """Record facts about face recognition, all or none; returns each person's ruling afterwards.

        Args:
            entries: Person, fact (its version is set here), evidence.
            dry_run: Keep nothing; return what the rulings would be.
        """
        with self._writing("biometric") as session:
            session.keep = not dry_run
            people = read_people(session)
            written = []
            for person, record, evidence in entries:
                if person not in people:
                    raise UsageError(f"the register has nobody with the id {person}", remedy="Import consents first.")
                sealed = _evidence(session, people[person], evidence, required=record.fact is BiometricFact.CONSENT)
                biometrics.add_biometric_record(session, person, record, sealed)
                written.append(person)
            records = biometrics.read_biometric_records(session)
            rulings = tuple(biometric_ruling(records[person], local_today()) for person in written)
        self._scrub()
        return rulings

    def open_gate(self, dpia: str, approved_by: str) -> None:
        """Allow recognition for this school; both references are required.

        Raises SafetyRefusal if one of them is blank.
        """
        if not dpia.strip() or not approved_by.strip():
            raise SafetyRefusal(
                "face recognition needs a data protection impact assessment and somebody who approved it",
                remedy="Give both: --dpia REFERENCE --approved-by WHO",
            )
        with self._writing("gate") as session:
            biometrics.write_gate(session, GateState(open=True, dpia=dpia.strip(), approved_by=approved_by.strip()))

    def close_gate(self) -> None:
        """Switch recognition off; enrolled templates stay, unused, until they expire or are deleted."""
        with self._writing("gate") as session:
            biometrics.write_gate(session, GateState(open=False))

    def declare_lookalikes(self, people: Iterable[PersonId], *, alike: bool = True) -> None:
        """Twins and others who may be taken for one another: each is shown only if all have agreed.

        `alike=False` says that a person has looked, and the program may tell these people apart by their faces.
        """
        declared = frozenset(people)
        if len(declared) < 2:
            raise UsageError("look-alikes are at least two people", remedy="Give two ids or more.")
        with self._writing("look-alikes") as session:
            for person in declared:
                _known(session, person)
            biometrics.add_lookalikes(session, declared, alike=alike)

    def store_templates(
        self, person: PersonId, embeddings: Embedding, model_sha256: str, expires: dt.date | None = None
    ) -> None:
        """Replace the person's templates by `float32 [k, 128]`; expiry defaults to the next 31 August.

        Raises SafetyRefusal if the person has no live biometric consent or the gate is closed.
        """
        today = local_today()
        with self._writing("templates") as session:
            known = _known(session, person)
            ruling = biometrics.read_biometric_ruling(session, person, today)
            if ruling.because is not None:
                raise SafetyRefusal(f"{person} cannot be enrolled: {say(ruling.because)}", remedy=_RECORD_CONSENT)
            if not biometrics.read_gate(session).open:
                raise SafetyRefusal("face recognition is switched off", remedy="anonymise recognition enable --help")
            last_day = expires or biometrics.next_end_of_school_year(today)
            biometrics.write_templates(session, known, embeddings, model_sha256, last_day)

    def delete_templates(self, person: PersonId) -> int:
        """Destroy the person's templates; returns how many there were."""
        with self._writing("templates-deleted") as session:
            count = biometrics.remove_templates(session, _known(session, person).id)
            session.keep = count > 0
        self._scrub()
        return count

    def destroy_expired_templates(self, today: dt.date | None = None) -> int:
        """Destroy templates that must no longer be used; returns how many there were."""
        day = today or local_today()
        with self._reading() as session:
            if not biometrics.count_expired_templates(session, day):
                return 0
        with self._writing("templates-expired") as session:
            count = biometrics.count_expired_templates(session, day)
            biometrics.remove_expired_templates(session, day)
        self._scrub()
        return count

    def store_calibration(self, embedder_sha256: str, mean: Embedding | None, thresholds: Thresholds) -> None:
        """Keep thresholds, and a mean `float32 [128]` or None, that were measured for this model."""
        with self._writing("calibration") as session:
            biometrics.write_calibration(session, embedder_sha256, Calibration(thresholds, mean))

    def forget(self, person: PersonId) -> Erased:
        """Delete the person's key and with it names, evidence and templates, then every row about them.

        What stays is a keyed hash of id and name, and the holds: a later import that lists the person again
        starts with everything withdrawn, and never brings back earlier consents. The answer says what was deleted, and
        can find it in any file that still holds it.
        """
        with self._writing("forgotten") as session:
            erased = erase(session, _known(session, person))
        self._scrub()
        return erased


_RECORD_CONSENT = "Record the written consent first: anonymise consent biometric --help"


def _known(session: Session, person: PersonId) -> Person:
    people = read_people(session)
    if person not in people:
        raise UsageError("the register has no such person", remedy="anonymise consent list shows everybody's id.")
    return people[person]


def _evidence(session: Session, person: Person, text: str, *, required: bool = True) -> bytes:
    if required and not text.strip():
        raise UsageError("the evidence is missing", remedy="Say where the family's own words are filed.")
    return session.vault.seal(person.wrapped_key, person.id, consents.EVIDENCE, text.encode())


def _name_index(session: Session) -> NameIndex:
    return NameIndex.build((name, person.id) for person in read_people(session).values() for name in person.names.full)
