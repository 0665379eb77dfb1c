"""The gate, the biometric record, templates, and the gallery that may be matched for one event."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import delete, insert, select

from anonymiser.consent import schema
from anonymiser.consent.database import Session
from anonymiser.consent.people import Person, read_people
from anonymiser.consent.rules import BiometricFact, BiometricRecord, Ruling, biometric_ruling
from anonymiser.errors import SafetyRefusal
from anonymiser.recognise.identify import resembling_pairs
from anonymiser.settings import Recognition, RecognitionGate
from anonymiser.values.consent import Event
from anonymiser.values.identity import RECIPE, SURE_UNMEASURED, Embedding, Gallery, Thresholds
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code, Reason

DIMENSIONS = 128
MOST_OTHERS = 100
"""As many others enrolled at the school are a gallery's cohort: with more, nothing has been measured."""
CALIBRATE_AGAIN = (
    "the thresholds from your photos no longer count, because this version scores faces differently, and until you "
    "calibrate again fewer children are recognised: anonymise recognition calibrate DIR"
)
_TEMPLATES = "templates"


@dataclass(frozen=True, slots=True)
class GateState:
    """Whether this school has opened recognition, and who is responsible."""

    open: bool
    dpia: str = ""
    """Reference of the data protection impact assessment."""
    approved_by: str = ""
    since: dt.datetime | None = None
    """When it was opened or closed; None if it was never touched."""

    def require_open(self) -> None:
        """Raise SafetyRefusal if recognition is closed."""
        if not self.open:
            raise SafetyRefusal("face recognition is switched off", remedy="See: anonymise recognition enable --help")


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds measured on this school's own faces, for one model."""

    thresholds: Thresholds
    recipe: int
    """How faces were scored when it was made."""

    @property
    def counts(self) -> bool:
        """Whether faces are still scored like that; if not, its thresholds mean nothing."""
        return self.recipe == RECIPE


def next_end_of_school_year(today: dt.date) -> dt.date:
    """The next 31 August, today included: children change too fast for older templates."""
    end = dt.date(today.year, 8, 31)
    return end if today <= end else end.replace(year=today.year + 1)


def read_gate(session: Session) -> GateState:
    """The gate as last set; closed if nobody ever opened it."""
    g, c = schema.gate.c, schema.change.c
    row = session.connection.execute(
        select(g.open, g.dpia, g.approved_by, c.at)
        .join(schema.change, c.version == g.version)
        .where(g.version <= session.version)
        .order_by(g.version.desc())
        .limit(1)
    ).first()
    return GateState(open=False) if row is None else GateState(row.open, row.dpia, row.approved_by, row.at)


def write_gate(session: Session, state: GateState) -> None:
    """Open or close the gate from the session's version on."""
    session.connection.execute(
        insert(schema.gate).values(
            version=session.version, open=state.open, dpia=state.dpia, approved_by=state.approved_by
        )
    )


def add_biometric_record(session: Session, person: PersonId, record: BiometricRecord, sealed_evidence: bytes) -> None:
    """Add one fact; a refusal or objection destroys the templates in the same transaction, a doubt keeps them."""
    session.connection.execute(
        insert(schema.biometric).values(
            version=session.version,
            person=person,
            fact=record.fact,
            parents_notified=record.parents_notified,
            valid_to=record.valid_to,
            lifts_refusal=record.lifts_refusal,
            sealed_evidence=sealed_evidence,
        )
    )
    if record.fact.refuses:
        remove_templates(session, person)


def read_biometric_records(session: Session) -> dict[PersonId, list[BiometricRecord]]:
    """Facts by person, oldest first."""
    b = schema.biometric.c
    query = select(b.person, b.version, b.fact, b.parents_notified, b.valid_to, b.lifts_refusal)
    found: dict[PersonId, list[BiometricRecord]] = defaultdict(list)
    for person, version, fact, notified, valid_to, lifts in session.connection.execute(
        query.where(b.version <= session.version).order_by(b.version, b.id)
    ):
        found[PersonId(person)].append(BiometricRecord(version, BiometricFact(fact), notified, valid_to, lifts))
    return found


