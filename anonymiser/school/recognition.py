"""Face recognition as a page needs it: who may be learned, who is, who looks alike, and one person's portraits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anonymiser.consent.biometrics import GateState
from anonymiser.consent.people import Person
from anonymiser.consent.register import Register
from anonymiser.delivery.site import Site
from anonymiser.errors import SafetyRefusal
from anonymiser.values.people import PersonId
from anonymiser.values.progress import untold
from anonymiser.wording import say

if TYPE_CHECKING:
    from anonymiser.school.calibrating import Calibrating
    from anonymiser.school.class_photo import ClassPhotos
    from anonymiser.school.faces import Enrolment

MOST_PORTRAITS = 12
"""Of one person at a time: they are held in memory, and more than four bring little (docs/recognition.md)."""


@dataclass(frozen=True, slots=True)
class RecognitionState:
    """What a school has decided about face recognition, and how far it has come."""

    gate: GateState
    agreed: int
    """How many people may be recognised."""
    enrolled: int
    """How many of them the program has learned."""
    to_learn: tuple[Person, ...] = field(repr=False)
    """Who agreed and is not learned yet, or no longer, by surname."""
    pairs: tuple[tuple[Person, Person], ...] = field(repr=False)
    """Who looks alike, by the templates, and has been compared by nobody."""
    calibrated: bool
    """Whether the thresholds were measured on the school's own photos."""


class SchoolRecognition:
    """The gate's other side: what needs the networks, or the templates."""

    def __init__(self, site: Site, register: Register, refusals: Callable[[str], AbstractContextManager[None]]) -> None:
        """`refusals` records what is refused inside it, by what was tried."""
        self._site = site
        self._register = register
        self._settings = site.workspace.settings
        self._refusals = refusals

    def state(self) -> RecognitionState:
        """Everything at once. Raises ModelError if the recogniser's file is not the right one."""
        from anonymiser.recognise.identify import resembling_pairs  # noqa: PLC0415 - as below
        from anonymiser.school.faces import whole_school  # noqa: PLC0415 - the desk's other pages need no networks
        from anonymiser.weights import ModelId, model_sha256  # noqa: PLC0415 - as above

        register, sha = self._register, model_sha256(ModelId.SFACE)
        people = {person.id: person for person in register.people()}
        agreed, enrolled = register.agreed_to_recognition(), register.enrolled(sha)
        missing = [people[person] for person in agreed - enrolled if people[person].present]
        ruled, calibration = register.lookalikes(), register.calibration(sha)
        alike = resembling_pairs(whole_school(register, sha, self._settings.recognition))
        pairs = sorted(sorted(pair) for pair in alike if pair not in ruled)
        return RecognitionState(
            gate=register.gate(),
            agreed=len(agreed),
            enrolled=len(agreed & enrolled),
            to_learn=tuple(sorted(missing, key=lambda who: (who.names.surname.casefold(), who.names.forename, who.id))),
            pairs=tuple((people[first], people[second]) for first, second in pairs),
            calibrated=calibration is not None and calibration.counts,
        )

    def why_nobody(self) -> str:
        """Why nobody may be learned, in plain English; empty if those who agreed may."""
        return "" if self._register.gate().open else "face recognition is switched off in this school"

    def why_not(self, person: PersonId) -> str:
        """Why nothing may be learned about the person, in plain English; empty if it may."""
        if closed := self.why_nobody():
            return closed
        because = self._register.biometric_ruling(person).because
        return say(because) if because else ""

    @property
    def class_photos(self) -> ClassPhotos:
        """Photos of classes in which somebody names faces."""
        from anonymiser.school.class_photo import ClassPhotos  # noqa: PLC0415 - decodes photos

        return ClassPhotos(self._register, self._settings, self._refusals)

    @property
    def calibrating(self) -> Calibrating:
        """Thresholds from photos that are in this workspace already, or come for it."""
        from anonymiser.school.calibrating import Calibrating  # noqa: PLC0415 - decodes photos

        return Calibrating(self._site, self._register)

    def enrol(self, person: PersonId, photos: Sequence[bytes]) -> Enrolment:
        """Learn one person's face from photos, which replace those learned before and are not kept.

        Raises SafetyRefusal if the person may not be recognised, or these are more than MOST_PORTRAITS.
        """
        from anonymiser.school import faces  # noqa: PLC0415 - loads the networks

        with self._refusals("enrolment"):
            if because := self.why_not(person):
                raise SafetyRefusal(f"nothing is learned: {because}", remedy="Record what is missing first.")
            if len(photos) > MOST_PORTRAITS:
                raise SafetyRefusal(
                    "these are too many photos at once", remedy=f"Give at most {MOST_PORTRAITS}: three or four do."
                )
            return faces.enrol_one(self._register, person, photos, self._settings, untold)
