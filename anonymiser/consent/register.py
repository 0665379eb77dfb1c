"""The consent register of one workspace: everything that is read from it or written to it goes through here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from anonymiser.consent import biometrics, consents, importing
from anonymiser.consent.answers import Answers, known_person, local_today
from anonymiser.consent.biometrics import GateState
from anonymiser.consent.database import Session
from anonymiser.consent.erasure import Erased, erase
from anonymiser.consent.importing import Choices, Coverage, ImportReport
from anonymiser.consent.parsed import ParsedFile
from anonymiser.consent.people import Person, read_people
from anonymiser.consent.rules import BiometricFact, BiometricRecord, Ruling, Source, Statement, biometric_ruling
from anonymiser.errors import SafetyRefusal, UsageError
from anonymiser.values.consent import Hold, Medium, Purpose
from anonymiser.values.identity import Embedding, Thresholds
from anonymiser.values.people import PersonId
from anonymiser.wording import say

__all__ = ["Register", "local_today"]


class Register(Answers):
    """People, consents, holds, biometric records and templates, with their whole history.

    A register is opened for a few calls and closed again. Each call is one transaction: readers in other
    processes see the state before it or after it. Methods that name a person raise UsageError if the register has no
    such id, and every method raises RegisterError if the database or its key fails.
    """

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
            sealed = _evidence(session, known_person(session, person), evidence)
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
            sealed = _evidence(session, known_person(session, person), evidence)
            statement = Statement(session.version, Source.WRITTEN, None, valid_from, valid_to)
            consents.file_statements(
                session,
                [consents.Filed(person, (purpose, medium), statement, sealed_evidence=sealed) for medium in media],
            )
            return consents.read_holds(session).get(person, frozenset())

    def set_hold(self, person: PersonId, kind: Hold) -> None:
        """From now on the person is never shown, whatever anybody agrees to."""
        with self._writing("hold") as session:
            consents.set_hold(session, known_person(session, person).id, kind, on=True)

    def lift_hold(self, person: PersonId, kind: Hold) -> None:
        """End a hold; the consents on record count again."""
        with self._writing("hold-lifted") as session:
            consents.set_hold(session, known_person(session, person).id, kind, on=False)

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
                known_person(session, person)
            biometrics.add_lookalikes(session, declared, alike=alike)

    def store_templates(
        self, person: PersonId, embeddings: Embedding, model_sha256: str, expires: dt.date | None = None
    ) -> None:
        """Replace the person's templates by `float32 [k, 128]`; expiry defaults to the next 31 August.

        Raises SafetyRefusal if the person has no live biometric consent or the gate is closed.
        """
        today = local_today()
        with self._writing("templates") as session:
            known = known_person(session, person)
            ruling = biometrics.read_biometric_ruling(session, person, today)
            if ruling.because is not None:
                raise SafetyRefusal(f"{person} cannot be enrolled: {say(ruling.because)}", remedy=_RECORD_CONSENT)
            biometrics.read_gate(session).require_open()
            last_day = expires or biometrics.next_end_of_school_year(today)
            biometrics.write_templates(session, known, embeddings, model_sha256, last_day)

    def delete_templates(self, person: PersonId) -> int:
        """Destroy the person's templates; returns how many there were."""
        with self._writing("templates-deleted") as session:
            count = biometrics.remove_templates(session, known_person(session, person).id)
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

    def store_calibration(self, embedder_sha256: str, thresholds: Thresholds) -> None:
        """Keep thresholds that were measured for this model, with the recipe by which faces are scored today."""
        with self._writing("calibration") as session:
            biometrics.write_calibration(session, embedder_sha256, thresholds)

    def forget(self, person: PersonId) -> Erased:
        """Delete the person's key and with it names, evidence and templates, then every row about them.

        What stays is a keyed hash of id and name, and the holds: a later import that lists the person again
        starts with everything withdrawn, and never brings back earlier consents. The answer says what was deleted, and
        can find it in any file that still holds it.
        """
        with self._writing("forgotten") as session:
            erased = erase(session, known_person(session, person))
        self._forget_answers()
        self._scrub()
        return erased


_RECORD_CONSENT = "Record the written consent first: anonymise consent biometric --help"


def _evidence(session: Session, person: Person, text: str, *, required: bool = True) -> bytes:
    if required and not text.strip():
        raise UsageError("the evidence is missing", remedy="Say where the family's own words are filed.")
    return session.vault.seal(person.wrapped_key, person.id, consents.EVIDENCE, text.encode())
