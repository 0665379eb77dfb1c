"""`anonymise recognition`: the gate that keeps face recognition off until somebody answers for it."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from anonymiser.cli.consent import open_register
from anonymiser.cli.console import emit, json_option, say, workspace_option
from anonymiser.consent.biometrics import GateState
from anonymiser.errors import ExitCode, SafetyRefusal


@click.group()
def recognition() -> None:
    """Open or close face recognition. Off is a complete product: every face is obscured."""


@recognition.command()
@click.option("--dpia", required=True, metavar="REF", help="Reference of the data protection impact assessment.")
@click.option("--approved-by", required=True, metavar="WHO", help="Who has approved it.")
@workspace_option
def enable(dpia: str, approved_by: str, workspace: Path | None) -> None:
    """Open the gate: people with a live consent to face recognition may be recognised."""
    with open_register(workspace) as (_, register):
        register.open_gate(dpia, approved_by)
        state = register.gate()
    _print(state)


@recognition.command()
@workspace_option
def disable(workspace: Path | None) -> None:
    """Close the gate: from now on nobody is recognised."""
    with open_register(workspace) as (_, register):
        register.close_gate()
        state = register.gate()
    _print(state)


@recognition.command()
@workspace_option
@json_option
def status(workspace: Path | None, as_json: bool) -> None:
    """Say whether the gate is open, since when, and on whose responsibility."""
    with open_register(workspace) as (_, register):
        state = register.gate()
        agreed = register.agreed_to_recognition()
    if as_json:
        emit(
            {
                "open": state.open,
                "dpia": state.dpia or None,
                "approved_by": state.approved_by or None,
                "since": state.since.isoformat() if state.since else None,
                "people_with_consent": len(agreed),
            }
        )
        return
    _print(state)
    say(f"{len(agreed)} people have a live consent to face recognition.")


@recognition.command()
@click.argument("photos", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--one-in",
    type=click.IntRange(10),
    default=10_000,
    show_default=True,
    help="Accept one wrongly shown face in so many faces of people who are not enrolled.",
)
@workspace_option
@json_option
def calibrate(photos: Path, one_in: int, workspace: Path | None, as_json: bool) -> ExitCode:
    """Set the thresholds from the school's own photos in DIR, which are read and not kept.

    Nobody has to be named: two faces in one photo are two people. Give different photos of groups.
    """
    from anonymiser.calibration import calibrate_from_photos  # noqa: PLC0415 - the other commands need no models
    from anonymiser.cli.enrol import whole_school  # noqa: PLC0415
    from anonymiser.recognise.calibrate import Budget, NoPromise  # noqa: PLC0415
    from anonymiser.stages import load_detector, load_embedder  # noqa: PLC0415

    with open_register(workspace) as (place, register):
        if not register.gate().open:
            raise SafetyRefusal("face recognition is switched off", remedy="See: anonymise recognition enable --help")
        embedder = load_embedder()
        result = calibrate_from_photos(
            sorted(path for path in photos.rglob("*") if path.is_file()),
            whole_school(register, embedder.model_sha256, place.settings.recognition),
            load_detector(),
            embedder,
            place.settings,
            Budget(false_keeps=1 / one_in),
        )
        if isinstance(result, NoPromise):
            raise SafetyRefusal(result.why, remedy="The thresholds stay as they were.")
        register.store_calibration(result.model_sha256, result.mean, result.thresholds)
    if as_json:
        emit(
            {
                "could_be": result.thresholds.could_be,
                "sure": result.thresholds.sure,
                "margin": result.thresholds.margin,
                "centred": result.mean is not None,
                "comparisons": result.comparisons,
                "people": result.people,
            }
        )
    say(f"Calibrated on {result.comparisons} comparisons: {escape(result.note)}.")
    return ExitCode.DONE


def _print(state: GateState) -> None:
    since = f" since {state.since.astimezone():%d/%m/%Y %H:%M}" if state.since else ""
    if state.open:
        say(f"Face recognition is [bold]on[/]{since}: {escape(state.dpia)}, approved by {escape(state.approved_by)}.")
    else:
        say(f"Face recognition is [bold]off[/]{since}: every face is obscured.")
