"""The gate, the gallery of one event, templates, calibration and look-alikes."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from anonymiser.consent import schema
from anonymiser.consent.biometrics import next_end_of_school_year
from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.register import Register, local_today
from anonymiser.consent.rules import BiometricFact
from anonymiser.errors import RegisterError, SafetyRefusal, UsageError
from anonymiser.settings import Recognition, RecognitionGate
from anonymiser.values.consent import Event
from anonymiser.values.identity import COULD_BE, SURE_BY_RISK, SURE_UNMEASURED, Embedding, Gallery, Thresholds
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code

MODEL, OTHER = "a" * 64, "b" * 64
RULES = Recognition()
Agree = Callable[..., None]
Face = Callable[[int], Embedding]


@pytest.fixture
def enrolled(school: ImportReport, register: Register, agree: Agree, face: Face) -> None:
    """The gate is open; p00, p01 (3A) and p02 (3B) have agreed and are enrolled, p03 has not."""
    register.open_gate("DPIA 7", "Head")
    for seed, person in enumerate(("p00", "p01", "p02")):
        agree(person)
        register.store_templates(PersonId(person), face(seed), MODEL)


def gallery(register: Register, event: Event, **settings: object) -> Gallery:
    return register.gallery(event, MODEL, RULES.model_copy(update=settings))


def test_the_declared_groups_templates_and_nobody_elses(
    enrolled: None, register: Register, website: Event, face: Face
) -> None:
    """Only the event's group is matched, with templates exactly as they were stored."""
    found = gallery(register, dataclasses.replace(website, group=" 3a "))
    assert found.closed_because is None
    assert found.people == ("p00", "p01")
    assert found.owner.tolist() == [0, 0, 1, 1]
    assert found.templates.dtype == np.float32
    np.testing.assert_array_equal(found.templates, np.concatenate([face(0), face(1)]))
    assert found.thresholds == Thresholds.standard(RULES.one_in, RULES.margin)


def test_without_a_group_everybody_enrolled_is_matched_up_to_the_limit(
    enrolled: None, register: Register, website: Event
) -> None:
    """An event without a group is matched with all, unless they are more than is safe."""
    assert gallery(register, website).people == ("p00", "p01", "p02")
    assert gallery(register, website, max_gallery=2).closed_because == Code.TOO_MANY_PEOPLE(people=3, most=2)


def test_reasons_for_a_closed_gallery(
    school: ImportReport, register: Register, website: Event, agree: Agree, face: Face
) -> None:
    """Each missing condition closes the gallery with its own reason, and a closed gallery holds no template."""
    reasons = []

    def note(event: Event = website, **settings: object) -> None:
        found = gallery(register, event, **settings)
        assert len(found.people) == len(found.templates) == len(found.owner) == 0
        reasons.append(found.closed_because)

    note()
    register.open_gate("DPIA 7", "Head")
    note()
    note(dataclasses.replace(website, group="9Z"))
    agree("p00")
    note()
    register.store_templates(PersonId("p00"), face(0), OTHER)
    note()
    register.store_templates(PersonId("p00"), face(0), MODEL, expires=local_today() - dt.timedelta(1))
    note()
    note(gate=RecognitionGate.WHOLE_GROUP)
    note(dataclasses.replace(website, group="3A"), gate=RecognitionGate.WHOLE_GROUP)
    register.store_templates(PersonId("p00"), face(0), MODEL, expires=local_today())
    assert gallery(register, website).people == ("p00",)
    register.close_gate()
    note()
    off, nobody = Code.GATE_CLOSED(), Code.NOBODY_ENROLLED()
    assert reasons == [
        off, Code.NOBODY_AGREED(), Code.UNKNOWN_GROUP(),
        nobody, nobody, nobody,
        Code.NO_GROUP(), Code.GROUP_NOT_AGREED(missing=1), off,
    ]  # fmt: skip


def test_a_whole_group_that_agreed_may_be_matched(enrolled: None, register: Register, website: Event) -> None:
    """With the stricter gate a group runs when everybody in it has agreed, enrolled or not."""
    strict = RecognitionGate.WHOLE_GROUP
    assert gallery(register, dataclasses.replace(website, group="3A"), gate=strict).people == ("p00", "p01")
    assert gallery(register, dataclasses.replace(website, group="3B"), gate=strict).closed_because


@pytest.mark.parametrize("fact", [BiometricFact.OBJECTION, BiometricFact.CHILD_REFUSAL])
def test_a_refusal_destroys_templates_and_outlasts_a_new_consent(
    enrolled: None, register: Register, website: Event, agree: Agree, face: Face, fact: BiometricFact
) -> None:
    """After a no the templates are gone, a further consent does not count, and one that lifts the no does."""
    person = PersonId("p00")
    register.record_biometric_refusal(person, fact)
    assert register.enrolled(MODEL) == {"p01", "p02"}
    agree("p00")
    with pytest.raises(SafetyRefusal, match="refused"):
        register.store_templates(person, face(0), MODEL)
    assert "p00" not in register.agreed_to_recognition()
    agree("p00", lifts_refusal=True)
    register.store_templates(person, face(0), MODEL)
    assert "p00" in gallery(register, website).people