def read_biometric_ruling(session: Session, person: PersonId, on: dt.date) -> Ruling:
    """Whether this one person's face may be processed."""
    return biometric_ruling(read_biometric_records(session).get(person, ()), on)


def write_templates(
    session: Session, person: Person, embeddings: Embedding, model_sha256: str, expires: dt.date
) -> None:
    """Replace the person's templates by `float32 [k, 128]`, sealed with the person's key."""
    plain = np.ascontiguousarray(embeddings, dtype="<f4")
    if plain.ndim != 2 or plain.shape[1] != DIMENSIONS or not len(plain) or not np.isfinite(plain).all():
        raise ValueError(f"templates must be finite and of shape [k, {DIMENSIONS}], not {plain.shape}")
    remove_templates(session, person.id)
    session.connection.execute(
        insert(schema.template).values(
            version=session.version,
            person=person.id,
            model_sha256=model_sha256,
            expires=expires,
            number=len(plain),
            sealed_embeddings=session.vault.seal(person.wrapped_key, person.id, _TEMPLATES, plain.tobytes()),
        )
    )


def remove_templates(session: Session, person: PersonId) -> int:
    """Delete the person's templates; returns how many there were."""
    t = schema.template.c
    count: int = sum(session.connection.scalars(select(t.number).where(t.person == person)))
    session.connection.execute(delete(schema.template).where(t.person == person))
    return count


def count_expired_templates(session: Session, on: dt.date) -> int:
    """How many templates have their last day before `on`."""
    t = schema.template.c
    return sum(session.connection.scalars(select(t.number).where(t.expires < on)))


def remove_expired_templates(session: Session, on: dt.date) -> None:
    """Delete templates whose last day is before `on`."""
    session.connection.execute(delete(schema.template).where(schema.template.c.expires < on))


def enrolled_people(session: Session, model_sha256: str, on: dt.date) -> frozenset[PersonId]:
    """Who has templates of this model that have not expired."""
    t = schema.template.c
    query = select(t.person).where((t.model_sha256 == model_sha256) & (t.expires >= on))
    return frozenset(map(PersonId, session.connection.scalars(query)))


def _read_templates(session: Session, person: Person, model_sha256: str, on: dt.date) -> Embedding:
    t = schema.template.c
    query = select(t.sealed_embeddings).where(
        (t.person == person.id) & (t.model_sha256 == model_sha256) & (t.expires >= on)
    )
    parts = [
        np.frombuffer(session.vault.open(person.wrapped_key, person.id, _TEMPLATES, sealed), "<f4")
        for sealed in session.connection.scalars(query)
    ]
    return np.concatenate([np.zeros(0, np.float32), *parts]).astype(np.float32).reshape(-1, DIMENSIONS)


def write_calibration(session: Session, model_sha256: str, thresholds: Thresholds) -> None:
    """Keep what was measured for a model; earlier calibrations stay on record but no longer count."""
    session.connection.execute(
        insert(schema.calibration).values(
            version=session.version,
            model_sha256=model_sha256,
            could_be=thresholds.could_be,
            sure=thresholds.sure,
            margin=thresholds.margin,
            recipe=RECIPE,
            most=thresholds.most,
        )
    )


def read_calibration(session: Session, model_sha256: str) -> Calibration | None:
    """The newest calibration for the model, if any, even if it no longer counts."""
    c = schema.calibration.c
    row = session.connection.execute(
        select(c.could_be, c.sure, c.margin, c.most, c.recipe)
        .where((c.model_sha256 == model_sha256) & (c.version <= session.version))
        .order_by(c.version.desc())
        .limit(1)
    ).first()
    return row and Calibration(Thresholds(row.could_be, row.sure, row.margin, row.most), row.recipe)


def newest_recipe(session: Session) -> int | None:
    """The recipe of the newest calibration for any model; None if there is none."""
    c = schema.calibration.c
    query = select(c.recipe).where(c.version <= session.version).order_by(c.version.desc()).limit(1)
    return session.connection.scalar(query)


