"""`anonymise enrol`: learn faces from a folder of portraits."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from rich.markup import escape

from anonymiser import wording
from anonymiser.cli.consent import open_register
from anonymiser.cli.console import emit, json_option, say, workspace_option
from anonymiser.consent.register import Register
from anonymiser.enrol import EnrolmentResult, PersonResult, enrol_folder
from anonymiser.errors import ExitCode, SafetyRefusal
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.settings import Recognition, RecognitionGate, Settings
from anonymiser.stages import load_detector, load_embedder
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.identity import Gallery, Thresholds
from anonymiser.values.people import PersonId

_MOST_PAIRS = 10
"""More look-alikes than a person would act on mean that the thresholds do not fit the school's faces."""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@workspace_option
@json_option
def enrol(folder: Path, workspace: Path | None, as_json: bool) -> ExitCode:
    """Learn the faces of people with biometric consent from DIR/<person id>/<photos>.

    Give two or more sharp, recent photos a person, facing the camera. The photos are read and not kept.
    """
    with open_register(workspace) as (place, register):
        if not register.gate().open:
            raise SafetyRefusal("face recognition is switched off", remedy="See: anonymise recognition enable --help")
        known = frozenset(person.id for person in register.people())
        result, model_sha256 = _enrol(folder, register, known, place.settings)
        for person in result.people:
            if len(person.templates):
                register.store_templates(
                    person.person, person.templates, model_sha256, place.settings.recognition.template_expiry
                )
        rulings = register.lookalikes()
    unruled = [pair for pair in result.lookalikes if frozenset(pair) not in rulings]
    if as_json:
        _emit(result, known, unruled)
    else:
        _say(result, unruled)
    return ExitCode.INCOMPLETE if any(person.refused_because for person in result.people) else ExitCode.DONE


def _enrol(
    folder: Path, register: Register, known: frozenset[PersonId], settings: Settings
) -> tuple[EnrolmentResult, str]:
    """What the folder yields, and the model it was made with."""
    embedder = load_embedder()
    limits = DecodeLimits(
        max_source_megapixels=settings.intake.max_source_megapixels,
        min_side_pixels=settings.intake.min_side_pixels,
    )

    def forbidden(person: PersonId) -> str:
        if person not in known:
            return "the register has no such person"
        ruling = register.biometric_ruling(person)
        return wording.say(ruling.because) if ruling.because else ""

    result = enrol_folder(
        folder,
        forbidden=forbidden,
        decode=functools.partial(decode, limits=limits, max_megapixels=settings.publishing.max_megapixels),
        detector=load_detector(),
        embedder=embedder,
        gallery=whole_school(register, embedder.model_sha256, settings.recognition),
    )
    return result, embedder.model_sha256


def whole_school(register: Register, model_sha256: str, settings: Recognition) -> Gallery:
    """Everybody who is enrolled, in no group: look-alikes are sought, and thresholds set, for the whole school."""
    everybody = settings.model_copy(update={"max_gallery": sys.maxsize, "gate": RecognitionGate.ENROLLED_ONLY})
    gallery = register.gallery(Event("enrolment", Purpose("enrolment")), model_sha256, everybody)
    if not gallery.closed_because:
        return gallery
    calibration = register.calibration(model_sha256)
    return Gallery(
        people=(),
        templates=np.zeros((0, 128), np.float32),
        owner=np.zeros(0, np.intp),
        mean=calibration.mean if calibration else None,
        thresholds=calibration.thresholds
        if calibration
        else Thresholds(could_be=settings.could_be, sure=settings.sure, margin=settings.margin),
    )


def _say(result: EnrolmentResult, unruled: Sequence[tuple[PersonId, PersonId]]) -> None:
    for person in result.people:
        if person.refused_because:
            say(f"[bold red]not enrolled[/] {escape(person.person)}: {escape(person.refused_because)}")
        else:
            say(f"[green]enrolled[/] {escape(person.person)} from {_photos(len(person.templates))}")
        for photo in person.photos:
            if photo.rejected_because:
                say(f"    {escape(photo.file)}: {escape(photo.rejected_because)}")
    if unruled:
        say("[yellow]look alike[/]: where they cannot be told apart, each is shown only if the other has agreed too")
        for first, second in unruled[:_MOST_PAIRS]:
            say(f"    {escape(first)} and {escape(second)}")
        more = len(unruled) - _MOST_PAIRS
        if more > 0:
            say(f"    and {more} more pairs; see: anonymise recognition calibrate --help")
        say("Please compare them, and say of each pair: anonymise consent look-alikes ID ID, for twins and the like,")
        say("or the same with --different. Until then a calibrated program treats them as look-alikes.")
    if result.loose_files:
        say(f"passed over {_photos(result.loose_files)} that lie in no person's folder")
    enrolled = sum(not person.refused_because for person in result.people)
    say(f"{enrolled} of {len(result.people)} people enrolled; delete the photos if you no longer need them")


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"


def _emit(result: EnrolmentResult, known: frozenset[PersonId], unruled: Sequence[tuple[PersonId, PersonId]]) -> None:
    for person in result.people:
        emit(_person_line(person, known))
    emit(
        {
            "summary": {
                "people": len(result.people),
                "enrolled": sum(not person.refused_because for person in result.people),
                "look_alikes": [list(pair) for pair in result.lookalikes],
                "look_alikes_to_rule_on": [list(pair) for pair in unruled],
                "loose_files": result.loose_files,
            }
        }
    )


def _person_line(person: PersonResult, known: frozenset[PersonId]) -> dict[str, object]:
    """Photos go by number in order of their names, which may be pupils', as a folder's may that is no id."""
    return {
        "person": person.person if person.person in known else None,
        "enrolled": not person.refused_because,
        "reason": person.refused_because,
        "templates": len(person.templates),
        "photos": [
            {"number": number, "used": not photo.rejected_because, "reason": photo.rejected_because}
            for number, photo in enumerate(person.photos, start=1)
        ],
    }