def test_withdrawing_everything_ends_recognition(enrolled: None, register: Register, website: Event) -> None:
    """Nobody who has agreed to nothing is recognised: templates go with the withdrawal."""
    assert register.withdraw(PersonId("p00"), "letter", None) == 2
    assert gallery(register, website).people == ("p01", "p02")
    assert not register.biometric_ruling(PersonId("p00")).granted


def test_no_enrolment_without_consent_or_gate(
    school: ImportReport, register: Register, agree: Agree, face: Face
) -> None:
    """Templates are refused for people without biometric consent, and for all while the gate is closed."""
    with pytest.raises(SafetyRefusal, match="p00 cannot be enrolled"):
        register.store_templates(PersonId("p00"), face(0), MODEL)
    agree("p00")
    with pytest.raises(SafetyRefusal, match="switched off"):
        register.store_templates(PersonId("p00"), face(0), MODEL)
    assert register.enrolled(MODEL) == frozenset()


def test_consent_to_recognition_ends_with_its_last_day(
    school: ImportReport, register: Register, website: Event, agree: Agree, face: Face
) -> None:
    """The day after the consent's last day nobody is matched."""
    register.open_gate("DPIA 7", "Head")
    agree("p00", expires=local_today())
    register.store_templates(PersonId("p00"), face(0), MODEL, expires=local_today() + dt.timedelta(9))
    tomorrow = local_today() + dt.timedelta(1)
    assert register.gallery(website, MODEL, RULES).people == ("p00",)
    assert register.gallery(website, MODEL, RULES, tomorrow).closed_because


def test_templates_are_replaced_and_deleted(enrolled: None, register: Register, website: Event, face: Face) -> None:
    """A new enrolment replaces the old one; deleting tells how many there were, and is no change without any."""
    register.store_templates(PersonId("p00"), face(9)[:1], MODEL)
    assert register.delete_templates(PersonId("p00")) == 1
    version = register.version
    assert register.delete_templates(PersonId("p00")) == 0
    assert register.version == version
    assert gallery(register, website).people == ("p01", "p02")


@pytest.mark.parametrize("shape", [(0, 128), (2, 64), (128,)])
def test_templates_of_another_shape_are_a_defect(enrolled: None, register: Register, shape: tuple[int, ...]) -> None:
    """Only embeddings of the model's size are stored."""
    with pytest.raises(ValueError, match="shape"):
        register.store_templates(PersonId("p00"), np.zeros(shape, np.float32), MODEL)
    assert register.enrolled(MODEL) == {"p00", "p01", "p02"}


def test_the_cohort_is_who_else_is_enrolled(enrolled: None, register: Register, website: Event, face: Face) -> None:
    """Everybody else at the school stands beside the group as the mean of their templates, and is no candidate."""
    in_3a = gallery(register, dataclasses.replace(website, group="3A"))
    assert in_3a.people == ("p00", "p01")
    np.testing.assert_allclose(in_3a.cohort, [face(2).mean(0)])
    in_3b = gallery(register, dataclasses.replace(website, group="3B"))
    np.testing.assert_allclose(in_3b.cohort, [face(0).mean(0), face(1).mean(0)])
    assert len(gallery(register, website).cohort) == 0
    assert "p02" not in repr(in_3a)


def test_the_cohort_is_guarded_like_the_gallery(
    enrolled: None, register: Register, website: Event, agree: Agree, face: Face, load: Callable[..., ImportReport]
) -> None:
    """Refusal, expiry, another model, forgetting, leaving and the gate take somebody out of it at once."""
    in_3b = dataclasses.replace(website, group="3B")

    def cohort() -> int:
        return len(gallery(register, in_3b).cohort)

    assert cohort() == 2
    register.record_biometric_refusal(PersonId("p00"), BiometricFact.CHILD_REFUSAL)
    assert cohort() == 1
    register.store_templates(PersonId("p01"), face(1), MODEL, expires=local_today() - dt.timedelta(1))
    assert cohort() == 0
    register.store_templates(PersonId("p01"), face(1), OTHER)
    assert cohort() == 0
    register.store_templates(PersonId("p01"), face(1), MODEL)
    assert cohort() == 1
    register.close_gate()
    assert cohort() == 0
    register.open_gate("DPIA 7", "Head")
    register.forget(PersonId("p01"))
    assert cohort() == 0
    agree("p03")
    register.store_templates(PersonId("p03"), face(3), MODEL)
    load("person_id,forename,surname,class,website\np02,Ali,Khan,3B,granted\n", coverage=Coverage.COMPLETE)
    assert cohort() == 0