def thresholds_now(calibration: Calibration | None, settings: Recognition) -> Thresholds:
    """Those of the calibration, if it counts; else the standard ones for the risk in the settings.

    A calibration that no longer counts may have promised less risk than any standard does, so the strictest threshold
    stands in until somebody calibrates again.
    """
    if calibration and calibration.counts:
        return calibration.thresholds
    standard = Thresholds.standard(settings.one_in, settings.margin)
    return replace(standard, sure=SURE_UNMEASURED) if calibration else standard


def add_lookalikes(session: Session, people: frozenset[PersonId], *, alike: bool) -> None:
    """Record for every two of these people whether they may be taken for one another."""
    pairs = [(a, b) for a in people for b in people if a < b]
    session.connection.execute(
        insert(schema.lookalike),
        [{"version": session.version, "first": a, "second": b, "alike": alike} for a, b in pairs],
    )


def read_lookalikes(session: Session) -> dict[frozenset[PersonId], bool]:
    """Every pair that somebody has ruled on; True if they may be taken for one another."""
    pair = schema.lookalike.c
    rows = session.connection.execute(
        select(pair.first, pair.second, pair.alike)
        .where(pair.version <= session.version)
        .order_by(pair.version, pair.id)
    )
    return {frozenset((PersonId(a), PersonId(b))): alike for a, b, alike in rows}


def read_gallery(session: Session, event: Event, model_sha256: str, settings: Recognition, on: dt.date) -> Gallery:
    """The templates that may be matched for `event`, or a closed gallery that says why nobody may be."""
    if not read_gate(session).open:
        return Gallery.closed(Code.GATE_CLOSED())
    everybody = _who_is_enrolled(session, model_sha256, on)
    matched = _who_may_be_matched(session, event, everybody, settings, on)
    if isinstance(matched, Reason):
        return Gallery.closed(matched)
    templates = [_read_templates(session, person, model_sha256, on) for person in matched]
    ids = tuple(person.id for person in matched)
    others = [person for person in everybody if person.id not in ids][:MOST_OTHERS]
    calibration = read_calibration(session, model_sha256)
    gallery = Gallery(
        people=ids,
        templates=np.concatenate(templates),
        owner=np.repeat(np.arange(len(matched)), [len(part) for part in templates]),
        thresholds=thresholds_now(calibration, settings),
        cohort=np.array(
            [_read_templates(session, person, model_sha256, on).mean(0) for person in others], np.float32
        ).reshape(-1, DIMENSIONS),
    )
    rulings = read_lookalikes(session)
    alike = {pair for pair, together in rulings.items() if together and pair & set(gallery.people)}
    if calibration:
        # Until a person has looked at them. Thresholds that were not measured here make a pair of any two children.
        alike |= resembling_pairs(gallery) - rulings.keys()
    return replace(gallery, lookalikes=frozenset(alike))


def _who_is_enrolled(session: Session, model_sha256: str, on: dt.date) -> list[Person]:
    """Everybody at the school with live templates and consent to recognition."""
    records = read_biometric_records(session)
    enrolled = enrolled_people(session, model_sha256, on)
    return [
        person
        for person in read_people(session).values()
        if person.present and person.id in enrolled and biometric_ruling(records.get(person.id, ()), on).granted
    ]


def _who_may_be_matched(
    session: Session, event: Event, enrolled: list[Person], settings: Recognition, on: dt.date
) -> list[Person] | Reason:
    """Those of `enrolled` who belong to the event, or why nobody may be matched."""
    people = [person for person in read_people(session).values() if person.present]
    if event.group is not None:
        people = [person for person in people if person.belongs_to(event.group)]
        if not people:
            return Code.UNKNOWN_GROUP()
    records = read_biometric_records(session)
    agreed = [person for person in people if biometric_ruling(records.get(person.id, ()), on).granted]
    if settings.gate is RecognitionGate.WHOLE_GROUP:
        if event.group is None:
            return Code.NO_GROUP()
        if missing := len(people) - len(agreed):
            return Code.GROUP_NOT_AGREED(missing=missing)
    if not agreed:
        return Code.NOBODY_AGREED()
    present = {person.id for person in people}
    matched = [person for person in enrolled if person.id in present]
    if not matched:
        return Code.NOBODY_ENROLLED()
    if len(matched) > settings.max_gallery:
        return Code.TOO_MANY_PEOPLE(people=len(matched), most=settings.max_gallery)
    return matched
