"""`anonymise recognition`: the gate that keeps face recognition off until somebody takes responsibility."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from anonymiser.cli.console import emit, json_option, note, open_register, say, workspace_option
from anonymiser.cli.progress import photo_progress
from anonymiser.errors import ExitCode, SafetyRefusal

if TYPE_CHECKING:
    from anonymiser.consent.biometrics import GateState


@click.group()
def recognition() -> None:
    """Open or close face recognition. Off is a complete product: every face is obscured."""


@recognition.command()
@click.option("--dpia", required=True, metavar="REF", help="Reference of the data protection impact assessment.")
@click.option("--approved-by", required=True, metavar="WHO", help="Who has approved it.")
@workspace_option
def enable(dpia: str, approved_by: str, workspace: Path | None) -> None:
    """Open the gate: people with a live consent to face recognition may be recognised."""
    with open_register(workspace) as school:
        school.register.open_gate(dpia, approved_by)
        state = school.register.gate()
    print_gate(state)


@recognition.command()
@workspace_option
def disable(workspace: Path | None) -> None:
    """Close the gate: from now on nobody is recognised."""
    with open_register(workspace) as school:
        school.register.close_gate()
        state = school.register.gate()
    print_gate(state)


@recognition.command()
@workspace_option
@json_option
def status(workspace: Path | None, as_json: bool) -> None:
    """Say whether the gate is open, since when, and who is responsible."""
    with open_register(workspace) as school:
        state = school.register.gate()
        agreed = school.register.agreed_to_recognition()
        warning = school.register.calibration_warning()
    if as_json:
        emit(
            {
                "open": state.open,
                "dpia": state.dpia or None,
                "approved_by": state.approved_by or None,
                "since": state.since.isoformat() if state.since else None,
                "people_with_consent": len(agreed),
                "calibrate_again": warning is not None,
            }
        )
        return
    print_gate(state)
    say(f"{len(agreed)} people have a live consent to face recognition.")
    if warning:
        note(warning)


@recognition.command()
@click.argument("photos", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--one-in",
    type=click.IntRange(10),
    default=10_000,
    show_default=True,
    help="Accept one wrongly shown face in this many faces of people who are not enrolled.",
)
@workspace_option
@json_option
def calibrate(photos: Path, one_in: int, workspace: Path | None, as_json: bool) -> ExitCode:
    """Set the thresholds from the school's own photos in DIR, which are read but not kept.

    You do not have to name anybody: two faces in one photo are two people. Give different photos of groups.
    """
    from anonymiser.school.faces import Budget, NoPromise  # noqa: PLC0415 - the other commands need no models

    files = sorted(path for path in photos.rglob("*") if path.is_file())
    with open_register(workspace) as school, photo_progress("looking at photos") as progress:
        result = school.calibrate(files, Budget(false_keeps=1 / one_in), progress=progress)
    if isinstance(result, NoPromise):
        raise SafetyRefusal(result.why, remedy="The thresholds stay as they were.")
    if as_json:
        emit(
            {
                "could_be": result.thresholds.could_be,
                "sure": result.thresholds.sure,
                "margin": result.thresholds.margin,
                "comparisons": result.comparisons,
                "people": result.people,
            }
        )
    say(f"Calibrated on {result.comparisons} comparisons: {escape(result.note)}.")
    return ExitCode.DONE


def print_gate(state: GateState) -> None:
    """For a person."""
    since = f" since {state.since.astimezone():%d/%m/%Y %H:%M}" if state.since else ""
    if state.open:
        say(f"Face recognition is [bold]on[/]{since}: {escape(state.dpia)}, approved by {escape(state.approved_by)}.")
    else:
        say(f"Face recognition is [bold]off[/]{since}: every face is obscured.")