def test_a_larger_school_is_not_all_in_the_cohort(
    enrolled: None, register: Register, website: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more of the others than was measured."""
    monkeypatch.setattr("anonymiser.consent.biometrics.MOST_OTHERS", 1)
    assert len(gallery(register, dataclasses.replace(website, group="3B")).cohort) == 1


def test_a_calibration_of_the_model_replaces_the_settings(enrolled: None, register: Register, website: Event) -> None:
    """Thresholds measured for this model are used, the newest of them, and no other model's."""
    register.store_calibration(OTHER, Thresholds(0.1, 0.2, 0.3))
    assert gallery(register, website).thresholds == Thresholds.standard(RULES.one_in, RULES.margin)
    register.store_calibration(MODEL, Thresholds(0.4, 0.5, 0.1))
    register.store_calibration(MODEL, Thresholds(0.3, 0.6, 0.1, 17))
    assert gallery(register, website).thresholds == Thresholds(0.3, 0.6, 0.1, 17)
    assert register.calibration("c" * 64) is None


@pytest.mark.parametrize("one_in", SURE_BY_RISK)
def test_the_risk_sets_the_standard_thresholds(enrolled: None, register: Register, website: Event, one_in: int) -> None:
    """Without a calibration, the setting alone decides."""
    assert gallery(register, website, one_in=one_in).thresholds.sure == SURE_BY_RISK[one_in]


def test_a_calibration_of_older_scores_is_never_applied(enrolled: None, register: Register, website: Event) -> None:
    """Its thresholds mean nothing now: the strictest stand in until a new one counts, whatever the settings say."""
    register.store_calibration(MODEL, Thresholds(0.3, 0.41, 0.1))
    with register._writing("test") as session:
        session.connection.execute(schema.calibration.update().values(recipe=1))
    assert not register.calibration(MODEL).counts
    assert "calibrate again" in register.calibration_warning()
    found = gallery(register, website, one_in=100).thresholds
    assert found == Thresholds(COULD_BE, SURE_UNMEASURED, RULES.margin)
    assert found.sure > max(SURE_BY_RISK.values())
    register.store_calibration(MODEL, Thresholds(0.3, 0.6, 0.1))
    assert gallery(register, website).thresholds == Thresholds(0.3, 0.6, 0.1)
    assert register.calibration_warning() is None


def test_look_alikes_count_even_if_one_is_not_enrolled(enrolled: None, register: Register, website: Event) -> None:
    """A declared twin without a template still stands beside the enrolled one."""
    register.declare_lookalikes(map(PersonId, ("p00", "p03")))
    register.declare_lookalikes(map(PersonId, ("p00", "p01", "p02")))
    assert gallery(register, dataclasses.replace(website, group="3B")).lookalikes == {
        frozenset({"p00", "p02"}), frozenset({"p01", "p02"}),
    }  # fmt: skip
    assert frozenset({"p00", "p03"}) in gallery(register, website).lookalikes
    with pytest.raises(UsageError):
        register.declare_lookalikes([PersonId("p00"), PersonId("p00")])


def test_leavers_are_not_matched(
    enrolled: None, register: Register, website: Event, load: Callable[..., ImportReport]
) -> None:
    """Who is no longer in the school's list is no longer recognised."""
    load("person_id,forename,surname,class,website\np01,Tom,Brown,3A,granted\n", coverage=Coverage.COMPLETE)
    assert gallery(register, website).people == ("p01",)


def test_the_gate_needs_an_assessment_and_an_approver(register: Register) -> None:
    """Nobody opens recognition without saying on what assessment and on whose word."""
    for dpia, approver in (("", "Head"), ("DPIA 7", " ")):
        with pytest.raises(SafetyRefusal):
            register.open_gate(dpia, approver)
    assert not register.gate().open
    register.open_gate("DPIA 7", "Head")
    assert (register.gate().dpia, register.gate().approved_by) == ("DPIA 7", "Head")


def test_the_context_of_an_event_is_one_version(enrolled: None, register: Register, website: Event) -> None:
    """Consents, gallery and names of a context belong together, and its repr tells neither names nor templates."""
    context = register.context(website, MODEL, RULES)
    assert context.consents == register.snapshot(website)
    assert context.gallery.people == ("p00", "p01", "p02")
    assert ("Ella Smith", "p00") in context.names.names
    assert "Ella" not in repr(context)
    assert "array" not in repr(context)


@pytest.mark.parametrize(
    ("today", "end"),
    [("2026-08-31", "2026-08-31"), ("2026-09-01", "2027-08-31"), ("2026-01-01", "2026-08-31")],
)
def test_templates_end_with_the_school_year(today: str, end: str) -> None:
    """Templates made today live until the coming 31 August."""
    assert next_end_of_school_year(dt.date.fromisoformat(today)) == dt.date.fromisoformat(end)


def test_an_altered_template_stops_everything(enrolled: None, register: Register, website: Event) -> None:
    """A template moved to another person's row is an error and never a match."""
    with register._writing("test") as session:
        table = schema.template
        row = session.connection.execute(table.select().where(table.c.person == "p00")).first()
        session.connection.execute(
            table.update().where(table.c.person == "p01").values(sealed_embeddings=row.sealed_embeddings)
        )
    with pytest.raises(RegisterError, match="altered"):
        gallery(register, website)
