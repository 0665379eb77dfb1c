"""`anonymise enrol`: learn faces from a folder of portraits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from anonymiser.cli.console import emit, json_option, open_register, say, workspace_option
from anonymiser.cli.progress import photo_progress
from anonymiser.errors import ExitCode
from anonymiser.values.people import PersonId

if TYPE_CHECKING:
    from anonymiser.school.faces import Enrolment, PersonResult

_MOST_PAIRS = 10
"""If there are more look-alikes than a person would act on, the thresholds do not fit the school's faces."""

_ENOUGH_PHOTOS = 3
_WHAT_PHOTOS_BRING = (
    "in a test on public photos, 31% of a child's other photos were recognised with one photo at enrolment, 47% with "
    "two, 56% with three and 62% with four; add some"
)
"""25 children, at 3 of 1,000 strangers (docs/recognition.md)."""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@workspace_option
@json_option
def enrol(folder: Path, workspace: Path | None, as_json: bool) -> ExitCode:
    """Learn the faces of people with biometric consent from DIR/<person>/<photos>.

    A folder is named after its person: by id, or by a full name that nobody else has ("Ella Smith", "Smith, Ella").
    Give two or more sharp, recent photos of each person, facing the camera. The photos are read but not kept.
    """
    with open_register(workspace) as school, photo_progress("looking at portraits") as progress:
        done = school.enrol(folder, progress=progress)
    if as_json:
        _emit(done)
    else:
        print_enrolment(done)
    return ExitCode.INCOMPLETE if any(person.refused_because for person in done.result.people) else ExitCode.DONE


def print_enrolment(done: Enrolment) -> None:
    """For a person; names files, which may be called after people."""
    result = done.result
    for person in result.people:
        if person.refused_because:
            say(f"[bold red]not enrolled[/] {escape(person.person)}: {escape(person.refused_because)}")
        else:
            say(f"[green]enrolled[/] {escape(person.person)} from {_photos(len(person.templates))}")
        for photo in person.photos:
            if photo.rejected_because:
                say(f"    {escape(photo.file)}: {escape(photo.rejected_because)}")
    if done.unruled:
        _print_lookalikes(done.unruled)
    if result.loose_files:
        say(f"passed over {_photos(result.loose_files)} outside the people's folders")
    enrolled = sum(not person.refused_because for person in result.people)
    few = sum(0 < len(person.templates) < _ENOUGH_PHOTOS for person in result.people)
    if few:
        say(f"[yellow]few photos[/] ({few} with fewer than {_ENOUGH_PHOTOS}): {_WHAT_PHOTOS_BRING}")
    say(f"{enrolled} of {len(result.people)} people enrolled; delete the photos if you no longer need them")


def _print_lookalikes(unruled: Sequence[tuple[PersonId, PersonId]]) -> None:
    say("[yellow]look alike[/]: if they cannot be told apart, each is shown only if the other has agreed too")
    for first, second in unruled[:_MOST_PAIRS]:
        say(f"    {escape(first)} and {escape(second)}")
    more = len(unruled) - _MOST_PAIRS
    if more > 0:
        say(f"    and {more} more pairs; see: anonymise recognition calibrate --help")
    say("Please compare each pair. Twins and the like: anonymise consent look-alikes ID ID. Otherwise: the same with")
    say("--different. Until then, a calibrated program treats them as look-alikes.")


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"


def _emit(done: Enrolment) -> None:
    result = done.result
    for person in result.people:
        emit(_person_line(person, done.known))
    emit(
        {
            "summary": {
                "people": len(result.people),
                "enrolled": sum(not person.refused_because for person in result.people),
                "look_alikes": [list(pair) for pair in result.lookalikes],
                "look_alikes_to_rule_on": [list(pair) for pair in done.unruled],
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
